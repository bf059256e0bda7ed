#include <string.h>

#include "base/buf.h"
#include "check/ask.h"
#include "check/check.h"

#define TEXT_MAX_BYTES 8192

/* A CAA record (RFC 8659 4.1). */
struct caa {
	struct span tag;
	struct span value;
};

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
};

static bool
read_record(struct span rdata, struct caa *out)
{
	struct span head;

	if (!span_take(&rdata, 2, &head))
		return (false);
	if (!span_take(&rdata, (size_t)span_at(head, 1), &out->tag))
		return (false);
	out->value = rdata;
	return (true);
}

/* Does ${value} name ${issuer}, and no account but one of ours (RFC 8657 3)? */
static bool
allows(const struct work *work, struct span value, const char *issuer)
{
	const struct server *server = work->check->server;
	static const char parameter[] = "accounturi=";
	struct span name;
	struct span item;
	bool more = span_take_until(&value, ';', &name);

	if (!span_is_nocase(span_trim(name, span_is_wsp), issuer))
		return (false);
	while (more) {
		more = span_take_until(&value, ';', &item);
		item = span_trim(item, span_is_wsp);
		if (!span_starts(item, parameter))
			continue;
		span_skip(&item, strlen(parameter));
		for (size_t i = 0; i < server->acme_account_count; i++)
			if (span_is(item, server->acme_accounts[i]))
				return (true);
		return (false);
	}
	return (true);
}

static bool
is_allowed(const struct work *work, const struct dns_answer *answer,
    const char *issuer)
{
	bool restricted = false;

	for (size_t i = 0; i < answer->count; i++) {
		struct caa caa;

		if (!read_record(answer->rdata[i], &caa) ||
		    !span_is_nocase(caa.tag, "issue"))
			continue;
		restricted = true;
		if (allows(work, caa.value, issuer))
			return (true);
	}
	return (!restricted);
}

static const char *
lines(
    const struct work *work, const char *name, const struct dns_answer *answer)
{
	struct buf text;

	buf_init(&text, work->arena, TEXT_MAX_BYTES);
	for (size_t i = 0; i < answer->count; i++) {
		const struct record record = { .name = name,
			.type = DNS_TYPE_CAA,
			.value = record_text(
			    DNS_TYPE_CAA, answer->rdata[i], work->arena) };

		buf_printf(&text, "%s%s", i > 0 ? "\n" : "",
		    record_line(&record, work->arena));
	}
	return (answer->count > 0 ? buf_str(&text) : NULL);
}

static const char *
expected_lines(const struct work *work)
{
	const struct record_list *list = work->check->expected;
	struct buf text;

	buf_init(&text, work->arena, TEXT_MAX_BYTES);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == RECORD_CAA)
			buf_printf(&text, "%s%s", text.len > 0 ? "\n" : "",
			    record_line(&list->items[i], work->arena));
	return (text.len > 0 ? buf_str(&text) : NULL);
}

/* RFC 8659 3: the closest name with CAA records counts. */
static const char *
find_records(
    const struct work *work, const char *name, struct dns_answer *answer)
{
	while (name != NULL) {
		dns_lookup(work->check->dns, name, DNS_TYPE_CAA,
		    work->check->deadline, work->arena, answer);
		if (answer->count > 0 || ask_failed(answer->status))
			return (name);
		name = strchr(name, '.');
		if (name != NULL)
			/* UNSAFE: a NUL follows at the least. */
			name++;
	}
	return (NULL);
}

static void
complain(const struct work *work, const char *subject, const char *at,
    const struct dns_answer *answer, const char *issuer)
{
	bool unknown = ask_failed(answer->status);

	finding_add(work->findings,
	    &(struct finding){
		.id = unknown ? "caa.unknown" : "caa.forbids",
		.subject = subject,
		.severity = FINDING_ERROR,
		.text = unknown ? "no issuer gives a certificate while the DNS "
	                          "does not say who may (RFC 8659 3)"
	                        : arena_printf(work->arena,
				      "%s may not issue certificates for this "
				      "name, so the next renewal fails",
				      issuer),
		.found = unknown ? ask_trouble(answer->status)
	                         : lines(work, at, answer),
		.remove = unknown ? NULL : lines(work, at, answer),
		.add = unknown ? NULL : expected_lines(work),
		.advice = unknown ? "look at the name servers" : NULL,
	    });
}

static void
judge_name(const struct work *work, const char *name)
{
	const struct conf_list *issuers = &work->check->settings->caa_issuers;
	struct dns_answer answer = { 0 };
	const char *at = find_records(work, name, &answer);

	if (at == NULL) {
		finding_add(work->findings,
		    &(struct finding){
			.id = "caa.missing",
			.subject = name,
			.severity = FINDING_NOTICE,
			.text = "any issuer may give a certificate for it to "
				"whoever controls the DNS for a moment",
			.add = expected_lines(work),
		    });
		return;
	}
	for (size_t i = 0; !ask_failed(answer.status) && i < issuers->count;
	     i++)
		if (is_allowed(work, &answer, issuers->items[i])) {
			finding_ok(work->findings, "caa", name,
			    "%s may issue certificates", issuers->items[i]);
			return;
		}
	complain(work, name, at, &answer, issuers->items[0]);
}

void
caa_probe(const struct check *check, struct finding_list *findings)
{
	const struct work work = { check, findings, findings->arena };
	const struct server *server = check->server;

	if (check->settings->caa_issuers.count == 0)
		return;
	judge_name(&work, server->domain);
	if (server->hostname != NULL &&
	    strcmp(server->hostname, server->domain) != 0)
		judge_name(&work, server->hostname);
}
