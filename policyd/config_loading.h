/*
 * config_loading.h: a configuration that is being loaded; for config_*.c only.
 */
#ifndef POLICYD_CONFIG_LOADING_H
#define POLICYD_CONFIG_LOADING_H

#include "config.h"

struct config_loading {
	struct config *config;
	const struct config_reader *reader;
	const char *path;
	const struct conf_places *places;
	bool failed;
};

/**
 * config_error(loading, place, text):
 * Tell of an error in a section at ${place}.
 */
void config_error(struct config_loading *loading,
    const struct conf_place *place, const char *text);

/**
 * config_error_in(loading, option, index, text),
 * config_warning_in(loading, option, index, text):
 * Tell of an error in, or something odd about, a value outside of sections.
 */
void config_error_in(struct config_loading *loading, const char *option,
    size_t index, const char *text);
void config_warning_in(struct config_loading *loading, const char *option,
    size_t index, const char *text);

/**
 * config_networks(loading, option, list, count):
 * Read the networks of an option.
 */
struct network *config_networks(struct config_loading *loading,
    const char *option, const struct conf_list *list, size_t *count);

/**
 * config_limits_read(loading), config_lists_read(loading),
 * config_check(loading):
 * Fill in the limits with their overrides, and the DNS lists; check what stands
 * outside of sections.
 */
void config_limits_read(struct config_loading *loading);
void config_lists_read(struct config_loading *loading);
void config_check(struct config_loading *loading);

#endif
