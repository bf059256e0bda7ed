#include "meter_families.h"

/* In the order of enum ledger_verb, enum ledger_result, enum meter_event. */
static const char *const verbs[] = { "reserve", "commit", "release", "look",
	"recount_begin", "recount_end", "dirty", "ask", "bind", "command",
	NULL };
static const char *const results[] = { "ok", "soft", "soft_expired", "hard",
	"uncertain", "recount", "changed", "unknown", "away", "denied", "bad",
	"more", NULL };
static const char *const events[] = { "lease_died", "recount",
	"recount_corrected", "overtaken", "store_away", "warning",
	"peer_denied", "peer_broken", NULL };
static const char *const lease_states[] = { "live", "stale", NULL };
static const char *const holder_states[] = { "counted", "dirty", NULL };

/* Microseconds: a request that waits for nobody needs tens of them. */
static const uint64_t request_bounds[] = { 25, 50, 100, 250, 500, 1000, 2500,
	10000, 100000, 1000000, 0 };

const struct metrics_family meter_families[] = {
	[METER_REQUESTS] = { "mailreeve_quotad_requests_total",
	    "Requests, and what came of them.", METRICS_COUNTER, METRICS_PLAIN,
	    { { "verb", verbs }, { "result", results } }, NULL },
	[METER_REQUEST_SECONDS] = { "mailreeve_quotad_request_seconds",
	    "Time that a request took.", METRICS_HISTOGRAM, METRICS_TIME,
	    { { NULL, NULL } }, request_bounds },
	[METER_EVENTS] = { "mailreeve_quotad_events_total",
	    "What happened besides.", METRICS_COUNTER, METRICS_PLAIN,
	    { { "event", events } }, NULL },
	[METER_CONNECTIONS] = { "mailreeve_quotad_connections", "Connections.",
	    METRICS_GAUGE, METRICS_PLAIN, { { NULL, NULL } }, NULL },
	[METER_LEASES] = { "mailreeve_quotad_leases",
	    "Transactions that hold room, and those that died.", METRICS_GAUGE,
	    METRICS_PLAIN, { { "state", lease_states } }, NULL },
	[METER_HOLDERS] = { "mailreeve_quotad_holders",
	    "Whose mailboxes are in the ledger; dirty: to be counted anew.",
	    METRICS_GAUGE, METRICS_PLAIN, { { "state", holder_states } },
	    NULL },
	[METER_ACCOUNTS] = { "mailreeve_quotad_accounts",
	    "Accounts in the ledger.", METRICS_GAUGE, METRICS_PLAIN,
	    { { NULL, NULL } }, NULL },
	{ .name = NULL },
};
