#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/arena_impl.h"
#include "store/store_explain.h"

#define APPLICATION_ID 0x4d525645 /* MRVE */
/* Of another program that writes to the file, such as sqlite3(1). */
#define BUSY_TIMEOUT_MS 5000

/* Beside WAL: a crash of the machine may lose the last seconds, but never
 * damages the file. */
static const char *const settings[] = {
	"PRAGMA journal_mode=WAL",
	"PRAGMA synchronous=NORMAL",
	"PRAGMA journal_size_limit=33554432",
	"PRAGMA wal_autocheckpoint=8192",
	"PRAGMA temp_store=MEMORY",
	"PRAGMA cache_size=-1024",
	"PRAGMA trusted_schema=OFF",
};

/* migrations[i] makes schema i + 1 of schema i. */
static const char *const migrations[STORE_SCHEMA] = {
	"CREATE TABLE state(kind TEXT NOT NULL, key TEXT NOT NULL,"
	" value TEXT NOT NULL, expires INTEGER NOT NULL,"
	" PRIMARY KEY(kind, key)) WITHOUT ROWID;"
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"INSERT INTO meta VALUES('created',"
	" CAST(strftime('%s', 'now') AS INTEGER) * 1000);",
};

enum statement {
	BEGIN,
	COMMIT,
	PUT,
	REMOVE,
	EACH,
	BOUND,
	EXPIRE,
	EXPIRE_LAST,
	STATEMENTS,
};

static const char *const texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[PUT] = "REPLACE INTO state VALUES(?1, ?2, ?3, ?4)",
	[REMOVE] = "DELETE FROM state WHERE kind = ?1 AND key = ?2",
	[EACH] = "SELECT key, value, expires FROM state"
		 " WHERE kind = ?1 AND expires > ?2",
	/* The record up to which store_expire() looks, if there are so many. */
	[BOUND] = "SELECT kind, key FROM state WHERE (kind, key) > (?1, ?2)"
		  " ORDER BY kind, key LIMIT 1 OFFSET ?3",
	[EXPIRE] = "DELETE FROM state WHERE expires <= ?1"
		   " AND (kind, key) > (?2, ?3) AND (kind, key) <= (?4, ?5)",
	[EXPIRE_LAST] = "DELETE FROM state WHERE expires <= ?1"
			" AND (kind, key) > (?2, ?3)",
};

struct store {
	char *path;
	sqlite3 *db; /* NULL: store_reopen() failed */
	sqlite3_stmt *statements[STATEMENTS];
	int64_t created;
	struct arena *looked_arena;
	struct span looked_kind; /* where store_expire() goes on */
	struct span looked_key;
	struct arena *error_arena;
	const char *error;
};

static void
new_error(struct store *store)
{
	arena_free(store->error_arena);
	store->error_arena = arena_new();
}

/* Remember why SQLite failed; a batch is over with it. */
static int
fail(struct store *store)
{
	int code = sqlite3_errcode(store->db);
	const char *what = sqlite3_errmsg(store->db);

	new_error(store);
	store->error =
	    store_explain(store->error_arena, store->path, code, what);
	if (!sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return (-1);
}

static int
fail_with(struct store *store, const char *error)
{
	store->error = error;
	return (-1);
}

static int
run(struct store *store, const char *sql)
{
	return (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
		    ? 0
		    : fail(store));
}

/* The one number that ${sql} answers. */
static int
ask_number(struct store *store, const char *sql, int64_t *out)
{
	sqlite3_stmt *statement = NULL;
	int result = -1;

	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW) {
		*out = sqlite3_column_int64(statement, 0);
		result = 0;
	} else {
		(void)fail(store);
	}
	(void)sqlite3_finalize(statement);
	return (result);
}

/* SQLite would make it readable for everybody; -wal and -shm take its mode.  A
 * file that is there is not opened here: closing it would end the locks that
 * another store in this process holds. */
static int
make_file(struct store *store)
{
	int fd = open(store->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	int number = errno;

	if (fd >= 0)
		(void)close(fd);
	if (fd >= 0 || number == EEXIST)
		return (0);
	new_error(store);
	return (fail_with(store, store_explain(store->error_arena, store->path,
				     SQLITE_CANTOPEN, strerror(number))));
}

/* SQLite would open what it may only read. */
static int
check_writable(struct store *store)
{
	if (sqlite3_db_readonly(store->db, "main") == 0)
		return (0);
	new_error(store);
	return (fail_with(store, store_explain(store->error_arena, store->path,
				     SQLITE_READONLY, strerror(EACCES))));
}

static int
check_whole(struct store *store)
{
	sqlite3_stmt *statement = NULL;
	const char *text = NULL;
	int result = 0;

	if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1,
		&statement, NULL) != SQLITE_OK ||
	    sqlite3_step(statement) != SQLITE_ROW)
		result = fail(store);
	else
		text = (const char *)sqlite3_column_text(statement, 0);
	if (text != NULL && strcmp(text, "ok") != 0) {
		new_error(store);
		result =
		    fail_with(store, store_explain(store->error_arena,
					 store->path, SQLITE_CORRUPT, text));
	}
	(void)sqlite3_finalize(statement);
	return (result);
}

/* Whether the file is ours, and which schema it has; 0 for an empty one. */
static int
check_kind(struct store *store, int64_t *version)
{
	int64_t application;
	int64_t things;

	if (ask_number(store, "PRAGMA application_id", &application) != 0 ||
	    ask_number(store, "PRAGMA user_version", version) != 0 ||
	    ask_number(store, "SELECT count(*) FROM sqlite_schema", &things) !=
		0)
		return (-1);
	if (application == 0 && *version == 0 && things == 0)
		return (0);
	new_error(store);
	if (application != APPLICATION_ID)
		return (fail_with(store,
		    arena_printf(store->error_arena,
			"%s is a database of another program: name another "
			"file",
			store->path)));
	if (*version > STORE_SCHEMA)
		return (fail_with(
		    store, store_explain_away(store->error_arena, store->path,
			       "was written by a newer version of Mailreeve: "
			       "install that again")));
	return (0);
}

static int
migrate(struct store *store, int64_t version)
{
	char *last;
	int result;

	if (version == STORE_SCHEMA)
		return (0);
	result = run(store, "BEGIN IMMEDIATE");
	for (; result == 0 && version < STORE_SCHEMA; version++)
		result = run(store, migrations[version]);
	if (result != 0)
		return (-1);
	last = sqlite3_mprintf("PRAGMA application_id=%d;"
			       "PRAGMA user_version=%d;COMMIT",
	    APPLICATION_ID, STORE_SCHEMA);
	result = run(store, last);
	sqlite3_free(last);
	return (result);
}

static int
prepare(struct store *store)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		if (sqlite3_prepare_v3(store->db, texts[i], -1,
			SQLITE_PREPARE_PERSISTENT, &store->statements[i],
			NULL) != SQLITE_OK)
			return (fail(store));
	}
	return (0);
}

static void
close_file(struct store *store)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
	(void)sqlite3_close(store->db);
	store->db = NULL;
}

static int
open_file(struct store *store)
{
	int64_t version = 0;

	if (make_file(store) != 0)
		return (-1);
	if (sqlite3_open_v2(store->path, &store->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return (fail(store));
	(void)sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	if (check_writable(store) != 0 || check_kind(store, &version) != 0 ||
	    check_whole(store) != 0)
		return (-1);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (run(store, settings[i]) != 0)
			return (-1);
	}
	if (migrate(store, version) != 0 ||
	    ask_number(store, "SELECT value FROM meta WHERE name = 'created'",
		&store->created) != 0)
		return (-1);
	return (prepare(store));
}

int
store_reopen(struct store *store)
{
	close_file(store);
	if (open_file(store) == 0)
		return (0);
	close_file(store);
	return (-1);
}

struct store *
store_open(const char *path, struct arena *arena, const char **error)
{
	struct store *store = arena_impl_malloc(sizeof(*store));
	size_t size = strlen(path) + 1;

	*store = (struct store){
		.path = memcpy(arena_impl_malloc(size), path, size),
		.looked_arena = arena_new(),
	};
	new_error(store);
	if (store_reopen(store) == 0)
		return (store);
	*error = arena_strdup(arena, store->error);
	store_close(store);
	return (NULL);
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	close_file(store);
	arena_free(store->looked_arena);
	arena_free(store->error_arena);
	free(store->path);
	free(store);
}

static void
bind_text(sqlite3_stmt *statement, int index, struct span text)
{
	/* NULL would be bound as NULL. */
	(void)sqlite3_bind_text64(statement, index,
	    text.len == 0 ? "" : (const char *)text.data, text.len,
	    SQLITE_STATIC, SQLITE_UTF8);
}

static struct span
column(sqlite3_stmt *statement, int index)
{
	/* The text first: asking for it may change its length. */
	const unsigned char *text = sqlite3_column_text(statement, index);

	return (span_new(text, (size_t)sqlite3_column_bytes(statement, index)));
}

/* Do what gives no rows. */
static int
finish(struct store *store, enum statement which)
{
	sqlite3_stmt *statement = store->statements[which];
	int code = sqlite3_step(statement);

	(void)sqlite3_reset(statement);
	if (code == SQLITE_DONE)
		return (0);
	return (fail(store));
}

int
store_begin(struct store *store)
{
	return (store->db == NULL ? -1 : finish(store, BEGIN));
}

int
store_commit(struct store *store)
{
	return (store->db == NULL ? -1 : finish(store, COMMIT));
}

int
store_put(struct store *store, const struct store_record *record)
{
	bool gone = record->value.data == NULL;
	enum statement which = gone ? REMOVE : PUT;
	sqlite3_stmt *statement = store->statements[which];

	if (store->db == NULL)
		return (-1);
	bind_text(statement, 1, span_str(record->kind));
	bind_text(statement, 2, record->key);
	if (!gone) {
		bind_text(statement, 3, record->value);
		(void)sqlite3_bind_int64(statement, 4, record->expires);
	}
	return (finish(store, which));
}

const char *
store_error(const struct store *store)
{
	return (store->error);
}

int
store_each(struct store *store, const char *kind, int64_t now,
    store_visit *visit, void *cookie)
{
	sqlite3_stmt *statement = store->statements[EACH];
	int code;

	if (store->db == NULL)
		return (-1);
	bind_text(statement, 1, span_str(kind));
	(void)sqlite3_bind_int64(statement, 2, now);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct store_record record = {
			.kind = kind,
			.key = column(statement, 0),
			.value = column(statement, 1),
			.expires = sqlite3_column_int64(statement, 2),
		};

		visit(cookie, &record);
	}
	(void)sqlite3_reset(statement);
	return (code == SQLITE_DONE ? 0 : fail(store));
}

/* Store in ${kind} and ${key} where a look at ${count} records ends; their data
 * are NULL when there are not so many. */
static int
find_bound(struct store *store, int count, struct arena *arena,
    struct span *kind, struct span *key)
{
	sqlite3_stmt *statement = store->statements[BOUND];
	int code;

	bind_text(statement, 1, store->looked_kind);
	bind_text(statement, 2, store->looked_key);
	(void)sqlite3_bind_int(statement, 3, count - 1);
	code = sqlite3_step(statement);
	*kind = *key = span_new(NULL, 0);
	if (code == SQLITE_ROW) {
		*kind = arena_dup(arena, column(statement, 0));
		*key = arena_dup(arena, column(statement, 1));
	}
	(void)sqlite3_reset(statement);
	return (code == SQLITE_ROW || code == SQLITE_DONE ? 0 : fail(store));
}

/* Delete what has expired of what was not yet looked at, up to there. */
static int
delete_expired(
    struct store *store, int64_t now, struct span kind, struct span key)
{
	enum statement which = kind.data == NULL ? EXPIRE_LAST : EXPIRE;
	sqlite3_stmt *statement = store->statements[which];

	(void)sqlite3_bind_int64(statement, 1, now);
	bind_text(statement, 2, store->looked_kind);
	bind_text(statement, 3, store->looked_key);
	if (which == EXPIRE) {
		bind_text(statement, 4, kind);
		bind_text(statement, 5, key);
	}
	return (finish(store, which));
}

int
store_expire(struct store *store, int64_t now, int count)
{
	struct arena *arena;
	struct span kind;
	struct span key;

	if (store->db == NULL)
		return (-1);
	arena = arena_new();
	if (find_bound(store, count, arena, &kind, &key) != 0 ||
	    delete_expired(store, now, kind, key) != 0) {
		arena_free(arena);
		return (-1);
	}
	arena_free(store->looked_arena);
	store->looked_arena = arena;
	store->looked_kind = kind;
	store->looked_key = key;
	return (0);
}

int64_t
store_created(const struct store *store)
{
	return (store->created);
}
