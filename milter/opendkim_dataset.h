/*
 * opendkim_dataset.h: OpenDKIM's data sets (opendkim(8), DATA SETS), those that
 * are lists and text files.
 */
#ifndef MILTER_OPENDKIM_DATASET_H
#define MILTER_OPENDKIM_DATASET_H

#include <stdbool.h>
#include <stddef.h>

#include "opendkim_report.h"

/* Rows of a data set; bytes of a row, past which OpenDKIM cuts it in two. */
#define OPENDKIM_DATASET_ROWS ((size_t)200000)
#define OPENDKIM_DATASET_LINE ((size_t)1022)

enum opendkim_dataset_type {
	OPENDKIM_LIST,   /* a, b=c: in the setting itself, or after csl: */
	OPENDKIM_FILE,   /* /path or file:path: a key and a value on a line */
	OPENDKIM_REFILE, /* refile:path: likewise, `*' in a key is any text */
};

struct opendkim_row {
	const char *key;
	const char *value; /* NULL: none */
	int line;
};

struct opendkim_dataset {
	enum opendkim_dataset_type type;
	const char *file; /* where the rows stand */
	struct opendkim_row *rows;
	size_t count;
};

/**
 * opendkim_dataset_parse(arena, text, line, report, out):
 * Append the rows in ${text}, a list at ${line} or the text of a file, by
 * ${out}->type and ${out}->file, to ${out}.  Tell ${report} of rows that cannot
 * be taken.
 */
void opendkim_dataset_parse(struct arena *arena, struct span text, int line,
    const struct opendkim_report *report, struct opendkim_dataset *out);

/**
 * opendkim_dataset_load(name, value, place, folder, report, out):
 * Read the data set that ${value} of the setting ${name} at ${place} means; a
 * file is relative to ${folder}, or NULL.  Return 0, or -1 when ${report} was
 * told of an error.
 */
int opendkim_dataset_load(const char *name, const char *value,
    const struct opendkim_place *place, const char *folder,
    const struct opendkim_report *report, struct opendkim_dataset *out);

/**
 * opendkim_dataset_is_expression(set, key):
 * Say whether ${key} of ${set} is more than a pattern with `*' to OpenDKIM,
 * which makes regular expressions of a refile's keys and escapes no more than
 * dots and plus signs.
 */
bool opendkim_dataset_is_expression(
    const struct opendkim_dataset *set, const char *key);

/**
 * opendkim_dataset_path(arena, folder, path):
 * Return ${path}, relative to ${folder} unless that is NULL.
 */
const char *opendkim_dataset_path(
    struct arena *arena, const char *folder, const char *path);

#endif
