/*
 * judge.h: what the DNS has, compared with what it should.
 */
#ifndef CHECK_JUDGE_H
#define CHECK_JUDGE_H

#include "dns/dns.h"
#include "records/record.h"

enum judge_result {
	JUDGE_FINE,
	JUDGE_MISSING, /* no such record */
	JUDGE_DIFFERS, /* others in its place */
	JUDGE_EXTRA,   /* it is there, and others that harm */
	JUDGE_UNKNOWN, /* the DNS does not say */
};

/* The records of one kind, name and type that are expected together. */
struct judge_set {
	const struct record *records; /* count of them, one after the other */
	size_t count;
};

struct judge_outcome {
	enum judge_result result;
	const char *found;  /* values as in struct record, one a line; NULL:
	                     * nothing */
	const char *remove; /* lines of a zone file that must go; or NULL */
	const char *add;    /* lines that must come; or NULL */
};

/**
 * judge(set, answer, arena, out):
 * Compare ${answer}, to the question for the name and type of ${set}, with what
 * ${set} expects, as receivers read it: of TXT records only those of the same
 * kind count, numbers of preference and order do not, and records of others may
 * stand beside where they do no harm.
 */
void judge(const struct judge_set *set, const struct dns_answer *answer,
    struct arena *arena, struct judge_outcome *out);

/**
 * judge_set_end(records, first):
 * Return the index behind the set that begins at ${first}.
 */
size_t judge_set_end(const struct record_list *records, size_t first);

#endif
