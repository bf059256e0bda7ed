#include <string.h>

#include "check/ask.h"
#include "check/check.h"
#include "check/judge.h"
#include "check/spf_count.h"
#include "spf/record.h"
#include "spf/spf.h"

/* From so many look-ups on, what an included provider adds may break it. */
#define MANY_TERMS 9

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	const char *name;
	const char *record; /* the only one */
};

/* The record that we would publish at ${name}, or NULL. */
static const struct record *
expected_at(const struct work *work, enum record_kind kind)
{
	const struct record_list *list = work->check->expected;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == kind &&
		    strcmp(list->items[i].name, work->name) == 0)
			return (&list->items[i]);
	return (NULL);
}

static void
complain(const struct work *work, const char *id,
    enum finding_severity severity, const char *text, const char *expected,
    const char *advice)
{
	const struct record *ours = expected_at(work, RECORD_SPF);
	struct record theirs = {
		.name = work->name, .type = DNS_TYPE_TXT, .value = work->record
	};

	if (ours == NULL)
		ours = expected_at(work, RECORD_HELO_SPF);
	if (ours == NULL && advice == NULL)
		advice = "mend the record";
	finding_add(work->findings,
	    &(struct finding){
		.id = id,
		.subject = work->name,
		.severity = severity,
		.text = text,
		.expected = expected,
		.found = work->record,
		.remove =
		    ours == NULL ? NULL : record_line(&theirs, work->arena),
		.add = ours == NULL ? NULL : record_line(ours, work->arena),
		.advice = advice,
	    });
}

static void
judge_count(const struct work *work)
{
	struct spf_count count;

	spf_count(work->check, work->name, work->record, work->arena, &count);
	const char *number = arena_printf(work->arena,
	    "it takes %u of %d look-ups (RFC 7208 4.6.4)%s%s", count.terms,
	    SPF_MAX_TERMS, count.shown != NULL ? ":\n" : "",
	    count.shown != NULL ? count.shown : "");

	if (count.terms > SPF_MAX_TERMS)
		complain(work, "spf.lookups", FINDING_ERROR, number,
		    "at most 10",
		    "write addresses as ip4: and ip6:, and take out who no "
		    "longer sends for you");
	else if (count.terms >= MANY_TERMS)
		complain(work, "spf.many_lookups", FINDING_NOTICE, number,
		    "some room for what providers add",
		    "write addresses as ip4: and ip6:");
	if (count.voids > SPF_MAX_VOIDS)
		complain(work, "spf.voids", FINDING_ERROR,
		    arena_printf(work->arena,
			"%u of its names have nothing there, and 2 may (RFC "
			"7208 4.6.4): %s",
			count.voids, count.void_names),
		    "at most 2", "take the terms with these names out");
	else if (count.voids > 0)
		complain(work, "spf.void", FINDING_NOTICE,
		    arena_printf(work->arena,
			"nothing is there for this in it: %s",
			count.void_names),
		    NULL, "take the terms with these names out");
	if (count.all_pass)
		complain(work, "spf.all_pass", FINDING_ERROR,
		    "+all lets the whole world send in your name", "-all",
		    NULL);
	if (count.ptr)
		complain(work, "spf.ptr", FINDING_NOTICE,
		    "\"ptr\" should not be used: it is slow, and some "
		    "receivers pass over it (RFC 7208 5.5)",
		    NULL, "write the addresses as ip4: and ip6:");
}

static const char *
id_of_result(enum spf_result result)
{
	switch (result) {
	case SPF_PERMERROR:
		return ("spf.permerror");
	case SPF_TEMPERROR:
		return ("spf.temperror");
	case SPF_NONE:
	case SPF_NEUTRAL:
	case SPF_PASS:
	case SPF_FAIL:
	case SPF_SOFTFAIL:
		break;
	}
	return ("spf.not_pass");
}

/* May the server at ${address} send for the name? */
static void
judge_address(const struct work *work, const struct network_address *address,
    enum spf_identity identity)
{
	const char *text = network_address_print(work->arena, address);
	const struct spf_query query = {
		.identity = identity,
		.client = *address,
		.helo = work->check->server->hostname,
		.mail_from =
		    arena_printf(work->arena, "postmaster@%s", work->name),
		.now = work->check->now,
		.deadline = work->check->deadline,
	};
	struct spf_outcome outcome;

	spf_eval(work->check->dns, &query, work->arena, NULL, &outcome);
	if (outcome.result == SPF_PASS) {
		finding_ok(work->findings,
		    identity == SPF_HELO ? "helo_spf.pass" : "spf.pass",
		    work->name, "it lets %s send", text);
		return;
	}
	complain(work,
	    identity == SPF_HELO ? "helo_spf.not_pass"
				 : id_of_result(outcome.result),
	    identity == SPF_HELO || outcome.result == SPF_TEMPERROR
		? FINDING_WARNING
		: FINDING_ERROR,
	    arena_printf(work->arena, "for our address %s it gives %s: %s",
		text, spf_result_name(outcome.result), outcome.reason),
	    "pass", NULL);
}

/* Find the only record at ${name}; several are told by published.c. */
static bool
find_record(struct work *work)
{
	struct ask_texts texts;

	ask_texts(work->check, work->name, "v=spf1", work->arena, &texts);
	if (texts.count == 1)
		work->record = texts.items[0];
	return (texts.count == 1);
}

/* One family less is one finding less when the record is broken. */
static void
judge_addresses(const struct work *work, enum spf_identity identity)
{
	const struct server *server = work->check->server;
	struct spf_record parsed;

	spf_record_parse(work->arena, span_str(work->record), &parsed);
	if (parsed.error != NULL) {
		complain(work, "spf.permerror", FINDING_ERROR,
		    arena_printf(work->arena, "receivers cannot read it: %s",
			parsed.error),
		    NULL, NULL);
		return;
	}
	for (size_t i = 0; i < server->address_count; i++)
		judge_address(work, &server->addresses[i], identity);
}

void
spf_probe(const struct check *check, struct finding_list *findings)
{
	const struct server *server = check->server;
	struct work work = { check, findings, findings->arena, server->domain,
		NULL };

	if (find_record(&work)) {
		judge_addresses(&work, SPF_MAIL_FROM);
		judge_count(&work);
	}
	work.name = server->hostname;
	if (work.name != NULL && strcmp(work.name, server->domain) != 0 &&
	    find_record(&work))
		judge_addresses(&work, SPF_HELO);
}
