/*
 * meter_families.h: the metrics of the policy daemon, by number.
 */
#ifndef POLICYD_METER_FAMILIES_H
#define POLICYD_METER_FAMILIES_H

#include "metrics/metrics.h"

enum meter_family {
	METER_DECISIONS,
	METER_REASONS,
	METER_SHADOW,
	METER_TROUBLE,
	METER_REPEATED,
	METER_DECISION_SECONDS,
	METER_LOOKUP_SECONDS,
	METER_IN_HAND,
	METER_LOOKUPS_WAITING,
	METER_LOOKUPS_REFUSED,
	METER_CONNECTIONS,
	METER_OPEN_CONNECTIONS,
	METER_REFUSED_CONNECTIONS,
	METER_REQUESTS,
	METER_MALFORMED,
	METER_TRANSACTIONS,
	METER_ABORTED,
	METER_COMMITS_AT_RCPT,
	METER_STORE_WRITTEN,
	METER_STORE_DROPPED,
	METER_STORE_FAILURES,
	METER_STORE_WAITING,
	METER_STORE_FAILING,
	METER_SHARED_AVAILABLE,
	METER_DNS_QUESTIONS,
	METER_DNS_CACHE_HITS,
	METER_DNS_FAILURES,
	METER_NOTIFY_DROPPED,
	METER_LOG_EVENTS,
	METER_RELOADS,
	METER_FAMILIES,
};

/* Values of the label `level' of METER_LOG_EVENTS. */
enum meter_level {
	METER_LEVEL_ERROR,
	METER_LEVEL_WARNING,
};

/* Families whose labels are names of the configuration: limits, DNS lists,
 * tables; see meter_names.c. */
enum meter_named {
	METER_RULES_DONE,
	METER_RULES_WOULD,
	METER_LIST_QUESTIONS,
	METER_LIST_LISTED,
	METER_LIST_LATE,
	METER_LIST_SECONDS,
	METER_LIST_OUT,
	METER_RECORDS,
	METER_EVICTED,
	METER_NAMED,
};

extern const struct metrics_family meter_families[];
/* Without labels: who prints adds the one named meter_named_labels[]. */
extern const struct metrics_family meter_named_families[];
extern const char *const meter_named_labels[];

#endif
