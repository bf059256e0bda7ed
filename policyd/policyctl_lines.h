/*
 * policyctl_lines.h: lines of a log: a file, which may grow and be rotated,
 * standard input, or the journal.
 */
#ifndef POLICYD_POLICYCTL_LINES_H
#define POLICYD_POLICYCTL_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

struct policyctl_lines;

enum policyctl_line {
	POLICYCTL_LINE,
	POLICYCTL_LINE_LATER, /* none within the time */
	POLICYCTL_LINE_END,
	POLICYCTL_LINE_ERROR, /* errno says why */
};

struct policyctl_lines_options {
	const char *path; /* NULL or "-": standard input */
	bool journal;     /* of systemd, instead */
	bool follow;      /* what comes from now on; a file's end is no end */
};

/**
 * policyctl_lines_open(options, arena, error), policyctl_lines_close(lines):
 * NULL with the reason in ${error}.
 */
struct policyctl_lines *policyctl_lines_open(
    const struct policyctl_lines_options *options, struct arena *arena,
    const char **error);
void policyctl_lines_close(struct policyctl_lines *lines);

/**
 * policyctl_lines_next(lines, wait_ms, out):
 * Store the next line in ${out}, valid until the next call, waiting for
 * ${wait_ms} at most when there is none yet.  One that is too long for
 * maillog.h is cut.
 */
enum policyctl_line policyctl_lines_next(
    struct policyctl_lines *lines, int wait_ms, struct span *out);

/**
 * policyctl_lines_year(line, now):
 * Return the year of a log whose first line is ${line}: traditional time stamps
 * have none, and it is not of the future; ${now} is in seconds since 1970.
 */
int policyctl_lines_year(struct span line, int64_t now);

#endif
