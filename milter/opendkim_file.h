/*
 * opendkim_file.h: the syntax of opendkim.conf(5): a name, blanks and a value
 * on each line; a comment begins at any `#'; the last of two lines counts.
 */
#ifndef MILTER_OPENDKIM_FILE_H
#define MILTER_OPENDKIM_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "opendkim_report.h"

/* Settings of all files together, files read, and how deep Include nests (as
 * OpenDKIM). */
#define OPENDKIM_FILE_SETTINGS 2000
#define OPENDKIM_FILE_FILES 100
#define OPENDKIM_FILE_DEPTH 5

struct opendkim_setting {
	const char *name;
	const char *value; /* "": none, which OpenDKIM refuses */
	struct opendkim_place place;
};

struct opendkim_file {
	struct opendkim_setting *settings; /* in the order of the lines */
	size_t count;
};

/**
 * opendkim_file_parse(arena, text, name, out):
 * Append the settings in ${text}, of the file ${name}, to ${out}, as many as
 * there may be.
 */
void opendkim_file_parse(struct arena *arena, struct span text,
    const char *name, struct opendkim_file *out);

/**
 * opendkim_file_load(from, report, out):
 * Store the settings of the file that is the value of ${from}, wherever that
 * stands, and of what it includes, in ${out}.  Return 0, or -1 when ${report}
 * was told of an error.
 */
int opendkim_file_load(const struct opendkim_setting *from,
    const struct opendkim_report *report, struct opendkim_file *out);

/**
 * opendkim_file_get(file, name):
 * Return the setting ${name}, whatever its case, that counts; or NULL.
 */
const struct opendkim_setting *opendkim_file_get(
    const struct opendkim_file *file, const char *name);

/**
 * opendkim_file_is_yes(setting):
 * Say whether ${setting}, or NULL, is a Boolean that is true.
 */
bool opendkim_file_is_yes(const struct opendkim_setting *setting);

#endif
