/*
 * passlist_impl.h: what passlist.c, which reads files and looks up, shares with
 * passlist_line.c, which says what a line means.
 */
#ifndef POLICYD_PASSLIST_IMPL_H
#define POLICYD_PASSLIST_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/network.h"
#include "base/span.h"
#include "expression.h"

/* The lengths of prefixes: 0 to 128. */
#define PASSLIST_PREFIXES 129
/* Bytes of a network's key: family, length, address. */
#define PASSLIST_NETWORK_KEY 18

/* What is found by its text. */
struct passlist_entry {
	struct hash_node node;
	const char *line; /* as it stands in the file */
};

struct passlist_expression {
	struct expression *expression;
	const char *line;
};

struct passlist_expressions {
	struct passlist_expression *items;
	size_t count;
};

struct passlist {
	struct hash *names;           /* of clients, lower case */
	struct hash *networks;        /* by passlist_line_network() */
	bool ipv4[PASSLIST_PREFIXES]; /* networks with this prefix exist */
	bool ipv6[PASSLIST_PREFIXES];
	struct passlist_expressions clients;
	struct hash *domains;   /* of recipients, lower case */
	struct hash *mailboxes; /* "user@domain", lower case */
	struct hash *users;     /* of "user@", lower case, without the @ */
	struct passlist_expressions recipients;
	size_t count;
};

/**
 * passlist_line_client(list, line, arena), passlist_line_recipient(list, line,
 * arena):
 * Add ${line}, without comment and blanks around it and not empty, to ${list}.
 * Return NULL, or what is wrong with it and how to cure that.
 */
const char *passlist_line_client(
    struct passlist *list, struct span line, struct arena *arena);
const char *passlist_line_recipient(
    struct passlist *list, struct span line, struct arena *arena);

/**
 * passlist_line_network(address, prefix, key):
 * Store the key of the network of ${prefix} bits that ${address} is in.
 */
void passlist_line_network(const struct network_address *address,
    unsigned int prefix, unsigned char key[PASSLIST_NETWORK_KEY]);

#endif
