/*
 * config.h: what quotad.conf says.  Its options are in config_options.c, and
 * the man page mailreeve-quotad.conf(5) lists the same.
 */
#ifndef QUOTAD_CONFIG_H
#define QUOTAD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "record.h"

#define CONFIG_FILE "/etc/mailreeve/quotad.conf"
#define CONFIG_MAX_LEVELS 16

extern const struct conf_option config_options[];

/* A section "limit": for a kind of account ("domain") or one account
 * ("domain/a.example"); 0 is "not said here". */
struct config_limit {
	struct conf_place place;
	int64_t storage, messages, soft_storage, soft_messages, period;
	bool unlimited;
};

struct config_settings {
	const char *socket;
	const char *user;
	const char *store; /* a path, or redis:ENDPOINT */
	const char *store_password_file;
	int64_t store_timeout; /* ms */
	struct conf_list trusted_users;
	struct conf_list asking_users;
	bool system_users;
	int64_t max_connections;
	int64_t max_user_connections;
	int64_t lease_ttl; /* s */
	struct conf_list warn_at;
	int64_t warn_period; /* s */
	const char *warn_command;
	bool warn_mail;
	const char *warn_from;
	const char *domain_owner;
	const char *metrics;
	struct conf_sections limits;
	int log_level, log_format, log_to;
};

struct config {
	struct config_settings settings;
	const struct config_limit *limits;
	size_t limit_count;
	int64_t levels[CONFIG_MAX_LEVELS]; /* warn_at, ascending */
	size_t level_count;
	struct arena *arena;
};

/* Receives an error or warning, with file and line where there is one. */
struct config_reader {
	void (*error)(void *cookie, const char *text);
	void (*warning)(void *cookie, const char *text);
	void *cookie;
};

/**
 * config_load(path, reader):
 * Read and check ${path}, or the defaults alone when it is NULL.  Return NULL
 * when something is wrong, of which ${reader} was told.
 */
struct config *config_load(
    const char *path, const struct config_reader *reader);

/**
 * config_free(config):
 * Free what config_load() returned.  NULL is harmless.
 */
void config_free(struct config *config);

/**
 * config_print(config, stream):
 * Write it to ${stream} so that config_load() reads the same again.
 */
void config_print(const struct config *config, FILE *stream);

/**
 * config_restart_needed(started, loaded):
 * Return the names of options that differ and that only a restart can change,
 * or NULL; it lives as long as ${loaded}.
 */
const char *config_restart_needed(
    const struct config *started, const struct config *loaded);

#endif
