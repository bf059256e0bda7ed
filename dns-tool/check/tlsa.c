#include <string.h>

#include "base/buf.h"
#include "check/ask.h"
#include "check/check.h"
#include "check/parallel.h"
#include "check/session.h"
#include "check/tlsa_match.h"
#include "check/trust.h"
#include "local/spki.h"
#include "records/service.h"

#define TEXT_MAX_BYTES ((size_t)256 * 1024)

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	const char *name; /* of the records */
	enum server_service service;
	struct dns_answer answer;
};

static const char *
line(const struct work *work, struct span rdata)
{
	const struct record record = { .name = work->name,
		.type = DNS_TYPE_TLSA,
		.value = record_text(DNS_TYPE_TLSA, rdata, work->arena) };

	return (record_line(&record, work->arena));
}

static void
add_line(struct buf *text, const char *more)
{
	buf_printf(text, "%s%s", text->len > 0 ? "\n" : "", more);
}

static const char *
text_of(const struct buf *text)
{
	return (text->len > 0 ? buf_str(text) : NULL);
}

static bool
is_published(const struct work *work, const char *hex)
{
	const char *value = arena_printf(work->arena, "3 1 1 %s", hex);

	for (size_t i = 0; i < work->answer.count; i++)
		if (strcasecmp(record_text(DNS_TYPE_TLSA, work->answer.rdata[i],
				   work->arena),
			value) == 0)
			return (true);
	return (false);
}

/* The record of a key that is not there yet, or NULL. */
static const char *
spki_line(const struct work *work, const char *hex)
{
	return (
	    arena_printf(work->arena, "%s. IN TLSA 3 1 1 %s", work->name, hex));
}

static bool
is_of_next_key(const struct work *work, struct span rdata)
{
	const struct server *server = work->check->server;
	const char *value = record_text(DNS_TYPE_TLSA, rdata, work->arena);

	for (size_t i = 0; i < server->spki_count; i++)
		if (server->spki[i].next &&
		    strcasecmp(value, arena_printf(work->arena, "3 1 1 %s",
					  server->spki[i].hex)) == 0)
			return (true);
	return (false);
}

/* What became of the records beside one certificate. */
struct tally {
	size_t matches;
	size_t unusable;
	struct buf others; /* lines of those that are for nobody known */
};

static void
count(const struct work *work, STACK_OF(X509) * chain, struct tally *tally)
{
	buf_init(&tally->others, work->arena, TEXT_MAX_BYTES);
	for (size_t i = 0; i < work->answer.count; i++) {
		struct span rdata = work->answer.rdata[i];

		switch (tlsa_match(rdata, chain)) {
		case TLSA_MATCHES:
			tally->matches++;
			break;
		case TLSA_UNUSABLE:
		case TLSA_MALFORMED:
			tally->unusable++;
			add_line(&tally->others, line(work, rdata));
			break;
		case TLSA_OTHER:
			if (!is_of_next_key(work, rdata))
				add_line(&tally->others, line(work, rdata));
			break;
		}
	}
}

static void
report(const struct work *work, const struct tally *tally, const char *subject,
    const char *hex)
{
	struct finding finding = { .subject = subject,
		.remove = text_of(&tally->others) };

	if (tally->matches == 0) {
		finding.id = "tlsa.stale";
		finding.severity = work->answer.security == DNS_SECURE
		                       ? FINDING_ERROR
		                       : FINDING_WARNING;
		finding.text = "no TLSA record fits the certificate that is "
			       "served, so senders with DANE keep their mail "
			       "(RFC 7672)";
		finding.found = finding.remove;
		finding.expected = arena_printf(work->arena, "3 1 1 %s", hex);
		finding.add = spki_line(work, hex);
	} else if (tally->unusable > 0) {
		finding.id = "tlsa.unusable";
		finding.severity = FINDING_WARNING;
		finding.text = "a TLSA record is malformed, or of a kind that "
			       "SMTP does not know (RFC 7672 3.1.3)";
	} else if (finding.remove != NULL) {
		finding.id = "tlsa.leftover";
		finding.severity = FINDING_NOTICE;
		finding.text = "a TLSA record is for no key of this server";
	} else {
		finding_ok(work->findings, "tlsa", subject,
		    "%zu TLSA record%s, fitting", work->answer.count,
		    work->answer.count == 1 ? "" : "s");
		return;
	}
	finding_add(work->findings, &finding);
}

static void
judge_chain(const struct work *work, const struct network_address *address,
    struct session *session)
{
	const char *subject = arena_printf(work->arena, "%s at %s", work->name,
	    network_address_print(work->arena, address));
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session->ssl);
	struct tally tally = { 0 };

	if (chain == NULL || sk_X509_num(chain) == 0)
		return;
	count(work, chain, &tally);
	const char *hex =
	    spki_of_certificate(sk_X509_value(chain, 0), work->arena);

	if (hex != NULL)
		report(work, &tally, subject, hex);
}

/* What keeps the connection away is told by ports.c. */
static void
judge_address(const struct work *work, const struct network_address *address)
{
	struct session session;
	SSL_CTX *context = trust_context(work->check->settings->ca_file);

	if (session_open(&session, work->service, address,
		(uint16_t)service_port(work->service),
		work->check->server->hostname, work->check->deadline,
		work->arena) &&
	    session_starttls(&session) && context != NULL &&
	    session_handshake(&session, context, work->check->server->hostname))
		judge_chain(work, address, &session);
	session_close(&session);
	SSL_CTX_free(context);
}

/* RFC 7672 2.1: they count only where DNSSEC vouches for them. */
static void
judge_security(const struct work *work)
{
	if (work->answer.security != DNS_INSECURE ||
	    work->service != SERVER_SMTP)
		return;
	finding_add(work->findings,
	    &(struct finding){
		.id = "tlsa.insecure",
		.subject = work->name,
		.severity = FINDING_NOTICE,
		.text = "without DNSSEC its TLSA records count for nothing "
			"(RFC 7672 2.1)",
		.advice = "have the zone signed, or rely on MTA-STS",
	    });
}

/* The TLSA of a key must be known everywhere before its certificate is served
 * (RFC 7671 8.1). */
static void
judge_missing(const struct work *work)
{
	const struct server *server = work->check->server;
	struct buf lines;

	if (work->service != SERVER_SMTP || work->answer.security != DNS_SECURE)
		return;
	buf_init(&lines, work->arena, TEXT_MAX_BYTES);
	for (size_t i = 0; i < server->spki_count; i++)
		if ((work->answer.count == 0 || server->spki[i].next) &&
		    !is_published(work, server->spki[i].hex))
			add_line(&lines, spki_line(work, server->spki[i].hex));
	if (lines.len == 0)
		return;
	finding_add(work->findings,
	    &(struct finding){
		.id = work->answer.count == 0 ? "tlsa.missing"
	                                      : "tlsa.next_missing",
		.subject = work->name,
		.severity = FINDING_NOTICE,
		.text = work->answer.count == 0
	                    ? "the zone is signed, but has no TLSA record for "
	                      "the server's certificate"
	                    : "the key of the next certificate has no TLSA "
	                      "record yet",
		.add = text_of(&lines),
	    });
}

static void
task(void *cookie, size_t index, struct finding_list *findings)
{
	const struct check *check = cookie;
	const struct server *server = check->server;
	struct work work = { .check = check,
		.findings = findings,
		.arena = findings->arena,
		.service = (enum server_service)index };

	if (!server->offers[index])
		return;
	work.name = arena_printf(work.arena, "_%u._tcp.%s",
	    service_port(work.service), server->hostname);
	dns_lookup(check->dns, work.name, DNS_TYPE_TLSA, check->deadline,
	    work.arena, &work.answer);
	judge_missing(&work);
	if (work.answer.count == 0)
		return;
	judge_security(&work);
	for (size_t i = 0; i < server->address_count; i++)
		judge_address(&work, &server->addresses[i]);
}

void
tlsa_probe(const struct check *check, struct finding_list *findings)
{
	if (check->server->hostname != NULL)
		parallel_run(
		    task, (void *)(uintptr_t)check, SERVER_SERVICES, findings);
}
