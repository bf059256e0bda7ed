/*
 * config.h: the milter's configuration, loaded, checked and never changed
 * after. A reload makes a new one; the old one goes when its last message does.
 */
#ifndef MILTER_CONFIG_H
#define MILTER_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/network.h"
#include "conf/conf.h"
#include "dkim/keyfile.h"
#include "dkim/sign.h"
#include "dkim/verify.h"
#include "signtable.h"
#include "verdict.h"

/* What the file says, one member an option; config.c has the table with their
 * meanings. */
struct config_settings {
	const char *socket;
	const char *socket_group;
	const char *user;
	const char *authserv_id;
	bool sign;
	bool verify;
	const char *key_store;
	struct conf_list trusted_networks;
	struct conf_list originating_daemons;
	const char *login_domain;
	int author_check;
	const char *opendkim_conf;
	const char *opendkim_keys;
	int canonicalization;
	int64_t signature_ttl;
	struct conf_list sign_headers;
	struct conf_list oversign_headers;
	int64_t min_signing_bits;
	int64_t min_verify_bits;
	int64_t max_signatures;
	bool accept_partial_body;
	bool accept_expired;
	int64_t clock_skew;
	bool enforce;
	int on_reject;
	int on_quarantine;
	int no_from;
	int several_from_fields;
	int several_from_domains;
	int on_dns_trouble;
	const char *contact;
	int discovery;
	const char *public_suffix_list;
	bool received_spf;
	bool show_login;
	bool policy_score;
	bool outgoing_check;
	struct conf_list outgoing_refuse;
	struct conf_list resolvers;
	const char *trust_anchor;
	int64_t dns_timeout;
	int64_t dns_cache_entries;
	int64_t max_header_bytes;
	int64_t max_header_fields;
	int over_limit;
	int64_t drain_timeout;
	int log_level;
	int log_format;
	int log_to;
	const char *metrics;
	struct conf_sections signing;
	struct conf_sections senders;
	struct conf_sections rules;
};

/* Values of `author_check': who may write as whom. */
enum config_author {
	CONFIG_AUTHOR_LOGIN, /* any address of the login's own domain */
	CONFIG_AUTHOR_TABLE, /* any author whom a key signs for */
};

struct hash;
struct opendkim_hosts;
struct orgdomain;

struct config {
	struct arena *arena;
	atomic_int references;
	struct config_settings settings;
	struct network *trusted_networks;
	size_t trusted_network_count;
	struct opendkim_hosts *internal_hosts; /* NULL: trusted_networks only */
	struct opendkim_hosts *peers;          /* left alone, or NULL */
	const char *opendkim_summary;          /* of what was read, or NULL */
	const char *opendkim_socket; /* its Socket, "": none, or NULL */
	struct signtable signtable;
	struct verdict_policy verdict_policy;
	struct rule *rules;
	size_t rule_count;
	struct orgdomain *suffixes; /* NULL: discovery is treewalk */
	struct dkim_sign_options sign_options;
	struct dkim_verify_options verify_options;
	struct dkim_private **privates; /* every private key, once */
	size_t private_count;
};

/* Who is told of what is wrong with a configuration. */
struct config_reader {
	conf_complain *error;   /* it cannot be used */
	conf_complain *warning; /* it can, but look at this */
	void *cookie;
	struct keyfile_owner key_owner;
	const char *mail_domain; /* a domain to name as example, or NULL */
	bool without_keys;
	/* What root, without keys, finds that OpenDKIM's tables name and is not
	 * there, for whoever cannot see that; or NULL. */
	struct hash *absent_keys;
	bool to_serve;  /* check what a start needs of this host */
	bool from_root; /* a start is by root, who becomes `user' */
};

/* Where it stands unless -c says otherwise. */
#define CONFIG_FILE "/etc/mailreeve/milter.conf"

/* Values that mailreeve-dns has for defaults, too. */
#define CONFIG_KEY_STORE "/var/lib/mailreeve/keys"
#define CONFIG_USER "mailreeve-milter"

/* The options, for -P and the list that the man page is compared with. */
extern const struct conf_option config_options[];

/**
 * config_load(path, reader):
 * Read ${path}, or the defaults when it is NULL, check it, and load the private
 * keys that it signs with, unless ${reader}->without_keys, which also spares it
 * warnings: the whole is going to be read again.  Return it with one
 * reference, or NULL when ${reader} was told of an error.
 */
struct config *config_load(
    const char *path, const struct config_reader *reader);

/**
 * config_ref(config):
 * Return ${config} with one more reference; any thread may call it.
 */
struct config *config_ref(struct config *config);

/**
 * config_free(config):
 * Give back one reference; the last one wipes the private keys.  NULL is
 * harmless.
 */
void config_free(struct config *config);

/**
 * config_is_trusted(config, name, client):
 * Say whether ${client}, whose host the MTA calls ${name}, or NULL, is in a
 * trusted network.
 */
bool config_is_trusted(const struct config *config, const char *name,
    const struct network_address *client);

/**
 * config_is_peer(config, name, client):
 * Say whether mail from ${client}, as above, is neither signed nor verified.
 */
bool config_is_peer(const struct config *config, const char *name,
    const struct network_address *client);

/**
 * config_restart_needed(started, loaded):
 * Return the names of all options that differ between the two and that only a
 * restart changes, which live as long as ${loaded}; or NULL.
 */
const char *config_restart_needed(
    const struct config *started, const struct config *loaded);

/**
 * config_print(config, stream):
 * Write ${config} to ${stream} in full, as config_load() reads it.
 */
void config_print(const struct config *config, FILE *stream);

#endif
