#include "support/sharing.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include <event2/event.h>

#include "base/clock.h"
#include "support/unit.h"

static void
write_event(void *cookie, enum log_level level, const char *line)
{
	struct sharing *sharing = cookie;
	size_t len = strlen(sharing->events);

	(void)level;
	(void)snprintf(
	    &sharing->events[len], sizeof(sharing->events) - len, "%s\n", line);
}

size_t
sharing_logged(const struct sharing *sharing, const char *text)
{
	size_t count = 0;

	for (const char *at = sharing->events; (at = strstr(at, text)) != NULL;
	     at++)
		count++;
	return (count);
}

int64_t
sharing_now(void)
{
	struct timeval tv;

	(void)gettimeofday(&tv, NULL);
	return ((int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000);
}

int
sharing_setup(void **state)
{
	static struct sharing sharing;

	sharing = (struct sharing){ .arena = arena_new(),
		.base = event_base_new(),
		.log = log_new("test") };
	log_set_writer(sharing.log, write_event, &sharing);
	sharing.server = redisserver_new(sharing.arena);
	redisserver_option(sharing.server, "save \"\"");
	*state = &sharing;
	return (0);
}

int
sharing_teardown(void **state)
{
	struct sharing *sharing = *state;

	shared_free(sharing->shared);
	shared_free(sharing->other);
	redisserver_free(sharing->server);
	event_base_free(sharing->base);
	log_free(sharing->log);
	arena_free(sharing->arena);
	return (0);
}

struct shared_options
sharing_options(struct sharing *sharing, const struct redisserver *server)
{
	return ((struct shared_options){
	    .server = arena_printf(
		sharing->arena, "unix:%s", redisserver_socket(server)),
	    .timeout_ms = SHARING_TIMEOUT_MS,
	    .nodes = 2,
	});
}

struct shared *
sharing_connect(struct sharing *sharing, const struct shared_options *options)
{
	const char *error = NULL;
	struct shared *shared = shared_new(
	    sharing->base, options, sharing->log, sharing->arena, &error);

	if (shared == NULL)
		fail_msg("%s", error);
	return (shared);
}

static void
wake(evutil_socket_t fd, short what, void *cookie)
{
	(void)fd;
	(void)what;
	(void)cookie;
}

/* Let the loop run for a moment. */
void
sharing_turn(struct sharing *sharing)
{
	struct timeval moment = { .tv_usec = 2000 };

	(void)event_base_once(
	    sharing->base, -1, EV_TIMEOUT, wake, NULL, &moment);
	(void)event_base_loop(sharing->base, EVLOOP_ONCE);
}

void
sharing_turn_for(struct sharing *sharing, int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;

	while (clock_monotonic_ms() < until)
		sharing_turn(sharing);
}

void
sharing_wait_available(
    struct sharing *sharing, const struct shared *shared, bool available)
{
	int64_t until = clock_monotonic_ms() + SHARING_WAIT_MS;

	while (shared_is_available(shared) != available) {
		if (clock_monotonic_ms() > until)
			fail_msg("still %s: %s",
			    available ? "not available" : "available",
			    sharing->events);
		sharing_turn(sharing);
	}
}

void
sharing_wait_logged(struct sharing *sharing, const char *text)
{
	int64_t until = clock_monotonic_ms() + SHARING_WAIT_MS;

	while (sharing_logged(sharing, text) == 0) {
		if (clock_monotonic_ms() > until)
			fail_msg("no %s in: %s", text, sharing->events);
		sharing_turn(sharing);
	}
}

struct shared_charge
sharing_charge(size_t key, enum counter_algorithm algorithm)
{
	static const char names[SHARING_KEYS + 1] =
	    "abcdefghijklmnopqrstuvwxyz0123";

	return ((struct shared_charge){ .limit = "test",
	    .key = span_new(&names[key], 1),
	    .amount = 1,
	    .rule = { .algorithm = algorithm,
		.rate = SHARING_RATE,
		.period_ms = 3600000 } });
}

static void
answered(void *cookie, bool available, const struct shared_charge *charges,
    size_t count)
{
	struct sharing_question *question = cookie;
	struct sharing *sharing = question->sharing;
	int64_t took = clock_monotonic_ms() - question->asked;

	assert_int_equal(count, 1);
	assert_false(question->answered);
	question->answered = true;
	question->available = available;
	question->charge = charges[0];
	sharing->answers++;
	sharing->available += available;
	if (available && charges[0].fits)
		sharing->passed[question->key]++;
	if (took > sharing->slowest)
		sharing->slowest = took;
}

struct sharing_question *
sharing_ask(struct sharing *sharing, struct shared *shared, size_t key,
    enum counter_algorithm algorithm)
{
	struct sharing_question *question =
	    arena_alloc(sharing->arena, sizeof(*question));
	struct shared_charge charge = sharing_charge(key, algorithm);

	question->sharing = sharing;
	question->key = key;
	question->asked = clock_monotonic_ms();
	shared_charge(shared, &charge, 1, sharing_now(), answered, question);
	return (question);
}

struct sharing_question *
sharing_ask_and_wait(struct sharing *sharing, size_t key)
{
	struct sharing_question *question =
	    sharing_ask(sharing, sharing->shared, key, COUNTER_GCRA);

	while (!question->answered)
		sharing_turn(sharing);
	return (question);
}

void
sharing_start(struct sharing *sharing)
{
	struct shared_options options =
	    sharing_options(sharing, sharing->server);

	assert_int_equal(redisserver_start(sharing->server, false), 0);
	sharing->shared = sharing_connect(sharing, &options);
	sharing_wait_available(sharing, sharing->shared, true);
}

/* What ${format} with one argument answers, for a test to look behind. */
redisReply *
sharing_command(
    const struct redisserver *server, const char *format, const char *word)
{
	redisContext *connection = redisConnectUnix(redisserver_socket(server));
	redisReply *reply;

	assert_non_null(connection);
	assert_int_equal(connection->err, 0);
	reply = redisCommand(connection, format, word);
	assert_non_null(reply);
	redisFree(connection);
	return (reply);
}

long long
sharing_number(
    const struct redisserver *server, const char *format, const char *word)
{
	redisReply *reply = sharing_command(server, format, word);
	long long result = reply->integer;

	if (reply->type != REDIS_REPLY_INTEGER)
		fail_msg("%s", reply->str == NULL ? "?" : reply->str);
	freeReplyObject(reply);
	return (result);
}
