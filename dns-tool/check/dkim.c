#include <string.h>

#include "check/ask.h"
#include "check/check.h"
#include "dkim/key.h"

/* RFC 8301 3.2: signers use at least 1024 bits and should use 2048. */
#define LEAST_BITS 1024
#define GOOD_BITS 2048

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
};

static void
complain(const struct work *work, const char *id, const char *subject,
    enum finding_severity severity, const char *text, const char *command,
    const char *advice)
{
	finding_add(work->findings, &(struct finding){
					.id = id,
					.subject = subject,
					.severity = severity,
					.text = text,
					.command = command,
					.advice = advice,
				    });
}

static const char *
keygen_command(const struct work *work)
{
	return (arena_printf(work->arena, "mailreeve-dns keygen %s",
	    work->check->server->domain));
}

static void
judge_size(const struct work *work, const struct server_key *key)
{
	bool weak = key->bits < LEAST_BITS;

	if (key->algorithm != DKIM_RSA_SHA256 || key->bits == 0 ||
	    key->bits >= GOOD_BITS || key->state == KEYSTORE_REVOKED)
		return;
	complain(work, weak ? "dkim.weak" : "dkim.short", key->selector,
	    weak ? FINDING_ERROR : FINDING_WARNING,
	    arena_printf(work->arena,
		weak ? "an RSA key of %u bits: receivers refuse what it "
		       "signed (RFC 8301 3.2)"
		     : "an RSA key of %u bits; 2048 are the custom (RFC 8301 "
		       "3.2)",
		key->bits),
	    keygen_command(work),
	    "publish the new key, make it active, and let this one retire");
}

/* What a published record says besides its key. */
static void
judge_record(const struct work *work, const struct server_key *key,
    const char *name, const char *text)
{
	struct dkim_key *parsed = dkim_key_parse(span_str(text));
	const struct dkim_key_info *info = dkim_key_info(parsed);
	const char *expected = key->record != NULL ? key->record : text;
	const struct record records[] = {
		{ .name = name, .type = DNS_TYPE_TXT, .value = text },
		{ .name = name, .type = DNS_TYPE_TXT, .value = expected },
	};
	struct finding finding = { .subject = name,
		.severity = FINDING_WARNING,
		.found = text,
		.remove = record_line(&records[0], work->arena),
		.add = record_line(&records[1], work->arena) };

	if (info->error != NULL) {
		finding.id = "dkim.unreadable";
		finding.severity = FINDING_ERROR;
		finding.text = arena_printf(work->arena,
		    "receivers cannot use the record: %s", info->error);
	} else if (info->testing) {
		finding.id = "dkim.testing";
		finding.text = "t=y says that the key is only tested, so that "
			       "signatures may count for nothing (RFC 6376 "
			       "3.6.1)";
	} else if (!info->for_email || !info->allow_sha256) {
		finding.id = "dkim.unusable";
		finding.severity = FINDING_ERROR;
		finding.text = info->for_email ? "h= does not allow sha256"
		                               : "s= does not allow email";
	}
	if (finding.id != NULL)
		finding_add(work->findings, &finding);
	dkim_key_free(parsed);
}

static void
judge_key(const struct work *work, const struct server_key *key)
{
	const char *name = arena_printf(work->arena, "%s._domainkey.%s",
	    key->selector, work->check->server->domain);
	struct dns_answer answer;

	judge_size(work, key);
	if (key->state == KEYSTORE_REVOKED)
		return;
	dns_lookup(work->check->dns, name, DNS_TYPE_TXT, work->check->deadline,
	    work->arena, &answer);
	/* Several are undefined, and told by published.c. */
	if (answer.count == 1)
		judge_record(work, key, name,
		    arena_str(
			work->arena, dns_txt(work->arena, answer.rdata[0])));
}

static const char *
waiting_key(const struct server *server)
{
	for (size_t i = 0; i < server->key_count; i++)
		if (server->keys[i].state == KEYSTORE_PENDING)
			return (server->keys[i].selector);
	return (NULL);
}

static bool
has_active(const struct server *server, enum dkim_algorithm algorithm)
{
	for (size_t i = 0; i < server->key_count; i++)
		if (server->keys[i].state == KEYSTORE_ACTIVE &&
		    server->keys[i].algorithm == algorithm)
			return (true);
	return (false);
}

/* RFC 8463 is not known everywhere, so an RSA key must be among them. */
static void
judge_keys(const struct work *work)
{
	const struct server *server = work->check->server;
	bool rsa = has_active(server, DKIM_RSA_SHA256);
	bool ed25519 = has_active(server, DKIM_ED25519_SHA256);

	if (!rsa && !ed25519 && waiting_key(server) != NULL)
		complain(work, "dkim.none_active", server->domain,
		    FINDING_WARNING,
		    "no key is active, so mail is not signed; keys are "
		    "pending",
		    NULL,
		    "publish their records, see whether the world can read "
		    "them, and make them active as mailreeve-dns(1) says");
	else if (!rsa && !ed25519)
		complain(work, "dkim.no_key", server->domain, FINDING_ERROR,
		    "there is no DKIM key, so mail is not signed",
		    arena_printf(work->arena,
			"mailreeve-dns keygen --active %s", server->domain),
		    "publish the records that it prints");
	else if (!rsa)
		complain(work, "dkim.no_rsa", server->domain, FINDING_WARNING,
		    "only an Ed25519 key is active, and many receivers know "
		    "RSA alone",
		    arena_printf(work->arena,
			"mailreeve-dns keygen --rsa 2048 %s", server->domain),
		    NULL);
}

void
dkim_probe(const struct check *check, struct finding_list *findings)
{
	const struct work work = { check, findings, findings->arena };

	judge_keys(&work);
	for (size_t i = 0; i < check->server->key_count; i++)
		judge_key(&work, &check->server->keys[i]);
}
