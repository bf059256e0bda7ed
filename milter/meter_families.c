#include "meter_families.h"

#include "dkim/dkim.h"
#include "dmarc/dmarc.h"
#include "dns/dns.h"
#include "dns/iprev.h"
#include "mail.h"
#include "outgoing.h"
#include "signtable.h"
#include "spf/spf.h"

#define PREFIX "mailreeve_milter_"

static const char *const directions[] = {
	[MAIL_INBOUND] = "inbound", [MAIL_OUTBOUND] = "outbound", NULL
};
static const char *const actions[] = { [VERDICT_NONE] = "none",
	[VERDICT_TAG] = "tag",
	[VERDICT_HOLD] = "hold",
	[VERDICT_REJECT] = "reject",
	[VERDICT_TEMPFAIL] = "tempfail",
	NULL };
static const char *const refusals[] = { [VERDICT_FOR_HEADER_BYTES] =
					    "header_bytes",
	[VERDICT_FOR_HEADER_FIELDS] = "header_fields",
	[VERDICT_FOR_TROUBLE] = "trouble",
	[VERDICT_FOR_DMARC] = "dmarc",
	[VERDICT_FOR_FROM] = "from",
	[VERDICT_FOR_RULE] = "rule",
	[VERDICT_FOR_DNS] = "dns",
	[VERDICT_FOR_OUTGOING] = "outgoing",
	[METER_REFUSED_STOPPING] = "stopping",
	[METER_REFUSED_NOT_APPLIED] = "not_applied",
	NULL };
static const char *const stages[] = { [MAIL_ENVELOPE] = "envelope",
	[MAIL_HEADER] = "header",
	[MAIL_BODY] = "body",
	NULL };
static const char *const results[] = { [DKIM_NONE] = "none",
	[DKIM_PASS] = "pass",
	[DKIM_FAIL] = "fail",
	[DKIM_POLICY] = "policy",
	[DKIM_NEUTRAL] = "neutral",
	[DKIM_TEMPERROR] = "temperror",
	[DKIM_PERMERROR] = "permerror",
	NULL };
static const char *const identities[] = {
	[SPF_HELO] = "helo", [SPF_MAIL_FROM] = "mail_from", NULL
};
static const char *const spf_results[] = { [SPF_NONE] = "none",
	[SPF_NEUTRAL] = "neutral",
	[SPF_PASS] = "pass",
	[SPF_FAIL] = "fail",
	[SPF_SOFTFAIL] = "softfail",
	[SPF_TEMPERROR] = "temperror",
	[SPF_PERMERROR] = "permerror",
	NULL };
static const char *const dmarc_results[] = { [DMARC_NONE] = "none",
	[DMARC_PASS] = "pass",
	[DMARC_FAIL] = "fail",
	[DMARC_TEMPERROR] = "temperror",
	[DMARC_PERMERROR] = "permerror",
	NULL };
static const char *const policies[] = { [DMARC_POLICY_NONE] = "none",
	[DMARC_POLICY_QUARANTINE] = "quarantine",
	[DMARC_POLICY_REJECT] = "reject",
	NULL };
static const char *const iprev_results[] = { [IPREV_NONE] = "none",
	[IPREV_PASS] = "pass",
	[IPREV_FAIL] = "fail",
	[IPREV_TEMPERROR] = "temperror",
	[IPREV_PERMERROR] = "permerror",
	NULL };
static const char *const findings[] = { [OUTGOING_NOT_ALIGNED] = "not_aligned",
	[OUTGOING_NO_FROM] = "no_from",
	[OUTGOING_DUPLICATE] = "duplicate",
	[OUTGOING_NO_DATE] = "no_date",
	[OUTGOING_ONE_CLICK] = "one_click",
	NULL };
/* meter.c counts these two from 0 on: nothing else signs. */
static const char *const algorithms[] = { "rsa-sha256", "ed25519-sha256",
	NULL };
static const char *const causes[] = { [SIGNTABLE_AUTHOR] = "no_author",
	[SIGNTABLE_USER] = "not_allowed",
	[SIGNTABLE_KEY] = "no_key",
	[SIGNTABLE_BROKEN] = "broken_key",
	[SIGNTABLE_HEADER] = "header",
	NULL };
static const char *const statuses[] = { [DNS_OK] = "ok",
	[DNS_NODATA] = "nodata",
	[DNS_NXDOMAIN] = "nxdomain",
	[DNS_SERVFAIL] = "servfail",
	[DNS_TIMEOUT] = "timeout",
	NULL };
static const char *const levels[] = {
	[METER_LEVEL_ERROR] = "error", [METER_LEVEL_WARNING] = "warning", NULL
};
static const char *const reloads[] = { "refused", "loaded", NULL };

/* clang-format off */
#define FAMILY(member_name, member_type, ...)                                  \
	{                                                                      \
		.name = PREFIX member_name, .type = (member_type), __VA_ARGS__ \
	}
#define COUNTER(name, ...) FAMILY(name, METRICS_COUNTER, __VA_ARGS__)
#define GAUGE(name, ...) FAMILY(name, METRICS_GAUGE, __VA_ARGS__)
#define WAIT(name, ...)                                                        \
	FAMILY(name, METRICS_HISTOGRAM, .unit = METRICS_TIME,                  \
	    .bounds = metrics_wait_bounds, __VA_ARGS__)
/* clang-format on */

const struct metrics_family meter_families[] = {
	[METER_MESSAGES] = COUNTER("messages_total",
	    .help = "Messages that came to their end, by what was decided.",
	    .labels = { { "direction", directions }, { "action", actions } }),
	[METER_REFUSED] =
	    COUNTER("refused_total", .help = "Messages rejected or deferred.",
		.labels = { { "reason", refusals } }),
	[METER_ABORTED] = COUNTER("aborted_total",
	    .help = "Messages that the client left before their end.",
	    .labels = { { "stage", stages } }),
	[METER_NOT_ENFORCED] = COUNTER("not_enforced_total",
	    .help = "Messages for which enforce = no kept an action from being "
		    "taken.",
	    .labels = { { "action", actions } }),
	[METER_SPF_RESULTS] = COUNTER("spf_results_total",
	    .help = "Results of SPF, of inbound messages.",
	    .labels = { { "identity", identities },
		{ "result", spf_results } }),
	[METER_DKIM_RESULTS] = COUNTER("dkim_results_total",
	    .help = "Results of DKIM signatures in inbound messages; none: a "
		    "message without.",
	    .labels = { { "result", results } }),
	[METER_DMARC_RESULTS] = COUNTER("dmarc_results_total",
	    .help = "Results of DMARC, one for each author's domain of inbound "
		    "messages.",
	    .labels = { { "result", dmarc_results } }),
	[METER_DMARC_FAILURES] = COUNTER("dmarc_failures_total",
	    .help = "Of these, failures, by the policy that was published.",
	    .labels = { { "policy", policies } }),
	[METER_IPREV_RESULTS] = COUNTER("iprev_results_total",
	    .help =
		"Whether the names of clients lead back to their addresses.",
	    .labels = { { "result", iprev_results } }),
	[METER_SIGNATURES] =
	    COUNTER("signatures_total", .help = "DKIM signatures made.",
		.labels = { { "algorithm", algorithms } }),
	[METER_UNSIGNED] = COUNTER("unsigned_total",
	    .help = "Outbound messages that were to be signed and were not.",
	    .labels = { { "reason", causes } }),
	[METER_OUTGOING_FINDINGS] = COUNTER("outgoing_findings_total",
	    .help = "What large receivers would refuse outbound messages for.",
	    .labels = { { "kind", findings } }),
	[METER_FORGED_FIELDS] = COUNTER("forged_fields_total",
	    .help = "Header fields removed because they claimed to be ours."),
	[METER_BODY_BYTES] = COUNTER("body_bytes_total",
	    .help = "Bytes in the bodies of messages that came to their end."),
	[METER_VERDICT_SECONDS] = WAIT("verdict_seconds",
	    .help = "From the end of a message to its verdict.",
	    .labels = { { "direction", directions } }),
	[METER_DNS_WAIT_SECONDS] = WAIT("dns_wait_seconds",
	    .help = "How long a message that was verified waited for the DNS "
		    "after its end."),
	[METER_DNS_ANSWER_SECONDS] = WAIT("dns_answer_seconds",
	    .help = "How long a question to the resolver took.",
	    .labels = { { "status", statuses } }),
	[METER_DNS_QUESTIONS] = COUNTER("dns_questions_total",
	    .help = "DNS questions of messages, whoever answered."),
	[METER_DNS_CACHE_HITS] = COUNTER(
	    "dns_cache_hits_total", .help = "Of these, answered by the cache."),
	[METER_DNS_JOINED] = COUNTER("dns_joined_total",
	    .help = "Of these, joined to a question under way."),
	[METER_DNS_STARTED] = COUNTER("dns_started_total",
	    .help = "Questions asked of the resolver, early ones too."),
	[METER_DNS_FAILURES] = COUNTER("dns_failures_total",
	    .help = "Of these, failed or without an answer."),
	[METER_DNS_EVICTED] = COUNTER("dns_evicted_total",
	    .help = "Answers dropped for room before their time."),
	[METER_DNS_CACHE_ENTRIES] =
	    GAUGE("dns_cache_entries", .help = "DNS answers held."),
	[METER_DNS_UNDER_WAY] = GAUGE("dns_under_way",
	    .help = "Questions to the resolver without an answer yet."),
	[METER_KEY_CACHE_HITS] = COUNTER("key_cache_hits_total",
	    .help = "Public keys that had been parsed before."),
	[METER_KEY_CACHE_PARSED] =
	    COUNTER("key_cache_parsed_total", .help = "Public keys parsed."),
	[METER_KEY_CACHE_ENTRIES] =
	    GAUGE("key_cache_entries", .help = "Public keys held."),
	[METER_SIGNING_KEYS] = GAUGE("signing_keys",
	    .help = "Private keys of the configuration in force."),
	[METER_CONNECTIONS] = COUNTER("connections_total",
	    .help = "Connections of the mail server that negotiated."),
	[METER_OPEN_CONNECTIONS] =
	    GAUGE("open_connections", .help = "Of these, open now."),
	[METER_NEVER_NEGOTIATED] = COUNTER("never_negotiated_total",
	    .help = "Connections of what is no mail server."),
	[METER_IN_HAND] = GAUGE("messages_in_hand",
	    .help = "Messages between MAIL FROM and their end."),
	[METER_LOG_EVENTS] = COUNTER("log_events_total",
	    .help = "Events of the log, written or not.",
	    .labels = { { "level", levels } }),
	[METER_RELOADS] = COUNTER("reloads_total",
	    .help = "Reloads of the configuration, by what came of them.",
	    .labels = { { "result", reloads } }),
	[METER_FAMILIES] = { .name = NULL },
};
