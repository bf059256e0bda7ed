#include "daemon/supervisor.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"

void
supervisor_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

/* systemd wants the time at which a reload began (sd_notify(3)). */
void
supervisor_reloading(void)
{
	(void)sd_notifyf(
	    0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_us());
}

void
supervisor_stopping(int64_t patience_s)
{
	(void)sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64,
	    patience_s * 1000000);
}

/* A quarter of systemd's patience: half of it is what sd_watchdog_enabled(3)
 * wants, and a timer may be late. */
int64_t
supervisor_interval_ms(void)
{
	uint64_t patience_us = 0;

	if (sd_watchdog_enabled(0, &patience_us) <= 0)
		return (0);
	return (patience_us < 4000 ? 1 : (int64_t)(patience_us / 4000));
}

void
supervisor_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}
