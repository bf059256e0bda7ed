#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "check/ask.h"
#include "check/check.h"
#include "dkim/sign.h"
#include "dkim/verify.h"
#include "local/keys.h"
#include "mail/message.h"
#include "receiver/difference.h"
#include "receiver/spf2_difference.h"
#include "receiver/spf2_facts.h"

#define KEY_CACHE_ENTRIES 64
#define MIN_RSA_BITS 1024
#define CLOCK_SKEW 300

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
};

/* What is left of the time, for each process anew: they are asked one after the
 * other. */
static struct receiver_options
options_now(const struct work *work)
{
	int64_t left = work->check->deadline - clock_monotonic_ms();

	return ((struct receiver_options){ .dns = work->check->dns,
	    .timeout_ms = left > 0 ? left : 1,
	    .dns_timeout_ms = left > 0 ? left : 1 });
}

static void
report_trouble(const struct work *work, const char *library,
    const struct receiver_report *report)
{
	bool crashed = report->state == RECEIVER_CRASHED;

	finding_add(work->findings,
	    &(struct finding){
		.id = crashed ? "receiver.crash" : "receiver.unknown",
		.subject = library,
		.severity = crashed ? FINDING_ERROR : FINDING_NOTICE,
		.text = arena_printf(work->arena,
		    crashed ? "receivers with %s crash at your records: %s"
			    : "what receivers with %s say is not known: %s",
		    library, report->reason),
		.advice =
		    crashed ? "shorten the records" : "run the check again",
	    });
}

/* What we say of ${address} as a receiver. */
static void
evaluate(const struct work *work, const struct network_address *address,
    const char *mail_from, struct spf_outcome *out)
{
	const struct spf_query query = {
		.identity = SPF_MAIL_FROM,
		.client = *address,
		.helo = work->check->server->hostname,
		.mail_from = mail_from,
		.now = work->check->now,
		.deadline = work->check->deadline,
	};

	spf_eval(work->check->dns, &query, work->arena, NULL, out);
}

static void
compare_spf(const struct work *work, const struct wire_spf *query,
    const struct spf_outcome *ours, const struct receiver_report *report)
{
	struct spf2_facts facts;

	spf2_facts_find(work->arena, query, report, &facts);
	const struct difference difference =
	    spf2_difference_find(ours, report->spf, &facts);

	if (report->spf->result == ours->result) {
		finding_ok(work->findings, "receiver.spf", query->client,
		    "receivers with libspf2 (Exim) see %s, too",
		    spf_result_name(ours->result));
		return;
	}
	finding_add(work->findings,
	    &(struct finding){
		.id = "receiver.spf",
		.subject = query->client,
		.severity = FINDING_WARNING,
		.text = arena_printf(work->arena,
		    "receivers with libspf2 (Exim) see %s%s%s",
		    spf_result_name(report->spf->result),
		    difference.text != NULL ? ": " : "",
		    difference.text != NULL ? difference.text : ""),
		.expected = spf_result_name(ours->result),
		.found = report->spf->reason,
		.advice = "write the SPF record in a way that both read alike",
	    });
}

/* The first address of a family, by which that family's receiver judges. */
static void
judge_family(const struct work *work, int family, struct receiver *receiver)
{
	const struct server *server = work->check->server;
	const struct network_address *address = NULL;
	struct spf_outcome ours;
	struct receiver_report report;

	for (size_t i = server->address_count; i-- > 0;)
		if (server->addresses[i].family == family)
			address = &server->addresses[i];
	if (address == NULL || receiver == NULL || server->hostname == NULL)
		return;
	const char *mail_from =
	    arena_printf(work->arena, "postmaster@%s", server->domain);
	const struct wire_spf query = {
		.client = network_address_print(work->arena, address),
		.helo = server->hostname,
		.mail_from = mail_from,
		.receiver = server->hostname,
	};

	evaluate(work, address, mail_from, &ours);
	const struct receiver_options options = options_now(work);

	receiver_judge_spf(receiver, &options, &query, work->arena, &report);
	if (report.state == RECEIVER_JUDGED && report.spf != NULL)
		compare_spf(work, &query, &ours, &report);
	else
		report_trouble(work, "libspf2", &report);
}

/* The message that is signed as the milter would sign it. */
static void
make_message(const struct work *work, struct message *out)
{
	const char *domain = work->check->server->domain;

	message_parse(work->arena,
	    span_str(arena_printf(work->arena,
		"From: Postmaster <postmaster@%s>\r\n"
		"To: Somebody <somebody@example.com>\r\n"
		"Subject: A signed test\r\n"
		"Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
		"Message-ID: <test@%s>\r\n"
		"\r\n"
		"This message never leaves the server.\r\n",
		domain, domain)),
	    out);
}

/* Sign with the active keys; return the fields with those signatures on top,
 * and their number. */
static struct header_list
sign(const struct work *work, const struct message *message, size_t *count)
{
	const struct dkim_sign_options options = { .header_canon = DKIM_RELAXED,
		.body_canon = DKIM_RELAXED };
	struct dkim_private *privates[KEYSTORE_MAX_KEYS];
	struct dkim_sign_key keys[KEYSTORE_MAX_KEYS];
	const char *values[KEYSTORE_MAX_KEYS];
	struct header_list headers;

	*count = keys_open_active(work->check->settings->key_store,
	    work->check->server->domain, work->arena, keys, privates);
	struct dkim_sign *work_sign = dkim_sign_new(work->arena, &options,
	    &message->headers, keys, *count, &clock_system);

	if (dkim_sign_refusal(work_sign) == NULL)
		dkim_sign_body(work_sign, message->body);
	else
		*count = 0;
	header_list_init(&headers, work->arena);
	if (*count > 0 && dkim_sign_finish(work_sign, values) != 0)
		*count = 0;
	for (size_t i = 0; i < *count; i++)
		header_list_add(
		    &headers, span_str("DKIM-Signature"), span_str(values[i]));
	for (size_t i = 0; i < message->headers.count; i++)
		header_list_add(&headers, message->headers.fields[i].raw_name,
		    message->headers.fields[i].value);
	dkim_sign_free(work_sign);
	keys_close(privates, KEYSTORE_MAX_KEYS);
	return (headers);
}

static const struct dkim_verification *
verify(const struct work *work, const struct header_list *headers,
    struct span body, size_t *count)
{
	const struct dkim_verify_options options = {
		.max_signatures = KEYSTORE_MAX_KEYS,
		.min_rsa_bits = MIN_RSA_BITS,
		.clock_skew = CLOCK_SKEW,
	};
	struct keycache *cache = keycache_new(KEY_CACHE_ENTRIES);
	struct dkim_verify *work_verify = dkim_verify_new(work->arena, &options,
	    headers, work->check->server->domain, work->check->dns, cache,
	    &clock_system);

	dkim_verify_body(work_verify, body);
	const struct dkim_verification *found =
	    dkim_verify_finish(work_verify, work->check->deadline, count);

	dkim_verify_free(work_verify);
	keycache_free(cache);
	return (found);
}

static void
report_ours(const struct work *work, const struct dkim_verification *ours)
{
	if (ours->result == DKIM_PASS) {
		finding_ok(work->findings, "receiver.dkim", ours->selector,
		    "a message signed with this key verifies");
		return;
	}
	finding_add(work->findings,
	    &(struct finding){
		.id = "dkim.not_pass",
		.subject = ours->selector != NULL ? ours->selector : "?",
		.severity = FINDING_ERROR,
		.text = arena_printf(work->arena,
		    "a message signed with this key does not verify: %s: %s",
		    dkim_result_name(ours->result), ours->reason),
		.expected = "pass",
		.advice = "publish the record of the key, or retire it",
	    });
}

static void
report_theirs(const struct work *work, const struct dkim_verification *ours,
    const struct wire_opinion *theirs, const struct difference *difference)
{
	if (ours->result != DKIM_PASS || theirs->result == WIRE_PASS)
		return;
	finding_add(work->findings,
	    &(struct finding){
		.id = "receiver.dkim",
		.subject = ours->selector,
		.severity = ours->algorithm == DKIM_RSA_SHA256 ? FINDING_WARNING
	                                                       : FINDING_NOTICE,
		.text = arena_printf(work->arena,
		    "receivers with OpenDKIM see %s%s%s",
		    wire_result_name(theirs->result),
		    difference->text != NULL ? ": " : "",
		    difference->text != NULL ? difference->text : ""),
		.expected = "pass",
		.found = theirs->reason,
		.advice = "write the key record in a way that both read alike",
	    });
}

static void
judge_signatures(const struct work *work)
{
	struct message message;
	struct receiver_report report;
	size_t count = 0;

	make_message(work, &message);
	const struct header_list headers = sign(work, &message, &count);

	if (count == 0)
		return;
	const struct dkim_verification *ours =
	    verify(work, &headers, message.body, &count);

	for (size_t i = 0; i < count; i++)
		report_ours(work, &ours[i]);
	if (work->check->opendkim == NULL)
		return;
	const struct receiver_options options = options_now(work);

	receiver_judge(work->check->opendkim, &options, &headers, message.body,
	    work->arena, &report);
	if (report.state != RECEIVER_JUDGED) {
		report_trouble(work, "libopendkim", &report);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct wire_opinion *theirs =
		    receiver_opinion(&report, i);
		const struct facts_of of = { .headers = &headers,
			.body = message.body,
			.position = i,
			.now = work->check->now,
			.clock_skew = CLOCK_SKEW };
		struct facts facts;

		if (theirs == NULL || ours[i].selector == NULL)
			continue;
		facts_find(work->arena, &of,
		    receiver_answer(&report,
			arena_printf(work->arena, "%s._domainkey.%s",
			    ours[i].selector, ours[i].domain),
			DNS_TYPE_TXT),
		    &facts);
		const struct difference difference =
		    difference_find(&ours[i], theirs, &facts);

		report_theirs(work, &ours[i], theirs, &difference);
	}
}

void
as_receiver_probe(const struct check *check, struct finding_list *findings)
{
	const struct work work = { check, findings, findings->arena };

	judge_family(&work, AF_INET, check->spf2[0]);
	judge_family(&work, AF_INET6, check->spf2[1]);
	judge_signatures(&work);
}
