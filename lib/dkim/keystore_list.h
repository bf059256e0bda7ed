/*
 * keystore_list.h: keys.json, the list of one domain's keys; for keystore.c and
 * keystore_write.c.
 */
#ifndef DKIM_KEYSTORE_LIST_H
#define DKIM_KEYSTORE_LIST_H

#include <jansson.h>

#include "dkim/keystore.h"

#define KEYSTORE_LIST_NAME "keys.json"

enum keystore_list_state {
	KEYSTORE_LIST_PRESENT,
	KEYSTORE_LIST_ABSENT,
	KEYSTORE_LIST_LOST, /* absent, but there are keys */
};

/**
 * keystore_list_find(folder, arena):
 * Say whether ${folder} has a list of keys.
 */
enum keystore_list_state keystore_list_find(
    const char *folder, struct arena *arena);

/**
 * keystore_list_read(folder, owner, arena, error):
 * Return the list in ${folder} as a JSON object of schema 1 with an array
 * "keys", to be given to json_decref(); or NULL with the reason, allocated from
 * ${arena}, in ${error}.
 */
json_t *keystore_list_read(const char *folder,
    const struct keyfile_owner *owner, struct arena *arena, const char **error);

/**
 * keystore_list_lost(folder, owner, arena):
 * Return what to say of ${folder} whose list is lost, with the command that
 * makes one of all its keys for ${owner} to read.
 */
const char *keystore_list_lost(
    const char *folder, const struct keyfile_owner *owner, struct arena *arena);

/**
 * keystore_list_key(folder, domain, entry, arena, out):
 * Store in ${out} what ${entry} of the list in ${folder} says of a key of
 * ${domain}.  Return -1 when it says no such thing.
 */
int keystore_list_key(const char *folder, const char *domain,
    const json_t *entry, struct arena *arena, struct keystore_key *out);

/**
 * keystore_list_entry(selector, algorithm, state, now, arena):
 * Return a new entry for a key made at ${now}, in seconds since 1970.
 */
json_t *keystore_list_entry(const char *selector, enum dkim_algorithm algorithm,
    enum keystore_state state, int64_t now, struct arena *arena);

/**
 * keystore_list_print(list, arena):
 * Return the text of ${list}, one key a line, so that line tools can change it.
 */
const char *keystore_list_print(const json_t *list, struct arena *arena);

/**
 * keystore_list_file(selector, algorithm, arena):
 * Return the name of the file of such a key in its domain's folder.
 */
const char *keystore_list_file(
    const char *selector, enum dkim_algorithm algorithm, struct arena *arena);

#endif
