/*
 * print.h: records in the forms that zones, programs and providers read.
 */
#ifndef RECORDS_PRINT_H
#define RECORDS_PRINT_H

#include <stdio.h>

#include "local/server.h"
#include "records/record.h"

/**
 * print_zone(stream, server, records, arena):
 * Write ${records} as lines of a zone file, under a comment for each kind.
 * Those whose zone is another's (PTR) are comments.
 */
void print_zone(FILE *stream, const struct server *server,
    const struct record_list *records, struct arena *arena);

/**
 * print_json(stream, server, records, policy, arena):
 * Write ${records} and the MTA-STS ${policy}, or NULL, as one JSON object;
 * mailreeve-dns(1) lists its members.
 */
void print_json(FILE *stream, const struct server *server,
    const struct record_list *records, const char *policy, struct arena *arena);

/**
 * print_ansible(stream, server, records, policy, arena):
 * Write the same as YAML: variables whose names begin with mailreeve_.
 */
void print_ansible(FILE *stream, const struct server *server,
    const struct record_list *records, const char *policy, struct arena *arena);

/**
 * print_hostinger(stream, server, records, arena):
 * Write the body of a request to Hostinger's API that publishes ${records}, and
 * to standard error what cannot stand in it, with the alternative.
 */
void print_hostinger(FILE *stream, const struct server *server,
    const struct record_list *records, struct arena *arena);

#endif
