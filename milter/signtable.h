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

/* Signatures of one message; rules that match beyond do not count. */
#define SIGNTABLE_SIGNATURES ((size_t)20)

/* Authors and the keys that sign for them. */
struct signtable_rule {
	struct pattern author;
	/* A key without a domain signs for that of the author. */
	struct dkim_sign_key *keys;
	size_t count;
	/* i= becomes the author's address where that is within d=. */
	bool identity_from_author;
	/* Or this text, where each % is the author's domain; or NULL. */
	const char *signer;
	/* Why mail that this rule matches must wait, or NULL. */
	const char *broken;
	/* Rules of one row of a table have its number; 0: of none. */
	size_t row;
	/* It only counts when no other rule of its row matched. */
	bool otherwise;
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
	/* If that is this one or a later one, all that match do. */
	size_t all_from;
	/* The rules for one domain, by its name and then in order; and the
	 * others.  signtable_index() makes both. */
	size_t *by_domain;
	size_t domain_count;
	size_t *others;
	size_t other_count;
	struct signtable_user *users; /* likewise the first */
	size_t user_count;
	/* A user without an entry may write as any author of the rules from
	 * this one on. */
	bool any_author;
	size_t any_from;
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
	SIGNTABLE_BROKEN, /* his key cannot be used: the mail waits */
	SIGNTABLE_HEADER, /* the header cannot be signed */
};

struct signtable_answer {
	const struct signtable_rule *rules[SIGNTABLE_SIGNATURES];
	size_t count;        /* 0: do not sign */
	const char *refusal; /* why not, in plain words */
	enum signtable_cause cause;
};

/**
 * signtable_index(table, arena):
 * Prepare ${table}, whose rules are complete, for signtable_find().
 */
void signtable_index(struct signtable *table, struct arena *arena);

/**
 * signtable_find(table, arena, query):
 * Return which rules of ${table} sign the message of ${query}, or why none
 * does; the text lives as long as ${arena}.
 */
struct signtable_answer signtable_find(const struct signtable *table,
    struct arena *arena, const struct signtable_query *query);

#endif
