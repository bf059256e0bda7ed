#include "connection.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "engine.h"
#include "request.h"

/* An ordinary request has 600 bytes. */
#define FIRST_BYTES ((size_t)2048)

enum state {
	STATE_READING, /* or about to */
	STATE_ASKED,   /* the engine has the request; we read nothing */
	STATE_WRITING, /* the rest of a reply */
};

enum received {
	RECEIVED_BYTES,
	RECEIVED_NOTHING, /* yet */
	RECEIVED_END,     /* nobody is there any more */
};

struct connection {
	struct connection_set *set; /* NULL: only the engine knows us still */
	struct list link;           /* in set->all */
	struct list turn;           /* in set->ready, or in none */
	struct event event;
	short watched; /* for what */
	enum state state;
	int fd;
	bool in_engine; /* engine_ask() has not returned */
	bool broken;    /* nobody takes replies */
	bool asked;     /* ever */
	bool last;      /* no other request is taken */
	uint64_t number;
	int64_t since; /* the request began, or the silence */
	unsigned char *in;
	size_t in_size;
	size_t in_from; /* what stands before is answered */
	size_t in_to;
	unsigned char *out; /* malloc()ed rest of a reply, or NULL */
	size_t out_size;
	size_t out_sent;
};

/* Only the event loop writes. */
static void
count(atomic_uint_fast64_t *counter, uint64_t more)
{
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + more,
	    memory_order_relaxed);
}

static int64_t
wall_clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static void
on_again(int fd, short what, void *cookie)
{
	(void)fd;
	(void)what;
	connection_run_ready(cookie);
}

void
connection_set_init(struct connection_set *set, struct event_base *base,
    struct engine *engine, const struct log *log)
{
	*set = (struct connection_set){ .base = base,
		.engine = engine,
		.log = log,
		.again = event_new(base, -1, 0, on_again, set) };
	list_init(&set->all);
	list_init(&set->ready);
}

bool
connection_warning_due(
    struct connection_warning *warning, int64_t now, uint64_t *held_back)
{
	if (warning->last != 0 && now - warning->last < CONNECTION_WARNING_MS) {
		warning->held_back++;
		return (false);
	}
	*held_back = warning->held_back;
	*warning = (struct connection_warning){ .last = now };
	return (true);
}

static void
release(struct connection *connection)
{
	free(connection->in);
	free(connection->out);
	free(connection);
}

static void on_event(int fd, short what, void *cookie);

/* Have on_event() called for ${what}, or for nothing. */
static void
watch(struct connection *connection, short what)
{
	if (connection->watched == what)
		return;
	if (connection->watched != 0)
		(void)event_del(&connection->event);
	connection->watched = what;
	if (what == 0)
		return;
	(void)event_assign(&connection->event, connection->set->base,
	    connection->fd, (short)(what | EV_PERSIST), on_event, connection);
	(void)event_add(&connection->event, NULL);
}

/* Close.  The engine keeps our address until it has replied. */
static void
leave(struct connection *connection)
{
	struct connection_set *set = connection->set;

	watch(connection, 0);
	(void)close(connection->fd);
	list_take(&connection->link);
	list_take(&connection->turn);
	count(&set->open, (uint64_t)-1);
	connection->set = NULL;
	engine_closed(set->engine, connection->number);
	if (connection->state != STATE_ASKED)
		release(connection);
}

/* A wrong reply would be taken for that of the next request: none is safer. */
static void
refuse(struct connection *connection, const char *reason)
{
	struct connection_set *set = connection->set;
	uint64_t held_back;

	count(&set->malformed, 1);
	if (connection_warning_due(
		&set->warning, clock_monotonic_ms(), &held_back))
		log_warning(set->log, "bad_request", LOG_TEXT("reason", reason),
		    LOG_NUMBER("held_back", held_back));
	leave(connection);
}

static void
touch(struct connection *connection)
{
	connection->since = clock_monotonic_ms();
	list_take(&connection->link);
	list_add_last(&connection->set->all, &connection->link);
}

/* Have its turn come when others had theirs. */
static void
schedule(struct connection *connection)
{
	static const struct timeval at_once = { 0 };

	list_take(&connection->turn);
	list_add_last(&connection->set->ready, &connection->turn);
	(void)event_add(connection->set->again, &at_once);
}

/* Send what we can of ${bytes}; return how much, or -1 when nobody is there. */
static ssize_t
send_some(const struct connection *connection, struct span bytes)
{
	ssize_t sent;

	do
		sent =
		    send(connection->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return (sent < 0 && errno == EAGAIN ? 0 : sent);
}

static void
keep_rest(struct connection *connection, struct span rest)
{
	connection->out = arena_impl_malloc(rest.len);
	memcpy(connection->out, rest.data, rest.len);
	connection->out_size = rest.len;
	connection->out_sent = 0;
	connection->state = STATE_WRITING;
}

/* Takes the engine's reply.  It may come while the engine is being asked, and
 * must not call it again: what follows waits for its turn. */
static void
on_reply(void *cookie, struct span reply)
{
	struct connection *connection = cookie;

	connection->state = STATE_READING;
	if (connection->set == NULL) {
		release(connection);
		return;
	}
	ssize_t sent = send_some(connection, reply);

	if (sent < 0)
		connection->broken = true;
	else if ((size_t)sent < reply.len)
		keep_rest(connection, span_tail(reply, (size_t)sent));
	if (connection->in_engine)
		return;
	touch(connection);
	schedule(connection);
}

static void
write_rest(struct connection *connection)
{
	/* UNSAFE: what was sent is at most all. */
	struct span rest = span_new(connection->out + connection->out_sent,
	    connection->out_size - connection->out_sent);
	ssize_t sent = send_some(connection, rest);

	if (sent < 0) {
		connection->broken = true;
		return;
	}
	connection->out_sent += (size_t)sent;
	if (connection->out_sent < connection->out_size)
		return;
	free(connection->out);
	connection->out = NULL;
	connection->state = STATE_READING;
}

static void
ask(struct connection *connection, const struct request *request)
{
	struct connection_set *set = connection->set;

	count(&set->requests, 1);
	connection->asked = true;
	connection->last = set->stopping;
	connection->state = STATE_ASKED;
	connection->in_engine = true;
	engine_ask(set->engine, connection->number, request, wall_clock_ms(),
	    on_reply, connection);
	connection->in_engine = false;
}

/* Ask the engine what stands first in the buffer, if it is a whole request. */
static enum request_status
ask_next(struct connection *connection, const char **reason)
{
	struct span bytes = span_tail(
	    span_new(connection->in, connection->in_to), connection->in_from);
	struct request request;
	size_t used = 0;

	if (bytes.len == 0)
		return (REQUEST_INCOMPLETE);
	enum request_status status =
	    request_parse(bytes, &request, &used, reason);

	if (status != REQUEST_COMPLETE)
		return (status);
	connection->in_from += used;
	ask(connection, &request);
	return (REQUEST_COMPLETE);
}

/* Say whether another request may be looked at, and see to what comes before.
 * When not, ${connection} may be gone. */
static bool
settle(struct connection *connection)
{
	switch (connection->state) {
	case STATE_ASKED:
		watch(connection, 0);
		return (false);
	case STATE_WRITING:
		if (connection->broken)
			break;
		watch(connection, EV_WRITE);
		return (false);
	case STATE_READING:
		if (connection->broken || connection->last)
			break;
		return (true);
	}
	leave(connection);
	return (false);
}

static void
wait_for_bytes(struct connection *connection)
{
	if (connection->in_from == connection->in_to) {
		connection->in_from = 0;
		connection->in_to = 0;
		if (connection->set->stopping && connection->asked) {
			leave(connection);
			return;
		}
	}
	watch(connection, EV_READ);
}

/* Answer what is in the buffer, for as long as it is our turn. */
static void
go_on(struct connection *connection)
{
	const char *reason;

	for (int i = 0; i < CONNECTION_BURST; i++) {
		if (!settle(connection))
			return;
		switch (ask_next(connection, &reason)) {
		case REQUEST_COMPLETE:
			break;
		case REQUEST_INCOMPLETE:
			wait_for_bytes(connection);
			return;
		case REQUEST_BAD:
			refuse(connection, reason);
			return;
		}
	}
	if (settle(connection))
		schedule(connection);
}

/* A buffer that is full from its first byte on has been refused, or grows. */
static void
make_room(struct connection *connection)
{
	size_t len = connection->in_to - connection->in_from;

	if (connection->in_to < connection->in_size)
		return;
	if (connection->in_from > 0) {
		/* UNSAFE: from and to are within. */
		memmove(
		    connection->in, connection->in + connection->in_from, len);
	} else {
		unsigned char *more =
		    arena_impl_malloc(2 * connection->in_size);

		memcpy(more, connection->in, len);
		free(connection->in);
		connection->in = more;
		connection->in_size *= 2;
	}
	connection->in_from = 0;
	connection->in_to = len;
}

/* Read what is there. */
static enum received
receive(struct connection *connection)
{
	make_room(connection);
	/* UNSAFE: there is room from in_to up to in_size. */
	ssize_t got = read(connection->fd, connection->in + connection->in_to,
	    connection->in_size - connection->in_to);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return (RECEIVED_NOTHING);
	if (got <= 0)
		return (RECEIVED_END);
	if (connection->in_from == connection->in_to)
		touch(connection);
	connection->in_to += (size_t)got;
	return (RECEIVED_BYTES);
}

static void
read_on(struct connection *connection)
{
	switch (receive(connection)) {
	case RECEIVED_BYTES:
		go_on(connection);
		return;
	case RECEIVED_NOTHING:
		return;
	case RECEIVED_END:
		leave(connection);
		return;
	}
}

static void
on_event(int fd, short what, void *cookie)
{
	struct connection *connection = cookie;

	(void)fd;
	if (!list_is_empty(&connection->turn))
		return; /* it has bytes left, and its turn comes */
	if ((what & EV_WRITE) == 0) {
		read_on(connection);
		return;
	}
	write_rest(connection);
	go_on(connection);
}

void
connection_open(struct connection_set *set, int fd)
{
	struct connection *connection = arena_impl_malloc(sizeof(*connection));

	*connection = (struct connection){ .set = set,
		.fd = fd,
		.number = ++set->last_number,
		.since = clock_monotonic_ms(),
		.in = arena_impl_malloc(FIRST_BYTES),
		.in_size = FIRST_BYTES };
	list_init(&connection->turn);
	list_add_last(&set->all, &connection->link);
	count(&set->open, 1);
	count(&set->connected, 1);
	watch(connection, EV_READ);
}

void
connection_run_ready(struct connection_set *set)
{
	struct list round;

	list_init(&round);
	for (struct list *turn; (turn = list_take_first(&set->ready)) != NULL;)
		list_add_last(&round, turn);
	for (struct list *turn; (turn = list_take_first(&round)) != NULL;)
		go_on(LIST_VALUE(turn, struct connection, turn));
}

/* Nobody waits for us, nor we for anything begun. */
static bool
is_idle(const struct connection *connection)
{
	return (connection->state == STATE_READING &&
		connection->in_from == connection->in_to &&
		list_is_empty(&connection->turn));
}

static void
check_age(struct connection *connection, int64_t age, int64_t idle_ms,
    int64_t busy_ms)
{
	bool idle = is_idle(connection);

	if (age < (idle ? idle_ms : busy_ms))
		return;
	switch (connection->state) {
	case STATE_READING:
		if (idle)
			leave(connection);
		else
			refuse(connection, "it did not end in time");
		return;
	case STATE_WRITING:
		leave(connection);
		return;
	case STATE_ASKED:
		return;
	}
}

void
connection_sweep(
    struct connection_set *set, int64_t now, int64_t idle_ms, int64_t busy_ms)
{
	for (struct list *link = set->all.next, *next; link != &set->all;
	     link = next) {
		struct connection *connection =
		    LIST_VALUE(link, struct connection, link);

		next = link->next;
		check_age(
		    connection, now - connection->since, idle_ms, busy_ms);
	}
}

bool
connection_evict(struct connection_set *set)
{
	for (struct list *link = set->all.next; link != &set->all;
	     link = link->next) {
		struct connection *connection =
		    LIST_VALUE(link, struct connection, link);

		if (!is_idle(connection))
			continue;
		leave(connection);
		return (true);
	}
	return (false);
}

/* A request that was written before we stop is answered: it would be lost with
 * the connection. */
static void
stop_one(struct connection *connection)
{
	if (connection->state != STATE_READING) {
		connection->last = true;
		return;
	}
	if (connection->in_from == connection->in_to &&
	    receive(connection) == RECEIVED_END)
		leave(connection);
	else
		go_on(connection);
}

void
connection_stop(struct connection_set *set)
{
	set->stopping = true;
	for (struct list *link = set->all.next, *next; link != &set->all;
	     link = next) {
		next = link->next;
		stop_one(LIST_VALUE(link, struct connection, link));
	}
}

void
connection_stop_reading(struct connection_set *set)
{
	for (struct list *link = set->all.next, *next; link != &set->all;
	     link = next) {
		struct connection *connection =
		    LIST_VALUE(link, struct connection, link);

		next = link->next;
		if (connection->state == STATE_READING &&
		    list_is_empty(&connection->turn))
			leave(connection);
	}
}

void
connection_set_done(struct connection_set *set)
{
	for (struct list *link = set->all.next, *next; link != &set->all;
	     link = next) {
		next = link->next;
		leave(LIST_VALUE(link, struct connection, link));
	}
	event_free(set->again);
}
