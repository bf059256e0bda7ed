#include "support/dnsrelay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"
#include "support/loopback.h"

#define PACKET_MAX 65535
#define HEADER_BYTES 12
#define NAME_BYTES 256
/* Message IDs, each the place of a question under way. */
#define IDS 65536
#define PAIRS_MAX 64
#define BACKLOG 32

/* What the thread waits for: these, then both ends of each pair. */
enum {
	STOP,
	FRONT,
	BACK,
	LISTENER,
	FIXED
};

/* Whose question it is that went on under another ID. */
struct asker {
	struct sockaddr_in at;
	uint16_t id; /* as on the wire */
	bool waits;
};

/* One connection over TCP: to the client and to the server. */
struct pair {
	int fds[2];
};

/* A name that questions were dropped for. */
struct loss {
	struct hash_node node;
	int64_t last; /* clock_monotonic_ms() */
};

struct dnsrelay {
	struct arena *arena;
	struct sockaddr_in server;
	char address[32];
	unsigned int loss;
	uint64_t random;
	int fds[FIXED];
	pthread_t thread;
	struct asker *askers; /* IDS of them */
	uint16_t next_id;
	struct pair pairs[PAIRS_MAX];
	size_t pair_count;
	pthread_mutex_t lock; /* guards what follows */
	struct hash *losses;
	struct dnsrelay_counters counters;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "dnsrelay: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* xorshift64*: say whether the next question is lost. */
static bool
is_lost(struct dnsrelay *relay)
{
	uint64_t x = relay->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	relay->random = x;
	return ((x * UINT64_C(0x2545f4914f6cdd1d) >> 32) % 1000 < relay->loss);
}

/* Read the name of the first question of ${packet} into ${name}, in lower case.
 * Return its length, or 0 when there is none that fits. */
static size_t
read_name(struct span packet, char name[NAME_BYTES])
{
	struct span label;
	size_t len = 0;

	span_skip(&packet, HEADER_BYTES);
	for (int bytes; (bytes = span_peek(packet)) > 0;) {
		span_skip(&packet, 1);
		if (!span_take(&packet, (size_t)bytes, &label) ||
		    len + label.len + 1 > NAME_BYTES)
			return (0);
		if (len > 0)
			name[len++] = '.';
		for (size_t i = 0; i < label.len; i++)
			name[len++] = (char)span_lower(label.data[i]);
	}
	return (len);
}

/* Remember that a question for ${name} was lost; the lock is held. */
static void
note_loss(struct dnsrelay *relay, struct span name)
{
	struct hash_node *node = hash_get(relay->losses, name);
	struct loss *loss;

	if (node == NULL) {
		loss = arena_alloc(relay->arena, sizeof(*loss));
		loss->node.key = arena_dup(relay->arena, name);
		hash_add(relay->losses, &loss->node);
	} else {
		loss = LIST_VALUE(node, struct loss, node);
	}
	loss->last = clock_monotonic_ms();
}

/* Count the question in ${packet}.  Return false when it is to be dropped. */
static bool
admit(struct dnsrelay *relay, struct span packet)
{
	char name[NAME_BYTES];
	size_t len = read_name(packet, name);
	bool lost = is_lost(relay);

	(void)pthread_mutex_lock(&relay->lock);
	relay->counters.asked++;
	if (lost) {
		relay->counters.dropped++;
		note_loss(relay, span_new(name, len));
	}
	(void)pthread_mutex_unlock(&relay->lock);
	return (!lost);
}

/* Pass a question on to the server under an ID of our own. */
static void
take_question(struct dnsrelay *relay)
{
	unsigned char packet[PACKET_MAX];
	struct asker asker = { .waits = true };
	socklen_t at_len = sizeof(asker.at);
	ssize_t len = recvfrom(relay->fds[FRONT], packet, sizeof(packet), 0,
	    (struct sockaddr *)&asker.at, &at_len);

	if (len < HEADER_BYTES || !admit(relay, span_new(packet, (size_t)len)))
		return;
	memcpy(&asker.id, packet, sizeof(asker.id));
	relay->askers[relay->next_id] = asker;
	memcpy(packet, &relay->next_id, sizeof(relay->next_id));
	relay->next_id++;
	(void)!send(relay->fds[BACK], packet, (size_t)len, 0);
}

/* Pass the server's answer to who asked. */
static void
take_answer(struct dnsrelay *relay)
{
	unsigned char packet[PACKET_MAX];
	ssize_t len = recv(relay->fds[BACK], packet, sizeof(packet), 0);
	uint16_t id;

	if (len < HEADER_BYTES)
		return;
	memcpy(&id, packet, sizeof(id));
	struct asker *asker = &relay->askers[id];

	if (!asker->waits)
		return;
	asker->waits = false;
	memcpy(packet, &asker->id, sizeof(asker->id));
	(void)!sendto(relay->fds[FRONT], packet, (size_t)len, 0,
	    (const struct sockaddr *)&asker->at, sizeof(asker->at));
}

/* A new connection over TCP, and ours to the server for it. */
static void
take_connection(struct dnsrelay *relay)
{
	struct pair pair;

	pair.fds[0] = accept4(relay->fds[LISTENER], NULL, NULL, SOCK_CLOEXEC);
	if (pair.fds[0] < 0)
		return;
	pair.fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (relay->pair_count == PAIRS_MAX || pair.fds[1] < 0 ||
	    connect(pair.fds[1], (const struct sockaddr *)&relay->server,
		sizeof(relay->server)) != 0) {
		(void)close(pair.fds[0]);
		if (pair.fds[1] >= 0)
			(void)close(pair.fds[1]);
		return;
	}
	relay->pairs[relay->pair_count++] = pair;
	(void)pthread_mutex_lock(&relay->lock);
	relay->counters.tcp++;
	(void)pthread_mutex_unlock(&relay->lock);
}

/* Copy what has come from ${from} to ${to}.  Return false at the end. */
static bool
copy(int from, int to)
{
	unsigned char bytes[PACKET_MAX];
	ssize_t len = recv(from, bytes, sizeof(bytes), 0);

	for (ssize_t done = 0, n = 0; done < len; done += n) {
		/* UNSAFE: done stays below len. */
		n = send(to, bytes + done, (size_t)(len - done), MSG_NOSIGNAL);
		if (n <= 0)
			return (false);
	}
	return (len > 0);
}

static void
close_pair(struct pair *pair)
{
	(void)close(pair->fds[0]);
	(void)close(pair->fds[1]);
}

/* Serve the pairs that ${fds}, two for each, say have something; the last ones
 * first, because an ended one gives its place to the last. */
static void
serve_pairs(struct dnsrelay *relay, const struct pollfd *fds)
{
	for (size_t i = relay->pair_count; i-- > 0;) {
		struct pair *pair = &relay->pairs[i];
		bool goes_on = true;

		if (fds[2 * i].revents != 0)
			goes_on = copy(pair->fds[0], pair->fds[1]);
		if (goes_on && fds[2 * i + 1].revents != 0)
			goes_on = copy(pair->fds[1], pair->fds[0]);
		if (goes_on)
			continue;
		close_pair(pair);
		*pair = relay->pairs[--relay->pair_count];
	}
}

/* List all that is waited for in ${fds}.  Return how many. */
static nfds_t
list_fds(const struct dnsrelay *relay, struct pollfd *fds)
{
	nfds_t count = 0;

	for (; count < FIXED; count++)
		fds[count] = (struct pollfd){ .fd = relay->fds[count],
			.events = POLLIN };
	for (size_t i = 0; i < 2 * relay->pair_count; i++)
		fds[count++] =
		    (struct pollfd){ .fd = relay->pairs[i / 2].fds[i % 2],
			    .events = POLLIN };
	return (count);
}

static void *
run(void *cookie)
{
	struct dnsrelay *relay = cookie;
	struct pollfd fds[FIXED + 2 * PAIRS_MAX];

	for (;;) {
		if (poll(fds, list_fds(relay, fds), -1) < 0)
			continue;
		if (fds[STOP].revents != 0)
			return (NULL);
		if (fds[FRONT].revents != 0)
			take_question(relay);
		if (fds[BACK].revents != 0)
			take_answer(relay);
		serve_pairs(relay, &fds[FIXED]);
		if (fds[LISTENER].revents != 0)
			take_connection(relay);
	}
}

/* Open the sockets: one port for UDP and TCP in front, one for UDP behind. */
static void
open_sockets(struct dnsrelay *relay)
{
	struct sockaddr_in front;
	struct sockaddr_in other;

	do {
		relay->fds[FRONT] = loopback_bind(SOCK_DGRAM, 0, &front);
		relay->fds[LISTENER] =
		    loopback_bind(SOCK_STREAM, front.sin_port, &other);
		if (relay->fds[LISTENER] < 0)
			(void)close(relay->fds[FRONT]);
	} while (relay->fds[LISTENER] < 0);
	(void)snprintf(relay->address, sizeof(relay->address), "127.0.0.1@%d",
	    ntohs(front.sin_port));
	relay->fds[BACK] = loopback_bind(SOCK_DGRAM, 0, &other);
	if (relay->fds[BACK] < 0 ||
	    listen(relay->fds[LISTENER], BACKLOG) != 0 ||
	    connect(relay->fds[BACK], (const struct sockaddr *)&relay->server,
		sizeof(relay->server)) != 0)
		die("socket");
}

struct dnsrelay *
dnsrelay_new(const char *server, unsigned int loss)
{
	struct arena *arena = arena_new();
	struct dnsrelay *relay = arena_alloc(arena, sizeof(*relay));
	struct span port = span_str(server);
	struct span host;
	uint64_t number = 0;

	errno = EINVAL;
	if (!span_take_until(&port, '@', &host) ||
	    !span_to_u64(port, 5, &number))
		die(server);
	relay->arena = arena;
	relay->loss = loss;
	relay->random = UINT64_C(0x9e3779b97f4a7c15);
	relay->server = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)number),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	relay->askers = arena_array(arena, IDS, sizeof(relay->askers[0]));
	relay->losses = hash_new();
	(void)pthread_mutex_init(&relay->lock, NULL);
	open_sockets(relay);
	relay->fds[STOP] = eventfd(0, EFD_CLOEXEC);
	if (relay->fds[STOP] < 0 ||
	    pthread_create(&relay->thread, NULL, run, relay) != 0)
		die("thread");
	return (relay);
}

void
dnsrelay_free(struct dnsrelay *relay)
{
	if (relay == NULL)
		return;
	(void)eventfd_write(relay->fds[STOP], 1);
	(void)pthread_join(relay->thread, NULL);
	for (size_t i = 0; i < FIXED; i++)
		(void)close(relay->fds[i]);
	for (size_t i = 0; i < relay->pair_count; i++)
		close_pair(&relay->pairs[i]);
	hash_free(relay->losses);
	(void)pthread_mutex_destroy(&relay->lock);
	arena_free(relay->arena);
}

const char *
dnsrelay_address(const struct dnsrelay *relay)
{
	return (relay->address);
}

bool
dnsrelay_dropped(struct dnsrelay *relay, const char *name, int64_t since)
{
	struct hash_node *node;
	bool dropped;

	(void)pthread_mutex_lock(&relay->lock);
	node = hash_get(relay->losses, span_str(name));
	dropped =
	    node != NULL && LIST_VALUE(node, struct loss, node)->last >= since;
	(void)pthread_mutex_unlock(&relay->lock);
	return (dropped);
}

void
dnsrelay_counters(struct dnsrelay *relay, struct dnsrelay_counters *out)
{
	(void)pthread_mutex_lock(&relay->lock);
	*out = relay->counters;
	(void)pthread_mutex_unlock(&relay->lock);
}
