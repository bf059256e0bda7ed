/*
 * quota_load lmtp|quota ADDRESS SESSIONS MS USERS: deliver messages of 2 kB by
 * LMTP, or ask for quotas by IMAP, in so many sessions at once for so many
 * milliseconds, for the users u1@d.example and so on in turn.  Prints how many
 * were done, and in how many microseconds.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LMTP_PORT 14024
#define IMAP_PORT 14143
#define BODY_BYTES 2048
#define MAX_SESSIONS 100

struct load {
	const char *address;
	bool imap;
	unsigned users;
	struct timespec end;
	atomic_ulong done;
	atomic_uint turn;
};

struct session {
	int fd;
	char in[4096];
	size_t len;
};

static _Noreturn void
fail(const char *what, const char *said)
{
	(void)fprintf(stderr, "quota_load: %s: %s\n", what, said);
	exit(EXIT_FAILURE);
}

static bool
is_over(const struct load *load)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec > load->end.tv_sec ||
		(now.tv_sec == load->end.tv_sec &&
		    now.tv_nsec >= load->end.tv_nsec));
}

static void
connect_to(const struct load *load, struct session *session)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(load->imap ? IMAP_PORT : LMTP_PORT) };
	const int on = 1;

	session->len = 0;
	session->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)inet_pton(AF_INET, load->address, &to.sin_addr);
	if (connect(session->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		fail("connect", load->address);
	(void)setsockopt(
	    session->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void
say(const struct session *session, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t put = send(session->fd, text, len, MSG_NOSIGNAL);

		if (put <= 0)
			fail("send", "nobody reads");
		/* UNSAFE: put <= len */
		text += put;
		len -= (size_t)put;
	}
}

/* Read a line into ${line}, without its end. */
static void
hear(struct session *session, char line[4096])
{
	char *end;

	while ((end = memchr(session->in, '\n', session->len)) == NULL) {
		ssize_t got = recv(session->fd, &session->in[session->len],
		    sizeof(session->in) - session->len, 0);

		if (got <= 0)
			fail("recv", "it hung up");
		session->len += (size_t)got;
	}
	size_t len = (size_t)(end - session->in) + 1;

	memcpy(line, session->in, len);
	line[len - 1] = '\0';
	session->len -= len;
	memmove(session->in, &session->in[len], session->len);
}

/* The last line of an answer, which begins with ${wanted}. */
static void
expect(struct session *session, const char *wanted)
{
	char line[4096];

	do
		hear(session, line);
	while (line[0] == '*' || line[3] == '-');
	if (strncmp(line, wanted, strlen(wanted)) != 0)
		fail(wanted, line);
}

static unsigned
next_user(struct load *load)
{
	return (atomic_fetch_add(&load->turn, 1) % load->users + 1);
}

static void
deliver(struct load *load, struct session *session, const char *body)
{
	char text[256];
	int len = snprintf(text, sizeof(text),
	    "MAIL FROM:<a@b.example>\r\nRCPT TO:<u%u@d.example>\r\nDATA\r\n",
	    next_user(load));

	say(session, text, (size_t)len);
	expect(session, "250");
	expect(session, "250");
	expect(session, "354");
	say(session, body, strlen(body));
	expect(session, "250");
}

static void
run_lmtp(struct load *load, struct session *session)
{
	static const char head[] =
	    "From: a@b.example\r\nSubject: bench\r\n\r\n";
	char body[BODY_BYTES + 8];
	size_t len = sizeof(head) - 1;

	memcpy(body, head, len);
	for (; len < BODY_BYTES; len++)
		body[len] = len % 72 == 71 ? '\n' : 'x';
	memcpy(&body[len], "\r\n.\r\n", sizeof("\r\n.\r\n"));
	expect(session, "220");
	say(session, "LHLO bench.example\r\n", 20);
	expect(session, "250");
	while (!is_over(load)) {
		deliver(load, session, body);
		atomic_fetch_add(&load->done, 1);
	}
}

static void
run_imap(struct load *load, struct session *session)
{
	static const char ask[] = "b GETQUOTAROOT INBOX\r\n";
	char text[128], line[4096];
	int len = snprintf(
	    text, sizeof(text), "a LOGIN u%u@d.example x\r\n", next_user(load));

	hear(session, line);
	say(session, text, (size_t)len);
	expect(session, "a OK");
	while (!is_over(load)) {
		say(session, ask, sizeof(ask) - 1);
		expect(session, "b OK");
		atomic_fetch_add(&load->done, 1);
	}
}

static void *
run(void *cookie)
{
	struct load *load = cookie;
	struct session session;

	connect_to(load, &session);
	if (load->imap)
		run_imap(load, &session);
	else
		run_lmtp(load, &session);
	(void)close(session.fd);
	return (NULL);
}

static long
elapsed_us(const struct timespec *since)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return ((now.tv_sec - since->tv_sec) * 1000000 +
		(now.tv_nsec - since->tv_nsec) / 1000);
}

int
main(int argc, char *argv[])
{
	pthread_t threads[MAX_SESSIONS];
	struct load load = { 0 };
	struct timespec begun;

	if (argc != 6)
		fail(
		    "usage", "quota_load lmtp|quota ADDRESS SESSIONS MS USERS");
	unsigned sessions = (unsigned)strtoul(argv[3], NULL, 10);
	long ms = strtol(argv[4], NULL, 10);

	load.imap = strcmp(argv[1], "quota") == 0;
	load.address = argv[2];
	load.users = (unsigned)strtoul(argv[5], NULL, 10);
	if (sessions == 0 || sessions > MAX_SESSIONS || load.users == 0)
		fail("usage", "so many sessions, or users, there cannot be");
	(void)clock_gettime(CLOCK_MONOTONIC, &begun);
	load.end = begun;
	load.end.tv_sec += ms / 1000;
	load.end.tv_nsec += ms % 1000 * 1000000;
	if (load.end.tv_nsec >= 1000000000) {
		load.end.tv_sec++;
		load.end.tv_nsec -= 1000000000;
	}
	for (unsigned i = 0; i < sessions; i++)
		if (pthread_create(&threads[i], NULL, run, &load) != 0)
			fail("thread", "there are too many");
	for (unsigned i = 0; i < sessions; i++)
		(void)pthread_join(threads[i], NULL);
	(void)printf("%lu %ld\n", (unsigned long)load.done, elapsed_us(&begun));
	return (EXIT_SUCCESS);
}
