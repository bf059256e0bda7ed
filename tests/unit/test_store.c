/* store.h: keeps what it was given, and says what is wrong with a file. */
#include "support/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/store.h"
#include "support/files.h"

struct fixture {
	struct arena *arena;
	char *folder;
	const char *path;
	const char *error;
	struct span key; /* what count_one() looks for */
	struct span value;
	int64_t expires;
	size_t count;
};

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .arena = arena_new() };
	fixture.folder = files_folder(fixture.arena, "store");
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
	arena_free(fixture->arena);
	return (0);
}

static struct store *
open_store(struct fixture *fixture)
{
	struct store *store =
	    store_open(fixture->path, fixture->arena, &fixture->error);

	if (store == NULL)
		fail_msg("%s", fixture->error);
	return (store);
}

/* Why the store cannot be opened. */
static const char *
why_not(struct fixture *fixture)
{
	fixture->error = NULL;
	assert_null(store_open(fixture->path, fixture->arena, &fixture->error));
	assert_non_null(fixture->error);
	return (fixture->error);
}

static void
assert_says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static int
put(struct store *store, const char *kind, struct span key, const char *value,
    int64_t expires)
{
	struct store_record record = { kind, key, span_str(value), expires };

	if (value == NULL)
		record.value.data = NULL;
	return (store_put(store, &record));
}

static void
count_one(void *cookie, const struct store_record *record)
{
	struct fixture *fixture = cookie;

	fixture->count++;
	if (!span_eq(record->key, fixture->key))
		return;
	fixture->value = arena_dup(fixture->arena, record->value);
	fixture->expires = record->expires;
}

static size_t
count(struct fixture *fixture, struct store *store, const char *kind,
    int64_t now, struct span key)
{
	fixture->count = 0;
	fixture->key = key;
	fixture->value = span_new(NULL, 0);
	assert_int_equal(store_each(store, kind, now, count_one, fixture), 0);
	return (fixture->count);
}

/* Run ${sql} as sqlite3(1) would. */
static void
as_admin(struct fixture *fixture, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
records_come_back(void **state)
{
	static const struct span keys[] = {
		SPAN_LITERAL(""),
		SPAN_LITERAL("user@example.org"),
		SPAN_LITERAL("\0"),
		SPAN_LITERAL("\0\0"),
		SPAN_LITERAL("a\0b"),
		SPAN_LITERAL("\xff\xfe'; DROP TABLE state; --"),
		SPAN_LITERAL("b\xc3\xa4r"),
	};
	struct fixture *fixture = *state;
	struct store *store = open_store(fixture);
	struct stat status;
	int64_t created = store_created(store);

	assert_int_equal(store_begin(store), 0);
	for (size_t i = 0; i < UNIT_COUNT(keys); i++)
		assert_int_equal(put(store, "a", keys[i],
				     arena_printf(fixture->arena, "%zu", i),
				     100 + (int64_t)i),
		    0);
	assert_int_equal(put(store, "b", keys[1], "other", INT64_MAX), 0);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 07777 & ~0640U, 0);

	store = open_store(fixture);
	assert_true(created > 0 && created == store_created(store));
	for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
		assert_int_equal(
		    count(fixture, store, "a", 99, keys[i]), UNIT_COUNT(keys));
		assert_true(span_is(
		    fixture->value, arena_printf(fixture->arena, "%zu", i)));
		assert_int_equal(fixture->expires, 100 + (int64_t)i);
	}
	/* What has expired is not given. */
	assert_int_equal(
	    count(fixture, store, "a", 100, keys[0]), UNIT_COUNT(keys) - 1);
	assert_int_equal(count(fixture, store, "b", 100, keys[1]), 1);
	assert_int_equal(count(fixture, store, "c", 0, keys[1]), 0);

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(put(store, "a", keys[4], NULL, 0), 0);
	assert_int_equal(put(store, "a", keys[1], "", 7), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(
	    count(fixture, store, "a", 0, keys[1]), UNIT_COUNT(keys) - 1);
	assert_int_equal(fixture->value.len, 0);
	assert_int_equal(fixture->expires, 7);
	store_close(store);
	store_close(NULL);
}

static void
expired_ones_are_deleted(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = open_store(fixture);

	assert_int_equal(store_expire(store, 1000, 10), 0);
	assert_int_equal(store_begin(store), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(
		    put(store, i < 50 ? "a" : "b",
			span_str(arena_printf(fixture->arena, "%03d", i)), "x",
			i % 2 == 0 ? 10 : 1000),
		    0);
	assert_int_equal(store_commit(store), 0);
	/* A look at 30 finds 15, and so on around. */
	for (int i = 1; i <= 4; i++) {
		assert_int_equal(store_expire(store, 10, 30), 0);
		assert_int_equal(
		    count(fixture, store, "a", 0, span_str("")) +
			count(fixture, store, "b", 0, span_str("")),
		    i == 4 ? 50 : 100 - i * 15);
	}
	/* A batch takes it in. */
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_expire(store, 1000, 1000), 0);
	assert_int_equal(store_expire(store, 1000, 1000), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(count(fixture, store, "a", 0, span_str("")), 0);
	assert_int_equal(count(fixture, store, "b", 0, span_str("")), 0);
	store_close(store);
}

static void
other_files_are_refused(void **state)
{
	struct fixture *fixture = *state;

	as_admin(fixture, "CREATE TABLE addresses(a)");
	assert_says(why_not(fixture), "another program");
	as_admin(fixture, "DROP TABLE addresses");
	store_close(open_store(fixture));
	as_admin(fixture, "PRAGMA user_version=2");
	assert_says(why_not(fixture), "newer version");
	assert_says(fixture->error, "with: mv ");
	as_admin(fixture, "PRAGMA user_version=1; DROP TABLE state");
	assert_says(why_not(fixture), "no such table: state");
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	assert_says(why_not(fixture), "cannot write");
	fixture->path =
	    arena_printf(fixture->arena, "%s/no/state.db", fixture->folder);
	assert_says(why_not(fixture), "No such file");
}

static void
fill(struct fixture *fixture, int records)
{
	struct store *store = open_store(fixture);

	assert_int_equal(store_begin(store), 0);
	for (int i = 0; i < records; i++)
		assert_int_equal(
		    put(store, "a",
			span_str(arena_printf(fixture->arena, "key %d", i)),
			"value", INT64_MAX),
		    0);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
}

/* Overwrite ${len} bytes at ${offset}. */
static void
damage(struct fixture *fixture, off_t offset, size_t len)
{
	char *bytes = arena_alloc(fixture->arena, len);
	int fd = open(fixture->path, O_WRONLY | O_CLOEXEC);

	memset(bytes, 'x', len);
	assert_int_equal(pwrite(fd, bytes, len, offset), len);
	(void)close(fd);
}

static void
damaged_files_are_told(void **state)
{
	static const struct {
		off_t offset;
		size_t len;
	} cases[] = { { 0, 100 }, { 20, 60 }, { 4096, 4096 }, { 12288, 2000 } };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		(void)unlink(fixture->path);
		fill(fixture, 1000);
		damage(fixture, cases[i].offset, cases[i].len);
		assert_says(why_not(fixture), "is damaged");
		assert_says(fixture->error,
		    arena_printf(fixture->arena, "with: mv %s %s.bad",
			fixture->path, fixture->path));
	}
	/* The cure works; an empty file is as good as none. */
	assert_int_equal(truncate(fixture->path, 0), 0);
	store_close(open_store(fixture));
	assert_int_equal(
	    files_write(fixture->path,
		span_str("state:\n  - not a database at all\n"), 0640),
	    0);
	assert_says(why_not(fixture), "is damaged");
}

/* Damage that is met while running: a batch fails whole, and goes on in a new
 * file when the old one was moved away. */
static void
reopens_what_was_mended(void **state)
{
	struct fixture *fixture = *state;
	struct store *store;
	const char *moved =
	    arena_printf(fixture->arena, "%s.bad", fixture->path);

	fill(fixture, 1000);
	store = open_store(fixture);
	damage(fixture, 0, 4096);
	assert_int_equal(store_reopen(store), -1);
	assert_says(store_error(store), "is damaged");
	assert_int_equal(store_begin(store), -1);
	assert_int_equal(put(store, "a", span_str("k"), "v", 1), -1);
	assert_int_equal(store_commit(store), -1);
	assert_int_equal(store_expire(store, 1, 1), -1);
	assert_int_equal(store_each(store, "a", 1, count_one, fixture), -1);
	assert_int_equal(store_reopen(store), -1);
	assert_int_equal(rename(fixture->path, moved), 0);
	assert_int_equal(store_reopen(store), 0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(put(store, "a", span_str("k"), "v", 1), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(count(fixture, store, "a", 0, span_str("k")), 1);
	store_close(store);
}

static int
fill_up(struct store *store, struct arena *arena)
{
	int result = store_begin(store);

	for (int i = 0; i < 100000 && result == 0; i++)
		result = put(
		    store, "a", span_str(arena_printf(arena, "%d", i)), "v", 1);
	return (result == 0 ? store_commit(store) : -1);
}

/* A file that may not grow is as good as a full disk. */
static void
full_disk(void **state)
{
	struct fixture *fixture = *state;
	struct store *store;
	struct rlimit limit;
	struct rlimit old;

	fill(fixture, 10);
	store = open_store(fixture);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = (struct rlimit){ .rlim_cur = 100000, .rlim_max = old.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(fill_up(store, fixture->arena), -1);
	assert_says(store_error(store), "is full");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	/* Nothing of it is there, and all is well again. */
	assert_int_equal(count(fixture, store, "a", 0, span_str("")), 10);
	assert_int_equal(fill_up(store, fixture->arena), 0);
	store_close(store);
}

static void
locked_by_another(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = open_store(fixture);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_begin(store), -1);
	assert_says(store_error(store), "another program keeps it locked");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
}

/* Root may write everything: try as somebody else. */
static void
not_for_this_user(void **state)
{
	struct fixture *fixture = *state;
	int status = 0;
	pid_t child;

	fill(fixture, 10);
	assert_int_equal(chmod(fixture->folder, 0755), 0);
	assert_int_equal(chmod(fixture->path, 0444), 0);
	child = fork();
	if (child == 0) {
		struct store *store;

		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(2);
		store =
		    store_open(fixture->path, fixture->arena, &fixture->error);
		_exit(store != NULL ||
		      strstr(fixture->error, "let this user write") == NULL);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    records_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    expired_ones_are_deleted, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    other_files_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    damaged_files_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    reopens_what_was_mended, setup, teardown),
		cmocka_unit_test_setup_teardown(full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    locked_by_another, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    not_for_this_user, setup, teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
