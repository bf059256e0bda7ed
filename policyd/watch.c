#include "watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/buf.h"
#include "notify.h"
#include "watch_history.h"
#include "watch_lock.h"

/* Places and records of each table that one tick looks at. */
#define TICK_PLACES 200
#define TICK_RECORDS 2000

/* Until a file that could not be written is tried again. */
#define RETRY_MS 10000

/* What was told of a user, and how bad it was. */
struct notice {
	int64_t when;
	int32_t action;
	int32_t unused;
};

enum {
	HISTORY,
	BOUNCES,
	NOTICE,
	LOCKED,
	TABLES,
};

struct watch {
	const struct log *log;
	struct notifier *notifier;
	struct table *tables[TABLES];
	char *stale; /* a file that is to be written, or NULL */
	int64_t next_try;
};

/* A login in lower case: whoever writes his in capitals, where that logs him
 * in, has the same history and the same lock.  Names are those of table.h. */
struct login {
	unsigned char bytes[TABLE_MAX_KEY];
};

static struct span
fold(struct span user, struct login *login)
{
	user = span_head(user, sizeof(login->bytes));
	for (size_t i = 0; i < user.len; i++)
		login->bytes[i] = span_lower(user.data[i]);
	return (span_new(login->bytes, user.len));
}

static void
print_notice(const void *record, struct buf *text)
{
	const struct notice *notice = record;

	buf_printf(text, "%" PRId64 " %s", notice->when,
	    limit_action_name((enum limit_action)notice->action));
}

static bool
parse_notice(struct span text, void *record)
{
	struct notice *notice = record;
	struct span when;
	uint64_t value;

	if (!span_take_until(&text, ' ', &when) ||
	    !span_to_u64(when, 18, &value))
		return (false);
	notice->when = (int64_t)value;
	for (int i = LIMIT_PASS; i <= LIMIT_REJECT; i++) {
		notice->action = i;
		if (span_is(text, limit_action_name((enum limit_action)i)))
			return (true);
	}
	return (false);
}

static const struct table_codec notice_codec = { print_notice, parse_notice };

static const struct table_options tables[TABLES] = {
	[HISTORY] = { "history", sizeof(struct watch_history), WATCH_MAX_USERS,
	    &watch_history_codec },
	[BOUNCES] = { "bounces", sizeof(struct watch_bounces), WATCH_MAX_USERS,
	    &watch_history_bounces_codec },
	[NOTICE] = { "notice", sizeof(struct notice), WATCH_MAX_NOTICES,
	    &notice_codec },
	[LOCKED] = { "locked", sizeof(struct watch_lock), WATCH_MAX_LOCKED,
	    &watch_lock_codec },
};

struct watch *
watch_new(
    struct behind *behind, const struct log *log, struct notifier *notifier)
{
	struct watch *watch = arena_impl_malloc(sizeof(*watch));

	*watch = (struct watch){ .log = log, .notifier = notifier };
	for (size_t i = 0; i < TABLES; i++)
		watch->tables[i] = table_new(&tables[i], behind);
	return (watch);
}

void
watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	for (size_t i = 0; i < TABLES; i++)
		table_free(watch->tables[i]);
	free(watch->stale);
	free(watch);
}

struct table *
watch_table(struct watch *watch, const char *kind)
{
	for (size_t i = 0; i < TABLES; i++)
		if (strcmp(tables[i].kind, kind) == 0)
			return (watch->tables[i]);
	return (NULL);
}

static void
look_for_jump(const struct watch_rules *rules,
    const struct watch_history *history, int64_t now, struct watch_finding *out)
{
	uint64_t hour = watch_history_hour(history, now);

	if (rules->jump_factor == 0 ||
	    hour <= watch_history_threshold(
			history, rules->jump_factor, rules->jump_minimum, now))
		return;
	*out = (struct watch_finding){
		.action = rules->jump_action, .reason = "jump", .figure = hour
	};
}

static void
look_for_bounces(const struct watch_rules *rules,
    const struct watch_bounces *bounces, int64_t now, struct watch_finding *out)
{
	enum limit_action action = LIMIT_PASS;
	uint64_t delivered;
	uint64_t bounced;

	watch_history_outcomes(bounces, now, &delivered, &bounced);
	if (bounced == 0 || delivered + bounced < rules->bounce_minimum)
		return;
	uint64_t share = bounced * 100 / (delivered + bounced);

	if (rules->bounce_alarm > 0 && share >= rules->bounce_alarm)
		action = LIMIT_ALARM;
	if (rules->bounce_hold > 0 && share >= rules->bounce_hold)
		action = LIMIT_HOLD;
	if (action > out->action)
		*out = (struct watch_finding){
			.action = action, .reason = "bounces", .figure = share
		};
}

void
watch_peek(struct watch *watch, const struct watch_rules *rules,
    struct span user, int64_t now, struct watch_finding *out)
{
	struct login login;

	user = fold(user, &login);

	const struct watch_history *history =
	    table_get(watch->tables[HISTORY], user);
	const struct watch_bounces *bounces =
	    table_get(watch->tables[BOUNCES], user);

	*out = (struct watch_finding){ .action = LIMIT_PASS };
	if (history != NULL)
		look_for_jump(rules, history, now, out);
	if (bounces != NULL)
		look_for_bounces(rules, bounces, now, out);
}

void
watch_sent(struct watch *watch, const struct watch_rules *rules,
    struct span user, uint64_t recipients, int64_t now,
    struct watch_finding *out)
{
	struct login login;
	struct table *table = watch->tables[HISTORY];

	*out = (struct watch_finding){ .action = LIMIT_PASS };
	if (user.len == 0)
		return;
	user = fold(user, &login);
	struct watch_history *history = table_add(table, user, now);

	watch_history_sent(
	    history, rules->jump_factor, rules->jump_minimum, recipients, now);
	table_changed(table, history, watch_history_expires(now));
	watch_peek(watch, rules, user, now, out);
}

void
watch_delivered(struct watch *watch, struct span user, uint64_t delivered,
    uint64_t bounced, int64_t now)
{
	struct login login;
	struct table *table = watch->tables[BOUNCES];

	if (user.len == 0)
		return;
	user = fold(user, &login);
	struct watch_bounces *bounces = table_add(table, user, now);

	watch_history_delivered(bounces, delivered, bounced, now);
	table_changed(table, bounces, watch_history_expires(now));
}

/* ${what} has no line's end: no two of them make the same key. */
static struct span
notice_key(struct arena *arena, struct span user, const char *what)
{
	struct buf key;

	buf_init(&key, arena, TABLE_MAX_KEY);
	buf_add_str(&key, what);
	buf_add_byte(&key, '\n');
	buf_add(&key, span_head(user, TABLE_MAX_KEY - 1 - key.len));
	return (buf_span(&key));
}

/* Whether ${action} was told, or a stronger one, not too long ago; a time to
 * come is that of a clock that was wrong. */
static bool
was_told(const struct notice *notice, enum limit_action action,
    int64_t window_ms, int64_t now)
{
	return (notice != NULL && notice->action >= (int32_t)action &&
		now < notice->when + window_ms &&
		now > notice->when - window_ms);
}

static void
notify(struct watch *watch, struct arena *arena, struct span user,
    const char *what, const char *action, const char *detail, int64_t now)
{
	struct notify_notice notice = { .user = arena_str(arena, user),
		.what = what,
		.action = action,
		.detail = detail,
		.when = now };

	log_warning(watch->log, "account_alarm", LOG_SPAN("user", user),
	    LOG_TEXT("what", what), LOG_TEXT("action", action),
	    LOG_TEXT("detail", detail));
	if (watch->notifier != NULL)
		notifier_tell(watch->notifier, &notice);
}

bool
watch_tell(struct watch *watch, struct span user, const char *what,
    enum limit_action action, const char *detail, int64_t window_ms,
    int64_t now)
{
	struct login login;
	struct table *table = watch->tables[NOTICE];
	struct arena *arena = arena_new();
	struct span key = notice_key(arena, fold(user, &login), what);
	bool tells = action != LIMIT_PASS &&
	             !was_told(table_get(table, key), action, window_ms, now);

	if (tells) {
		struct notice *notice = table_add(table, key, now);

		notice->when = now;
		notice->action = (int32_t)action;
		table_changed(table, notice, now + window_ms);
		notify(watch, arena, user, what, limit_action_name(action),
		    detail, now);
	}
	arena_free(arena);
	return (tells);
}

/* Note that the file ${path} is to be written again, or is not. */
static void
set_stale(struct watch *watch, const char *path, int64_t now)
{
	char *copy = NULL;

	if (path != NULL) {
		size_t size = strlen(path) + 1;

		copy = arena_impl_malloc(size);
		memcpy(copy, path, size);
	}
	free(watch->stale);
	watch->stale = copy;
	watch->next_try = now + RETRY_MS;
}

/* A file that fails is reported once, until it does not. */
static int
write_file(struct watch *watch, const char *path, int64_t now)
{
	bool known = watch->stale != NULL && path != NULL &&
	             strcmp(watch->stale, path) == 0;

	if (path == NULL) {
		set_stale(watch, NULL, now);
		return (0);
	}
	const char *failed = watch_lock_write(watch->tables[LOCKED], path, now);

	if (failed != NULL && !known)
		log_error(watch->log, "lock_failed", LOG_TEXT("file", path),
		    LOG_TEXT("call", failed),
		    LOG_TEXT("reason", strerror(errno)));
	set_stale(watch, failed == NULL ? NULL : path, now);
	return (failed == NULL ? 0 : -1);
}

int
watch_follow(struct watch *watch, const struct watch_rules *rules, int64_t now)
{
	return (write_file(watch, rules->locked_users, now));
}

int
watch_lock(struct watch *watch, const struct watch_rules *rules,
    struct span user, const char *why, int64_t now)
{
	struct login login;
	struct table *table = watch->tables[LOCKED];

	user = fold(user, &login);
	if (watch_is_locked(watch, user) && watch->stale == NULL)
		return (0);
	struct watch_lock *lock = table_add(table, user, now);

	watch_lock_set(lock, span_str(why), now);
	table_changed(table, lock, TABLE_NEVER);
	log_warning(watch->log, "account_locked", LOG_SPAN("user", user),
	    LOG_TEXT("why", why));
	if (rules->locked_users != NULL && !watch_lock_can_name(user)) {
		log_error(watch->log, "lock_failed", LOG_SPAN("user", user),
		    LOG_TEXT("reason", "no line can hold this name"));
		return (-1);
	}
	return (write_file(watch, rules->locked_users, now));
}

int
watch_unlock(struct watch *watch, const struct watch_rules *rules,
    struct span user, int64_t now)
{
	struct login login;

	user = fold(user, &login);
	if (table_remove(watch->tables[LOCKED], user))
		log_info(
		    watch->log, "account_unlocked", LOG_SPAN("user", user));
	return (write_file(watch, rules->locked_users, now));
}

bool
watch_is_locked(struct watch *watch, struct span user)
{
	struct login login;

	return (user.len > 0 &&
		table_get(watch->tables[LOCKED], fold(user, &login)) != NULL);
}

void
watch_tick(struct watch *watch, int64_t now)
{
	for (size_t i = 0; i < TABLES; i++) {
		table_sweep(watch->tables[i], now, TICK_PLACES);
		(void)table_flush(watch->tables[i], TICK_RECORDS);
	}
	if (watch->stale != NULL &&
	    (now >= watch->next_try || now < watch->next_try - RETRY_MS))
		(void)write_file(watch, watch->stale, now);
}
