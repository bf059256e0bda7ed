/*
 * meter_families.h: the table of what is counted.
 */
#ifndef QUOTAD_METER_FAMILIES_H
#define QUOTAD_METER_FAMILIES_H

#include "metrics/metrics.h"

enum meter_family {
	METER_REQUESTS,
	METER_REQUEST_SECONDS,
	METER_EVENTS,
	METER_CONNECTIONS,
	METER_LEASES,
	METER_HOLDERS,
	METER_ACCOUNTS,
};

extern const struct metrics_family meter_families[];

#endif
