/*
 * config.h: what dns.conf says.  Its options are in config_options.c, and the
 * man page mailreeve-dns.conf(5) lists the same.
 */
#ifndef DNS_TOOL_CONFIG_H
#define DNS_TOOL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "conf/conf.h"

#define CONFIG_FILE "/etc/mailreeve/dns.conf"

extern const struct conf_option config_options[];

enum config_sts {
	CONFIG_STS_NONE, /* no policy is published */
	CONFIG_STS_TESTING,
	CONFIG_STS_ENFORCE,
};

/* A finding that the operator has seen and lives with; the section's title is
 * its id, or its id, a blank and its subject. */
struct config_accepted {
	struct conf_place place;
	const char *reason;
};

struct config_settings {
	const char *key_store;
	const char *state;
	const char *hostname;
	struct conf_list addresses;
	struct conf_list resolvers;
	const char *trust_anchor;
	const char *ca_file;
	int64_t timeout; /* ms */
	int64_t ttl;     /* s */
	struct conf_list other_mx;
	struct conf_list spf_terms;
	const char *spf_all;
	int dmarc_policy; /* enum dmarc_policy */
	struct conf_list dmarc_rua;
	struct conf_list tls_rua;
	int mta_sts; /* enum config_sts */
	int64_t mta_sts_max_age;
	bool autoconfig;
	struct conf_list caa_issuers;
	struct conf_list acme_accounts;
	const char *certificate;
	const char *next_key;
	struct conf_list address_lists;
	struct conf_list domain_lists;
	struct conf_list outgoing_hosts;
	int64_t certificate_days;
	struct conf_sections accepted;
};

struct config {
	struct config_settings settings;
	struct arena *arena;
};

/**
 * config_load(path, error, cookie):
 * Read and check ${path}; or the defaults alone when it is NULL.  Return NULL
 * when something is wrong, of which ${error} was told with ${cookie}.
 */
struct config *config_load(
    const char *path, conf_complain *error, void *cookie);

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

#endif
