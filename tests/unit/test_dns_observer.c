/* dns.h: who observes hears of each answer of the backend once, with its time,
 * and of nothing that the cache answers. */
#include "support/unit.h"

#include <stdlib.h>
#include <time.h>

#include "dns/dns_backend.h"

#define PAUSE_NS 20000000
#define PAUSE_US (PAUSE_NS / 1000)
#define A_MINUTE_US 60000000

/* A backend that holds one question until it is told to answer. */
struct slow {
	struct dns_backend base;
	dns_done *done;
	void *cookie;
};

struct seen {
	size_t count[DNS_TIMEOUT + 1];
	int64_t us; /* of the last answer */
};

static void
start(struct dns_backend *backend, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	struct slow *slow = (struct slow *)(void *)backend;

	(void)name;
	(void)type;
	slow->done = done;
	slow->cookie = cookie;
}

static void
answer(struct slow *slow, enum dns_status status)
{
	const struct dns_answer given = { .status = status, .ttl = 100 };
	dns_done *done = slow->done;

	slow->done = NULL;
	if (done != NULL)
		done(slow->cookie, &given);
}

static void
free_slow(struct dns_backend *backend)
{
	answer((struct slow *)(void *)backend, DNS_SERVFAIL);
	free(backend);
}

static void
observe(void *cookie, enum dns_status status, int64_t us)
{
	struct seen *seen = cookie;

	seen->count[status]++;
	seen->us = us;
}

static void
test_observer(void **state)
{
	static const enum dns_status statuses[] = { DNS_NODATA, DNS_NXDOMAIN,
		DNS_SERVFAIL, DNS_TIMEOUT };
	struct slow *slow = calloc(1, sizeof(*slow));
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	const struct clock clock = { .fixed = 1000 };
	struct seen seen = { .us = -1 };
	struct dns_options options = {
		.clock = &clock, .observer = observe, .observer_cookie = &seen
	};
	struct arena *arena = arena_new();
	struct dns_counters counters;
	struct dns_answer found;

	(void)state;
	assert_non_null(slow);
	slow->base = (struct dns_backend){ .start = start, .free = free_slow };
	struct dns *dns = dns_new(&slow->base, &options);

	for (size_t i = 0; i < UNIT_COUNT(statuses); i++) {
		const char *name = arena_printf(arena, "n%zu.example", i);

		dns_prefetch(dns, name, DNS_TYPE_TXT);
		dns_counters(dns, &counters);
		assert_int_equal(counters.under_way, 1);
		(void)nanosleep(&pause, NULL);
		assert_int_equal(seen.count[statuses[i]], 0);
		answer(slow, statuses[i]);
		assert_int_equal(seen.count[statuses[i]], 1);
		assert_in_range(seen.us, PAUSE_US, A_MINUTE_US);
		dns_counters(dns, &counters);
		assert_int_equal(counters.under_way, 0);
		dns_lookup(dns, name, DNS_TYPE_TXT, 0, arena, &found);
		assert_int_equal(found.status, statuses[i]);
		assert_int_equal(seen.count[statuses[i]], 1);
	}
	/* What is given up at the end is seen, too. */
	dns_prefetch(dns, "last.example", DNS_TYPE_TXT);
	dns_free(dns);
	assert_int_equal(seen.count[DNS_SERVFAIL], 2);
	assert_int_equal(seen.count[DNS_OK], 0);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_observer),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
