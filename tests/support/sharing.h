/*
 * sharing.h: machines that share limits in a real server, in the event loop of
 * a test.  What goes wrong fails the test.
 */
#ifndef SUPPORT_SHARING_H
#define SUPPORT_SHARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "base/log.h"
#include "shared.h"
#include "support/redisserver.h"

#define SHARING_TIMEOUT_MS 200
#define SHARING_WAIT_MS 20000
/* Of the keys that are charged, an hour. */
#define SHARING_RATE 40
#define SHARING_KEYS 30

struct sharing {
	struct arena *arena;
	struct event_base *base;
	struct log *log;
	char events[8192]; /* what was logged */
	struct redisserver *server;
	struct shared *shared; /* two machines; either may be NULL */
	struct shared *other;
	size_t answers;
	size_t available; /* of them */
	size_t passed[SHARING_KEYS];
	int64_t slowest; /* milliseconds until an answer */
};

/* A question under way. */
struct sharing_question {
	struct sharing *sharing;
	size_t key;
	int64_t asked;
	bool answered;
	bool available;
	struct shared_charge charge;
};

/**
 * sharing_setup(state), sharing_teardown(state):
 * Make a struct sharing with a server that does not run yet; end it all.
 */
int sharing_setup(void **state);
int sharing_teardown(void **state);

/**
 * sharing_logged(sharing, text):
 * Return how often ${text} was logged.
 */
size_t sharing_logged(const struct sharing *sharing, const char *text);

/**
 * sharing_now(void):
 * Return milliseconds since 1970.
 */
int64_t sharing_now(void);

/**
 * sharing_options(sharing, server):
 * Return options for the socket of ${server}.
 */
struct shared_options sharing_options(
    struct sharing *sharing, const struct redisserver *server);

/**
 * sharing_connect(sharing, options):
 * Return a machine with ${options}.
 */
struct shared *sharing_connect(
    struct sharing *sharing, const struct shared_options *options);

/**
 * sharing_start(sharing):
 * Start the server, and one machine; wait until that is available.
 */
void sharing_start(struct sharing *sharing);

/**
 * sharing_turn(sharing), sharing_turn_for(sharing, ms):
 * Let the loop run for a moment, or so long.
 */
void sharing_turn(struct sharing *sharing);
void sharing_turn_for(struct sharing *sharing, int64_t ms);

/**
 * sharing_wait_available(sharing, shared, available),
 * sharing_wait_logged(sharing, text):
 * Let the loop run until ${shared} is available, or not, or until ${text} was
 * logged.
 */
void sharing_wait_available(
    struct sharing *sharing, const struct shared *shared, bool available);
void sharing_wait_logged(struct sharing *sharing, const char *text);

/**
 * sharing_charge(key, algorithm):
 * Return a charge of one under the key of that number.
 */
struct shared_charge sharing_charge(
    size_t key, enum counter_algorithm algorithm);

/**
 * sharing_ask(sharing, shared, key, algorithm), sharing_ask_and_wait(sharing,
 * key):
 * Charge one; and let the loop run until it is answered.
 */
struct sharing_question *sharing_ask(struct sharing *sharing,
    struct shared *shared, size_t key, enum counter_algorithm algorithm);
struct sharing_question *sharing_ask_and_wait(
    struct sharing *sharing, size_t key);

/**
 * sharing_command(server, format, word), sharing_number(server, format, word):
 * Return what ${server} answers to a command that hiredis makes of ${format}
 * and ${word}, for the caller to free; or the number that it answers.
 */
redisReply *sharing_command(
    const struct redisserver *server, const char *format, const char *word);
long long sharing_number(
    const struct redisserver *server, const char *format, const char *word);

#endif
