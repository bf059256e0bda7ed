/*
 * robust_speed.c: a message over TCP does not wait for a delayed ACK.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "robust.h"

#define MESSAGES 50
#define TRIES 3
/* Without TCP_NODELAY on the milter's side a message takes 40 ms and more. */
#define LIMIT_US 20000

static int64_t
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a;
	const int64_t *y = b;

	return ((*x > *y) - (*x < *y));
}

/* Store the median time of one message in ${median}. */
static int
measure(struct robust *robust, int64_t *median)
{
	struct milter_client *client = robust_session(robust, ROBUST_INSIDE);
	int64_t times[MESSAGES];
	int result = client == NULL ? -1 : 0;

	for (int i = 0; i < MESSAGES && result == 0; i++) {
		struct arena *arena = arena_new();
		int64_t start = now_us();

		result =
		    robust_send(robust, client, robust_message(arena), "250");
		times[i] = now_us() - start;
		arena_free(arena);
	}
	milter_client_close(client);
	if (result != 0)
		return (-1);
	qsort(times, MESSAGES, sizeof(times[0]), compare);
	*median = times[MESSAGES / 2];
	return (0);
}

int
robust_latency(struct robust *robust)
{
	int64_t local = 0;
	int64_t remote = 0;

	if (robust_start(robust, false) != 0 || measure(robust, &local) != 0)
		return (-1);
	if (daemon_stop(robust->daemon) != 0)
		return (
		    robust_fail(robust, "%s", daemon_error(robust->daemon)));
	if (robust_start(robust, true) != 0)
		return (-1);
	for (int try = 0; try < TRIES; try++) {
		if (measure(robust, &remote) != 0)
			return (-1);
		printf("%s: median %.2f ms over a UNIX socket, %.2f ms over "
		       "TCP\n",
		    robust->name, (double)local / 1000, (double)remote / 1000);
		if (remote < LIMIT_US)
			return (0);
	}
	return (robust_fail(robust, "TCP stalls"));
}
