/*
 * keygen_print.h: what keygen made, and what is to be done with it.
 */
#ifndef DNS_TOOL_KEYGEN_PRINT_H
#define DNS_TOOL_KEYGEN_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "dkim/keystore_write.h"

/**
 * keygen_print_text(stream, made, folder, sudo, arena):
 * Write for people: the keys ${made} in ${folder}, their records, how to see
 * whether these are published, and how to sign with the keys.  Commands begin
 * with sudo if ${sudo}.  Return -1 when a record cannot be made.
 */
int keygen_print_text(FILE *stream, const struct keystore_addition *made,
    const char *folder, bool sudo, struct arena *arena);

/**
 * keygen_print_json(stream, made, folder, arena):
 * Write the keys and their records as one JSON object; mailreeve-dns(1) lists
 * its members.  Return -1 when a record cannot be made.
 */
int keygen_print_json(FILE *stream, const struct keystore_addition *made,
    const char *folder, struct arena *arena);

#endif
