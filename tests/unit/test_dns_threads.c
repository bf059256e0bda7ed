/* Many threads over one struct dns, with a zone file and with libunbound behind
 * it: no answer is wrong, and ThreadSanitizer has nothing to say. */
#include "dns/dns.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "dns/dns_unbound.h"
#include "dns/dns_zone.h"
#include "support/dnsserver.h"
#include "support/unit.h"

#define THREADS 12
#define ROUNDS 60
#define NAMES 100
#define GATHERED 8

/* xN has the address 192.0.2.N; yN does not exist. */
#define ORIGIN "threads.example."

struct worker {
	struct dns *dns;
	unsigned seed;
	atomic_uint *wrong;
};

static char *
make_zone(struct arena *arena)
{
	struct buf text;

	buf_init(&text, arena, 100000);
	buf_add_str(&text, "@ 300 SOA ns hostmaster 1 2 3 4 60\n"
			   "@ 300 NS ns\nns 300 A 127.0.0.1\n");
	for (int i = 0; i < NAMES; i++)
		buf_printf(&text, "x%d 300 A 192.0.2.%d\n", i, i);
	return (arena_strdup(arena, buf_str(&text)));
}

static bool
is_right(int number, const struct dns_answer *answer)
{
	if (number >= NAMES)
		return (answer->status == DNS_NXDOMAIN);
	return (answer->status == DNS_OK && answer->count == 1 &&
		answer->rdata[0].len == 4 &&
		answer->rdata[0].data[3] == number);
}

static void
gather_some(struct worker *worker, struct arena *arena)
{
	struct dns_question questions[GATHERED];
	struct dns_answer answers[GATHERED];
	int numbers[GATHERED];

	for (int i = 0; i < GATHERED; i++) {
		numbers[i] = rand_r(&worker->seed) % (NAMES + NAMES / 10);
		questions[i].type = DNS_TYPE_A;
		questions[i].name = arena_printf(arena, "%c%d." ORIGIN,
		    numbers[i] < NAMES ? 'x' : 'Y', numbers[i]);
		dns_prefetch(worker->dns, questions[i].name, questions[i].type);
	}
	int64_t deadline = clock_monotonic_ms() + 30000;

	dns_lookup(worker->dns, questions[0].name, DNS_TYPE_A, deadline, arena,
	    &answers[0]);
	if (!is_right(numbers[0], &answers[0]))
		atomic_fetch_add(worker->wrong, 1);
	dns_gather(worker->dns, questions, GATHERED, deadline, arena, answers);
	for (int i = 0; i < GATHERED; i++)
		if (!is_right(numbers[i], &answers[i]))
			atomic_fetch_add(worker->wrong, 1);
}

static void *
work(void *cookie)
{
	struct worker *worker = cookie;
	struct dns_counters counters;

	for (int i = 0; i < ROUNDS; i++) {
		struct arena *arena = arena_new();

		gather_some(worker, arena);
		dns_counters(worker->dns, &counters);
		arena_free(arena);
	}
	return (NULL);
}

static void
run_threads(struct dns_backend *backend)
{
	/* Room for half of the names, so that many are dropped meanwhile. */
	const struct dns_options options = { .cache_entries = NAMES / 2 };
	struct dns *dns = dns_new(backend, &options);
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	atomic_uint wrong = 0;
	struct dns_counters counters;

	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] =
		    (struct worker){ .dns = dns, .seed = i, .wrong = &wrong };
		assert_int_equal(
		    pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	dns_counters(dns, &counters);
	assert_int_equal(wrong, 0);
	assert_int_equal(counters.questions, THREADS * ROUNDS * (GATHERED + 1));
	assert_int_equal(counters.failures, 0);
	assert_true(counters.evicted > 0);
	assert_true(counters.entries <= NAMES / 2);
	/* Leave some under way. */
	for (int i = 0; i < NAMES; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "z%d." ORIGIN, i);
		dns_prefetch(dns, name, DNS_TYPE_TXT);
	}
	dns_free(dns);
}

static void
test_zone(void **state)
{
	char path[] = "/tmp/mailreeve-zone-XXXXXX";
	struct arena *arena = arena_new();
	const char *error = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_true(
	    dprintf(fd, "$ORIGIN " ORIGIN "\n%s", make_zone(arena)) > 0);
	assert_int_equal(close(fd), 0);
	struct dns_backend *backend = dns_zone_load(path, arena, &error);

	assert_int_equal(unlink(path), 0);
	if (backend == NULL)
		fail_msg("%s", error);
	run_threads(backend);
	arena_free(arena);
}

static void
test_unbound(void **state)
{
	struct arena *arena = arena_new();
	struct log *log = log_new("test");
	const struct dnsserver_zone zone = { ORIGIN, make_zone(arena), false };
	bool knot = dnsserver_has(DNSSERVER_KNOT);
	const char *error = NULL;

	(void)state;
	if (!knot && !dnsserver_has(DNSSERVER_NSD))
		skip();
	struct dnsserver *server =
	    dnsserver_new(knot ? DNSSERVER_KNOT : DNSSERVER_NSD, &zone, 1);
	const char *address = dnsserver_address(server);
	const struct dns_unbound_options options = {
		.resolvers = &address, .resolver_count = 1, .log = log
	};
	struct dns_backend *backend = dns_unbound_new(&options, arena, &error);

	if (backend == NULL)
		fail_msg("%s", error);
	run_threads(backend);
	dnsserver_free(server);
	log_free(log);
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zone),
		cmocka_unit_test(test_unbound),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
