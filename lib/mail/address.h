/*
 * address.h: address lists (RFC 5322 3.4, RFC 6532) and the author in From.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/header.h"

/* Mailboxes in one field; more is malformed. */
#define ADDRESS_MAX 256
/* Domains of authors that anybody looks at; with more behind them one could be
 * hidden. */
#define FROM_MAX_DOMAINS 10

struct mailbox {
	struct span display_name; /* unquoted, encoded words left as they are */
	struct span local_part;   /* unquoted */
	struct span domain;       /* as written, without comments and blanks */
};

struct address_list {
	struct mailbox *mailboxes; /* those inside groups included */
	size_t count;
	bool has_group;
};

/*
 * What the From fields of a message say about its author (RFC 9989 4.4).
 *
 * Much real mail has a field that RFC 5322 3.4 forbids and every large receiver
 * takes: "Foo, Bar <a@b.example>", "Foo [x] <a@b.example>", "Foo <a@b.example".
 * It is FROM_OK, too, where nobody can read two addresses in it:
 *  - in the whole field, quotes and comments included, stands one "@", and no
 *    U+FE6B or U+FF20, which normalization turns into one; the field is UTF-8
 *    without control bytes;
 *  - encoded words (RFC 2047), which some decode before they read, stand before
 *    the address only and hold no "@" either: see encoded_word.h;
 *  - right before the "@" stands a dot-atom, and before that "<", the only one;
 *    or, where no angle bracket is, nothing or a comma;
 *  - before all that is no backslash, and quotes and parentheses come in pairs;
 *  - right behind it stands a domain name, a final dot allowed, and then ">" or
 *    the end of the field; or, where no bracket is, the end, "," or ";", for
 *    some read "a@b.co m" without the blank; blanks may be before any of them;
 *  - what follows ">" is a blank, "," or ";", and nothing that follows could
 *    prolong the name: no dot, no byte above 0x7f, no backslash, no "<", no
 *    encoded word;
 *  - who passes over blanks and comments beside dots finds the same name.
 */
enum from_status {
	FROM_OK,             /* one field, one or more mailboxes, one domain */
	FROM_NONE,           /* no From field */
	FROM_SEVERAL_FIELDS, /* more than one From field */
	FROM_SEVERAL_DOMAINS,
	FROM_TOO_MANY,   /* one field, more than FROM_MAX_DOMAINS, well-formed
	                  * or not */
	FROM_NO_MAILBOX, /* a group or nothing in it */
	FROM_MALFORMED,  /* nothing of all this, or no domain name */
};

struct from {
	enum from_status status;
	const char *domain;  /* FROM_OK: lower-case A-labels; else NULL */
	const char *address; /* FROM_OK: local-part@domain of the first mailbox,
	                      * the domain in A-labels; else NULL */
	const char **addresses; /* FROM_OK: those of all mailboxes, likewise */
	size_t address_count;
	const char **domains; /* every distinct domain that could be read, of
	                       * all From fields */
	size_t domain_count;
	bool malformed; /* some From field is, whatever the status */
};

/**
 * address_parse_list(arena, value, out):
 * Parse the field body ${value} as an address-list, the obsolete forms of RFC
 * 5322 4.4 included.  Return 0, or -1 when it is not one or holds more than
 * ADDRESS_MAX mailboxes; ${out} then holds what was read before.
 */
int address_parse_list(
    struct arena *arena, struct span value, struct address_list *out);

/**
 * address_parse_path(arena, path, out):
 * Parse an SMTP path (RFC 5321 4.1.2), with or without angle brackets.  The
 * null path gives an empty mailbox.  Return 0, or -1 when it is not a path.
 */
int address_parse_path(
    struct arena *arena, struct span path, struct mailbox *out);

/**
 * address_from(arena, headers, out):
 * Find the author of the message with ${headers} and store it in ${out}.
 */
void address_from(
    struct arena *arena, const struct header_list *headers, struct from *out);

#endif
