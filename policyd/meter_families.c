#include "meter_families.h"

#include "decide.h"
#include "request.h"

#define PREFIX "mailreeve_policyd_"

static const char *const states[] = { [REQUEST_STATE_OTHER] = "other",
	[REQUEST_STATE_CONNECT] = "connect",
	[REQUEST_STATE_EHLO] = "ehlo",
	[REQUEST_STATE_MAIL] = "mail",
	[REQUEST_STATE_RCPT] = "rcpt",
	[REQUEST_STATE_DATA] = "data",
	[REQUEST_STATE_END_OF_MESSAGE] = "end_of_message",
	[REQUEST_STATE_VRFY] = "vrfy",
	[REQUEST_STATE_ETRN] = "etrn",
	NULL };
static const char *const actions[] = { [DECIDE_DUNNO] = "dunno",
	[DECIDE_PREPEND] = "prepend",
	[DECIDE_DEFER_IF_PERMIT] = "defer_if_permit",
	[DECIDE_DEFER] = "defer",
	[DECIDE_HOLD] = "hold",
	[DECIDE_REJECT] = "reject",
	NULL };
static const char *const reasons[] = { [DECIDE_NOTHING] = "nothing",
	[DECIDE_ALLOWED] = "allowed",
	[DECIDE_BLOCKED] = "blocked",
	[DECIDE_LOCKED] = "locked",
	[DECIDE_LIMIT] = "limit",
	[DECIDE_ODD] = "odd",
	[DECIDE_SCORE] = "score",
	[DECIDE_GREYLIST] = "greylist",
	[DECIDE_QUOTA] = "quota",
	[DECIDE_TROUBLE] = "trouble",
	NULL };
static const char *const troubles[] = { [DECIDE_NO_TROUBLE] = "none",
	[DECIDE_BUSY] = "busy",
	[DECIDE_NO_QUOTA] = "no_quota",
	[DECIDE_STOPPING] = "stopping",
	NULL };
static const char *const levels[] = {
	[METER_LEVEL_ERROR] = "error", [METER_LEVEL_WARNING] = "warning", NULL
};
static const char *const reloads[] = { "refused", "loaded", NULL };

/* A decision from memory takes microseconds, one with look-ups up to their
 * timeout. */
static const uint64_t decision_bounds[] = { 10, 20, 50, 100, 200, 500, 1000,
	5000, 20000, 100000, 500000, 1000000, 1500000, 2000000, 5000000, 0 };

/* clang-format off */
#define FAMILY(member_name, member_type, ...)                                  \
	{                                                                      \
		.name = PREFIX member_name, .type = (member_type), __VA_ARGS__ \
	}
#define COUNTER(name, ...) FAMILY(name, METRICS_COUNTER, __VA_ARGS__)
#define GAUGE(name, ...) FAMILY(name, METRICS_GAUGE, __VA_ARGS__)
/* clang-format on */

const struct metrics_family meter_families[] = {
	[METER_DECISIONS] = COUNTER("decisions_total",
	    .help = "Requests of Postfix that were answered, by the state of "
		    "the session and by the action.",
	    .labels = { { "state", states }, { "action", actions } }),
	[METER_REASONS] = COUNTER("reasons_total",
	    .help = "Decisions by what they were made for.",
	    .labels = { { "reason", reasons } }),
	[METER_SHADOW] = COUNTER("shadow_total",
	    .help = "Actions that a mode = shadow kept from being taken.",
	    .labels = { { "action", actions } }),
	[METER_TROUBLE] = COUNTER("trouble_total",
	    .help = "Requests about which something of ours could not say "
		    "anything: too many look-ups, no answer about a quota, "
		    "stopping.",
	    .labels = { { "what", troubles } }),
	[METER_REPEATED] = COUNTER("repeated_total",
	    .help = "Requests that came again, and were answered as before."),
	[METER_DECISION_SECONDS] = FAMILY("decision_seconds", METRICS_HISTOGRAM,
	    .unit = METRICS_TIME, .bounds = decision_bounds,
	    .help = "From a request to its answer."),
	[METER_LOOKUP_SECONDS] = FAMILY("lookup_seconds", METRICS_HISTOGRAM,
	    .unit = METRICS_TIME, .bounds = metrics_wait_bounds,
	    .help = "How long lists, names and SPF of a message took."),
	[METER_IN_HAND] =
	    GAUGE("requests_in_hand", .help = "Requests without answer yet."),
	[METER_LOOKUPS_WAITING] = GAUGE(
	    "lookups_waiting", .help = "Look-ups that wait for a free worker."),
	[METER_LOOKUPS_REFUSED] = COUNTER("lookups_refused_total",
	    .help = "Requests that were decided without look-ups because too "
		    "many waited."),
	[METER_CONNECTIONS] =
	    COUNTER("connections_total", .help = "Connections of Postfix."),
	[METER_OPEN_CONNECTIONS] =
	    GAUGE("open_connections", .help = "Of these, open now."),
	[METER_REFUSED_CONNECTIONS] = COUNTER("refused_connections_total",
	    .help = "Connections closed for want of room."),
	[METER_REQUESTS] = COUNTER("requests_total", .help = "Requests read."),
	[METER_MALFORMED] = COUNTER("malformed_total",
	    .help = "Connections closed because what came was no request."),
	[METER_TRANSACTIONS] = GAUGE("transactions",
	    .help = "Messages between their first recipient and their end."),
	[METER_ABORTED] = COUNTER("aborted_total",
	    .help = "Messages that never arrived, whose counts were given "
		    "back."),
	[METER_COMMITS_AT_RCPT] = GAUGE("commits_at_rcpt",
	    .help = "1 while main.cf does not ask us at END-OF-MESSAGE, so "
		    "that nothing is given back."),
	[METER_STORE_WRITTEN] =
	    COUNTER("store_written_total", .help = "Records written."),
	[METER_STORE_DROPPED] = COUNTER("store_dropped_total",
	    .help = "Records dropped while the store failed."),
	[METER_STORE_FAILURES] =
	    COUNTER("store_failures_total", .help = "Writes that failed."),
	[METER_STORE_WAITING] =
	    GAUGE("store_waiting", .help = "Records to be written."),
	[METER_STORE_FAILING] =
	    GAUGE("store_failing", .help = "1 while the store fails."),
	[METER_SHARED_AVAILABLE] = GAUGE("shared_available",
	    .help = "1 while limits are shared with other machines."),
	[METER_DNS_QUESTIONS] = COUNTER("dns_questions_total",
	    .help = "DNS questions of requests, whoever answered."),
	[METER_DNS_CACHE_HITS] = COUNTER(
	    "dns_cache_hits_total", .help = "Of these, answered by the cache."),
	[METER_DNS_FAILURES] = COUNTER("dns_failures_total",
	    .help = "Questions to the resolver without an answer."),
	[METER_NOTIFY_DROPPED] = COUNTER(
	    "notify_dropped_total", .help = "Notices that could not be sent."),
	[METER_LOG_EVENTS] = COUNTER("log_events_total",
	    .help = "Events of the log, written or not.",
	    .labels = { { "level", levels } }),
	[METER_RELOADS] = COUNTER("reloads_total",
	    .help = "Reloads of the configuration, by what came of them.",
	    .labels = { { "result", reloads } }),
	[METER_FAMILIES] = { .name = NULL },
};

const struct metrics_family meter_named_families[] = {
	[METER_RULES_DONE] = COUNTER("rule_actions_total",
	    .help = "Requests deferred, held or rejected, by the rule that "
		    "did."),
	[METER_RULES_WOULD] = COUNTER("rule_shadow_total",
	    .help = "Requests that would have been, but for mode = shadow."),
	[METER_LIST_QUESTIONS] =
	    COUNTER("list_questions_total", .help = "Questions to a DNS list."),
	[METER_LIST_LISTED] = COUNTER(
	    "list_listed_total", .help = "Of these, answered with a listing."),
	[METER_LIST_LATE] = COUNTER(
	    "list_late_total", .help = "Of these, not answered in time."),
	[METER_LIST_SECONDS] = COUNTER("list_seconds_total",
	    .unit = METRICS_TIME, .help = "Time that all answers took."),
	[METER_LIST_OUT] = GAUGE("list_out",
	    .help = "1 while a DNS list is not asked because it is sick."),
	[METER_RECORDS] = GAUGE("records", .help = "Records of a table."),
	[METER_EVICTED] = COUNTER("evicted_total",
	    .help = "Records that went for room before their time."),
	[METER_NAMED] = { .name = NULL },
};

const char *const meter_named_labels[] = {
	[METER_RULES_DONE] = "rule",
	[METER_RULES_WOULD] = "rule",
	[METER_LIST_QUESTIONS] = "list",
	[METER_LIST_LISTED] = "list",
	[METER_LIST_LATE] = "list",
	[METER_LIST_SECONDS] = "list",
	[METER_LIST_OUT] = "list",
	[METER_RECORDS] = "table",
	[METER_EVICTED] = "table",
};
