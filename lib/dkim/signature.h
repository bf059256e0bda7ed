/*
 * signature.h: one DKIM-Signature field (RFC 6376 3.5, RFC 8616 5).
 */
#ifndef DKIM_SIGNATURE_H
#define DKIM_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "dkim/dkim.h"

/* A longer field is malformed. */
#define SIGNATURE_MAX_BYTES 65536
/* Names in h=; more is malformed. */
#define SIGNATURE_MAX_NAMES 1024
/* A number of more digits than t= and x= may have is never reached. */
#define SIGNATURE_NEVER INT64_MAX

struct signature {
	const char *error; /* why it cannot be verified, or NULL */
	enum dkim_algorithm algorithm;
	enum dkim_canon header_canon;
	enum dkim_canon body_canon;
	const char *domain;   /* d=, lower-case A-labels; NULL if unreadable */
	const char *selector; /* s=, likewise */
	const char *identity; /* i= decoded, its domain likewise, or "@" d= */
	const char *identity_domain; /* what follows the "@" */
	const char *key_name;        /* where the key record is */
	struct span *names;          /* h=, as written */
	size_t name_count;
	bool has_length;
	uint64_t length;    /* l= */
	int64_t timestamp;  /* t=, or -1 */
	int64_t expiration; /* x=, or -1 */
	struct span hash;   /* bh=, decoded */
	struct span bytes;  /* b=, decoded */
	const char *b;      /* the first 8 characters of b= (RFC 6008) */
	/* The field without b= and all white space around it (RFC 6376 3.7). */
	struct span before_b, after_b;
};

/**
 * signature_parse(arena, value, out):
 * Read the field body ${value} into ${out}, which lives as long as ${arena} and
 * ${value}.  What can be read of a malformed one is there beside the error.
 */
void signature_parse(
    struct arena *arena, struct span value, struct signature *out);

#endif
