/*
 * config_keys.h: the keys that a configuration signs with, found in its signing
 * sections and in the key store, checked and loaded.
 */
#ifndef MILTER_CONFIG_KEYS_H
#define MILTER_CONFIG_KEYS_H

#include "config.h"

struct opendkim_import;

/* A configuration on its way; config.c's, shared with what fills it. */
struct config_loading {
	struct config *config;
	const struct config_reader *reader;
	const char *path; /* NULL: the defaults */
	const struct conf_places *places;
	struct opendkim_import *opendkim; /* NULL: there is no opendkim_conf */
	bool failed;
};

/**
 * config_error(loading, place, text):
 * Tell the reader of ${loading} that ${text} is wrong at ${place}, or outside
 * of the file when it is NULL, and remember that the configuration failed.
 */
void config_error(struct config_loading *loading,
    const struct conf_place *place, const char *text);

/**
 * config_error_in(loading, option, index, text):
 * As config_error(), at the value at ${index} of ${option}, or for the whole
 * file when that does not set it.
 */
void config_error_in(struct config_loading *loading, const char *option,
    size_t index, const char *text);

/**
 * config_warning(loading, text), config_warning_in(loading, option, index,
 * text):
 * Tell the reader of ${loading} of something odd that can be used.
 */
void config_warning(struct config_loading *loading, const char *text);
void config_warning_in(struct config_loading *loading, const char *option,
    size_t index, const char *text);

/**
 * config_keys_add_private(loading, path, private):
 * Let the configuration own ${private}, read from ${path}.  Return false when
 * it is too short to sign with, which the reader was told of.
 */
bool config_keys_add_private(struct config_loading *loading, const char *path,
    struct dkim_private *private);

/**
 * config_keys_add_rule(config):
 * Return a new, empty rule at the end of the table of ${config}; valid until
 * the next one.
 */
struct signtable_rule *config_keys_add_rule(struct config *config);

/**
 * config_keys_add(config, rule, key):
 * Append a copy of ${key} to the keys of ${rule}.
 */
void config_keys_add(struct config *config, struct signtable_rule *rule,
    const struct dkim_sign_key *key);

/**
 * config_keys_read(loading):
 * Fill the rules of the configuration's signtable and load their private keys.
 */
void config_keys_read(struct config_loading *loading);

#endif
