/*
 * warn_mail.h: a warning as a message.
 */
#ifndef QUOTAD_WARN_MAIL_H
#define QUOTAD_WARN_MAIL_H

#include "base/arena.h"
#include "base/span.h"
#include "record.h"

struct warn_text {
	const char *to, *from;
	const char *key; /* of the account */
	int64_t level;   /* percent */
	int64_t now;     /* seconds since 1970 */
	struct ledger_amount used;
	struct record_limits limits;
	int64_t over_since;
};

/**
 * warn_mail_to(key, domain_owner, arena):
 * Return whom a warning about the account ${key} goes to: a user's to himself,
 * a domain's to ${domain_owner} with the domain for %d; NULL for other kinds,
 * and for what is no address.
 */
const char *warn_mail_to(
    const char *key, const char *domain_owner, struct arena *arena);

/**
 * warn_mail_compose(text, arena):
 * Return the message (RFC 5322), its lines ended by LF, as sendmail(1) reads
 * it.
 */
struct span warn_mail_compose(
    const struct warn_text *text, struct arena *arena);

#endif
