/*
 * policyd_soak.h: what should have been counted: a list of everything that was
 * let through, with its time, and nothing clever.
 */
#ifndef SCENARIO_POLICYD_SOAK_H
#define SCENARIO_POLICYD_SOAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compat.h"

#define POLICYD_SOAK_NEVER INT64_MAX

/* Something that counts from one time on, until it is given back: surely until
 * the first time, perhaps until the second one.  Times are milliseconds since
 * 1970. */
struct policyd_soak_event {
	int64_t at;
	int64_t surely_until;
	int64_t perhaps_until;
	uint64_t mail;
	uint64_t amount;
};

/* What counts under one key of one limit, oldest first. */
struct policyd_soak_list {
	int64_t period; /* ms */
	int64_t slot;   /* ms: what a window may count too long */
	struct policyd_soak_event *events;
	size_t first;
	size_t count; /* the first ones, which are forgotten, included */
	size_t size;
};

/**
 * policyd_soak_add(list, mail, amount, now):
 * So much of ${mail} counts from ${now} on.
 */
void policyd_soak_add(struct policyd_soak_list *list, uint64_t mail,
    uint64_t amount, int64_t now);

/**
 * policyd_soak_end(list, mail, keep, surely, perhaps):
 * All that counts of ${mail}, but for its first ${keep} events, counts no
 * longer than until ${surely} to ${perhaps}.
 */
void policyd_soak_end(struct policyd_soak_list *list, uint64_t mail,
    size_t keep, int64_t surely, int64_t perhaps);

/**
 * policyd_soak_least(list, now), policyd_soak_most(list, now):
 * Return how much counts at ${now}, at least and at most.
 */
uint64_t policyd_soak_least(const struct policyd_soak_list *list, int64_t now);
uint64_t policyd_soak_most(const struct policyd_soak_list *list, int64_t now);

/**
 * policyd_soak_forget(list, now):
 * Forget what is too old at ${now}.
 */
void policyd_soak_forget(struct policyd_soak_list *list, int64_t now);

/**
 * policyd_soak_bytes(list):
 * Return the memory that ${list} takes, without its structure.
 */
size_t policyd_soak_bytes(const struct policyd_soak_list *list);

#define POLICYD_SOAK_SECOND ((int64_t)1000)
#define POLICYD_SOAK_CONNECTIONS 40
/* Mails that arrive when what they reserved was given back, at once. */
#define POLICYD_SOAK_LATE 4096
#define POLICYD_SOAK_HOUR_RATE 300
#define POLICYD_SOAK_DAY_RATE 2000

/* How a mail ends. */
enum policyd_soak_kind {
	POLICYD_SOAK_ARRIVES,
	POLICYD_SOAK_ABORTED,  /* RSET, or QUIT and another client */
	POLICYD_SOAK_VANISHES, /* the connection ends */
	POLICYD_SOAK_MOVES,    /* goes on over another one */
	POLICYD_SOAK_TOO_LATE, /* arrives when it is given back already */
};

/* What limits count. */
enum policyd_soak_counted {
	POLICYD_SOAK_HOUR, /* recipients */
	POLICYD_SOAK_DAY,  /* messages */
	POLICYD_SOAK_BYTES,
	POLICYD_SOAK_COUNTED,
};

struct policyd_soak_mail {
	uint64_t number; /* 0: none */
	size_t user;
	enum policyd_soak_kind kind;
	unsigned int wanted; /* recipients */
	unsigned int asked;
	unsigned int passed;
	uint64_t bytes;
	int64_t news; /* the last request */
	bool data;    /* was said */
	bool over;
};

struct policyd_soak_user {
	char name[40];
	struct policyd_soak_list lists[POLICYD_SOAK_COUNTED];
};

struct engine;
struct config;

struct policyd_soak {
	struct engine *engine;
	struct config *config;
	int64_t now;
	uint64_t random;
	struct policyd_soak_user *users;
	size_t user_count;
	struct {
		uint64_t id;
		struct policyd_soak_mail mail;
	} connections[POLICYD_SOAK_CONNECTIONS];
	uint64_t connection; /* the last one's number */
	uint64_t mails;
	uint64_t requests;
	uint64_t passed;
	uint64_t deferred;
	struct {
		struct policyd_soak_mail mail;
		int64_t due;
	} late[POLICYD_SOAK_LATE];
	size_t late_first;
	size_t late_count;
	char reply[256];
	bool sanitized;
	unsigned int problems;
};

/**
 * policyd_soak_problem(soak, format, ...):
 * Say what is wrong and count it.
 */
void policyd_soak_problem(struct policyd_soak *soak, const char *format, ...)
    COMPAT_PRINTF(2, 3);

/**
 * policyd_soak_random(soak, bound):
 * Return a number below ${bound}; the same ones in each run.
 */
uint64_t policyd_soak_random(struct policyd_soak *soak, uint64_t bound);

/**
 * policyd_soak_advance(soak, place):
 * Ask one request more over connection ${place}, of its mail or the next one.
 */
void policyd_soak_advance(struct policyd_soak *soak, size_t place);

/**
 * policyd_soak_stranger(soak):
 * Ask about mail of a stranger, from any of a million networks.
 */
void policyd_soak_stranger(struct policyd_soak *soak);

/**
 * policyd_soak_take_late(soak):
 * Let those mails arrive that are due.
 */
void policyd_soak_take_late(struct policyd_soak *soak);

/**
 * policyd_soak_hang_up(soak):
 * End all connections, whatever is under way.
 */
void policyd_soak_hang_up(struct policyd_soak *soak);

#endif
