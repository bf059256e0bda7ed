#include "support/policy_stage.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/files.h"
#include "support/unit.h"

static void
answer(engine_reply *reply, void *cookie, const char *instance)
{
	struct arena *arena = arena_new();
	struct buf text;

	buf_init(&text, arena, 2 * POLICY_STAGE_BIG_BYTES);
	buf_printf(&text, "action=%s\n\n", instance);
	while (
	    *instance == POLICY_STAGE_BIG && text.len < POLICY_STAGE_BIG_BYTES)
		buf_add_str(&text, "0123456789abcdef0123456789abcdef");
	reply(cookie, buf_span(&text));
	arena_free(arena);
}

void
engine_ask(struct engine *engine, uint64_t connection,
    const struct request *request, int64_t now, engine_reply *reply,
    void *cookie)
{
	struct policy_stage_waiting *waiting = &engine->waiting[engine->waits];
	struct span instance =
	    span_head(request->attributes[REQUEST_INSTANCE], 63);
	char text[64] = { 0 };

	assert_true(now > INT64_C(1700000000000));
	engine->asked++;
	engine->last_connection = connection;
	memcpy(text, instance.data, instance.len);
	if (text[0] != POLICY_STAGE_LATER) {
		answer(reply, cookie, text);
		return;
	}
	assert_true(engine->waits < POLICY_STAGE_WAITING);
	*waiting =
	    (struct policy_stage_waiting){ .reply = reply, .cookie = cookie };
	memcpy(waiting->instance, text, sizeof(text));
	engine->waits++;
}

void
engine_closed(struct engine *engine, uint64_t connection)
{
	(void)connection;
	engine->closed++;
}

void
policy_stage_answer_all(struct engine *engine)
{
	size_t waits = engine->waits;

	engine->waits = 0;
	for (size_t i = 0; i < waits; i++)
		answer(engine->waiting[i].reply, engine->waiting[i].cookie,
		    engine->waiting[i].instance);
}

static void
count_warning(void *cookie, enum log_level level, const char *line)
{
	struct policy_stage *stage = cookie;

	(void)line;
	stage->warnings += level == LOG_LEVEL_WARNING ? 1 : 0;
}

int
policy_stage_set_up(void **state)
{
	struct arena *arena = arena_new();
	struct policy_stage *stage = arena_alloc(arena, sizeof(*stage));
	const char *error = NULL;

	stage->arena = arena;
	stage->folder = files_folder(arena, "serve");
	assert_int_equal(chmod(stage->folder, 0750), 0);
	stage->path = arena_printf(arena, "%s/policy.sock", stage->folder);
	stage->base = event_base_new();
	stage->log = log_new("test");
	log_set_writer(stage->log, count_warning, stage);

	const char *where = arena_printf(arena, "unix:%s", stage->path);
	const struct conf_list sockets = { &where, 1 };
	struct serve_options options = { .sockets = &sockets,
		.socket_group = getgrgid(getegid())->gr_name,
		.user = "root",
		.max_connections = POLICY_STAGE_CONNECTIONS,
		.idle_s = 1200,
		.log = stage->log };

	stage->serve =
	    serve_new(stage->base, &options, &stage->engine, arena, &error);
	if (stage->serve == NULL)
		fail_msg("%s", error);
	*state = stage;
	return (0);
}

int
policy_stage_tear_down(void **state)
{
	struct policy_stage *stage = *state;

	serve_free(stage->serve);
	policy_stage_answer_all(
	    &stage->engine); /* who is gone must not be touched */
	event_base_free(stage->base);
	log_free(stage->log);
	files_remove(stage->folder);
	arena_free(stage->arena);
	return (0);
}

void
policy_stage_turn(struct policy_stage *stage)
{
	for (int i = 0; i < 20; i++)
		(void)event_base_loop(
		    stage->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

int
policy_stage_connect(const struct policy_stage *stage)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)snprintf(
	    address.sun_path, sizeof(address.sun_path), "%s", stage->path);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return (fd);
}

void
policy_stage_say(int fd, const char *bytes)
{
	assert_int_equal(
	    send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), (int)strlen(bytes));
}

/* What there is to read: -1 nothing yet, 0 the end. */
static ssize_t
hear(int fd, char *out, size_t size)
{
	ssize_t got = recv(fd, out, size - 1, 0);

	out[got > 0 ? got : 0] = '\0';
	return (got);
}

void
policy_stage_expect(int fd, const char *wanted)
{
	char bytes[4096];

	(void)hear(fd, bytes, sizeof(bytes));
	assert_string_equal(bytes, wanted);
}

void
policy_stage_expect_end(int fd)
{
	char bytes[16];

	assert_int_equal(hear(fd, bytes, sizeof(bytes)), 0);
	(void)close(fd);
}

void
policy_stage_expect_silence(int fd)
{
	char bytes[16];

	assert_int_equal(hear(fd, bytes, sizeof(bytes)), -1);
	assert_int_equal(errno, EAGAIN);
}

void
policy_stage_ask(int fd, const char *instance)
{
	char bytes[256];

	(void)snprintf(bytes, sizeof(bytes),
	    POLICY_STAGE_HEAD "instance=%s\n\n", instance);
	policy_stage_say(fd, bytes);
}

struct serve_load
policy_stage_load(const struct policy_stage *stage)
{
	struct serve_load load;

	serve_load(stage->serve, &load);
	return (load);
}
