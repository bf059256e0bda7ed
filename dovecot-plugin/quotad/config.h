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

extern const struct conf_option config_options[];

/* A section "limit": for a kind ("domain") or one account
 * ("domain/a.example"). */
struct config_limit {
	const char *account;
	struct record_limits limits;
};

struct config_settings {
	const char *socket; /* /run/mailreeve/quotad.sock */
	const char *user;   /* mailreeve-quotad */
	const char *store;  /* a path, or redis:ENDPOINT */
	const char *store_password_file;
	int64_t store_timeout;          /* ms */
	struct conf_list trusted_users; /* besides root and dovecot: vmail */
	struct conf_list asking_users;  /* mailreeve-policyd */
	bool system_users; /* a login may book for the holder of its name */
	int64_t max_connections;
	int64_t max_user_connections; /* of a user who is not trusted */
	int64_t lease_ttl;            /* s: after which a lease without a
	                               * connection counts as dead */
	struct conf_list warn_at;     /* percent */
	int64_t warn_period;          /* s */
	const char *warn_command;     /* or NULL */
	bool warn_mail;               /* to user and domain owner */
	const char *warn_from;
	const char *domain_owner;  /* "postmaster@%d" */
	const char *warn_template; /* a file, or NULL */
	const char *metrics;
	int log_to, log_format, log_level;
};

struct config {
	struct config_settings settings;
	struct config_limit *limits;
	size_t limit_count;
	struct arena *arena;
};

struct config_reader {
	void (*error)(void *cookie, const char *message);
	void (*warning)(void *cookie, const char *message);
	void *cookie;
	bool to_serve;
	bool from_root;
};

/**
 * config_load(path, reader), config_free(config), config_print(config, file):
 * As policyd's: read and check ${path}, telling ${reader} all that is wrong;
 * NULL if anything is.  Print what is in force, as -P does.
 */
struct config *config_load(
    const char *path, const struct config_reader *reader);
void config_free(struct config *config);
void config_print(const struct config *config, FILE *file);

#endif
