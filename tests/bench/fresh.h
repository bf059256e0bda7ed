/*
 * fresh.h: messages that are like another one, but each from a domain that
 * nobody has asked the DNS about: m0000001.example, m0000002.example, ...
 */
#ifndef BENCH_FRESH_H
#define BENCH_FRESH_H

#include <stddef.h>

#include "base/arena.h"
#include "base/compat.h"
#include "base/span.h"
#include "dkim/key.h"

/* What stands for the sender's domain in the message that others are like. */
#define FRESH_TEMPLATE "example.com"
#define FRESH_SELECTOR "s"
#define FRESH_MAX 9999999

/* What makes the message its own.  All have domains and signatures of one
 * length. */
struct fresh_mail {
	const char *domain;
	struct span signature; /* the body of its DKIM-Signature, without the
	                        * blank that it begins with, folded with LF */
};

/**
 * fresh_key(arena, path):
 * Return the private key in the file ${path}; the caller frees it.  Return NULL
 * when that cannot be read.
 */
struct dkim_private *fresh_key(struct arena *arena, const char *path);

/**
 * fresh_make(arena, key, text, number, mail):
 * Store in ${mail} number 0 to FRESH_MAX of the messages like ${text}, signed
 * with ${key}.  Return -1 when it cannot be signed.
 */
int fresh_make(struct arena *arena, const struct dkim_private *key,
    struct span text, size_t number, struct fresh_mail *mail) COMPAT_MUST_CHECK;

/**
 * fresh_message(arena, text, mail):
 * Return the whole text of ${mail}, which is like ${text}.
 */
struct span fresh_message(
    struct arena *arena, struct span text, const struct fresh_mail *mail);

#endif
