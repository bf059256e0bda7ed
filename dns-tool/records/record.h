/*
 * record.h: records that a mail domain needs.
 */
#ifndef RECORDS_RECORD_H
#define RECORDS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "dns/dns.h"

/* What a record is for; the word of record_kind_name() begins the ids of its
 * findings, so it never changes. */
enum record_kind {
	RECORD_ADDRESS,
	RECORD_PTR,
	RECORD_MX,
	RECORD_SPF,
	RECORD_HELO_SPF,
	RECORD_DKIM,
	RECORD_DMARC,
	RECORD_TLSA,
	RECORD_MTA_STS,
	RECORD_MTA_STS_HOST,
	RECORD_TLS_RPT,
	RECORD_SRV,
	RECORD_AUTOCONFIG,
	RECORD_CAA,
};

struct record {
	enum record_kind kind;
	const char *name; /* absolute, without the final dot */
	enum dns_type type;
	const char *value; /* RDATA as in a zone file, names with a final dot;
	                    * of TXT the text in one piece, unquoted */
	uint32_t ttl;
};

struct record_list {
	struct arena *arena;
	struct record *items;
	size_t count;
};

/**
 * record_add(list, kind, name, type, ttl, value):
 * Append a record whose strings live as long as ${list}->arena.
 */
void record_add(struct record_list *list, enum record_kind kind,
    const char *name, enum dns_type type, uint32_t ttl, const char *value);

/**
 * record_kind_name(kind), record_type_name(type):
 * Return the word: "mx", "mta_sts"; "MX", "TXT".
 */
const char *record_kind_name(enum record_kind kind);
const char *record_type_name(enum dns_type type);

/**
 * record_line(record, arena):
 * Return ${record} as one line of a zone file (RFC 1035 5.1) with absolute
 * names; TXT in strings of 255 bytes at most.
 */
const char *record_line(const struct record *record, struct arena *arena);

/**
 * record_rdata(type, value, arena, out):
 * Store the wire format of a record of ${type} with ${value}, written as in
 * struct record, in ${out}.  Return false when ${value} is none.
 */
bool record_rdata(enum dns_type type, const char *value, struct arena *arena,
    struct span *out);

/**
 * record_text(type, rdata, arena):
 * Return RDATA from outside as in struct record's value; what is malformed as
 * \# and hexadecimal digits (RFC 3597 5).
 */
const char *record_text(
    enum dns_type type, struct span rdata, struct arena *arena);

#endif
