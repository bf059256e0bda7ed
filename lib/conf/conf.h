/*
 * conf.h: a program's configuration file, driven by one const table: parsing,
 * defaults, ranges, -P and the man page's list all come from it.  The syntax is
 * libconfuse's, without its surprises (see README.md): `name = value', `name =
 * {a, b}', `name += {c}', `section "title" { ... }', include("glob").
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

/* Bytes of one file; files of one configuration, and how deep they nest. */
#define CONF_FILE_SIZE_MAX ((size_t)1024 * 1024)
#define CONF_FILES_MAX 1000
#define CONF_DEPTH_MAX 8

/* The C type at struct conf_option.offset stands behind each. */
enum conf_type {
	CONF_BOOL,         /* bool: yes, no, true, false, on, off */
	CONF_INTEGER,      /* int64_t */
	CONF_SIZE,         /* int64_t in bytes: 512, 90k, 1M, 1G */
	CONF_DURATION,     /* int64_t in seconds: 30s, 5m, 2h, 7d, and 0 */
	CONF_MILLISECONDS, /* int64_t: 500ms, 2s, 1m, and 0 */
	CONF_STRING,  /* const char *, NULL when not set and without default */
	CONF_WORD,    /* int: index into words */
	CONF_LIST,    /* struct conf_list of strings */
	CONF_SECTION, /* struct conf_sections */
};

struct conf_list {
	const char *const *items;
	size_t count;
};

/* Sections in file order; each item is a struct of the section's size. */
struct conf_sections {
	void *items;
	size_t count;
};

struct conf_option {
	const char *name;
	enum conf_type type;
	const char *value; /* the default as it would be written in the file;
	                    * lists are written {a, b}; NULL: none, which
	                    * stores 0, for a word -1 */
	int64_t min;       /* of a number; min == max: any */
	int64_t max;
	const char *help;         /* one sentence for -P and the man page */
	size_t offset;            /* into the program's struct */
	const char *const *words; /* CONF_WORD: ends with NULL */
	/* CONF_SECTION: its table; its struct's size; the first member of that
	 * struct is `struct conf_place place'. */
	const struct conf_option *section;
	size_t section_size;
};

/* Where a section or a value stands, for errors that a later check finds. */
struct conf_place {
	const char *title; /* of a section */
	const char *file;
	int line;
};

/* Where the values outside of sections stand. */
struct conf_places;

/* Receives an error as "FILE:LINE: text", or as "FILE: text" when the file
 * cannot be read at all, without a line end. */
typedef void conf_complain(void *cookie, const char *text);

/**
 * conf_load(arena, table, path, complain, cookie, out, places):
 * Read the file ${path} into the struct at ${out} as ${table}, which ends with
 * an option without a name, describes it.  What is stored lives as long as
 * ${arena}.  The last of two lines for one option wins.  An unknown name, a bad
 * value, a value out of range, a section twice, a missing file or include is an
 * error: ${complain} is told and the result is -1; ${out} is then not to be
 * used.  Return 0 when all is well, and store in ${places}, unless it is NULL,
 * where the values stand.  libconfuse's scanner is one for the process: never
 * call this in two threads at once.
 */
int conf_load(struct arena *arena, const struct conf_option *table,
    const char *path, conf_complain *complain, void *cookie, void *out,
    const struct conf_places **places);

/**
 * conf_place_of(places, name, index):
 * Return where the value at ${index} of the option ${name} stands, 0 for an
 * option that is no list; or NULL when the file does not set it.
 */
const struct conf_place *conf_place_of(
    const struct conf_places *places, const char *name, size_t index);

/**
 * conf_complaint(arena, places, path, name, index, text):
 * Return ${text}, which is about the value at ${index} of the option ${name},
 * with the place that conf_place_of() knows: "FILE:LINE: NAME: text"; else with
 * ${path}, which may be NULL.
 */
const char *conf_complaint(struct arena *arena,
    const struct conf_places *places, const char *path, const char *name,
    size_t index, const char *text);

/**
 * conf_defaults(arena, table, out):
 * Store the defaults of ${table} in the struct at ${out}, as conf_load() does
 * for an empty file.
 */
void conf_defaults(
    struct arena *arena, const struct conf_option *table, void *out);

/**
 * conf_print(stream, table, values):
 * Write the configuration at ${values} to ${stream} so that conf_load() reads
 * the same again, each option under its help as a comment.
 */
void conf_print(
    FILE *stream, const struct conf_option *table, const void *values);

/**
 * conf_names(stream, table):
 * Write the name of each option, one a line; those of a section as
 * `section.name'.
 */
void conf_names(FILE *stream, const struct conf_option *table);

/**
 * conf_changes(arena, table, names, a, b):
 * Return the names of the options of ${table} whose values in the structs at
 * ${a} and ${b} differ, "one, other" in the order of ${table}; only those among
 * ${names}, which end with NULL, and no sections.  Return NULL when there are
 * none; else the text lives as long as ${arena}.
 */
const char *conf_changes(struct arena *arena, const struct conf_option *table,
    const char *const *names, const void *a, const void *b);

#endif
