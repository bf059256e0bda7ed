/*
 * meter.c: what counting costs a message.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "meter.h"
#include "metrics/metrics.h"

#define ROUNDS 2000000
#define THREADS 2
#define PAGES 2000

static double
cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return ((double)now.tv_sec * 1e9 + (double)now.tv_nsec);
}

/* All that an inbound message with one signature adds: a question to the
 * resolver, the wait for it, the message; and the clock six times. */
static void
count_message(
    struct meter *meter, const struct mail *mail, const struct outcome *outcome)
{
	int64_t asked = clock_monotonic_us();

	meter_dns(meter, DNS_OK, clock_monotonic_us() - asked);
	int64_t waited = clock_monotonic_us();

	waited = clock_monotonic_us() - waited;
	int64_t ended = clock_monotonic_us();

	meter_message(
	    meter, mail, outcome, clock_monotonic_us() - ended + waited);
}

static void *
work(void *cookie)
{
	struct dkim_verification dkim = { .result = DKIM_PASS };
	struct outcome outcome = { .dkim = &dkim, .dkim_count = 1 };
	struct mail mail = {
		.direction = MAIL_INBOUND, .check = cookie, .body_bytes = 4096
	};

	for (int i = 0; i < ROUNDS; i++) {
		outcome.dns_us = i % 3000;
		count_message(cookie, &mail, &outcome);
	}
	return (NULL);
}

static void
run_messages(size_t count)
{
	struct meter *meter = meter_new();
	pthread_t threads[THREADS];
	double before = cpu_ns();

	for (size_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, work, meter) != 0)
			return;
	for (size_t i = 0; i < count; i++)
		(void)pthread_join(threads[i], NULL);
	(void)printf("%zu thread%s: %.0f ns of processor time a message\n",
	    count, count == 1 ? " " : "s",
	    (cpu_ns() - before) / ((double)ROUNDS * (double)count));
	meter_free(meter);
}

static void
run_pages(void)
{
	struct meter *meter = meter_new();
	struct meter_state state = { 0 };
	double before = cpu_ns();
	size_t bytes = 0;

	for (int i = 0; i < PAGES; i++) {
		struct arena *arena = arena_new();
		struct buf page;

		buf_init(&page, arena, METRICS_MAX_BYTES);
		meter_print(meter, &state, &page);
		bytes = page.len;
		arena_free(arena);
	}
	(void)printf("a page: %.0f us, %zu bytes\n",
	    (cpu_ns() - before) / 1e3 / PAGES, bytes);
	meter_free(meter);
}

int
main(void)
{
	for (size_t threads = 1; threads <= THREADS; threads++)
		run_messages(threads);
	run_pages();
	return (0);
}
