#include "meter.h"

#include <stdlib.h>

#include "base/arena_impl.h"
#include "meter_families.h"

struct meter {
	struct metrics *metrics;
};

struct meter *
meter_new(void)
{
	struct meter *meter = arena_impl_malloc(sizeof(*meter));

	meter->metrics = metrics_new(meter_families);
	return (meter);
}

void
meter_free(struct meter *meter)
{
	if (meter == NULL)
		return;
	metrics_free(meter->metrics);
	free(meter);
}

void
meter_request(struct meter *meter, enum ledger_verb verb,
    enum ledger_result result, int64_t us)
{
	metrics_add(meter->metrics,
	    METRICS_SERIES(METER_REQUESTS, (size_t)verb - LEDGER_RESERVE,
		(size_t)result - LEDGER_OK),
	    1);
	metrics_observe(meter->metrics,
	    METRICS_SERIES(METER_REQUEST_SECONDS, 0), (uint64_t)us);
}

void
meter_count(struct meter *meter, enum meter_event event)
{
	metrics_add(meter->metrics, METRICS_SERIES(METER_EVENTS, event), 1);
}

static void
set(struct meter *meter, enum meter_family family, size_t value, int64_t number)
{
	metrics_set(meter->metrics, METRICS_SERIES(family, value),
	    number > 0 ? (uint64_t)number : 0);
}

void
meter_set(struct meter *meter, const struct meter_gauges *gauges)
{
	set(meter, METER_CONNECTIONS, 0, gauges->connections);
	set(meter, METER_LEASES, 0, gauges->leases);
	set(meter, METER_LEASES, 1, gauges->stale);
	set(meter, METER_HOLDERS, 0, gauges->holders - gauges->dirty);
	set(meter, METER_HOLDERS, 1, gauges->dirty);
	set(meter, METER_ACCOUNTS, 0, gauges->accounts);
}

void
meter_print(const struct meter *meter, struct buf *page)
{
	metrics_print(meter->metrics, page);
}
