#include "monitor.h"

#include "meter.h"

/* Called in the thread of the server. */
static void
print_page(void *cookie, struct buf *page)
{
	struct service *service = cookie;
	const struct log *log = service_log(service);
	struct config *config = service_config(service);
	struct meter_state state = {
		.errors = log_count(log, LOG_LEVEL_ERROR),
		.warnings = log_count(log, LOG_LEVEL_WARNING),
		.signing_keys = config->private_count,
	};

	config_free(config);
	dns_counters(service_dns(service), &state.dns);
	keycache_counters(service_keys(service), &state.keys);
	service_load(service, &state.load);
	meter_print(service_meter(service), &state, page);
}

struct metrics_monitor *
monitor_new(struct service *service)
{
	const struct metrics_monitor_options options = { .page = print_page,
		.cookie = service,
		.log = service_log(service),
		.started = clock_now(service_clock(service)) };

	return (metrics_monitor_new(&options));
}
