/*
 * reputation.h: what we learned of networks and of domains that SPF
 * authenticated: smoothed log-odds with confidence, which fade.
 */
#ifndef POLICYD_REPUTATION_H
#define POLICYD_REPUTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "table.h"

/* What happened to a message or a recipient. */
enum reputation_event {
	REPUTATION_ACCEPTED, /* END-OF-MESSAGE, and nothing against it */
	REPUTATION_SPAM,     /* refused by lists, or told by the log feed */
	REPUTATION_UNKNOWN_RECIPIENT,
	REPUTATION_KNOWN_RECIPIENT,
	REPUTATION_NEVER_RETRIED, /* greylisted and not seen again */
	REPUTATION_RETRIED,
};

struct reputation;

/**
 * reputation_new(behind, max_records), reputation_free(reputation):
 * Tables "network" and "domain"; keys are client_net and a domain.
 */
struct reputation *reputation_new(struct behind *behind, size_t max_records);
void reputation_free(struct reputation *reputation);

/**
 * reputation_learn(reputation, network, domain, event, now):
 * ${domain} is empty when none was authenticated.
 */
void reputation_learn(struct reputation *reputation, struct span network,
    struct span domain, enum reputation_event event, int64_t now);

/**
 * reputation_network(reputation, network, now),
 * reputation_domain(reputation, domain, now):
 * Return -100 (certainly good) to 100 (certainly bad), 0 for who is not known.
 */
int reputation_network(
    struct reputation *reputation, struct span network, int64_t now);
int reputation_domain(
    struct reputation *reputation, struct span domain, int64_t now);

/**
 * reputation_guesses_recipients(reputation, network, now):
 * Say whether most of at least ten recipients that ${network} named lately are
 * nobody.
 */
bool reputation_guesses_recipients(
    struct reputation *reputation, struct span network, int64_t now);

/**
 * reputation_tick(reputation, now):
 * A tenth of a second went by: sweep and flush.
 */
void reputation_tick(struct reputation *reputation, int64_t now);

/**
 * reputation_table(reputation, kind):
 * Return the table "network" or "domain", else NULL.
 */
struct table *reputation_table(struct reputation *reputation, const char *kind);

#endif
