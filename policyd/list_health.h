/*
 * list_health.h: whether a DNS list still is one (RFC 5782 5): a test address
 * must be listed, another must not.  A list that fails is out until it passes
 * again.  Safe from many threads.
 */
#ifndef POLICYD_LIST_HEALTH_H
#define POLICYD_LIST_HEALTH_H

#include <stdbool.h>

#include "base/log.h"
#include "dns/dns.h"
#include "lists.h"

/* Failed tests in a row, or questions in a row without answer, after which a
 * list is out. */
#define LIST_HEALTH_FAILURES 2
#define LIST_HEALTH_SILENCES 20

enum list_state {
	LIST_UNTESTED, /* asked, until it is known */
	LIST_WELL,
	LIST_DEAD,    /* the test address is not listed */
	LIST_ALL,     /* it lists everything */
	LIST_REFUSED, /* 127.255.255.x */
	LIST_SILENT,
};

struct list_health;

/* Of one list, for metrics and mailreeve-policyctl. */
struct list_figures {
	const char *zone;
	enum list_state state;
	uint64_t asked;
	uint64_t listed;
	uint64_t late;
	uint64_t took_us; /* of all answers together */
};

/**
 * list_health_new(log), list_health_free(health):
 * Nothing is known yet.  ${log} gets list_out (warning) and list_back
 * (info).
 */
struct list_health *list_health_new(const struct log *log);
void list_health_free(struct list_health *health);

/**
 * list_health_test(health, dns, lists, count, deadline, arena):
 * Test all lists at once, those of client addresses also as lists of IPv6
 * addresses.  Blocking: for a worker.
 */
void list_health_test(struct list_health *health, struct dns *dns,
    const struct dns_list *lists, size_t count, int64_t deadline,
    struct arena *arena);

/**
 * list_health_is_out(health, list):
 * Say whether ${list} is not to be asked now.
 */
bool list_health_is_out(
    struct list_health *health, const struct dns_list *list);

/**
 * list_health_answered(health, list, listed, late, us):
 * A question about a client was answered, or not in time.
 */
void list_health_answered(struct list_health *health,
    const struct dns_list *list, bool listed, bool late, int64_t us);

/**
 * list_health_refused(health, list, refusal):
 * The answer to a question about a client was no answer: the list is out.
 */
void list_health_refused(struct list_health *health,
    const struct dns_list *list, enum list_refusal refusal);

/**
 * list_health_figures(health, arena, count):
 * Return the figures of each list that was ever seen.
 */
const struct list_figures *list_health_figures(
    struct list_health *health, struct arena *arena, size_t *count);

/**
 * list_state_name(state):
 * Return a word: "well", "dead", "lists everything", "refuses", "silent".
 */
const char *list_state_name(enum list_state state);

#endif
