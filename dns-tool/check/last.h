/*
 * last.h: the findings of the last check, to tell what changed.
 */
#ifndef CHECK_LAST_H
#define CHECK_LAST_H

#include "check/finding.h"

struct last {
	const char **keys; /* of each finding: id, a blank, subject */
	size_t count;
	bool known; /* there was a last check */
};

/**
 * last_read(folder, domain, arena, out):
 * Read what last_write() wrote; a file that is missing or broken is none.
 */
void last_read(const char *folder, const char *domain, struct arena *arena,
    struct last *out);

/**
 * last_write(folder, domain, findings, arena):
 * Keep the ids and subjects of ${findings} that are worse than ok in a file of
 * ${folder}, which is made.  Return NULL, or why that does not work.
 */
const char *last_write(const char *folder, const char *domain,
    const struct finding_list *findings, struct arena *arena);

/**
 * last_changes(last, findings, gone, gone_count, arena):
 * Drop from ${findings} what was there the last time, and what is ok; store in
 * ${gone} what was there and is no more.
 */
void last_changes(const struct last *last, struct finding_list *findings,
    const char ***gone, size_t *gone_count, struct arena *arena);

#endif
