/*
 * watch.h: accounts that behave as stolen ones do: a jump against their own
 * history, bounces; and what is done: tell once, lock.  (Distinct networks,
 * countries and first-time recipients are limits.)
 */
#ifndef POLICYD_WATCH_H
#define POLICYD_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/span.h"
#include "limit.h"
#include "table.h"

struct watch;
struct notifier;

struct watch_rules {
	uint64_t
	    jump_factor; /* times the busiest hour of its history; 0: off */
	uint64_t jump_minimum; /* recipients in an hour below which none is */
	enum limit_action jump_action;
	uint64_t bounce_minimum; /* recipients in an hour */
	uint64_t bounce_alarm;   /* per cent; 0: off */
	uint64_t bounce_hold;
	const char *locked_users; /* file that Dovecot reads, or NULL */
	bool shadow;
};

struct watch_finding {
	enum limit_action action;
	const char *reason; /* "jump", "bounces"; NULL: nothing is odd */
	uint64_t figure;    /* recipients in this hour, or per cent */
};

/* Logins, notices and locks that are remembered. */
#define WATCH_MAX_USERS ((size_t)500000)
#define WATCH_MAX_NOTICES ((size_t)20000)
#define WATCH_MAX_LOCKED ((size_t)10000)

/**
 * watch_new(behind, log, notifier), watch_free(watch):
 * Tables "history" and "bounces" (by login), "notice" (what was told) and
 * "locked".  NULL ${notifier}: nobody is told but the log.
 */
struct watch *watch_new(
    struct behind *behind, const struct log *log, struct notifier *notifier);
void watch_free(struct watch *watch);

/**
 * watch_follow(watch, rules, now):
 * Write the file of locked users, also when nobody is: without it, Dovecot
 * lets one login a second pass and defers the others.  Call this when the store
 * was read, and after a reload.  Return -1, having logged lock_failed, when it
 * cannot be written.
 */
int watch_follow(
    struct watch *watch, const struct watch_rules *rules, int64_t now);

/**
 * watch_sent(watch, rules, user, recipients, now, out):
 * ${user} is about to send to so many more: count them, and say whether that is
 * odd.
 */
void watch_sent(struct watch *watch, const struct watch_rules *rules,
    struct span user, uint64_t recipients, int64_t now,
    struct watch_finding *out);

/**
 * watch_delivered(watch, user, delivered, bounced, now):
 * The log says what became of mail of ${user}.
 */
void watch_delivered(struct watch *watch, struct span user, uint64_t delivered,
    uint64_t bounced, int64_t now);

/**
 * watch_peek(watch, rules, user, now, out):
 * Say what watch_sent() would say of no recipient more.
 */
void watch_peek(struct watch *watch, const struct watch_rules *rules,
    struct span user, int64_t now, struct watch_finding *out);

/**
 * watch_tell(watch, user, what, action, detail, window_ms, now):
 * Log account_alarm and notify the admin, once for each ${user} and ${what} (a
 * limit's name, "jump", "bounces") in ${window_ms}; a stronger ${action} than
 * was told is told again.  Return whether it was.
 */
bool watch_tell(struct watch *watch, struct span user, const char *what,
    enum limit_action action, const char *detail, int64_t window_ms,
    int64_t now);

/**
 * watch_lock(watch, rules, user, why, now), watch_unlock(watch, rules, user,
 * now), watch_is_locked(watch, user):
 * Have Dovecot refuse the login: its file is replaced by rename, so that it is
 * never half.  Return -1, having logged lock_failed, when that cannot be done;
 * the lock then stands here all the same: mail is held.
 */
int watch_lock(struct watch *watch, const struct watch_rules *rules,
    struct span user, const char *why, int64_t now);
int watch_unlock(struct watch *watch, const struct watch_rules *rules,
    struct span user, int64_t now);
bool watch_is_locked(struct watch *watch, struct span user);

/**
 * watch_tick(watch, now), watch_table(watch, kind):
 * As those of reputation.h.
 */
void watch_tick(struct watch *watch, int64_t now);
struct table *watch_table(struct watch *watch, const char *kind);

#endif
