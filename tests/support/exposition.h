/*
 * exposition.h: Prometheus' text format 0.0.4, read as strictly as it is
 * specified: what this takes, any reader takes.
 */
#ifndef SUPPORT_EXPOSITION_H
#define SUPPORT_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

#define EXPOSITION_FAMILIES 128
#define EXPOSITION_SAMPLES 2048

struct exposition_family {
	const char *name;
	const char *type;
	const char *labels; /* names in order, with ", " between them; not le */
};

struct exposition_sample {
	const char *series; /* name{label="value",...}, as it stands there */
	double value;
};

struct exposition {
	struct exposition_family families[EXPOSITION_FAMILIES];
	size_t family_count;
	struct exposition_sample samples[EXPOSITION_SAMPLES];
	size_t sample_count;
};

/**
 * exposition_parse(arena, text, error):
 * Read ${text}.  Return NULL with the line and what is wrong there in ${error}:
 * anything but families, each of a HELP line, a TYPE line and samples; names,
 * labels, escapes or numbers that are none; a name that does not fit its type;
 * a series that comes twice; a histogram whose buckets do not rise to +Inf and
 * agree with its count.
 */
struct exposition *exposition_parse(
    struct arena *arena, struct span text, const char **error);

/**
 * exposition_find(exposition, series, value):
 * Store the value of ${series} in ${value}.  Return false when it is not there.
 */
bool exposition_find(
    const struct exposition *exposition, const char *series, double *value);

#endif
