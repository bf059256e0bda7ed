/*
 * address_impl.h: what address.c shares with address_from.c.
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

#endif
