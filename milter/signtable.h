/*
 * signtable.h: which keys sign for an author, and for which authors a user may
 * have mail signed.  It only decides; config.c fills the tables.
 */
#ifndef MILTER_SIGNTABLE_H
#define MILTER_SIGNTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "dkim/sign.h"
#include "mail/address.h"
#include "pattern.h"

/* Authors and the keys that sign for them. */
struct signtable_rule {
	struct pattern author;
	struct dkim_sign_key *keys;
	size_t count;
	/* i= becomes the author's address where that is within d=. */
	bool identity_from_author;
};

/* A user and the authors that his mail may have. */
struct signtable_user {
	const char *login; /* compared whole, without ASCII case; or NULL: */
	struct pattern logins; /* a pattern over logins that are addresses */
	struct pattern *authors;
	size_t count;
};

struct signtable {
	struct signtable_rule *rules; /* the first that matches counts */
	size_t rule_count;
	struct signtable_user *users; /* likewise */
	size_t user_count;
	const char *login_domain; /* of logins without one, or NULL */
};

/* What a message offers. */
struct signtable_query {
	const struct from *from;
	const char *login; /* NULL: a trusted network or daemon */
};

/* Why a message goes unsigned, in short. */
enum signtable_cause {
	SIGNTABLE_AUTHOR, /* no one author that can be read */
	SIGNTABLE_USER,   /* this user may not write as him */
	SIGNTABLE_KEY,    /* we have no key for him */
	SIGNTABLE_HEADER, /* the header cannot be signed */
};

struct signtable_answer {
	const struct signtable_rule *rule; /* NULL: do not sign */
	const char *refusal;               /* why not, in plain words */
	enum signtable_cause cause;
};

/**
 * signtable_find(table, arena, query):
 * Return which rule of ${table} signs the message of ${query}, or why none
 * does; the text lives as long as ${arena}.
 */
struct signtable_answer signtable_find(const struct signtable *table,
    struct arena *arena, const struct signtable_query *query);

#endif
