/*
 * quota.h: whether a mailbox has room, asked before a message is queued.  An
 * implementation is a file with a struct quota_driver, and is chosen by the
 * word before the endpoint: quota_dovecot.c ("dovecot") asks Dovecot's
 * quota-status service by the same protocol that Postfix asks us,
 * quota_quotad.c
 * ("quotad") asks mailreeve-quotad.
 */
#ifndef POLICYD_QUOTA_H
#define POLICYD_QUOTA_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

enum quota_result {
	QUOTA_UNDER,
	QUOTA_SOFT,     /* over, but may be waited for: 452 4.2.2 */
	QUOTA_HARD,     /* over: 552 5.2.2 */
	QUOTA_UNKNOWN,  /* no such mailbox here, or no quota */
	QUOTA_TEMPFAIL, /* nobody answered in time, or not sensibly */
};

/* Bytes of a recipient (RFC 5321 4.5.3.1), and of what a source says. */
#define QUOTA_MAX_RECIPIENT ((size_t)320)
#define QUOTA_MAX_REASON ((size_t)200)

struct quota_source;

/**
 * quota_open(endpoint, arena, error), quota_close(source):
 * A source at "inet:PORT@ADDRESS" or "unix:PATH", which need not be there yet,
 * with or without "dovecot:" before it, or at "quotad:PATH".  NULL with the
 * reason, allocated from
 * ${arena}, in ${error} for anything else.  Nobody may be asking when it is
 * closed; NULL is harmless then.
 */
struct quota_source *quota_open(
    const char *endpoint, struct arena *arena, const char **error);
void quota_close(struct quota_source *source);

/**
 * quota_ask(source, recipient, size, deadline, arena, reason):
 * Ask whether a message of ${size} bytes, 0 when that is not known, fits into
 * the mailbox of ${recipient}; wait until clock_monotonic_ms() is ${deadline}
 * at most.  Store what the source says in words, printable ASCII, or NULL, in
 * ${reason}.  A ${recipient} that no mailbox can have is QUOTA_UNKNOWN, and
 * nobody is asked.  Blocking, safe from many threads; idle connections are
 * kept.
 */
enum quota_result quota_ask(struct quota_source *source, struct span recipient,
    uint64_t size, int64_t deadline, struct arena *arena, const char **reason);

struct quota_map;

/**
 * quota_ask_mapped(source, map, recipient, size, deadline, arena, reason):
 * As quota_ask(), of the mailboxes that ${recipient} leads to by ${map}, which
 * may be NULL.  Of several, mail is refused when each of them would refuse it.
 */
enum quota_result quota_ask_mapped(struct quota_source *source,
    struct quota_map *map, struct span recipient, uint64_t size,
    int64_t deadline, struct arena *arena, const char **reason);

/**
 * quota_result_name(result):
 * Return the word: under, soft, hard, unknown, tempfail.
 */
const char *quota_result_name(enum quota_result result);

#endif
