/*
 * policy.h: an MTA-STS policy from a web server (RFC 8461 3.2).  No I/O.
 */
#ifndef CHECK_POLICY_H
#define CHECK_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

/* RFC 8461 3.3 lets senders limit it to 64 kB. */
#define POLICY_MAX_BYTES 65536
#define POLICY_MAX_MX 100

enum policy_mode {
	POLICY_NONE,
	POLICY_TESTING,
	POLICY_ENFORCE,
};

struct policy {
	enum policy_mode mode;
	int64_t max_age; /* seconds */
	const char *mx[POLICY_MAX_MX];
	size_t mx_count;
	const char *error; /* why senders cannot use it; NULL: they can */
};

/**
 * policy_parse(text, arena, out):
 * Read ${text}, which may be anything, into ${out}, which lives as long as
 * ${arena}.
 */
void policy_parse(struct span text, struct arena *arena, struct policy *out);

/**
 * policy_covers(policy, host):
 * Say whether one of the policy's patterns fits ${host}, in lower-case
 * A-labels: a "*." stands for one label (RFC 8461 4.1).
 */
bool policy_covers(const struct policy *policy, const char *host);

#endif
