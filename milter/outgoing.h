/*
 * outgoing.h: what big receivers would refuse submitted mail for.  This file
 * only decides: no I/O, no clock, no state.
 */
#ifndef MILTER_OUTGOING_H
#define MILTER_OUTGOING_H

#include <stddef.h>

#include "base/arena.h"
#include "mail/address.h"
#include "mail/header.h"

/* Their names are the words of `outgoing_refuse', the log and the metric. */
enum outgoing_kind {
	OUTGOING_NOT_ALIGNED, /* no signature of the author's domain */
	OUTGOING_NO_FROM,     /* no author, or more than one */
	OUTGOING_DUPLICATE,   /* Date, Message-ID, Subject, ... twice */
	OUTGOING_NO_DATE,     /* no Date field, which nobody adds on the way */
	OUTGOING_ONE_CLICK,   /* List-Unsubscribe without its partner (RFC
	                       * 8058), or either unsigned */
	OUTGOING_KINDS,
};

struct outgoing_finding {
	enum outgoing_kind kind;
	const char *text; /* in plain words */
};

struct outgoing_facts {
	const struct header_list *headers;
	const struct from *from;
	/* d= of the signatures that were made; NULL: another signs, and what
	 * depends on signatures is not looked at. */
	const char *const *signed_by;
	size_t signed_by_count;
	/* Names of the fields that these cover. */
	const char *const *signed_fields;
	size_t signed_field_count;
};

/**
 * outgoing_check(facts, arena, count):
 * Return what is wrong with the message of ${facts}, one finding a kind at
 * most, with their number in ${count}; they live as long as ${arena}.
 */
const struct outgoing_finding *outgoing_check(
    const struct outgoing_facts *facts, struct arena *arena, size_t *count);

/**
 * outgoing_refusal(arena, findings, count, names, name_count):
 * Return the texts of those of ${count} ${findings} whose kind is among
 * ${names}, or NULL when none is.
 */
const char *outgoing_refusal(struct arena *arena,
    const struct outgoing_finding *findings, size_t count,
    const char *const *names, size_t name_count);

/**
 * outgoing_kind_name(kind):
 * Return the word.
 */
const char *outgoing_kind_name(enum outgoing_kind kind);

#endif
