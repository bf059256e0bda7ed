#include "support/ledgerdaemon.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/unit.h"

struct peer {
	unsigned char bytes[2 * LEDGER_MAX_FRAME];
	size_t len;
	int number;
	unsigned int served;
};

static bool
put(int fd, const void *bytes, size_t len)
{
	return (send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static size_t
write_reply(unsigned char *frame, uint32_t tag, enum ledger_result result)
{
	struct ledger_reply reply = { .result = result,
		.tag = tag,
		.lease = 1000 + tag,
		.text = "words",
		.root_count = 1,
		.roots = { { .key = "user/al", .used = { 5, 1 } } } };

	return (ledger_frame_write_reply(&reply, frame));
}

static void
flood(int fd)
{
	unsigned char frame[LEDGER_MAX_FRAME];
	size_t len = write_reply(frame, UINT32_MAX, LEDGER_OK);

	while (put(fd, frame, len))
		continue;
}

static void
say(int fd, const unsigned char *frame, size_t len, size_t step)
{
	for (size_t at = 0; at < len; at += step) {
		if (at > 0)
			(void)usleep(500);
		if (!put(fd, &frame[at], len - at < step ? len - at : step))
			return;
	}
}

static bool
say_lines(int fd, unsigned char *frame, uint32_t tag)
{
	for (int i = 0; i < 2; i++)
		if (!put(fd, frame, write_reply(frame, tag, LEDGER_MORE)))
			return (false);
	return (put(fd, frame, write_reply(frame, tag, LEDGER_OK)));
}

/* Answer ${request}; false when the connection is to be closed. */
static bool
answer(struct ledgerdaemon *daemon, int fd, struct peer *peer,
    const struct ledger_request *request)
{
	unsigned char frame[LEDGER_MAX_FRAME];
	size_t len = write_reply(frame, request->tag, LEDGER_OK);

	switch (daemon->manner) {
	case ANSWERS:
		return (put(fd, frame, len));
	case ANSWERS_BYTE_BY_BYTE:
		say(fd, frame, len, 1);
		return (true);
	case ANSWERS_TWICE:
		len = write_reply(frame, request->tag - 1, LEDGER_HARD);
		return (put(fd, frame, len) &&
			put(fd, frame,
			    write_reply(frame, request->tag, LEDGER_OK)) &&
			put(fd, frame,
			    write_reply(frame, request->tag, LEDGER_HARD)));
	case ANSWERS_THEN_CLOSES:
		(void)put(fd, frame, len);
		return (false);
	case CLOSES_USED:
		return (peer->served <= 1 && put(fd, frame, len));
	case CLOSES:
		return (false);
	case CLOSES_HALF:
		(void)put(fd, frame, len / 2);
		return (false);
	case IS_SILENT:
		return (true);
	case SAYS_HALF:
		return (put(fd, frame, len / 2));
	case FLOODS:
		flood(fd);
		return (false);
	case SPEAKS_HTTP:
		return (put(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28));
	case SAYS_MORE:
		return (say_lines(fd, frame, request->tag));
	case SENDS_REQUEST:
		return (
		    put(fd, frame, ledger_frame_write_request(request, frame)));
	}
	return (false);
}

static bool
has_reply(enum ledger_verb verb)
{
	return (verb != LEDGER_COMMIT && verb != LEDGER_RELEASE &&
		verb != LEDGER_DIRTY && verb != LEDGER_BIND);
}

static bool
take(struct ledgerdaemon *daemon, int fd, struct peer *peer, size_t len)
{
	unsigned int number = atomic_load(&daemon->requests);
	struct ledger_request request;

	if (ledger_frame_read_request(peer->bytes, len, &request) != 0 ||
	    number == LEDGERDAEMON_MAX_REQUESTS)
		abort();
	peer->served++;
	daemon->seen[number].verb = request.verb;
	daemon->seen[number].lease = request.lease;
	daemon->seen[number].connection = peer->number;
	atomic_fetch_add(&daemon->requests, 1);
	return (!has_reply(request.verb) || answer(daemon, fd, peer, &request));
}

/* Read from ${fd}; false when the connection is over. */
static bool
serve(struct ledgerdaemon *daemon, int fd, struct peer *peer)
{
	ssize_t got = recv(
	    fd, &peer->bytes[peer->len], sizeof(peer->bytes) - peer->len, 0);
	size_t used;

	if (got <= 0)
		return (false);
	peer->len += (size_t)got;
	while (ledger_frame_take(peer->bytes, peer->len, &used) ==
	       LEDGER_FRAME_WHOLE) {
		if (!take(daemon, fd, peer, used))
			return (false);
		peer->len -= used;
		memmove(peer->bytes, &peer->bytes[used], peer->len);
	}
	return (true);
}

static void
serve_all(struct ledgerdaemon *daemon, struct pollfd *fds, struct peer **peers,
    size_t *count)
{
	for (size_t i = 2; i < *count; i++) {
		if (fds[i].revents == 0 || serve(daemon, fds[i].fd, peers[i]))
			continue;
		(void)close(fds[i].fd);
		free(peers[i]);
		(*count)--;
		fds[i] = fds[*count];
		peers[i] = peers[*count];
		i--;
	}
}

static struct peer *
new_peer(struct ledgerdaemon *daemon)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (peer == NULL)
		abort();
	peer->number = (int)atomic_fetch_add(&daemon->connections, 1) + 1;
	return (peer);
}

static void *
run(void *cookie)
{
	struct ledgerdaemon *daemon = cookie;
	struct pollfd fds[LEDGERDAEMON_MAX_CLIENTS + 2] = {
		{ daemon->wake[0], POLLIN, 0 }, { daemon->listener, POLLIN, 0 }
	};
	struct peer *peers[LEDGERDAEMON_MAX_CLIENTS + 2];
	size_t count = 2;

	while (poll(fds, count, -1) > 0 && fds[0].revents == 0) {
		serve_all(daemon, fds, peers, &count);
		if (fds[1].revents == 0 ||
		    count == LEDGERDAEMON_MAX_CLIENTS + 2)
			continue;
		fds[count] =
		    (struct pollfd){ .fd = accept(daemon->listener, NULL, NULL),
			    .events = POLLIN };
		peers[count++] = new_peer(daemon);
	}
	while (count > 2) {
		(void)close(fds[--count].fd);
		free(peers[count]);
	}
	return (NULL);
}

int
ledgerdaemon_bind(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)unlink(at->sun_path);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)(const void *)at, sizeof(*at)),
	    0);
	return (fd);
}

void
ledgerdaemon_start(struct ledgerdaemon *daemon, const struct sockaddr_un *at,
    enum ledgerdaemon_manner manner)
{
	*daemon = (struct ledgerdaemon){ .manner = manner };
	daemon->listener = ledgerdaemon_bind(at);
	assert_int_equal(listen(daemon->listener, LEDGERDAEMON_MAX_CLIENTS), 0);
	assert_int_equal(pipe(daemon->wake), 0);
	assert_int_equal(pthread_create(&daemon->thread, NULL, run, daemon), 0);
}

void
ledgerdaemon_stop(struct ledgerdaemon *daemon)
{
	assert_int_equal(write(daemon->wake[1], "", 1), 1);
	assert_int_equal(pthread_join(daemon->thread, NULL), 0);
	(void)close(daemon->wake[0]);
	(void)close(daemon->wake[1]);
	(void)close(daemon->listener);
}
