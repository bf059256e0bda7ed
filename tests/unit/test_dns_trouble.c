/* Servers that never answer, and a libunbound that breaks down: other questions
 * get their answers, and all is well again soon. */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/dns.h"
#include "dns/dns_unbound.h"
#include "support/unit.h"

#define PACKET_MAX 4096
#define HEADER_BYTES 12
#define FDS 256
#define PATIENCE_MS 500
#define FLOOD_DOMAINS 60

/* A resolver that says of each name that it does not exist, unless it holds
 * "silent": then it says nothing. */
struct resolver {
	int fd;
	char address[32];
	pthread_t thread;
};

static void *
resolve(void *cookie)
{
	struct resolver *resolver = cookie;

	for (;;) {
		unsigned char packet[PACKET_MAX];
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t got = recvfrom(resolver->fd, packet, sizeof(packet), 0,
		    (struct sockaddr *)&from, &len);

		if (got < HEADER_BYTES)
			return (NULL);
		if (memmem(packet, (size_t)got, "silent", 6) != NULL)
			continue;
		packet[2] |= 0x80; /* QR */
		packet[3] = 0x83;  /* RA, NXDOMAIN */
		(void)sendto(resolver->fd, packet, (size_t)got, 0,
		    (struct sockaddr *)&from, len);
	}
}

static void
start_resolver(struct resolver *resolver)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	resolver->fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(resolver->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(
	    getsockname(resolver->fd, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(resolver->address, sizeof(resolver->address),
	    "127.0.0.1@%d", ntohs(at.sin_port));
	assert_int_equal(
	    pthread_create(&resolver->thread, NULL, resolve, resolver), 0);
}

static void
stop_resolver(struct resolver *resolver)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	/* Nothing but an empty packet wakes a thread that waits for one. */
	assert_int_equal(
	    getsockname(resolver->fd, (struct sockaddr *)&at, &len), 0);
	(void)sendto(resolver->fd, "", 0, 0, (const struct sockaddr *)&at, len);
	assert_int_equal(pthread_join(resolver->thread, NULL), 0);
	assert_int_equal(close(resolver->fd), 0);
}

struct fixture {
	struct resolver resolver;
	struct arena *arena;
	struct log *log;
	atomic_uint broken;
	atomic_uint restored;
	struct dns *dns;
};

static void
count_events(void *cookie, enum log_level level, const char *line)
{
	struct fixture *fixture = cookie;

	if (level == LOG_LEVEL_ERROR && strstr(line, "dns_broken") != NULL)
		atomic_fetch_add(&fixture->broken, 1);
	if (level == LOG_LEVEL_INFO && strstr(line, "dns_restored") != NULL)
		atomic_fetch_add(&fixture->restored, 1);
}

static struct fixture *
fixture_new(int patience_ms)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const char *error = NULL;

	assert_non_null(fixture);
	start_resolver(&fixture->resolver);
	fixture->arena = arena_new();
	fixture->log = log_new("test");
	log_set_writer(fixture->log, count_events, fixture);
	const char *const resolver = fixture->resolver.address;
	const struct dns_unbound_options options = { .resolvers = &resolver,
		.resolver_count = 1,
		.patience_ms = patience_ms,
		.log = fixture->log };
	struct dns_backend *backend =
	    dns_unbound_new(&options, fixture->arena, &error);

	if (backend == NULL)
		fail_msg("%s", error);
	fixture->dns = dns_new(backend, NULL);
	return (fixture);
}

static void
fixture_free(struct fixture *fixture)
{
	dns_free(fixture->dns);
	log_free(fixture->log);
	arena_free(fixture->arena);
	stop_resolver(&fixture->resolver);
	free(fixture);
}

static enum dns_status
look(struct fixture *fixture, const char *name, int64_t ms)
{
	struct dns_answer answer;

	dns_lookup(fixture->dns, name, DNS_TYPE_TXT, clock_monotonic_ms() + ms,
	    fixture->arena, &answer);
	return (answer.status);
}

static uint64_t
started(struct fixture *fixture)
{
	struct dns_counters counters;

	dns_counters(fixture->dns, &counters);
	return (counters.started);
}

static void
flood(struct fixture *fixture, int domains, int names)
{
	for (int i = 0; i < domains; i++)
		for (int j = 0; j < names; j++)
			dns_prefetch(fixture->dns,
			    arena_printf(
				fixture->arena, "s%d.silent.d%d.example", j, i),
			    DNS_TYPE_TXT);
}

/* A question ends although nobody answers, and we say that it was us. */
static void
test_patience(void **state)
{
	struct fixture *fixture = fixture_new(PATIENCE_MS);
	int64_t before = clock_monotonic_ms();

	(void)state;
	assert_int_equal(look(fixture, "silent.example", 20000), DNS_TIMEOUT);
	assert_true(clock_monotonic_ms() >= before + PATIENCE_MS);
	assert_true(clock_monotonic_ms() < before + 10000);
	fixture_free(fixture);
}

/* One domain takes its share, and no other domain waits for it. */
static void
test_silent_domain(void **state)
{
	struct fixture *fixture = fixture_new(0);

	(void)state;
	flood(fixture, 1, 2 * DNS_MAX_UNDER_WAY);
	assert_int_equal(started(fixture), DNS_MAX_OF_DOMAIN);
	assert_int_equal(
	    look(fixture, "good.other.example", 5000), DNS_NXDOMAIN);
	fixture_free(fixture);
}

/* Many domains take what there is for many questions; another one has no need
 * to wait until we lose patience. */
static void
test_silent_domains(void **state)
{
	struct fixture *fixture = fixture_new(0);
	uint64_t full = DNS_MAX_UNDER_WAY - DNS_KEPT_PLACES;

	(void)state;
	flood(fixture, FLOOD_DOMAINS, DNS_MAX_OF_DOMAIN);
	assert_int_equal(
	    started(fixture), full + FLOOD_DOMAINS - full / DNS_MAX_OF_DOMAIN);
	assert_int_equal(
	    look(fixture, "good.other.example", 5000), DNS_NXDOMAIN);
	fixture_free(fixture);
}

/* More of them take all there is until we lose patience. */
static void
test_all_silent(void **state)
{
	struct fixture *fixture = fixture_new(6 * PATIENCE_MS);
	int64_t before = clock_monotonic_ms();

	(void)state;
	flood(fixture, DNS_MAX_UNDER_WAY, 1);
	assert_true(started(fixture) >= DNS_MAX_UNDER_WAY);
	assert_int_equal(
	    look(fixture, "good.other.example", 20000), DNS_NXDOMAIN);
	print_message(
	    "answered after %d ms\n", (int)(clock_monotonic_ms() - before));
	fixture_free(fixture);
}

/* Cut the lines between us and libunbound's worker, as if it had died. */
static void
cut_lines(void)
{
	for (int fd = 0; fd < FDS; fd++) {
		int domain = 0;
		socklen_t len = sizeof(domain);

		if (fd > STDERR_FILENO &&
		    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
		    domain == AF_UNIX)
			(void)shutdown(fd, SHUT_RDWR);
	}
}

static void
test_breakdown(void **state)
{
	struct fixture *fixture = fixture_new(0);
	enum dns_status status = DNS_SERVFAIL;

	(void)state;
	assert_int_equal(look(fixture, "a.example", 5000), DNS_NXDOMAIN);
	dns_prefetch(fixture->dns, "silent.example", DNS_TYPE_TXT);
	cut_lines();
	/* What was under way fails at once, and nothing waits meanwhile. */
	assert_int_equal(look(fixture, "silent.example", 5000), DNS_SERVFAIL);
	assert_int_equal(atomic_load(&fixture->broken), 1);
	for (int i = 0; i < 100 && status != DNS_NXDOMAIN; i++) {
		(void)usleep(100000);
		status = look(fixture,
		    arena_printf(fixture->arena, "n%d.example", i), 5000);
	}
	assert_int_equal(status, DNS_NXDOMAIN);
	assert_int_equal(atomic_load(&fixture->broken), 1);
	assert_int_equal(atomic_load(&fixture->restored), 1);
	fixture_free(fixture);
}

/* The end comes although there is nothing that could answer. */
static void
test_end_while_broken(void **state)
{
	struct fixture *fixture = fixture_new(0);

	(void)state;
	assert_int_equal(look(fixture, "a.example", 5000), DNS_NXDOMAIN);
	cut_lines();
	assert_int_equal(look(fixture, "b.example", 500), DNS_SERVFAIL);
	fixture_free(fixture);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_silent_domain),
		cmocka_unit_test(test_silent_domains),
		cmocka_unit_test(test_all_silent),
		cmocka_unit_test(test_breakdown),
		cmocka_unit_test(test_end_while_broken),
	};

	/* As libmilter does. */
	(void)signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
