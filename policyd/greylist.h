/*
 * greylist.h: who is suspicious must come again; what is decided, remembered
 * and learned.  A table and arithmetic: no I/O, the time is an argument.
 */
#ifndef POLICYD_GREYLIST_H
#define POLICYD_GREYLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "table.h"

struct greylist;

/* Bytes of a key. */
#define GREYLIST_MAX_KEY ((size_t)648)
/* Keys of one client that wait at the same time; what comes above that must
 * come again, but is not remembered, so that one client does not fill the
 * table. */
#define GREYLIST_MAX_WAITING 1000
/* What waits has this part of the table, so that keys that passed have the
 * rest; above it, whoever waits for the longest is forgotten. */
#define GREYLIST_WAITING_SHARE 4
/* A client's passes count at most once an hour, so that one burst is one pass
 * (postgrey does likewise); those of a key that passed before, once a day. */
#define GREYLIST_COUNT_MS ((int64_t)3600 * 1000)
#define GREYLIST_COUNT_AGAIN_MS ((int64_t)86400 * 1000)
/* What lasts is renewed in steps of this, or a sixteenth of its lifetime if
 * that is less: not every message is worth a write. */
#define GREYLIST_RENEW_MS ((int64_t)3600 * 1000)
/* A key stays this long after its window, until it is counted as lost. */
#define GREYLIST_LOST_MS ((int64_t)3600 * 1000)

struct greylist_rules {
	int64_t delay_ms;    /* before a retry is taken */
	int64_t window_ms;   /* within which it must come */
	int64_t lifetime_ms; /* for which a key that passed passes */
	uint64_t auto_allow; /* passes after which a client is taken at once; 0:
	                      * never */
};

enum greylist_result {
	GREYLIST_PASS,    /* it waited, or had passed before */
	GREYLIST_ALLOWED, /* its client has passed often enough */
	GREYLIST_NEW,     /* come again */
	GREYLIST_EARLY,   /* it did, too early */
};

struct greylist_answer {
	enum greylist_result result;
	int64_t wait_ms;   /* before it is taken */
	int64_t waited_ms; /* since it first came */
	bool first_pass;   /* it just passed for the first time */
};

/* Told of keys whose client never came again, for its reputation; see
 * greylist_key_client(). */
typedef void greylist_lost(void *cookie, struct span key);

/**
 * greylist_new(behind, max_records, lost, cookie), greylist_free(greylist):
 * Tables "greylist", of at most ${max_records}, and "greyclient", of half as
 * many.  ${lost}, which may be NULL, must not call any function below.
 */
struct greylist *greylist_new(struct behind *behind, size_t max_records,
    greylist_lost *lost, void *cookie);
void greylist_free(struct greylist *greylist);

/**
 * greylist_key(arena, spf_domain, network, sender_domain, recipient):
 * Return the key: the organizational domain that SPF passed for if
 * ${spf_domain} is not empty, else network, sender domain ("<>" for the null
 * sender) and recipient, as words in lower case; bytes that would end a word
 * are '?'.  ${recipient} should be without its extension: all extensions are
 * one mailbox, whose owner would have to wait for each, and strangers could
 * make up as many keys as they like.
 */
struct span greylist_key(struct arena *arena, struct span spf_domain,
    struct span network, struct span sender_domain, struct span recipient);

/**
 * greylist_key_client(key, spf_domain, network):
 * Store which of the two ${key} is of; the other one is empty.
 */
void greylist_key_client(
    struct span key, struct span *spf_domain, struct span *network);

/**
 * greylist_ask(greylist, rules, key, client, now, answer):
 * A message with ${key} is here; ${client} is who is allowed by himself when he
 * passed often: the SPF domain or the network.
 */
void greylist_ask(struct greylist *greylist, const struct greylist_rules *rules,
    struct span key, struct span client, int64_t now,
    struct greylist_answer *answer);

/**
 * greylist_peek(greylist, rules, key, client, now, answer):
 * As greylist_ask(), but remember nothing.
 */
void greylist_peek(struct greylist *greylist,
    const struct greylist_rules *rules, struct span key, struct span client,
    int64_t now, struct greylist_answer *answer);

/**
 * greylist_release(greylist, text, rules, now):
 * Let all keys that contain ${text} pass from now on.  Return how many did not
 * before.
 */
size_t greylist_release(struct greylist *greylist, struct span text,
    const struct greylist_rules *rules, int64_t now);

/**
 * greylist_tick(greylist, now), greylist_table(greylist, kind):
 * As those of reputation.h; "greylist" and "greyclient".
 */
void greylist_tick(struct greylist *greylist, int64_t now);
struct table *greylist_table(struct greylist *greylist, const char *kind);

/* What a record of "greylist" says, for mailreeve-policyctl. */
struct greylist_record {
	int64_t first_ms;
	int64_t passed_ms; /* 0: waits */
	int64_t last_ms;   /* of its use since, see GREYLIST_RENEW_MS */
	uint64_t tries;    /* until it passed */
};

/* What a record of "greyclient" says. */
struct greylist_client {
	int64_t counted_ms; /* its last pass that counted */
	int64_t used_ms;    /* likewise its last use */
	int64_t since_ms;   /* when the first of those that wait came */
	uint32_t passes;
	uint32_t waiting;
};

#endif
