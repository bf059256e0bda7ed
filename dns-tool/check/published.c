#include <string.h>

#include "authority.h"
#include "base/buf.h"
#include "check/ask.h"
#include "check/check.h"
#include "check/judge.h"
#include "dns/name.h"

#define TEXT_MAX_BYTES 65536

/* What is asked for: the sets of expected records that this probe judges. */
struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	struct judge_set *sets;
	struct dns_question *questions;
	size_t count;
	struct dns_answer *resolved;
};

/* Other probes know more about these. */
static bool
is_ours(enum record_kind kind)
{
	return (
	    kind != RECORD_PTR && kind != RECORD_TLSA && kind != RECORD_CAA);
}

static void
find_sets(struct work *work)
{
	const struct record_list *expected = work->check->expected;

	work->sets =
	    arena_array(work->arena, expected->count, sizeof(*work->sets));
	work->questions =
	    arena_array(work->arena, expected->count, sizeof(*work->questions));
	for (size_t i = 0; i < expected->count;) {
		size_t end = judge_set_end(expected, i);
		const struct record *first = &expected->items[i];

		if (is_ours(first->kind)) {
			work->sets[work->count] =
			    (struct judge_set){ first, end - i };
			work->questions[work->count++] =
			    (struct dns_question){ first->name, first->type };
		}
		i = end;
	}
}

static const struct server_key *
key_of(const struct work *work, const struct record *record)
{
	const struct server *server = work->check->server;

	for (size_t i = 0; i < server->key_count; i++) {
		const char *selector = server->keys[i].selector;
		size_t len = strlen(selector);

		if (strncmp(record->name, selector, len) == 0 &&
		    record->name[len] == '.')
			return (&server->keys[i]);
	}
	return (NULL);
}

/* How bad it is that the record of a key is not there, by its state. */
static enum finding_severity
severity_of_key(const struct server_key *key)
{
	if (key == NULL)
		return (FINDING_WARNING);
	switch (key->state) {
	case KEYSTORE_PENDING:
	case KEYSTORE_REVOKED:
		return (FINDING_NOTICE);
	case KEYSTORE_ACTIVE:
		return (FINDING_ERROR);
	case KEYSTORE_RETIRED:
		return (FINDING_WARNING);
	}
	return (FINDING_WARNING);
}

static enum finding_severity
severity_of(const struct work *work, const struct record *record,
    enum judge_result result)
{
	switch (record->kind) {
	case RECORD_ADDRESS:
	case RECORD_MX:
	case RECORD_SPF:
		return (result == JUDGE_EXTRA && record->kind != RECORD_SPF
			    ? FINDING_WARNING
			    : FINDING_ERROR);
	case RECORD_DKIM:
		return (severity_of_key(key_of(work, record)));
	case RECORD_DMARC:
	case RECORD_MTA_STS:
	case RECORD_MTA_STS_HOST:
	case RECORD_HELO_SPF:
		return (FINDING_WARNING);
	case RECORD_TLS_RPT:
	case RECORD_SRV:
	case RECORD_AUTOCONFIG:
	case RECORD_PTR:
	case RECORD_TLSA:
	case RECORD_CAA:
		break;
	}
	return (FINDING_NOTICE);
}

/* A single policy that reads otherwise is judged by what it does (spf.c,
 * dmarc.c), not by its words. */
static bool
is_left_to_others(
    const struct record *record, const struct judge_outcome *outcome)
{
	bool policy = record->kind == RECORD_SPF ||
	              record->kind == RECORD_HELO_SPF ||
	              record->kind == RECORD_DMARC;

	return (policy && outcome->result == JUDGE_DIFFERS &&
		strchr(outcome->found, '\n') == NULL);
}

/* An alias may also be written as our addresses. */
static bool
leads_here(const struct work *work, const struct record *record)
{
	struct ask_addresses found;

	if (record->type != DNS_TYPE_CNAME)
		return (false);
	ask_addresses(work->check, record->name, work->arena, &found);
	for (size_t i = 0; i < found.count; i++)
		if (!ask_is_own(work->check->server, &found.items[i]))
			return (false);
	return (found.count > 0);
}

static const char *
suffix(enum judge_result result)
{
	switch (result) {
	case JUDGE_FINE:
		return ("");
	case JUDGE_MISSING:
		return (".missing");
	case JUDGE_DIFFERS:
		return (".differs");
	case JUDGE_EXTRA:
		return (".extra");
	case JUDGE_UNKNOWN:
		return (".unknown");
	}
	return ("");
}

static const char *
text_of(enum judge_result result, const char *where, struct arena *arena)
{
	const char *what = "";

	switch (result) {
	case JUDGE_FINE:
		what = "it is as it should be";
		break;
	case JUDGE_MISSING:
		what = "the record is missing";
		break;
	case JUDGE_DIFFERS:
		what = "something else is there";
		break;
	case JUDGE_EXTRA:
		what = "a record is there that should not be";
		break;
	case JUDGE_UNKNOWN:
		what = "the DNS does not say what is there";
		break;
	}
	return (arena_printf(arena, "%s%s", what, where));
}

static const char *
values(const struct judge_set *set, struct arena *arena)
{
	struct buf text;

	buf_init(&text, arena, TEXT_MAX_BYTES);
	for (size_t i = 0; i < set->count; i++)
		buf_printf(
		    &text, "%s%s", i > 0 ? "\n" : "", set->records[i].value);
	return (buf_str(&text));
}

static const char *
id_of(const struct judge_set *set, const char *ending, struct arena *arena)
{
	return (arena_printf(
	    arena, "%s%s", record_kind_name(set->records[0].kind), ending));
}

static void
report(const struct work *work, const struct judge_set *set,
    const struct judge_outcome *outcome, const char *where)
{
	const struct record *first = &set->records[0];

	if (outcome->result == JUDGE_FINE || is_left_to_others(first, outcome))
		return;
	if (leads_here(work, first))
		return;
	finding_add(work->findings,
	    &(struct finding){
		.id = id_of(set, suffix(outcome->result), work->arena),
		.subject = first->name,
		.severity = outcome->result == JUDGE_UNKNOWN
	                        ? FINDING_WARNING
	                        : severity_of(work, first, outcome->result),
		.text = text_of(outcome->result, where, work->arena),
		.expected = values(set, work->arena),
		.found = outcome->found,
		.remove = outcome->remove,
		.add = outcome->add,
		.advice = outcome->result == JUDGE_UNKNOWN
	                      ? "look at the name servers, and run the check "
	                        "again"
	                      : NULL,
	    });
}

/* What one zone's servers say. */
struct zone {
	struct authority authority;
	struct dns_answer *answers;
};

static bool
is_in(const struct zone *zone, const char *name)
{
	return (zone->authority.zone != NULL && zone->answers != NULL &&
		name_is_within(name, zone->authority.zone));
}

static bool
leads_elsewhere(const struct dns_answer *answer)
{
	return (answer->status == DNS_OK && answer->count == 0);
}

/* The worst of what the servers of ${zone} say about the set at ${index}, with
 * how many of them say so.  False when none says anything. */
static bool
judge_servers(const struct work *work, const struct zone *zone, size_t index,
    struct judge_outcome *worst, const char **where)
{
	const struct authority *authority = &zone->authority;
	size_t said = 0;
	size_t bad = 0;
	const char *which = "";

	*worst = (struct judge_outcome){ .result = JUDGE_FINE };
	for (size_t i = 0; i < authority->count; i++) {
		const struct dns_answer *answer =
		    &zone->answers[i * work->count + index];
		struct judge_outcome outcome;

		if (authority->servers[i].state != AUTHORITY_ANSWERS ||
		    leads_elsewhere(answer))
			continue;
		judge(&work->sets[index], answer, work->arena, &outcome);
		if (outcome.result == JUDGE_UNKNOWN)
			continue;
		said++;
		if (outcome.result == JUDGE_FINE ||
		    is_left_to_others(&work->sets[index].records[0], &outcome))
			continue;
		if (bad++ == 0) {
			*worst = outcome;
			which = arena_printf(work->arena, "%s (%s)",
			    authority->servers[i].name,
			    network_address_print(
				work->arena, &authority->servers[i].address));
		}
	}
	*where = bad == said ? ""
	                     : arena_printf(work->arena,
				   " on %zu of %zu name servers, such as %s",
				   bad, said, which);
	return (said > 0);
}

/* The resolver may have something older than the name servers. */
static void
report_resolved(const struct work *work, size_t index)
{
	const struct judge_set *set = &work->sets[index];
	struct judge_outcome outcome;

	judge(set, &work->resolved[index], work->arena, &outcome);
	if (outcome.result == JUDGE_FINE ||
	    is_left_to_others(&set->records[0], &outcome) ||
	    leads_here(work, &set->records[0])) {
		finding_ok(work->findings, id_of(set, "", work->arena),
		    set->records[0].name, "%s", values(set, work->arena));
		return;
	}
	finding_add(work->findings,
	    &(struct finding){
		.id = id_of(set, ".stale", work->arena),
		.subject = set->records[0].name,
		.severity = FINDING_NOTICE,
		.text = outcome.result == JUDGE_UNKNOWN
	                    ? "the name servers have it, the resolver gives "
	                      "no answer"
	                    : "the name servers have it, the resolver still "
	                      "has something else",
		.expected = values(set, work->arena),
		.found = outcome.found,
		.advice = arena_printf(work->arena,
		    "wait %u seconds, and check again",
		    (unsigned int)work->resolved[index].ttl + 1),
	    });
}

static void
report_set(const struct work *work, const struct zone *zones, size_t index)
{
	const struct judge_set *set = &work->sets[index];
	struct judge_outcome outcome;
	const char *where = "";

	for (size_t i = 0; i < 2; i++) {
		if (!is_in(&zones[i], set->records[0].name) ||
		    !judge_servers(work, &zones[i], index, &outcome, &where))
			continue;
		if (outcome.result == JUDGE_FINE)
			report_resolved(work, index);
		else
			report(work, set, &outcome, where);
		return;
	}
	judge(set, &work->resolved[index], work->arena, &outcome);
	report(work, set, &outcome, "");
	if (outcome.result == JUDGE_FINE)
		finding_ok(work->findings, id_of(set, "", work->arena),
		    set->records[0].name, "%s", values(set, work->arena));
}

static const char *
state_id(enum authority_state state)
{
	switch (state) {
	case AUTHORITY_ANSWERS:
		return ("ns");
	case AUTHORITY_SILENT:
		return ("ns.silent");
	case AUTHORITY_LAME:
		return ("ns.lame");
	case AUTHORITY_BROKEN:
		return ("ns.broken");
	}
	return ("ns");
}

static void
report_server(const struct work *work, const struct authority *authority,
    const struct authority_server *server)
{
	const char *subject = arena_printf(work->arena, "%s (%s)", server->name,
	    network_address_print(work->arena, &server->address));

	if (server->state == AUTHORITY_ANSWERS) {
		finding_ok(work->findings, "ns", subject,
		    "it answers for %s with authority", authority->zone);
		return;
	}
	finding_add(work->findings,
	    &(struct finding){
		.id = state_id(server->state),
		.subject = subject,
		.severity = FINDING_WARNING,
		.text = arena_printf(work->arena,
		    "this name server of %s does not serve it: %s",
		    authority->zone, server->reason),
		.advice = "tell who runs the name server, or take it out of "
			  "the zone's NS records and of the registry's",
	    });
}

static void
report_zone(const struct work *work, const char *name,
    const struct authority *authority)
{
	if (authority->count == 0)
		finding_add(work->findings,
		    &(struct finding){
			.id = "ns.none",
			.subject = name,
			.severity = FINDING_ERROR,
			.text = authority->reason,
			.advice = "register the domain, or have the registry "
				  "point at its name servers",
		    });
	for (size_t i = 0; i < authority->count; i++)
		report_server(work, authority, &authority->servers[i]);
	for (size_t i = 0; i < authority->nameless_count; i++)
		finding_add(work->findings,
		    &(struct finding){
			.id = "ns.nameless",
			.subject = authority->nameless[i],
			.severity = FINDING_WARNING,
			.text = arena_printf(work->arena,
			    "this name server of %s has no address",
			    authority->zone),
			.advice = "give it an address, or take its NS record "
				  "out",
		    });
}

static void
look_at_zone(const struct work *work, const char *name, struct zone *zone)
{
	authority_find(work->check->dns, name, work->check->deadline,
	    work->arena, &zone->authority);
	if (zone->authority.count > 0)
		zone->answers = authority_ask(&zone->authority, work->questions,
		    work->count, work->check->deadline, work->arena);
	report_zone(work, name, &zone->authority);
}

/* The domain's zone, and that of the host name where it is another. */
static void
look_at_zones(const struct work *work, struct zone *zones)
{
	const struct server *server = work->check->server;

	if (work->check->zone_file)
		return;
	look_at_zone(work, server->domain, &zones[0]);
	if (server->hostname != NULL && zones[0].authority.zone != NULL &&
	    !name_is_within(server->hostname, zones[0].authority.zone))
		look_at_zone(work, server->hostname, &zones[1]);
}

void
published_probe(const struct check *check, struct finding_list *findings)
{
	struct zone zones[2] = { 0 };
	struct work work = {
		.check = check, .findings = findings, .arena = findings->arena
	};

	find_sets(&work);
	for (size_t i = 0; i < work.count; i++)
		dns_prefetch(
		    check->dns, work.questions[i].name, work.questions[i].type);
	look_at_zones(&work, zones);
	work.resolved =
	    arena_array(work.arena, work.count, sizeof(*work.resolved));
	dns_gather(check->dns, work.questions, work.count, check->deadline,
	    work.arena, work.resolved);
	for (size_t i = 0; i < work.count; i++)
		report_set(&work, zones, i);
}
