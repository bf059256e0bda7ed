/*
 * address_impl.h: what address.c and address_plain.c share with address_from.c.
 */
#ifndef MAIL_ADDRESS_IMPL_H
#define MAIL_ADDRESS_IMPL_H

#include <stdbool.h>

#include "mail/address.h"

/**
 * address_impl_parse(arena, value, out, doubtful):
 * As address_parse_list(), and say in ${doubtful} whether ${value} uses a form
 * that simpler readers take for another address: a route, blanks or comments
 * inside an address, specials or an encoded word in a local part, or an angle
 * bracket in a comment.
 */
int address_impl_parse(struct arena *arena, struct span value,
    struct address_list *out, bool *doubtful);

/**
 * address_impl_read_plain(arena, value, out):
 * Find in ${value}, which is no address list, the address that every reader
 * finds who finds any, by the rule that stands at FROM_OK, and store it in
 * ${out} without a display name; it lives as long as ${value}.  Return false
 * when there is none.
 */
bool address_impl_read_plain(
    struct arena *arena, struct span value, struct mailbox *out);

#endif
