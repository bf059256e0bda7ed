/*
 * encoded_word.h: words in another character set (RFC 2047).  They are for
 * display alone, but programs that decode them before they look for addresses
 * are in use.
 */
#ifndef MAIL_ENCODED_WORD_H
#define MAIL_ENCODED_WORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

/**
 * encoded_word_has_at(text):
 * Say whether a byte sequence of ${text} is "@" or one of the two characters
 * that compatibility normalization (UAX 15) makes one: U+FE6B, U+FF20.
 */
bool encoded_word_has_at(struct span text);

/**
 * encoded_word_all_harmless(arena, text):
 * Say whether ${text} reads the same for who decodes all its encoded words
 * first: "=?" stands nowhere but at the front of one; each is whole, in UTF-8
 * or a character set of one byte; and nothing that comes out, of several
 * together too, is an "@" as above, a control byte or one more encoded word.
 */
bool encoded_word_all_harmless(struct arena *arena, struct span text);

#endif
