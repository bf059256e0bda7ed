/* watch.h: what is odd, told once, locked, and still so after a restart. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "behind.h"
#include "notify.h"
#include "support/files.h"
#include "support/unit.h"
#include "watch_lock.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define NOW (20418 * DAY)

#define MAX_STORED 64

/* What the tables told, as text: the store. */
struct stored {
	char kind[32];
	char key[64];
	char value[256];
	int64_t expires;
};

struct world {
	struct arena *arena;
	struct log *log;
	char *folder;
	char *file;
	struct buf lines;
	struct stored stored[MAX_STORED];
	size_t stored_count;
	struct watch_rules rules;
	struct watch *watch;
};

static void
copy(char *out, size_t size, struct span text)
{
	assert_true(text.len < size);
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

static struct stored *
find_stored(struct world *world, const char *kind, struct span key)
{
	for (size_t i = 0; i < world->stored_count; i++)
		if (strcmp(world->stored[i].kind, kind) == 0 &&
		    span_is(key, world->stored[i].key))
			return (&world->stored[i]);
	return (NULL);
}

bool
behind_has_room(struct behind *behind)
{
	(void)behind;
	return (true);
}

/* behind.h, with the test as the store. */
void
behind_put(struct behind *behind, const char *kind, struct span key,
    const void *record, size_t size, const struct table_codec *codec,
    int64_t expires)
{
	struct world *world = (void *)behind;
	struct stored *stored = find_stored(world, kind, key);
	struct buf text;

	assert_true(size > 0);
	buf_init(&text, world->arena, 1000);
	codec->print(record, &text);
	if (stored == NULL) {
		assert_true(world->stored_count < MAX_STORED);
		stored = &world->stored[world->stored_count++];
	}
	copy(stored->kind, sizeof(stored->kind), span_str(kind));
	copy(stored->key, sizeof(stored->key), key);
	copy(stored->value, sizeof(stored->value), buf_span(&text));
	stored->expires = expires;
}

void
behind_remove(struct behind *behind, const char *kind, struct span key)
{
	struct stored *stored = find_stored((void *)behind, kind, key);

	if (stored != NULL)
		stored->kind[0] = '\0';
}

static void
take_line(void *cookie, enum log_level level, const char *line)
{
	struct world *world = cookie;

	(void)level;
	buf_add_str(&world->lines, line);
	buf_add_byte(&world->lines, '\n');
}

static struct world *
begin(void)
{
	struct arena *arena = arena_new();
	struct world *world = arena_alloc(arena, sizeof(*world));

	world->arena = arena;
	world->folder = files_folder(arena, "watch");
	assert_non_null(world->folder);
	world->file = arena_printf(arena, "%s/locked", world->folder);
	buf_init(&world->lines, arena, 65536);
	world->log = log_new("test");
	log_set_writer(world->log, take_line, world);
	world->rules = (struct watch_rules){ .jump_factor = 5,
		.jump_minimum = 50,
		.jump_action = LIMIT_HOLD,
		.bounce_minimum = 30,
		.bounce_alarm = 25,
		.bounce_hold = 50,
		.locked_users = world->file };
	world->watch = watch_new((void *)world, world->log, NULL);
	return (world);
}

static void
end(struct world *world)
{
	watch_free(world->watch);
	log_free(world->log);
	files_remove(world->folder);
	arena_free(world->arena);
}

/* Stop, and start with what is in the store. */
static void
restart(struct world *world)
{
	watch_free(world->watch);
	world->watch = watch_new((void *)world, world->log, NULL);
	for (size_t i = 0; i < world->stored_count; i++) {
		struct stored *stored = &world->stored[i];

		if (stored->kind[0] == '\0')
			continue;
		struct table *table = watch_table(world->watch, stored->kind);

		assert_non_null(table);
		assert_true(table_load(table, span_str(stored->key),
		    span_str(stored->value), stored->expires));
	}
}

static struct watch_finding
sent(struct world *world, const char *user, uint64_t count, int64_t now)
{
	struct watch_finding finding;

	watch_sent(
	    world->watch, &world->rules, span_str(user), count, now, &finding);
	return (finding);
}

static void
assert_finding(struct watch_finding finding, enum limit_action action,
    const char *reason, uint64_t figure)
{
	assert_int_equal(finding.action, action);
	if (reason == NULL)
		assert_null(finding.reason);
	else
		assert_string_equal(finding.reason, reason);
	assert_int_equal(finding.figure, figure);
}

static void
test_jump(void **state)
{
	struct world *world = begin();
	struct watch_finding finding;

	(void)state;
	for (int day = 0; day < 20; day++)
		assert_finding(sent(world, "ann", 12, NOW + day * DAY),
		    LIMIT_PASS, NULL, 0);
	assert_finding(
	    sent(world, "ann", 60, NOW + 20 * DAY), LIMIT_PASS, NULL, 0);
	restart(world);
	assert_finding(
	    sent(world, "ann", 1, NOW + 20 * DAY), LIMIT_HOLD, "jump", 61);
	watch_peek(world->watch, &world->rules, span_str("ann"), NOW + 20 * DAY,
	    &finding);
	assert_finding(finding, LIMIT_HOLD, "jump", 61);
	watch_peek(world->watch, &world->rules, span_str("ann"),
	    NOW + 20 * DAY + HOUR, &finding);
	assert_finding(finding, LIMIT_PASS, NULL, 0);
	/* Others are not meant; nobody is nobody; to look counts nothing. */
	assert_finding(
	    sent(world, "bob", 60, NOW + 20 * DAY), LIMIT_PASS, NULL, 0);
	assert_finding(
	    sent(world, "", 6000, NOW + 20 * DAY), LIMIT_PASS, NULL, 0);
	watch_peek(world->watch, &world->rules, span_str("eve"), NOW, &finding);
	assert_finding(finding, LIMIT_PASS, NULL, 0);
	assert_int_equal(table_count(watch_table(world->watch, "history")), 2);
	world->rules.jump_factor = 0;
	assert_finding(
	    sent(world, "ann", 9000, NOW + 20 * DAY), LIMIT_PASS, NULL, 0);
	end(world);
}

static const struct {
	uint64_t delivered;
	uint64_t bounced;
	enum limit_action action;
	uint64_t figure;
} shares[] = {
	{ 0, 0, LIMIT_PASS, 0 },
	{ 30, 0, LIMIT_PASS, 0 },
	{ 0, 29, LIMIT_PASS, 0 }, /* too few to tell */
	{ 23, 7, LIMIT_PASS, 0 },
	{ 22, 8, LIMIT_ALARM, 26 },
	{ 75, 25, LIMIT_ALARM, 25 },
	{ 51, 49, LIMIT_ALARM, 49 },
	{ 50, 50, LIMIT_HOLD, 50 },
	{ 0, 30, LIMIT_HOLD, 100 },
};

static void
test_bounces(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(shares); i++) {
		struct world *world = begin();

		watch_delivered(world->watch, span_str("ann"),
		    shares[i].delivered, shares[i].bounced, NOW);
		restart(world);
		assert_finding(sent(world, "ann", 1, NOW), shares[i].action,
		    shares[i].action == LIMIT_PASS ? NULL : "bounces",
		    shares[i].figure);
		assert_finding(
		    sent(world, "ann", 1, NOW + HOUR), LIMIT_PASS, NULL, 0);
		world->rules.bounce_alarm = 0;
		world->rules.bounce_hold = 0;
		assert_finding(sent(world, "ann", 1, NOW), LIMIT_PASS, NULL, 0);
		watch_delivered(world->watch, span_str(""), 1, 1, NOW);
		end(world);
	}
}

static bool
tell(struct world *world, const char *user, const char *what,
    enum limit_action action, int64_t now)
{
	return (watch_tell(world->watch, span_str(user), what, action,
	    "61 recipients", DAY, now));
}

static void
test_tell(void **state)
{
	struct world *world = begin();

	(void)state;
	assert_false(tell(world, "ann", "jump", LIMIT_PASS, NOW));
	assert_true(tell(world, "ann", "jump", LIMIT_DEFER, NOW));
	assert_false(tell(world, "ann", "jump", LIMIT_DEFER, NOW + 1));
	assert_false(tell(world, "ann", "jump", LIMIT_ALARM, NOW + 1));
	assert_true(tell(world, "ann", "bounces", LIMIT_ALARM, NOW + 1));
	assert_true(tell(world, "bob", "jump", LIMIT_ALARM, NOW + 1));
	assert_true(tell(world, "ann", "jump", LIMIT_LOCK, NOW + 2));
	restart(world);
	assert_false(tell(world, "ann", "jump", LIMIT_HOLD, NOW + HOUR));
	assert_false(tell(world, "ann", "jump", LIMIT_LOCK, NOW + DAY + 1));
	assert_true(tell(world, "ann", "jump", LIMIT_LOCK, NOW + DAY + 2));
	/* A clock that was put back. */
	assert_false(tell(world, "ann", "jump", LIMIT_LOCK, NOW + 3));
	assert_true(tell(world, "ann", "jump", LIMIT_LOCK, NOW - DAY));
	/* Names do not run together. */
	assert_true(tell(world, "c", "a\nb", LIMIT_ALARM, NOW));
	assert_non_null(strstr(buf_str(&world->lines),
	    "warning: account_alarm user=ann what=jump action=lock "
	    "detail=\"61 recipients\"\n"));
	end(world);
}

static const char *
read_file(struct world *world)
{
	struct span bytes;

	if (files_read(world->arena, world->file, &bytes) != 0)
		return (NULL);
	return (arena_str(world->arena, bytes));
}

static bool
names(struct world *world, const char *user)
{
	const char *text = read_file(world);

	return (text != NULL && strstr(text, arena_printf(world->arena,
						 "\n%s:!:\n", user)) != NULL);
}

static int
lock(struct world *world, const char *user)
{
	return (watch_lock(
	    world->watch, &world->rules, span_str(user), "limit x", NOW));
}

static void
test_lock(void **state)
{
	struct world *world = begin();

	(void)state;
	assert_int_equal(watch_follow(world->watch, &world->rules, NOW), 0);
	assert_non_null(read_file(world));
	assert_int_equal(lock(world, "ann@example.org"), 0);
	assert_int_equal(lock(world, "bob@example.org"), 0);
	assert_int_equal(lock(world, "bob@example.org"), 0);
	assert_true(names(world, "ann@example.org"));
	assert_true(names(world, "bob@example.org"));
	restart(world);
	assert_int_equal(unlink(world->file), 0);
	assert_int_equal(watch_follow(world->watch, &world->rules, NOW), 0);
	assert_true(names(world, "ann@example.org"));
	assert_true(watch_is_locked(world->watch, span_str("ann@example.org")));
	assert_false(watch_is_locked(world->watch, span_str("ann")));
	assert_false(watch_is_locked(world->watch, span_str("")));
	assert_int_equal(watch_unlock(world->watch, &world->rules,
			     span_str("ann@example.org"), NOW),
	    0);
	assert_false(names(world, "ann@example.org"));
	assert_true(names(world, "bob@example.org"));
	restart(world);
	assert_false(
	    watch_is_locked(world->watch, span_str("ann@example.org")));
	world->rules.locked_users = NULL;
	assert_int_equal(lock(world, "eve:x"), 0);
	assert_true(watch_is_locked(world->watch, span_str("eve:x")));
	end(world);
}

/* Cyrus SASL hands on the spelling that the client chose. */
static void
test_lock_spelling(void **state)
{
	struct world *world = begin();
	struct watch_finding finding;

	(void)state;
	assert_int_equal(lock(world, "Ann@Example.ORG"), 0);
	assert_true(names(world, "ann@example.org"));
	assert_true(watch_is_locked(world->watch, span_str("aNN@example.org")));
	assert_int_equal(watch_unlock(world->watch, &world->rules,
			     span_str("ANN@EXAMPLE.ORG"), NOW),
	    0);
	assert_false(
	    watch_is_locked(world->watch, span_str("Ann@Example.ORG")));
	for (unsigned int i = 0; i < 4; i++)
		watch_delivered(world->watch,
		    span_str(i % 2 == 0 ? "bob" : "BOB"), 0, 100, NOW);
	watch_peek(world->watch, &world->rules, span_str("bOb"), NOW, &finding);
	assert_int_equal(finding.figure, 100);
	end(world);
}

static const char *const bad_names[] = { "a:b", "a\nroot", "#a", "a\x7f" };

static void
test_lock_hostile(void **state)
{
	struct world *world = begin();
	char longest[WATCH_LOCK_MAX_USER + 2];

	(void)state;
	assert_int_equal(lock(world, "ann"), 0);
	for (size_t i = 0; i < UNIT_COUNT(bad_names); i++) {
		assert_int_equal(lock(world, bad_names[i]), -1);
		/* Mail is held all the same. */
		assert_true(
		    watch_is_locked(world->watch, span_str(bad_names[i])));
	}
	assert_int_equal(lock(world, "bob"), 0);
	assert_non_null(strstr(read_file(world), "bob:!:\n"));
	assert_null(strstr(read_file(world), "root"));
	memset(longest, 'x', sizeof(longest));
	longest[WATCH_LOCK_MAX_USER + 1] = '\0';
	assert_false(watch_lock_can_name(span_str(longest)));
	longest[WATCH_LOCK_MAX_USER] = '\0';
	assert_true(watch_lock_can_name(span_str(longest)));
	assert_false(watch_lock_can_name(span_str("")));
	end(world);
}

/* The file is no half one when it cannot be written, and is tried again. */
static void
test_lock_trouble(void **state)
{
	struct world *world = begin();
	char *there = world->file;
	char *gone = arena_printf(world->arena, "%s/sub/locked", world->folder);

	(void)state;
	world->rules.locked_users = gone;
	assert_int_equal(lock(world, "ann"), -1);
	assert_true(watch_is_locked(world->watch, span_str("ann")));
	assert_non_null(strstr(buf_str(&world->lines), "lock_failed file="));
	size_t said = world->lines.len;

	watch_tick(world->watch, NOW + 20000);
	assert_int_equal(world->lines.len, said);
	assert_int_equal(
	    mkdir(arena_printf(world->arena, "%s/sub", world->folder), 0700),
	    0);
	watch_tick(world->watch, NOW + 40000);
	world->file = gone;
	assert_true(names(world, "ann"));
	world->file = there;
	assert_null(read_file(world));
	/* A folder in the place of the file. */
	world->rules.locked_users = there;
	assert_int_equal(mkdir(there, 0700), 0);
	assert_int_equal(lock(world, "bob"), -1);
	assert_int_equal(
	    access(arena_printf(world->arena, "%s.new", there), F_OK), -1);
	assert_int_equal(rmdir(there), 0);
	assert_int_equal(lock(world, "bob"), 0);
	assert_true(names(world, "bob"));
	end(world);
}

/* Dovecot sees each version, and so does nobody who may not. */
static void
test_lock_file(void **state)
{
	struct world *world = begin();
	struct stat first;
	struct stat second;

	(void)state;
	assert_int_equal(lock(world, "ann"), 0);
	assert_int_equal(stat(world->file, &first), 0);
	assert_int_equal(first.st_mode & 07777, 0644);
	assert_int_equal(
	    watch_unlock(world->watch, &world->rules, span_str("ann"), NOW), 0);
	assert_int_equal(lock(world, "bob"), 0);
	assert_int_equal(stat(world->file, &second), 0);
	assert_int_equal(first.st_size, second.st_size);
	assert_true(first.st_mtim.tv_sec != second.st_mtim.tv_sec);
	assert_int_equal(chmod(world->folder, 02750), 0);
	assert_int_equal(lock(world, "eve"), 0);
	assert_int_equal(stat(world->file, &second), 0);
	assert_int_equal(second.st_mode & 07777, 0640);
	end(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_jump),
		cmocka_unit_test(test_bounces), cmocka_unit_test(test_tell),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_lock_spelling),
		cmocka_unit_test(test_lock_hostile),
		cmocka_unit_test(test_lock_trouble),
		cmocka_unit_test(test_lock_file) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
