/*
 * slowdns.c: a way to a DNS server on which every question over UDP takes its
 * time, as those do that a resolver must ask the Internet.  Usage:
 * bench_slowdns OWN_ADDRESS SERVER MILLISECONDS [SILENT]; both have port 53,
 * and questions with the label SILENT are never answered.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define PORT 53
/* More questions at once are dropped.  A question's place is its ID on the way
 * to the server. */
#define PLACES 4096
#define QUESTION_MAX 512
#define ANSWER_MAX 65535

struct question {
	int64_t due; /* clock_monotonic_us() */
	struct sockaddr_in from;
	unsigned char id[2]; /* the asker's */
	unsigned char bytes[QUESTION_MAX];
	size_t len;
};

struct slowdns {
	int askers;
	int server;
	int64_t delay_us;
	const char *silent; /* or NULL */
	struct question questions[PLACES];
	uint64_t came; /* how many so far; the place is this modulo PLACES */
	uint64_t went;
};

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static struct sockaddr_in
address(const char *text)
{
	struct sockaddr_in where = { .sin_family = AF_INET,
		.sin_port = htons(PORT) };

	if (inet_pton(AF_INET, text, &where.sin_addr) != 1)
		die(text);
	return (where);
}

/* RFC 1035 3.1: a label stands after its length. */
static bool
is_silent(
    const struct slowdns *slow, const struct question *question, size_t len)
{
	char label[64];

	if (slow->silent == NULL)
		return (false);
	(void)snprintf(label, sizeof(label), "%c%s", (int)strlen(slow->silent),
	    slow->silent);
	return (memmem(question->bytes, len, label, strlen(label)) != NULL);
}

static void
take_question(struct slowdns *slow)
{
	struct question *question = &slow->questions[slow->came % PLACES];
	socklen_t size = sizeof(question->from);

	if (slow->came - slow->went == PLACES) {
		unsigned char dropped;

		(void)recv(slow->askers, &dropped, 1, 0);
		return;
	}
	ssize_t len = recvfrom(slow->askers, question->bytes, QUESTION_MAX, 0,
	    (struct sockaddr *)&question->from, &size);

	if (len < 12 || is_silent(slow, question, (size_t)len))
		return;
	uint16_t place = htons((uint16_t)(slow->came % PLACES));

	question->len = (size_t)len;
	question->due = clock_monotonic_us() + slow->delay_us;
	memcpy(question->id, question->bytes, 2);
	memcpy(question->bytes, &place, 2);
	slow->came++;
}

static void
pass_on(struct slowdns *slow)
{
	while (slow->went < slow->came) {
		const struct question *question =
		    &slow->questions[slow->went % PLACES];

		if (question->due > clock_monotonic_us())
			return;
		(void)send(slow->server, question->bytes, question->len, 0);
		slow->went++;
	}
}

static void
take_answer(struct slowdns *slow)
{
	static unsigned char bytes[ANSWER_MAX];
	ssize_t len = recv(slow->server, bytes, sizeof(bytes), 0);
	uint16_t place;

	if (len < 12)
		return;
	memcpy(&place, bytes, 2);
	const struct question *question =
	    &slow->questions[ntohs(place) % PLACES];

	memcpy(bytes, question->id, 2);
	(void)sendto(slow->askers, bytes, (size_t)len, 0,
	    (const struct sockaddr *)&question->from, sizeof(question->from));
}

/* Milliseconds until something is due, rounded up; -1: nothing is. */
static int
wait_ms(const struct slowdns *slow)
{
	if (slow->went == slow->came)
		return (-1);
	int64_t left =
	    slow->questions[slow->went % PLACES].due - clock_monotonic_us();

	return (left > 0 ? (int)((left + 999) / 1000) : 0);
}

int
main(int argc, char **argv)
{
	static struct slowdns slow;

	if (argc != 4 && argc != 5) {
		(void)fprintf(stderr, "usage: bench_slowdns OWN_ADDRESS SERVER "
				      "MILLISECONDS [SILENT]\n");
		return (64);
	}
	struct sockaddr_in own = address(argv[1]);
	struct sockaddr_in server = address(argv[2]);

	slow.silent = argv[4];
	slow.delay_us = strtol(argv[3], NULL, 10) * 1000;
	slow.askers = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	slow.server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(slow.askers, (struct sockaddr *)&own, sizeof(own)) != 0 ||
	    connect(slow.server, (struct sockaddr *)&server, sizeof(server)) !=
		0)
		die("socket");
	for (;;) {
		struct pollfd sockets[] = {
			{ .fd = slow.askers, .events = POLLIN },
			{ .fd = slow.server, .events = POLLIN },
		};

		if (poll(sockets, 2, wait_ms(&slow)) < 0)
			die("poll");
		if (sockets[0].revents != 0)
			take_question(&slow);
		if (sockets[1].revents != 0)
			take_answer(&slow);
		pass_on(&slow);
	}
}
