#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "store/store_explain.h"
#include "store_sqlite.h"

#define APPLICATION_ID 0x4d525651 /* MRVQ */
#define BUSY_TIMEOUT_MS 2000
#define RETRY_MS 1000
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_BYTES 36

/* A crash of the machine may lose the last transactions, but damages nothing;
 * see check_boot(). */
static const char *const settings[] = {
	"PRAGMA journal_mode=WAL",
	"PRAGMA synchronous=NORMAL",
	"PRAGMA journal_size_limit=33554432",
	"PRAGMA temp_store=MEMORY",
	"PRAGMA cache_size=-8192",
	"PRAGMA trusted_schema=OFF",
};

/* migrations[i] makes schema i + 1 of schema i. */
static const char *const migrations[STORE_SQLITE_SCHEMA] = {
	"CREATE TABLE account(key TEXT PRIMARY KEY,"
	" used_bytes INTEGER NOT NULL, used_messages INTEGER NOT NULL,"
	" held_bytes INTEGER NOT NULL, held_messages INTEGER NOT NULL,"
	" stale_bytes INTEGER NOT NULL, stale_messages INTEGER NOT NULL,"
	" told_bytes INTEGER NOT NULL, told_messages INTEGER NOT NULL,"
	" hard_bytes INTEGER NOT NULL, hard_messages INTEGER NOT NULL,"
	" soft_bytes INTEGER NOT NULL, soft_messages INTEGER NOT NULL,"
	" period INTEGER NOT NULL, over_since INTEGER NOT NULL,"
	" warned_at INTEGER NOT NULL, warned_percent INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE holder(name TEXT PRIMARY KEY, counted INTEGER NOT NULL,"
	" dirty INTEGER NOT NULL, sequence INTEGER NOT NULL, open INTEGER NOT NULL,"
	" counted_at INTEGER NOT NULL, shares TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE lease(id INTEGER PRIMARY KEY, holder TEXT NOT NULL,"
	" stale INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" shares TEXT NOT NULL);"
	"CREATE TABLE binding(uid INTEGER NOT NULL, holder TEXT NOT NULL,"
	" accounts TEXT NOT NULL, PRIMARY KEY(uid, holder)) WITHOUT ROWID;"
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL)"
	" WITHOUT ROWID;",
};

#define ACCOUNT                                                                \
	"SELECT key, used_bytes, used_messages, held_bytes, held_messages,"    \
	" stale_bytes, stale_messages, told_bytes, told_messages, hard_bytes," \
	" hard_messages, soft_bytes, soft_messages, period, over_since,"       \
	" warned_at, warned_percent FROM account "
#define HOLDER                                                                 \
	"SELECT name, counted, dirty, sequence, open, counted_at,"             \
	" shares FROM holder "
#define LEASE "SELECT id, holder, stale, expires, shares FROM lease "

static const char *const texts[STORE_SQLITE_STATEMENTS] = {
	[STORE_SQLITE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_SQLITE_COMMIT] = "COMMIT",
	[STORE_SQLITE_ACCOUNT] = ACCOUNT "WHERE key = ?1",
	[STORE_SQLITE_HOLDER] = HOLDER "WHERE name = ?1",
	[STORE_SQLITE_LEASE] = LEASE "WHERE id = ?1",
	[STORE_SQLITE_PUT_ACCOUNT] =
	    "REPLACE INTO account VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
	    " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
	[STORE_SQLITE_PUT_HOLDER] = "REPLACE INTO holder VALUES(?1, ?2, ?3, ?4,"
				    " ?5, ?6, ?7)",
	[STORE_SQLITE_PUT_LEASE] =
	    "REPLACE INTO lease VALUES(?1, ?2, ?3, ?4, ?5)",
	[STORE_SQLITE_NO_HOLDER] = "DELETE FROM holder WHERE name = ?1",
	[STORE_SQLITE_NO_LEASE] = "DELETE FROM lease WHERE id = ?1",
	[STORE_SQLITE_NO_STALE] =
	    "DELETE FROM lease WHERE holder = ?1 AND stale",
	[STORE_SQLITE_LEASES] = LEASE "WHERE holder = ?1 AND stale = ?2",
	[STORE_SQLITE_DUE] = LEASE "WHERE NOT stale AND expires <= ?1 LIMIT ?2",
	[STORE_SQLITE_RENEW] =
	    "UPDATE lease SET expires = ?2 WHERE id = ?1 AND NOT stale",
	[STORE_SQLITE_ACCOUNTS] =
	    ACCOUNT "WHERE substr(key, 1, length(?1)) = ?1 AND key > ?2"
		    " ORDER BY key LIMIT ?3",
	[STORE_SQLITE_TOP] = ACCOUNT "WHERE substr(key, 1, length(?1)) = ?1"
				     " ORDER BY used_bytes DESC, key LIMIT ?2",
	[STORE_SQLITE_HOLDERS] =
	    HOLDER "WHERE substr(name, 1, length(?1)) = ?1 AND name > ?2"
		   " AND dirty >= ?3 ORDER BY name LIMIT ?4",
	[STORE_SQLITE_MARK] = "UPDATE holder SET dirty = 1,"
			      " sequence = sequence + 1",
	[STORE_SQLITE_BIND] = "REPLACE INTO binding VALUES(?1, ?2, ?3)",
	[STORE_SQLITE_UNBIND] =
	    "DELETE FROM binding WHERE uid = ?1 AND holder = ?2",
	[STORE_SQLITE_BOUND] =
	    "SELECT accounts FROM binding WHERE uid = ?1 AND holder = ?2",
	[STORE_SQLITE_COUNT] = "SELECT (SELECT count(*) FROM holder),"
			       " (SELECT count(*) FROM holder WHERE dirty),"
			       " (SELECT count(*) FROM account),"
			       " (SELECT count(*) FROM lease WHERE NOT stale),"
			       " (SELECT count(*) FROM lease WHERE stale)",
};

static void
new_error(struct store_sqlite *sqlite)
{
	arena_free(sqlite->error_arena);
	sqlite->error_arena = arena_new();
}

static int
fail_with(struct store_sqlite *sqlite, int code, const char *what)
{
	new_error(sqlite);
	sqlite->error =
	    store_explain(sqlite->error_arena, sqlite->path, code, what);
	return (-1);
}

static void
close_file(struct store_sqlite *sqlite)
{
	for (size_t i = 0; i < STORE_SQLITE_STATEMENTS; i++) {
		(void)sqlite3_finalize(sqlite->statements[i]);
		sqlite->statements[i] = NULL;
	}
	(void)sqlite3_close(sqlite->db);
	sqlite->db = NULL;
}

void
store_sqlite_explain(struct store_sqlite *sqlite)
{
	(void)fail_with(
	    sqlite, sqlite3_errcode(sqlite->db), sqlite3_errmsg(sqlite->db));
}

static int
fail(struct store_sqlite *sqlite)
{
	store_sqlite_explain(sqlite);
	return (-1);
}

static int
run(struct store_sqlite *sqlite, const char *sql)
{
	return (sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL) == SQLITE_OK
		    ? 0
		    : fail(sqlite));
}

/* The one number that ${sql} answers. */
static int
ask_number(struct store_sqlite *sqlite, const char *sql, int64_t *out)
{
	sqlite3_stmt *query = NULL;
	int result = -1;

	if (sqlite3_prepare_v2(sqlite->db, sql, -1, &query, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(query) == SQLITE_ROW) {
		*out = sqlite3_column_int64(query, 0);
		result = 0;
	} else {
		(void)fail(sqlite);
	}
	(void)sqlite3_finalize(query);
	return (result);
}

/* Whether the file is ours, and which schema it has; 0 for an empty one. */
static int
check_kind(struct store_sqlite *sqlite, int64_t *version)
{
	int64_t application, things;

	if (ask_number(sqlite, "PRAGMA application_id", &application) != 0 ||
	    ask_number(sqlite, "PRAGMA user_version", version) != 0 ||
	    ask_number(sqlite, "SELECT count(*) FROM sqlite_schema", &things) !=
		0)
		return (-1);
	if (application == 0 && *version == 0 && things == 0)
		return (0);
	new_error(sqlite);
	if (application != APPLICATION_ID) {
		sqlite->error = arena_printf(sqlite->error_arena,
		    "%s is a database of another program: name another file",
		    sqlite->path);
		return (-1);
	}
	if (*version <= STORE_SQLITE_SCHEMA)
		return (0);
	sqlite->error = store_explain_away(sqlite->error_arena, sqlite->path,
	    "was written by a newer version of Mailreeve: install that again");
	return (-1);
}

static int
migrate(struct store_sqlite *sqlite, int64_t version)
{
	char *last;
	int result;

	if (version == STORE_SQLITE_SCHEMA)
		return (0);
	result = run(sqlite, "BEGIN IMMEDIATE");
	for (; result == 0 && version < STORE_SQLITE_SCHEMA; version++)
		result = run(sqlite, migrations[version]);
	if (result != 0)
		return (-1);
	last = sqlite3_mprintf("PRAGMA application_id=%d;"
			       "PRAGMA user_version=%d;COMMIT",
	    APPLICATION_ID, STORE_SQLITE_SCHEMA);
	result = run(sqlite, last);
	sqlite3_free(last);
	return (result);
}

static bool
read_boot(char boot[BOOT_ID_BYTES + 1])
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, boot, BOOT_ID_BYTES) : -1;

	if (fd >= 0)
		(void)close(fd);
	boot[got == BOOT_ID_BYTES ? BOOT_ID_BYTES : 0] = '\0';
	return (got == BOOT_ID_BYTES);
}

/* A machine that lost its power may have lost what was written last: whoever
 * was there before this boot is counted anew, unless we ended in peace. */
static int
check_boot(struct store_sqlite *sqlite)
{
	char boot[BOOT_ID_BYTES + 1];
	char *sql;
	int result;

	if (!read_boot(boot))
		boot[0] = '\0';
	sql = sqlite3_mprintf("UPDATE holder SET dirty = 1 WHERE NOT EXISTS("
			      "SELECT 1 FROM meta WHERE name = 'boot' AND"
			      " value IN ('%q', 'clean'));"
			      "REPLACE INTO meta VALUES('boot', '%q')",
	    boot, boot);
	result = run(sqlite, sql);
	sqlite3_free(sql);
	return (result);
}

static int
prepare(struct store_sqlite *sqlite)
{
	for (size_t i = 0; i < STORE_SQLITE_STATEMENTS; i++)
		if (sqlite3_prepare_v3(sqlite->db, texts[i], -1,
			SQLITE_PREPARE_PERSISTENT, &sqlite->statements[i],
			NULL) != SQLITE_OK)
			return (fail(sqlite));
	return (0);
}

/* SQLite would make it readable for everybody; -wal and -shm take its mode. */
static int
make_file(struct store_sqlite *sqlite)
{
	int fd =
	    open(sqlite->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	if (fd >= 0)
		(void)close(fd);
	if (fd >= 0 || errno == EEXIST)
		return (0);
	return (fail_with(sqlite, SQLITE_CANTOPEN, strerror(errno)));
}

static int
open_file(struct store_sqlite *sqlite)
{
	int64_t version = 0;

	if (make_file(sqlite) != 0)
		return (-1);
	if (sqlite3_open_v2(sqlite->path, &sqlite->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return (fail(sqlite));
	(void)sqlite3_busy_timeout(sqlite->db, BUSY_TIMEOUT_MS);
	if (sqlite3_db_readonly(sqlite->db, "main") != 0)
		return (fail_with(sqlite, SQLITE_READONLY, strerror(EACCES)));
	if (check_kind(sqlite, &version) != 0)
		return (-1);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (run(sqlite, settings[i]) != 0)
			return (-1);
	if (migrate(sqlite, version) != 0 || check_boot(sqlite) != 0)
		return (-1);
	return (prepare(sqlite));
}

int
store_sqlite_reopen(struct store_sqlite *sqlite)
{
	int64_t now = clock_monotonic_ms();

	if (sqlite->db != NULL)
		return (0);
	if (sqlite->tried != 0 && now - sqlite->tried < RETRY_MS)
		return (-1);
	sqlite->tried = now;
	if (open_file(sqlite) == 0)
		return (0);
	close_file(sqlite);
	return (-1);
}

/* Two daemons would both believe to be the only one. */
static int
take_lock(struct store_sqlite *sqlite, struct arena *arena, const char **error)
{
	const char *path = arena_printf(arena, "%s.lock", sqlite->path);

	sqlite->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (sqlite->lock < 0) {
		*error = arena_printf(
		    arena, "cannot open %s: %s", path, strerror(errno));
		return (-1);
	}
	if (flock(sqlite->lock, LOCK_EX | LOCK_NB) == 0)
		return (0);
	*error = arena_printf(arena,
	    "another mailreeve-quotad keeps its ledger in %s; end it with: "
	    "systemctl stop mailreeve-quotad",
	    sqlite->path);
	return (-1);
}

struct store_sqlite *
store_sqlite_open(const char *path, struct arena *arena, const char **error)
{
	struct store_sqlite *sqlite = arena_impl_malloc(sizeof(*sqlite));
	size_t size = strlen(path) + 1;

	*sqlite = (struct store_sqlite){ .path = memcpy(arena_impl_malloc(size),
					     path, size),
		.lock = -1,
		.error = "" };
	if (take_lock(sqlite, arena, error) == 0) {
		if (store_sqlite_reopen(sqlite) == 0)
			return (sqlite);
		*error = arena_strdup(arena, sqlite->error);
	}
	store_sqlite_close(sqlite);
	return (NULL);
}

void
store_sqlite_close(struct store_sqlite *sqlite)
{
	if (sqlite->db != NULL)
		(void)run(sqlite, "REPLACE INTO meta VALUES('boot', 'clean')");
	close_file(sqlite);
	if (sqlite->lock >= 0)
		(void)close(sqlite->lock);
	arena_free(sqlite->error_arena);
	free(sqlite->path);
	free(sqlite);
}
