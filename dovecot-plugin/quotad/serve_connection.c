#include "serve_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "command.h"

#define IN_BYTES (2 * LEDGER_MAX_FRAME)
#define WATCH "watch"

struct serve_connection {
	struct serve_set *set;
	struct list link; /* in set->all */
	struct list turn; /* in set->turn, or in none */
	struct event *reading;
	struct event *writing;
	struct peer peer;
	struct arena *arena; /* of the peer's strings */
	int fd;
	bool watches;
	bool denied;   /* and was told of: once is enough for the log */
	bool broken;   /* nobody takes answers, or what came is none of ours */
	int64_t since; /* the first byte of half a frame came */
	unsigned char in[IN_BYTES];
	size_t in_len;
	unsigned char *out;
	size_t out_size, out_len, out_sent;
	size_t out_safe; /* what of out_len is of earlier turns */
	uint32_t tags[SERVE_FRAMES_AT_ONCE]; /* answered in this turn */
	size_t tag_count;
	uint64_t leases[SERVE_MAX_LEASES];
	size_t lease_count;
	size_t lease_safe; /* of earlier turns */
};

static void
in_turn(struct serve_connection *connection)
{
	if (!list_is_empty(&connection->turn))
		return;
	list_add_last(&connection->set->turn, &connection->turn);
	connection->out_safe = connection->out_len;
	connection->tag_count = 0;
	connection->lease_safe = connection->lease_count;
}

static void
release(struct serve_connection *connection)
{
	event_free(connection->reading);
	event_free(connection->writing);
	(void)close(connection->fd);
	list_take(&connection->link);
	list_take(&connection->turn);
	connection->set->count--;
	connection->set->watchers -= connection->watches;
	arena_free(connection->arena);
	free(connection->out);
	free(connection);
}

/* What it held, nobody will end. */
static void
leave(struct serve_connection *connection)
{
	struct ledger *ledger = connection->set->with.ledger;

	for (size_t i = 0; i < connection->lease_count; i++)
		ledger_died(ledger, connection->leases[i]);
	release(connection);
}

static void
give_up(struct serve_connection *connection, const char *reason)
{
	const struct serve_options *with = &connection->set->with;

	if (connection->broken)
		return;
	connection->broken = true;
	meter_count(with->meter, METER_PEER_BROKEN);
	log_warning(with->log, "peer_broken",
	    LOG_NUMBER("uid", connection->peer.may.uid),
	    LOG_NUMBER("pid", connection->peer.pid),
	    LOG_TEXT("reason", reason));
}

/* Room for one more frame; false when the client does not read. */
static bool
make_room(struct serve_connection *connection)
{
	size_t size = connection->out_size;

	if (size - connection->out_len >= LEDGER_MAX_FRAME)
		return (true);
	size = size == 0 ? 2 * LEDGER_MAX_FRAME : 2 * size;
	if (size > SERVE_MAX_UNREAD)
		return (false);
	unsigned char *more = arena_impl_malloc(size);

	if (connection->out != NULL)
		memcpy(more, connection->out, connection->out_len);
	free(connection->out);
	connection->out = more;
	connection->out_size = size;
	return (true);
}

static void
answer(struct serve_connection *connection, const struct ledger_reply *reply)
{
	size_t len;

	in_turn(connection);
	if (!make_room(connection)) {
		give_up(connection, "it does not read its answers");
		return;
	}
	len = ledger_frame_write_reply(
	    reply, &connection->out[connection->out_len]);
	if (len == 0) {
		const struct ledger_reply bad = { .result = LEDGER_BAD,
			.tag = reply->tag,
			.text = "the answer is too long" };

		len = ledger_frame_write_reply(
		    &bad, &connection->out[connection->out_len]);
	}
	connection->out_len += len;
}

static bool
wants_answer(enum ledger_verb verb)
{
	switch (verb) {
	case LEDGER_COMMIT:
	case LEDGER_RELEASE:
	case LEDGER_DIRTY:
	case LEDGER_BIND:
		return (false);
	case LEDGER_RESERVE:
	case LEDGER_LOOK:
	case LEDGER_RECOUNT_BEGIN:
	case LEDGER_RECOUNT_END:
	case LEDGER_ASK:
	case LEDGER_COMMAND:
		break;
	}
	return (true);
}

static void
forget_lease(struct serve_connection *connection, uint64_t lease)
{
	for (size_t i = 0; i < connection->lease_count; i++) {
		if (connection->leases[i] != lease)
			continue;
		connection->leases[i] =
		    connection->leases[--connection->lease_count];
		if (connection->lease_safe > connection->lease_count)
			connection->lease_safe = connection->lease_count;
		return;
	}
}

static void
follow_lease(
    struct serve_connection *connection, const struct ledger_effect *effect)
{
	if (effect->opened != 0)
		connection->leases[connection->lease_count++] = effect->opened;
	if (effect->closed != 0)
		forget_lease(connection, effect->closed);
}

static void
log_refusal(struct serve_connection *connection,
    const struct ledger_request *request, const struct ledger_reply *reply)
{
	const struct log *log = connection->set->with.log;

	switch (reply->result) {
	case LEDGER_HARD:
	case LEDGER_SOFT_EXPIRED:
	case LEDGER_UNCERTAIN:
		log_info(log, "refused", LOG_TEXT("holder", request->holder),
		    LOG_TEXT("account", request->roots[reply->root].key),
		    LOG_NUMBER(
			"size", request->roots[reply->root].amount.bytes),
		    LOG_TEXT("reason", reply->text));
		break;
	case LEDGER_DENIED:
		meter_count(connection->set->with.meter, METER_PEER_DENIED);
		if (connection->denied)
			break;
		connection->denied = true;
		log_warning(log, "peer_denied",
		    LOG_NUMBER("uid", connection->peer.may.uid),
		    LOG_TEXT("holder", request->holder),
		    LOG_TEXT("reason", reply->text));
		break;
	case LEDGER_OK:
	case LEDGER_SOFT:
	case LEDGER_RECOUNT:
	case LEDGER_CHANGED:
	case LEDGER_UNKNOWN:
	case LEDGER_AWAY:
	case LEDGER_BAD:
	case LEDGER_MORE:
		break;
	}
}

struct saying {
	struct serve_connection *connection;
	uint32_t tag;
	enum ledger_result last;
};

static bool
say(void *cookie, enum ledger_result result, const char *json)
{
	struct saying *saying = cookie;
	const struct ledger_reply reply = {
		.result = result, .tag = saying->tag, .text = json
	};

	saying->last = result;
	answer(saying->connection, &reply);
	return (!saying->connection->broken);
}

static enum ledger_result
command(
    struct serve_connection *connection, const struct ledger_request *request)
{
	const struct serve_options *with = &connection->set->with;
	struct saying saying = { connection, request->tag, LEDGER_BAD };

	if (!connection->peer.may_command) {
		(void)say(&saying, LEDGER_DENIED,
		    "only root and the daemon's own user give commands");
	} else if (strcmp(request->text, WATCH) == 0) {
		connection->set->watchers += !connection->watches;
		connection->watches = true;
		(void)say(&saying, LEDGER_MORE, "");
	} else {
		command_run(with->ledger, with->store, with->config,
		    request->text, connection->set->arena, say, &saying);
	}
	return (saying.last);
}

static enum ledger_result
request(struct serve_connection *connection, const struct ledger_request *asked)
{
	struct serve_set *set = connection->set;
	struct ledger_reply reply = { .tag = asked->tag };
	struct ledger_effect effect = { 0 };

	if (asked->verb == LEDGER_RESERVE && asked->lease == 0 &&
	    connection->lease_count == SERVE_MAX_LEASES) {
		reply.result = LEDGER_BAD;
		reply.text = "these are too many leases for one connection";
	} else {
		ledger_do(set->with.ledger, &connection->peer.may, asked,
		    set->arena, &reply, &effect);
	}
	in_turn(connection);
	follow_lease(connection, &effect);
	log_refusal(connection, asked, &reply);
	if (wants_answer(asked->verb))
		answer(connection, &reply);
	return (reply.result);
}

static void
carry_out(
    struct serve_connection *connection, const unsigned char *data, size_t len)
{
	int64_t begun = clock_monotonic_us();
	struct ledger_request asked;
	enum ledger_result result;

	if (ledger_frame_read_request(data, len, &asked) != 0) {
		give_up(connection, "it sent what is no request");
		return;
	}
	in_turn(connection);
	if (wants_answer(asked.verb) &&
	    connection->tag_count < SERVE_FRAMES_AT_ONCE)
		connection->tags[connection->tag_count++] = asked.tag;
	result = asked.verb == LEDGER_COMMAND ? command(connection, &asked)
	                                      : request(connection, &asked);
	meter_request(connection->set->with.meter, asked.verb, result,
	    clock_monotonic_us() - begun);
}

/* Carry out what came, up to its share of this turn. */
static void
go_on(struct serve_connection *connection)
{
	size_t from = 0, used;
	int left = SERVE_FRAMES_AT_ONCE;

	while (!connection->broken && left-- > 0) {
		/* UNSAFE: from is at most in_len. */
		const unsigned char *data = connection->in + from;

		switch (
		    ledger_frame_take(data, connection->in_len - from, &used)) {
		case LEDGER_FRAME_WHOLE:
			carry_out(connection, data, used);
			from += used;
			continue;
		case LEDGER_FRAME_PARTIAL:
			left = 0;
			break;
		case LEDGER_FRAME_BROKEN:
			give_up(connection, "it sent what is no frame");
			break;
		}
	}
	connection->in_len -= from;
	memmove(connection->in, &connection->in[from], connection->in_len);
	if (connection->broken)
		in_turn(connection);
	/* More than its share: again in the next turn. */
	if (ledger_frame_take(connection->in, connection->in_len, &used) ==
	    LEDGER_FRAME_WHOLE)
		event_active(connection->reading, EV_READ, 0);
}

static void
on_readable(int fd, short what, void *cookie)
{
	struct serve_connection *connection = cookie;
	size_t room = IN_BYTES - connection->in_len;
	ssize_t got = 1;

	(void)what;
	if (room > 0)
		got = recv(fd, &connection->in[connection->in_len], room, 0);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		leave(connection);
		return;
	}
	if (got > 0 && room > 0) {
		if (connection->in_len == 0)
			connection->since = clock_monotonic_ms();
		connection->in_len += (size_t)got;
	}
	go_on(connection);
}

static void
write_out(struct serve_connection *connection)
{
	while (connection->out_sent < connection->out_len) {
		ssize_t put = send(connection->fd,
		    &connection->out[connection->out_sent],
		    connection->out_len - connection->out_sent, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN) {
			(void)event_add(connection->writing, NULL);
			return;
		}
		if (put < 0) {
			connection->broken = true;
			return;
		}
		connection->out_sent += (size_t)put;
	}
	connection->out_sent = 0;
	connection->out_len = 0;
}

static void
on_writable(int fd, short what, void *cookie)
{
	struct serve_connection *connection = cookie;

	(void)fd;
	(void)what;
	/* Answers of this turn are not kept yet. */
	if (!list_is_empty(&connection->turn))
		return;
	write_out(connection);
	if (connection->broken)
		leave(connection);
}

void
serve_connection_new(
    struct serve_set *set, int fd, const struct peer *peer, struct arena *arena)
{
	struct serve_connection *connection =
	    arena_impl_malloc(sizeof(*connection));

	/* The buffer is not worth zeroing. */
	memset(connection, 0, offsetof(struct serve_connection, in));
	memset(&connection->in_len, 0,
	    sizeof(*connection) - offsetof(struct serve_connection, in_len));
	connection->set = set;
	connection->fd = fd;
	connection->peer = *peer;
	connection->arena = arena;
	list_init(&connection->turn);
	list_add_last(&set->all, &connection->link);
	set->count++;
	connection->reading = event_new(
	    set->with.base, fd, EV_READ | EV_PERSIST, on_readable, connection);
	connection->writing =
	    event_new(set->with.base, fd, EV_WRITE, on_writable, connection);
	(void)event_add(connection->reading, NULL);
}

size_t
serve_connection_count_of(const struct serve_set *set, uint32_t uid)
{
	size_t count = 0;

	for (struct list *link = set->all.next; link != &set->all;
	     link = link->next)
		count += LIST_VALUE(link, struct serve_connection, link)
		             ->peer.may.uid == uid;
	return (count);
}

/* What was granted was not kept: nobody holds anything. */
static void
take_back(struct serve_connection *connection)
{
	size_t count = connection->tag_count;

	connection->out_len = connection->out_safe;
	connection->lease_count = connection->lease_safe;
	for (size_t i = 0; i < count; i++) {
		const struct ledger_reply away = { .result = LEDGER_AWAY,
			.tag = connection->tags[i] };

		answer(connection, &away);
	}
}

void
serve_connection_finish(struct serve_set *set, bool saved)
{
	struct list *link;

	while (!list_is_empty(&set->turn)) {
		link = set->turn.next;
		struct serve_connection *connection =
		    LIST_VALUE(link, struct serve_connection, turn);

		if (!saved)
			take_back(connection);
		list_take(&connection->turn);
		write_out(connection);
		if (connection->broken)
			leave(connection);
	}
}

void
serve_connection_renew(struct serve_set *set, int64_t expires)
{
	for (struct list *link = set->all.next; link != &set->all;
	     link = link->next) {
		const struct serve_connection *connection =
		    LIST_VALUE(link, struct serve_connection, link);

		if (connection->lease_count > 0)
			(void)store_renew(set->with.store, connection->leases,
			    connection->lease_count, expires);
	}
}

void
serve_connection_check(struct serve_set *set, int64_t now)
{
	for (struct list *link = set->all.next, *next; link != &set->all;
	     link = next) {
		struct serve_connection *connection =
		    LIST_VALUE(link, struct serve_connection, link);

		next = link->next;
		if (connection->in_len == 0 ||
		    now - connection->since < SERVE_FRAME_MS)
			continue;
		give_up(connection, "the rest of its frame does not come");
		leave(connection);
	}
}

void
serve_connection_tell(struct serve_set *set, const char *json)
{
	for (struct list *link = set->all.next; link != &set->all;
	     link = link->next) {
		struct serve_connection *connection =
		    LIST_VALUE(link, struct serve_connection, link);
		const struct ledger_reply reply = { .result = LEDGER_MORE,
			.text = json };

		if (connection->watches)
			answer(connection, &reply);
	}
}

void
serve_connection_end(struct serve_set *set)
{
	struct list *link;

	while ((link = list_take_first(&set->all)) != NULL)
		release(LIST_VALUE(link, struct serve_connection, link));
}
