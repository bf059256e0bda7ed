#include "support/dnsliar.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "support/loopback.h"

#define HEADER_BYTES 12
#define QUESTION_MAX 1024
#define REPLY_MAX 65535
/* TXT records of an oversized answer, more than DNS_MAX_RECORDS. */
#define BIG_RECORDS 300
#define BIG_TEXT 200
/* Answers that wait for their time; more questions are forgotten. */
#define PENDING_MAX 1024
/* A client over TCP that says nothing is hung up on. */
#define TCP_PATIENCE_S 1

/* RFC 1035 4.1.1. */
#define FLAGS_ANSWER 0x8180
#define FLAG_TRUNCATED 0x0200
#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3

enum {
	STOP,
	FRONT,
	LISTENER,
	FDS
};

struct pending {
	struct sockaddr_in at;
	unsigned char question[QUESTION_MAX];
	size_t len;
	int64_t due; /* clock_monotonic_ms() */
};

struct dnsliar {
	struct arena *arena;
	enum dnsliar_way way;
	char address[32];
	int fds[FDS];
	pthread_t thread;
	atomic_uint asked;
	struct pending *pending; /* a ring, the next one due first */
	size_t first;
	size_t count;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "dnsliar: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
add_number(struct buf *out, unsigned int number)
{
	buf_add_byte(out, (unsigned char)(number >> 8));
	buf_add_byte(out, (unsigned char)number);
}

/* Return the length of the question in ${packet}, its header included, or 0. */
static size_t
question_length(struct span packet)
{
	size_t len = HEADER_BYTES;

	while (span_at(packet, len) > 0)
		len += (size_t)span_at(packet, len) + 1;
	len += 1 + 4;
	return (len <= packet.len ? len : 0);
}

/* Begin an answer to ${packet} with ${flags} that promises ${answers}. */
static void
begin(struct buf *out, struct span packet, unsigned int flags,
    unsigned int answers)
{
	size_t len = question_length(packet);

	buf_add(out, span_head(packet, 2));
	add_number(out, flags);
	add_number(out, len > 0 ? 1 : 0);
	add_number(out, answers);
	add_number(out, 0);
	add_number(out, 0);
	if (len > 0)
		buf_add(out, span_tail(span_head(packet, len), HEADER_BYTES));
}

/* A name as it is in a packet (RFC 1035 3.1), without the root's label. */
struct wire_name {
	const char *bytes;
	size_t len;
};

#define WIRE(literal)                                                          \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}

static const struct wire_name silent_domain = WIRE("\7example\3org");
static const struct wire_name policy_name = WIRE("\6_dmarc\6sender\7example");

/* Say whether the name in the question of ${packet} is ${name}, or ends with
 * it if ${below}. */
static bool
is_about(struct span packet, const struct wire_name *name, bool below)
{
	size_t len = question_length(packet);
	/* The root's label, type and class follow the name. */
	struct span asked =
	    len == 0 ? span_new(NULL, 0)
		     : span_tail(span_head(packet, len - 5), HEADER_BYTES);
	struct span wanted = span_new(name->bytes, name->len);

	return (
	    below ? span_ends_nocase(asked, wanted) : span_ieq(asked, wanted));
}

static bool
answer_in_part(struct span packet, struct buf *out)
{
	static const char policy[] = "v=DMARC1; p=reject";

	if (is_about(packet, &silent_domain, true))
		return (false);
	if (!is_about(packet, &policy_name, false)) {
		begin(out, packet, FLAGS_ANSWER | RCODE_NXDOMAIN, 0);
		return (true);
	}
	begin(out, packet, FLAGS_ANSWER, 1);
	add_number(out, 0xc000 | HEADER_BYTES); /* the name asked */
	add_number(out, 16);                    /* TXT */
	add_number(out, 1);
	add_number(out, 0);
	add_number(out, 300);
	add_number(out, sizeof(policy));
	buf_add_byte(out, sizeof(policy) - 1);
	buf_add_str(out, policy);
	return (true);
}

static void
add_big_records(struct buf *out)
{
	for (unsigned int i = 0; i < BIG_RECORDS; i++) {
		add_number(out, 0xc000 | HEADER_BYTES); /* the name asked */
		add_number(out, 16);                    /* TXT */
		add_number(out, 1);
		add_number(out, 0);
		add_number(out, 300);
		add_number(out, BIG_TEXT + 1);
		buf_add_byte(out, BIG_TEXT);
		buf_printf(out, "%-*u", BIG_TEXT, i);
	}
}

/* Write the answer to ${packet}.  Return false when there is none. */
static bool
answer(
    const struct dnsliar *liar, struct span packet, bool tcp, struct buf *out)
{
	switch (liar->way) {
	case DNSLIAR_DOWN:
	case DNSLIAR_SILENT:
		return (false);
	case DNSLIAR_SLOW:
	case DNSLIAR_DENYING:
		begin(out, packet, FLAGS_ANSWER | RCODE_NXDOMAIN, 0);
		return (true);
	case DNSLIAR_FAILING:
		begin(out, packet, FLAGS_ANSWER | RCODE_SERVFAIL, 0);
		return (true);
	case DNSLIAR_TRUNCATING:
		begin(out, packet, FLAGS_ANSWER | FLAG_TRUNCATED, 0);
		return (!tcp);
	case DNSLIAR_OVERSIZED:
		begin(out, packet, FLAGS_ANSWER | (tcp ? 0 : FLAG_TRUNCATED),
		    tcp ? BIG_RECORDS : 0);
		if (tcp)
			add_big_records(out);
		return (true);
	case DNSLIAR_CUT:
		begin(out, packet, FLAGS_ANSWER, 5);
		return (true);
	case DNSLIAR_GARBAGE:
		buf_add(out, span_head(packet, 2));
		for (unsigned int i = 0; i < 200; i++)
			buf_add_byte(out, (unsigned char)(0x80U | i * 37U));
		return (true);
	case DNSLIAR_PARTIAL:
		return (answer_in_part(packet, out));
	}
	return (false);
}

static void
send_answer(
    struct dnsliar *liar, const struct sockaddr_in *at, struct span packet)
{
	struct arena *arena = arena_new();
	struct buf out;

	buf_init(&out, arena, REPLY_MAX);
	if (answer(liar, packet, false, &out))
		(void)!sendto(liar->fds[FRONT], out.data, out.len, 0,
		    (const struct sockaddr *)at, sizeof(*at));
	arena_free(arena);
}

static void
put_off(struct dnsliar *liar, const struct sockaddr_in *at, struct span packet)
{
	if (liar->count == PENDING_MAX || packet.len > QUESTION_MAX)
		return;
	struct pending *pending =
	    &liar->pending[(liar->first + liar->count++) % PENDING_MAX];

	pending->at = *at;
	memcpy(pending->question, packet.data, packet.len);
	pending->len = packet.len;
	pending->due = clock_monotonic_ms() + DNSLIAR_SLOW_MS;
}

static void
send_due(struct dnsliar *liar)
{
	while (liar->count > 0) {
		struct pending *next = &liar->pending[liar->first];

		if (next->due > clock_monotonic_ms())
			return;
		send_answer(
		    liar, &next->at, span_new(next->question, next->len));
		liar->first = (liar->first + 1) % PENDING_MAX;
		liar->count--;
	}
}

static void
take_packet(struct dnsliar *liar)
{
	unsigned char packet[QUESTION_MAX];
	struct sockaddr_in at;
	socklen_t at_len = sizeof(at);
	ssize_t len = recvfrom(liar->fds[FRONT], packet, sizeof(packet), 0,
	    (struct sockaddr *)&at, &at_len);

	if (len < HEADER_BYTES)
		return;
	atomic_fetch_add(&liar->asked, 1);
	struct span question = span_new(packet, (size_t)len);

	if (liar->way == DNSLIAR_SLOW)
		put_off(liar, &at, question);
	else
		send_answer(liar, &at, question);
}

/* Answer one question over TCP, if it comes at once. */
static void
serve(struct dnsliar *liar, int fd)
{
	const struct timeval patience = { .tv_sec = TCP_PATIENCE_S };
	unsigned char packet[2 + QUESTION_MAX];
	struct arena *arena = arena_new();
	struct buf out, sent;
	ssize_t len;

	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	len = recv(fd, packet, sizeof(packet), 0);
	buf_init(&out, arena, REPLY_MAX);
	buf_init(&sent, arena, 2 + REPLY_MAX);
	if (len >= 2 + HEADER_BYTES) {
		struct span all = span_new(packet, (size_t)len);

		atomic_fetch_add(&liar->asked, 1);
		if (answer(liar, span_tail(all, 2), true, &out)) {
			add_number(&sent, (unsigned int)out.len);
			buf_add(&sent, buf_span(&out));
			(void)!send(fd, sent.data, sent.len, MSG_NOSIGNAL);
		}
	}
	arena_free(arena);
}

static void
take_connection(struct dnsliar *liar)
{
	int fd = accept4(liar->fds[LISTENER], NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	serve(liar, fd);
	(void)close(fd);
}

static void *
run(void *cookie)
{
	struct dnsliar *liar = cookie;

	for (;;) {
		struct pollfd fds[FDS];

		for (size_t i = 0; i < FDS; i++)
			fds[i] = (struct pollfd){ .fd = liar->fds[i],
				.events = POLLIN };
		(void)poll(fds, FDS, liar->count > 0 ? 20 : -1);
		if (fds[STOP].revents != 0)
			return (NULL);
		if (fds[FRONT].revents != 0)
			take_packet(liar);
		if (fds[LISTENER].revents != 0)
			take_connection(liar);
		send_due(liar);
	}
}

static void
open_sockets(struct dnsliar *liar)
{
	struct sockaddr_in at, other;

	do {
		liar->fds[FRONT] = loopback_bind(SOCK_DGRAM, 0, &at);
		if (liar->fds[FRONT] < 0)
			die("bind");
		liar->fds[LISTENER] =
		    loopback_bind(SOCK_STREAM, at.sin_port, &other);
		if (liar->fds[LISTENER] < 0)
			(void)close(liar->fds[FRONT]);
	} while (liar->fds[LISTENER] < 0);
	if (listen(liar->fds[LISTENER], 32) != 0)
		die("listen");
	(void)snprintf(liar->address, sizeof(liar->address), "127.0.0.1@%d",
	    ntohs(at.sin_port));
}

static void
close_sockets(struct dnsliar *liar)
{
	(void)close(liar->fds[FRONT]);
	(void)close(liar->fds[LISTENER]);
}

struct dnsliar *
dnsliar_new(enum dnsliar_way way)
{
	struct arena *arena = arena_new();
	struct dnsliar *liar = arena_alloc(arena, sizeof(*liar));

	liar->arena = arena;
	liar->way = way;
	liar->pending =
	    arena_array(arena, PENDING_MAX, sizeof(liar->pending[0]));
	open_sockets(liar);
	liar->fds[STOP] = eventfd(0, EFD_CLOEXEC);
	if (liar->fds[STOP] < 0)
		die("eventfd");
	/* The port is known to be free, and nobody listens there. */
	if (way == DNSLIAR_DOWN)
		close_sockets(liar);
	else if (pthread_create(&liar->thread, NULL, run, liar) != 0)
		die("thread");
	return (liar);
}

void
dnsliar_free(struct dnsliar *liar)
{
	if (liar == NULL)
		return;
	if (liar->way != DNSLIAR_DOWN) {
		(void)eventfd_write(liar->fds[STOP], 1);
		(void)pthread_join(liar->thread, NULL);
		close_sockets(liar);
	}
	(void)close(liar->fds[STOP]);
	arena_free(liar->arena);
}

const char *
dnsliar_address(const struct dnsliar *liar)
{
	return (liar->address);
}

unsigned int
dnsliar_asked(const struct dnsliar *liar)
{
	return (atomic_load(&liar->asked));
}
