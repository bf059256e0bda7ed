/*
 * opendkim_copies.h: copies, for the milter, of keys that are OpenDKIM's alone.
 */
#ifndef MILTER_OPENDKIM_COPIES_H
#define MILTER_OPENDKIM_COPIES_H

#include "config_keys.h"
#include "opendkim_report.h"

/* Files that one command names; more are copied with their folder. */
#define OPENDKIM_COPIES_NAMED ((size_t)10)

/* Keys to copy. */
struct opendkim_copies {
	struct config_loading *loading;
	size_t count;
	const char *paths[OPENDKIM_COPIES_NAMED]; /* the first */
	const char *common;          /* the folder that all of them are below */
	struct opendkim_place place; /* where the first is named */
};

/**
 * opendkim_copies_path(loading, path):
 * Return where the copy of ${path} is: at its whole path below the folder of
 * copies.
 */
const char *opendkim_copies_path(
    const struct config_loading *loading, const char *path);

/**
 * opendkim_copies_add(copies, path, place):
 * Add the file or folder ${path}, named at ${place}, to ${copies}, whose
 * loading is set.
 */
void opendkim_copies_add(struct opendkim_copies *copies, const char *path,
    const struct opendkim_place *place);

/**
 * opendkim_copies_more(copies):
 * Return how many there are beside the first, to follow it in a sentence.
 */
const char *opendkim_copies_more(const struct opendkim_copies *copies);

/**
 * opendkim_copies_command(copies):
 * Return the command of root's that makes ${copies}, after words that announce
 * it.  OpenDKIM's own stay as they are, so that one can go back; symbolic
 * links, which its user could have made to any file, are not followed.
 */
const char *opendkim_copies_command(const struct opendkim_copies *copies);

#endif
