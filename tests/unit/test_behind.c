/* behind.h: what was put is soon in the store, whatever happens to the process;
 * what happens to the store stops nobody. */
#include "support/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "behind.h"
#include "store/store.h"
#include "support/files.h"
#include "table.h"

#define WAIT_MS 20000
#define KILL_ROUNDS 3

struct fixture {
	struct arena *arena;
	char *folder;
	const char *path;
	struct log *log;
	pthread_mutex_t mutex;
	char events[4096];
	uint64_t largest;
	size_t count;
};

static void
write_event(void *cookie, enum log_level level, const char *line)
{
	struct fixture *fixture = cookie;
	size_t len;

	(void)level;
	(void)pthread_mutex_lock(&fixture->mutex);
	len = strlen(fixture->events);
	(void)snprintf(
	    &fixture->events[len], sizeof(fixture->events) - len, "%s\n", line);
	(void)pthread_mutex_unlock(&fixture->mutex);
}

/* How often ${text} was logged. */
static size_t
logged(struct fixture *fixture, const char *text)
{
	size_t count = 0;

	(void)pthread_mutex_lock(&fixture->mutex);
	for (const char *at = fixture->events; (at = strstr(at, text)) != NULL;
	     at++)
		count++;
	(void)pthread_mutex_unlock(&fixture->mutex);
	return (count);
}

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .arena = arena_new(),
		.log = log_new("test"),
		.mutex = PTHREAD_MUTEX_INITIALIZER };
	log_set_writer(fixture.log, write_event, &fixture);
	fixture.folder = files_folder(fixture.arena, "behind");
	fixture.path =
	    arena_printf(fixture.arena, "%s/state.db", fixture.folder);
	*state = &fixture;
	return (fixture.folder == NULL);
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	files_remove(fixture->folder);
	log_free(fixture->log);
	arena_free(fixture->arena);
	return (0);
}

static void
print_number(const void *record, struct buf *text)
{
	buf_printf(text, "%llu", *(const unsigned long long *)record);
}

static bool
parse_number(struct span text, void *record)
{
	return (span_to_u64(text, 20, record));
}

static const struct table_codec codec = { print_number, parse_number };

static struct store *
open_store(struct fixture *fixture)
{
	const char *error = NULL;
	struct store *store = store_open(fixture->path, fixture->arena, &error);

	if (store == NULL)
		fail_msg("%s", error);
	return (store);
}

static struct behind *
start(struct fixture *fixture)
{
	struct behind *behind = behind_new(open_store(fixture), fixture->log);

	behind_start(behind);
	return (behind);
}

static void
put(struct behind *behind, const char *key, uint64_t number)
{
	behind_put(behind, "test", span_str(key), &number, sizeof(number),
	    &codec, INT64_MAX);
}

static void
see(void *cookie, const struct store_record *record)
{
	struct fixture *fixture = cookie;
	uint64_t number;

	fixture->count++;
	assert_true(span_to_u64(record->value, 20, &number));
	if (number > fixture->largest)
		fixture->largest = number;
}

/* Read what is in the file: how many, and the largest number. */
static size_t
look(struct fixture *fixture)
{
	struct store *store = open_store(fixture);

	fixture->count = 0;
	fixture->largest = 0;
	assert_int_equal(store_each(store, "test", 0, see, fixture), 0);
	store_close(store);
	return (fixture->count);
}

static struct behind_counters
counters(struct behind *behind)
{
	struct behind_counters counters;

	behind_counters(behind, &counters);
	return (counters);
}

static void
sleep_ms(unsigned int ms)
{
	(void)usleep(ms * 1000);
}

static void
writes_soon(void **state)
{
	struct fixture *fixture = *state;
	struct behind *behind = start(fixture);
	int64_t started = clock_monotonic_ms();

	for (uint64_t i = 1; i <= 100; i++)
		put(behind, "a", i);
	put(behind, "b", 5);
	put(behind, "c", 5);
	behind_remove(behind, "test", span_str("b"));
	behind_remove(behind, "test", span_str("d"));
	while (counters(behind).waiting > 0 &&
	       clock_monotonic_ms() < started + WAIT_MS)
		sleep_ms(10);
	assert_int_equal(look(fixture), 2);
	assert_int_equal(fixture->largest, 100);
	/* What changed often was written once. */
	assert_true(counters(behind).written <= 8);
	put(behind, "c", 500);
	assert_int_equal(behind_free(behind), 0);
	assert_int_equal(look(fixture), 2);
	assert_int_equal(fixture->largest, 500);
	assert_string_equal(fixture->events, "");
}

static void
nothing_is_kept_without_a_store(void **state)
{
	struct fixture *fixture = *state;
	struct behind *behind = behind_new(NULL, fixture->log);

	behind_start(behind);
	put(behind, "a", 1);
	behind_remove(behind, "test", span_str("a"));
	assert_int_equal(counters(behind).waiting, 0);
	assert_int_equal(behind_free(behind), 0);
	assert_int_equal(behind_free(NULL), 0);
	assert_string_equal(fixture->events, "");
}

/* What the child tells: it put this at that time. */
struct tick {
	uint64_t number;
	int64_t ms;
};

static void
put_until_killed(struct fixture *fixture, int to)
{
	struct behind *behind = start(fixture);

	for (uint64_t i = fixture->largest + 1;; i++) {
		struct tick tick = { i, 0 };
		char key[32];

		(void)snprintf(
		    key, sizeof(key), "%llu", (unsigned long long)i % 5000);
		put(behind, key, i);
		tick.ms = clock_monotonic_ms();
		if (write(to, &tick, sizeof(tick)) != sizeof(tick))
			_exit(1);
		if (i % 10 == 0)
			sleep_ms(1);
	}
}

/* SIGKILL loses at most what came in the last second. */
static void
kill_loses_a_second(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned int round = 0; round < KILL_ROUNDS; round++) {
		int pipes[2];
		pid_t child;
		int64_t killed;
		struct tick tick;
		uint64_t must_have = 0;

		assert_int_equal(pipe(pipes), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0)
			put_until_killed(fixture, pipes[1]);
		(void)close(pipes[1]);
		killed = clock_monotonic_ms() + 1500 + (int64_t)370 * round;
		while (read(pipes[0], &tick, sizeof(tick)) == sizeof(tick)) {
			if (tick.ms >= killed)
				(void)kill(child, SIGKILL);
			if (tick.ms <= killed - 1000)
				must_have = tick.number;
		}
		(void)close(pipes[0]);
		assert_int_equal(waitpid(child, NULL, 0), child);
		(void)look(fixture);
		assert_true(must_have > 0);
		assert_true(fixture->largest >= must_have);
	}
}

static void
wait_until_failing(struct behind *behind, bool failing)
{
	int64_t started = clock_monotonic_ms();

	while (counters(behind).failing != failing) {
		if (clock_monotonic_ms() > started + WAIT_MS)
			fail_msg("still %s", failing ? "well" : "failing");
		sleep_ms(10);
	}
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
put_many(struct behind *behind, int count)
{
	for (int i = 0; i < count; i++) {
		char key[32];

		(void)snprintf(key, sizeof(key), "key %d", i);
		put(behind, key, (uint64_t)i);
	}
}

/* A full disk is told once, and nothing is lost when there is room again. */
static void
full_disk(void **state)
{
	struct fixture *fixture = *state;
	struct behind *behind = start(fixture);

	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files(100000);
	put_many(behind, 20000);
	wait_until_failing(behind, true);
	put(behind, "later", 1000000);
	while (counters(behind).failures < 3)
		sleep_ms(50);
	assert_int_equal(logged(fixture, "store_failed"), 1);
	assert_int_equal(logged(fixture, "is full"), 1);
	assert_int_equal(logged(fixture, "store_back"), 0);
	limit_files(RLIM_INFINITY);
	wait_until_failing(behind, false);
	assert_int_equal(logged(fixture, "store_back"), 1);
	assert_int_equal(counters(behind).dropped, 0);
	assert_int_equal(behind_free(behind), 0);
	assert_int_equal(look(fixture), 20001);
	assert_int_equal(fixture->largest, 1000000);
}

static void
as_admin(struct fixture *fixture, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* What the message tells the admin to do helps, without a restart. */
static void
moved_away(void **state)
{
	struct fixture *fixture = *state;
	struct behind *behind = start(fixture);

	as_admin(fixture, "DROP TABLE state");
	put(behind, "a", 7);
	wait_until_failing(behind, true);
	assert_int_equal(
	    system(strstr(fixture->events, "with: mv ") == NULL
		       ? "false"
		       : arena_printf(fixture->arena, "mv %s %s.bad",
			     fixture->path, fixture->path)),
	    0);
	wait_until_failing(behind, false);
	assert_int_equal(behind_free(behind), 0);
	assert_int_equal(look(fixture), 1);
	assert_int_equal(fixture->largest, 7);
}

static void
lost_at_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct behind *behind = start(fixture);

	as_admin(fixture, "DROP TABLE state");
	put(behind, "a", 7);
	put(behind, "b", 7);
	assert_int_equal(behind_free(behind), -1);
	assert_int_equal(logged(fixture, "store_lost"), 1);
	assert_int_equal(logged(fixture, "records=2"), 1);
}

/* However long the store fails: the memory is bounded, and the newest stay. */
static void
memory_is_bounded(void **state)
{
	struct fixture *fixture = *state;
	struct behind *behind = start(fixture);
	uint64_t record[TABLE_MAX_RECORD / sizeof(uint64_t)] = { 3 };
	size_t count = 2 * BEHIND_MAX_BYTES / sizeof(record);
	struct behind_counters seen;

	as_admin(fixture, "ALTER TABLE state RENAME TO hidden");
	put(behind, "first", 1);
	wait_until_failing(behind, true);
	for (size_t i = 0; i < count; i++) {
		record[0] = i;
		behind_put(behind, "test",
		    span_str(arena_printf(fixture->arena, "%zu", i)), record,
		    sizeof(record), &codec, INT64_MAX);
	}
	seen = counters(behind);
	assert_true(seen.dropped > 0);
	assert_int_equal(seen.dropped + seen.waiting, count + 1);
	assert_true(seen.waiting * sizeof(record) <= BEHIND_MAX_BYTES);
	as_admin(fixture, "ALTER TABLE hidden RENAME TO state");
	wait_until_failing(behind, false);
	assert_int_equal(behind_free(behind), 0);
	assert_int_equal(look(fixture), seen.waiting);
	assert_int_equal(fixture->largest, count - 1);
}

static void
load(void *cookie, const struct store_record *record)
{
	assert_true(
	    table_load(cookie, record->key, record->value, record->expires));
}

/* From a table to the store, and back into another table. */
static void
tables_come_back(void **state)
{
	struct fixture *fixture = *state;
	struct table_options options = { "test", sizeof(uint64_t), 1000,
		&codec };
	struct store *store = open_store(fixture);
	struct behind *behind;
	struct table *table;

	behind = behind_new(store, fixture->log);
	table = table_new(&options, behind);
	for (uint64_t i = 0; i < 500; i++) {
		struct span key = span_new(&i, sizeof(i));
		uint64_t *number = table_add(table, key, 1000);

		*number = i * i;
		table_changed(table, number, i < 100 ? 1500 : 5000);
	}
	for (uint64_t i = 400; i < 500; i++)
		assert_true(table_remove(table, span_new(&i, sizeof(i))));
	behind_now(behind, 2000);
	/* Never started, it writes at the end. */
	table_free(table);
	assert_int_equal(behind_free(behind), 0);

	store = open_store(fixture);
	table = table_new(&options, NULL);
	assert_int_equal(store_each(store, "test", 2000, load, table), 0);
	assert_int_equal(table_count(table), 300);
	for (uint64_t i = 100; i < 400; i++) {
		uint64_t *number = table_get(table, span_new(&i, sizeof(i)));

		assert_non_null(number);
		assert_int_equal(*number, i * i);
	}
	table_free(table);
	store_close(store);
	/* What had expired was deleted with the write. */
	assert_int_equal(look(fixture), 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_soon, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    nothing_is_kept_without_a_store, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    kill_loses_a_second, setup, teardown),
		cmocka_unit_test_setup_teardown(full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(moved_away, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    lost_at_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    memory_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    tables_come_back, setup, teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
