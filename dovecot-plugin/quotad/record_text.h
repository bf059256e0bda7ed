/*
 * record_text.h: records as text, for stores that know nothing else: numbers
 * with blanks between them, then shares a line each (record_shares.h).
 */
#ifndef QUOTAD_RECORD_TEXT_H
#define QUOTAD_RECORD_TEXT_H

#include "record_shares.h"

/* Bytes of any record, with a NUL. */
#define RECORD_TEXT_MAX (RECORD_SHARES_MAX + RECORD_MAX_NAME + 512)

/**
 * record_text_account(account, out), record_text_holder(holder, out),
 * record_text_lease(lease, out):
 * Write the record, but for its name, to ${out}, which has room for
 * RECORD_TEXT_MAX bytes.
 */
void record_text_account(const struct record_account *account, char *out);
void record_text_holder(const struct record_holder *holder, char *out);
void record_text_lease(const struct record_lease *lease, char *out);

/**
 * record_text_parse_account(text, out), record_text_parse_holder(text, out),
 * record_text_parse_lease(text, out):
 * Read a record into ${out}, whose name stays, and set `exists'.  Return -1 for
 * what is none.
 */
int record_text_parse_account(struct span text, struct record_account *out);
int record_text_parse_holder(struct span text, struct record_holder *out);
int record_text_parse_lease(struct span text, struct record_lease *out);

#endif
