/*
 * opendkim_report.h: who is told, with file and line, of what stands in the
 * files of OpenDKIM.
 */
#ifndef MILTER_OPENDKIM_REPORT_H
#define MILTER_OPENDKIM_REPORT_H

#include "base/arena.h"
#include "base/compat.h"
#include "base/span.h"
#include "conf/conf.h"

/* No file of OpenDKIM's is larger: 200,000 rows of a table are 20 MB. */
#define OPENDKIM_FILE_MAX ((size_t)32 * 1024 * 1024)

struct opendkim_report {
	conf_complain *error;
	conf_complain *warning;
	void *cookie;
	struct arena *arena; /* of the texts, and of all that is read */
};

/* A line of a file. */
struct opendkim_place {
	const char *file;
	int line;
};

/**
 * opendkim_error(report, place, format, ...),
 * opendkim_warning(report, place, format, ...):
 * Tell of something that cannot be used, or that is odd, at ${place}.
 */
void opendkim_error(const struct opendkim_report *report,
    const struct opendkim_place *place, const char *format, ...)
    COMPAT_PRINTF(3, 4);
void opendkim_warning(const struct opendkim_report *report,
    const struct opendkim_place *place, const char *format, ...)
    COMPAT_PRINTF(3, 4);

/**
 * opendkim_read(path, arena, out):
 * Store the bytes of the regular file ${path} in ${out}.  Return NULL, or why
 * it cannot be read, with the cure.
 */
const char *opendkim_read(
    const char *path, struct arena *arena, struct span *out);

#endif
