/*
 * lexeme.h: the words that structured fields are made of (RFC 5322 3.2, RFC
 * 2045 5.1, RFC 6532 3.2).
 */
#ifndef MAIL_LEXEME_H
#define MAIL_LEXEME_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

/* Classes: atext of RFC 5322 3.2.3; the bytes of a token of RFC 2045 5.1; those
 * of a domain name with its dots and `_'.  Each has all bytes above 0x7f. */
span_class lexeme_is_atext, lexeme_is_token, lexeme_is_domain_byte;

/* The class of what a Keyword of RFC 5321 4.1.2 is made of. */
span_class lexeme_is_keyword_byte;

/**
 * lexeme_is_utf8(bytes):
 * Say whether ${bytes} are UTF-8 (RFC 3629).
 */
bool lexeme_is_utf8(struct span bytes);

/**
 * lexeme_is_dot_atom(bytes):
 * Say whether ${bytes} are atoms with one dot between each two.
 */
bool lexeme_is_dot_atom(struct span bytes);

/**
 * lexeme_is_domain(bytes):
 * Say whether ${bytes} are labels with one dot between each two.
 */
bool lexeme_is_domain(struct span bytes);

/**
 * lexeme_has_controls(value):
 * Say whether ${value} holds a control byte that is neither a tab nor part of a
 * fold (CRLF WSP).
 */
bool lexeme_has_controls(struct span value);

/**
 * lexeme_take_quoted(arena, cursor, out):
 * Move the quoted string that ${cursor} begins with into ${out}, without
 * quotes, backslashes and line ends (RFC 5322 3.2.4).  Return false, and change
 * nothing, when there is none or it does not end.
 */
bool lexeme_take_quoted(
    struct arena *arena, struct span *cursor, struct span *out);

/**
 * lexeme_comment(arena, cfws):
 * Return the text of the first comment in ${cfws}, which header_skip_cfws()
 * dropped, without its parentheses and backslashes; NULL when there is none.
 */
char *lexeme_comment(struct arena *arena, struct span cfws);

#endif
