/*
 * opendkim_keys.h: the private keys that OpenDKIM's tables name, each loaded
 * once, from its place or from a copy that the milter may read.
 */
#ifndef MILTER_OPENDKIM_KEYS_H
#define MILTER_OPENDKIM_KEYS_H

#include "config_keys.h"
#include "opendkim_report.h"

struct opendkim_keys;

enum opendkim_key_status {
	OPENDKIM_KEY_OK,
	OPENDKIM_KEY_MISSING,  /* there is no such file */
	OPENDKIM_KEY_UNCOPIED, /* nor a copy of it, if there is one */
	OPENDKIM_KEY_ERROR, /* which the reader is told of, now or at the end */
};

/**
 * opendkim_keys_new(loading):
 * Return a loader of keys for ${loading}.
 */
struct opendkim_keys *opendkim_keys_new(struct config_loading *loading);

/**
 * opendkim_keys_finish(keys):
 * Tell of all keys that the milter may not read, in one text with the command
 * that gives it copies of its own, and free what ${keys} holds.
 */
void opendkim_keys_finish(struct opendkim_keys *keys);

/**
 * opendkim_keys_load(keys, path, place, private):
 * Store the key in ${path}, named at ${place}, in ${private}.
 */
enum opendkim_key_status opendkim_keys_load(struct opendkim_keys *keys,
    const char *path, const struct opendkim_place *place,
    const struct dkim_private **private);

/**
 * opendkim_keys_path(arena, path, domain):
 * Return ${path} with ${domain} in the place of each `%', or "" when that is
 * too long for a path.
 */
const char *opendkim_keys_path(
    struct arena *arena, const char *path, const char *domain);

/**
 * opendkim_keys_domains(keys, path, place, count):
 * Return the ${count} domains that can stand in the place of the first `%' of
 * ${path} so that there is such a file.
 */
const char **opendkim_keys_domains(struct opendkim_keys *keys, const char *path,
    const struct opendkim_place *place, size_t *count);

#endif
