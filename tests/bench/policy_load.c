/*
 * policy_load.c: Postfix's many smtpd processes, each with a connection to a
 * policy server and one request at a time.  Usage:
 *
 *	bench_policy_load --socket=unix:PATH|inet:PORT@ADDRESS [--connections=N]
 *	    [--ms=N] [--requests=N] [--keys=N] [--in-turn] [--stranger]
 *	    [--first=N] [--expect=TEXT]
 *
 * It ends after so many milliseconds or requests, and prints what it saw as one
 * JSON object: see print_result().  The request is patched in place, so that
 * little of the time is its own.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "support/policy_client.h"

#define CONNECTIONS_MAX 8192
#define EVENTS 256
#define REPLY_MAX ((size_t)2048)
/* Times up to two seconds are counted by microseconds; the rest together. */
#define TIMES ((size_t)2000001)
#define STALLED_MS 30000

struct connection {
	struct policy_client *client;
	int64_t asked; /* clock_monotonic_us() */
	bool answered; /* once at least */
	size_t len;
	char reply[REPLY_MAX];
};

/* Where digits of the request are written. */
struct template
{
	char *bytes;
	size_t len;
	char *instance;  /* sixteen: the run, the request */
	char *user;      /* seven */
	char *sender;    /* seven, of the same */
	char *address;   /* of "10.1ab.1cd.1ef": ab, cd, ef */
	char *recipient; /* four */
};

struct load {
	const char *socket;
	size_t connections;
	int64_t duration_us;
	uint64_t requests;
	uint64_t keys;
	uint64_t first;
	bool in_turn;
	bool stranger;
	const char *expect;

	struct template template;
	struct connection *all;
	int epoll;
	uint64_t random;
	uint64_t asked;
	uint64_t answered;
	uint64_t other; /* replies that are not as expected */
	size_t waiting; /* connections without a first reply */
	int64_t began;
	int64_t connected_us;
	int64_t first_us; /* until each connection had a reply */
	int64_t max_us;
	uint32_t times[TIMES];
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "bench_policy_load: %s\n", what);
	exit(EXIT_FAILURE);
}

static char *
place(char *bytes, const char *after)
{
	char *found = strstr(bytes, after);

	if (found == NULL)
		die(after);
	/* UNSAFE: strstr() found all of it, with the digits that follow. */
	return (found + strlen(after));
}

static void
digits(char *where, size_t count, uint64_t number)
{
	while (count-- > 0) {
		where[count] = (char)('0' + number % 10);
		number /= 10;
	}
}

/* About 760 bytes, as from a submission with TLS. */
static void
make_template(struct load *load, struct arena *arena)
{
	struct policy_request *request = policy_request_new(arena, "RCPT");
	struct template *out = &load->template;
	bool user = !load->stranger;

	policy_request_set(request, "client_address", "10.100.100.100");
	policy_request_set(
	    request, "client_name", "host-10-1.access.provider.example");
	policy_request_set(request, "reverse_client_name",
	    "host-10-1.access.provider.example");
	policy_request_set(request, "server_port", user ? "587" : "25");
	policy_request_set(
	    request, "helo_name", "host-10-1.access.provider.example");
	policy_request_set(request, "sender", "user0000000@%s",
	    user ? "customer.example.org" : "sender.example");
	policy_request_set(request, "recipient", "%s",
	    user ? "rcpt0000@recipients.example" : "rcpt0000@example.org");
	policy_request_set(request, "instance", "0000000000000000.0.0");
	policy_request_set(request, "size", "12345");
	policy_request_set(request, "sasl_method", user ? "PLAIN" : "");
	policy_request_set(request, "sasl_username",
	    user ? "user0000000@customer.example.org" : "");
	policy_request_set(request, "encryption_protocol", "TLSv1.3");
	policy_request_set(
	    request, "encryption_cipher", "TLS_AES_256_GCM_SHA384");
	policy_request_set(request, "encryption_keysize", "256");
	policy_request_set(
	    request, "policy_context", user ? "submission" : "inbound");
	struct span all = policy_request_print(request);

	out->bytes = arena_str(arena, all);
	out->len = all.len;
	out->instance = place(out->bytes, "\ninstance=");
	out->sender = place(out->bytes, "\nsender=user");
	out->user = user ? place(out->bytes, "\nsasl_username=user") : NULL;
	out->address = place(out->bytes, "\nclient_address=10.1");
	out->recipient = place(out->bytes, "\nrecipient=rcpt");
	/* No two runs have the same instances. */
	digits(out->instance, 8, (uint64_t)clock_monotonic_ms());
}

/* xorshift64*: the same ones in each run. */
static uint64_t
random_below(struct load *load, uint64_t bound)
{
	load->random ^= load->random >> 12;
	load->random ^= load->random << 25;
	load->random ^= load->random >> 27;
	return ((load->random * UINT64_C(0x2545f4914f6cdd1d) >> 33) % bound);
}

static void
fill_template(struct load *load)
{
	struct template *out = &load->template;
	uint64_t key = load->in_turn ? load->asked % load->keys
	                             : random_below(load, load->keys);

	key += load->first;
	/* UNSAFE: sixteen digits. */
	digits(out->instance + 8, 8, load->asked);
	digits(out->sender, 7, key);
	if (out->user != NULL)
		digits(out->user, 7, key);
	/* UNSAFE: "10.100.100.100": two digits, ".1", two, ".1", two. */
	digits(out->address, 2, key / 10000);
	digits(out->address + 4, 2, key / 100);
	digits(out->address + 8, 2, key);
	digits(out->recipient, 4, random_below(load, 5000));
}

/* A request always fits into an empty socket. */
static void
ask(struct load *load, struct connection *connection)
{
	fill_template(load);
	connection->len = 0;
	connection->asked = clock_monotonic_us();
	if (policy_client_send(connection->client,
		span_new(load->template.bytes, load->template.len)) != 0)
		die("a connection ended");
	load->asked++;
}

static bool
is_over(const struct load *load)
{
	if (load->requests > 0)
		return (load->asked >= load->requests);
	return (clock_monotonic_us() - load->began >= load->duration_us);
}

static void
judge(struct load *load, struct connection *connection)
{
	int64_t now = clock_monotonic_us();
	int64_t took = now - connection->asked;

	load->times[took < (int64_t)TIMES ? (size_t)took : TIMES - 1]++;
	load->max_us = took > load->max_us ? took : load->max_us;
	load->answered++;
	if (!connection->answered && --load->waiting == 0)
		load->first_us = now - load->began;
	connection->answered = true;
	if (strncmp(connection->reply, "action=", 7) != 0 ||
	    strncmp(
		connection->reply + 7, load->expect, strlen(load->expect)) != 0)
		load->other++;
}

static void
take(struct load *load, struct connection *connection)
{
	ssize_t got = recv(policy_client_fd(connection->client),
	    &connection->reply[connection->len],
	    REPLY_MAX - 1 - connection->len, 0);

	if (got <= 0)
		die("a connection ended without its reply");
	connection->len += (size_t)got;
	connection->reply[connection->len] = '\0';
	if (connection->len < 2 ||
	    strcmp(&connection->reply[connection->len - 2], "\n\n") != 0)
		return;
	judge(load, connection);
	if (!is_over(load))
		ask(load, connection);
}

static void
connect_all(struct load *load)
{
	load->began = clock_monotonic_us();
	load->waiting = load->connections;
	for (size_t i = 0; i < load->connections; i++) {
		struct epoll_event event = { .events = EPOLLIN,
			.data.ptr = &load->all[i] };
		const char *error;

		load->all[i].client = policy_client_open(load->socket, &error);
		if (load->all[i].client == NULL)
			die(error);
		if (epoll_ctl(load->epoll, EPOLL_CTL_ADD,
			policy_client_fd(load->all[i].client), &event) != 0)
			die(strerror(errno));
	}
	load->connected_us = clock_monotonic_us() - load->began;
}

static void
run(struct load *load)
{
	struct epoll_event events[EVENTS];

	connect_all(load);
	for (size_t i = 0; i < load->connections; i++)
		ask(load, &load->all[i]);
	while (load->answered < load->asked) {
		int count = epoll_wait(load->epoll, events, EVENTS, STALLED_MS);

		if (count == 0)
			die("no reply for half a minute");
		if (count < 0 && errno != EINTR)
			die(strerror(errno));
		for (int i = 0; i < count; i++)
			take(load, events[i].data.ptr);
	}
}

/* The time within which so many of a thousand replies came. */
static size_t
percentile(const struct load *load, uint64_t thousandths)
{
	uint64_t wanted = (load->answered * thousandths + 999) / 1000;
	uint64_t seen = 0;

	for (size_t i = 0; i < TIMES; i++) {
		seen += load->times[i];
		if (seen >= wanted)
			return (i);
	}
	return (TIMES - 1);
}

static void
print_result(const struct load *load)
{
	double took = (double)(clock_monotonic_us() - load->began) / 1e6;

	(void)printf("{\"connections\":%zu,\"requests\":%" PRIu64
		     ",\"rate\":%.1f,\"p50_us\":%zu,\"p99_us\":%zu,"
		     "\"max_us\":%" PRId64 ",\"connect_ms\":%.3f,"
		     "\"accepted_ms\":%.3f,\"bytes\":%zu,\"other\":%" PRIu64
		     "}\n",
	    load->connections, load->answered, (double)load->answered / took,
	    percentile(load, 500), percentile(load, 990), load->max_us,
	    (double)load->connected_us / 1e3, (double)load->first_us / 1e3,
	    load->template.len, load->other);
}

static uint64_t
number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (end == text || *end != '\0')
		die("a number is malformed");
	return (value);
}

static void
parse(struct load *load, int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "connections", required_argument, NULL, 'c' },
		{ "ms", required_argument, NULL, 'm' },
		{ "requests", required_argument, NULL, 'n' },
		{ "keys", required_argument, NULL, 'k' },
		{ "first", required_argument, NULL, 'f' },
		{ "expect", required_argument, NULL, 'e' },
		{ "in-turn", no_argument, NULL, 't' },
		{ "stranger", no_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 's')
			load->socket = optarg;
		else if (option == 'c')
			load->connections = number(optarg);
		else if (option == 'm')
			load->duration_us = (int64_t)number(optarg) * 1000;
		else if (option == 'n')
			load->requests = number(optarg);
		else if (option == 'k')
			load->keys = number(optarg);
		else if (option == 'f')
			load->first = number(optarg);
		else if (option == 'e')
			load->expect = optarg;
		else if (option == 't')
			load->in_turn = true;
		else if (option == 'x')
			load->stranger = true;
		else
			exit(64);
	if (load->socket == NULL || load->keys == 0 || load->connections == 0 ||
	    load->connections > CONNECTIONS_MAX)
		die("how? See the first lines of policy_load.c");
}

int
main(int argc, char **argv)
{
	static struct load load = { .connections = 1,
		.duration_us = 1000000,
		.keys = 100000,
		.expect = "",
		.random = UINT64_C(0x9e3779b97f4a7c15) };
	struct arena *arena = arena_new();

	parse(&load, argc, argv);
	make_template(&load, arena);
	load.all =
	    arena_array(arena, load.connections, sizeof(struct connection));
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	run(&load);
	print_result(&load);
	arena_free(arena);
	return (load.other == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
