/*
 * soak_reload.c: reloads in the middle of the load.  None of them may harm a
 * message.
 */
#include <signal.h>

#include "base/clock.h"
#include "soak.h"

/* One reload in so many is of a broken configuration. */
#define BROKEN_ONE_IN 5

/* The next key of turn.example signs from now on.  The one before is no longer
 * active, but its record stays (as a rotation wants it). */
static int
turn_key(struct soak *soak, unsigned int turn)
{
	const char *before =
	    arena_printf(soak->arena, "t%u", turn % SOAK_TURNS);
	const char *after =
	    arena_printf(soak->arena, "t%u", (turn + 1) % SOAK_TURNS);

	if (keyfolder_state(soak->keys, "turn.example", before, "retired") !=
		0 ||
	    keyfolder_state(soak->keys, "turn.example", after, "active") != 0)
		return (soak_fail(soak, "%s", keyfolder_error(soak->keys)));
	return (0);
}

/* What may change while messages are in hand, without a change for any but
 * those that the DNS does not answer for. */
static void
change_options(struct soak *soak, unsigned int turn)
{
	daemon_option(soak->daemon, "max_signatures = 10");
	daemon_option(soak->daemon, turn % 2 == 0 ? "min_verify_bits = 2048"
						  : "min_verify_bits = 1024");
	daemon_option(soak->daemon,
	    turn % 3 == 0 ? "clock_skew = 10m" : "clock_skew = 5m");
	daemon_option(soak->daemon, turn % 2 == 0
					? "on_dns_trouble = \"tempfail\""
					: "on_dns_trouble = \"pass\"");
	daemon_option(soak->daemon,
	    turn % 4 == 3 ? "log_level = \"debug\"" : "log_level = \"info\"");
}

void
soak_reload(struct soak *soak)
{
	unsigned int good = soak->counts[SOAK_RELOADS];
	unsigned int all = good + soak->counts[SOAK_BROKEN];
	bool broken = all % BROKEN_ONE_IN == 1;
	int64_t start;

	change_options(soak, good);
	if (broken)
		daemon_option(soak->daemon, "max_signatures = 0");
	else if (turn_key(soak, good) != 0)
		return;
	start = clock_monotonic_ms();
	if (daemon_reload(soak->daemon, good % 2 == 0 ? SIGUSR1 : SIGHUP) != 0)
		(void)soak_fail(soak, "%s", daemon_error(soak->daemon));
	else
		soak_add(soak, broken ? SOAK_BROKEN : SOAK_RELOADS, 1);
	if (clock_monotonic_ms() - start > soak->slowest_reload_ms)
		soak->slowest_reload_ms = clock_monotonic_ms() - start;
}
