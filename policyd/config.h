/*
 * config.h: the policy daemon's configuration, loaded, checked and never
 * changed after.  A reload makes a new one; the old one goes when its last
 * request is answered.
 */
#ifndef POLICYD_CONFIG_H
#define POLICYD_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "accounting.h"
#include "base/network.h"
#include "conf/conf.h"
#include "decide.h"
#include "facts.h"
#include "greylist.h"
#include "limit.h"
#include "lists.h"
#include "score.h"
#include "watch.h"

/* What the file says, one member an option; config_options.c has the table with
 * their meanings. */
struct config_settings {
	struct conf_list sockets;
	const char *socket_group;
	const char *user;
	const char *control_socket;
	int64_t max_connections;
	int64_t idle_timeout;
	int64_t drain_timeout;
	int64_t workers;
	int mode;
	struct conf_list trusted_networks;
	struct conf_list own_names;
	const char *contact;
	int on_trouble;
	const char *state; /* the store's file; "none": nothing is kept */

	int64_t client_net_ipv4;
	int64_t client_net_ipv6;
	const char *recipient_delimiter;
	const char *country_database;
	const char *asn_database;
	const char *public_suffix_list;

	bool default_limits;
	int end_of_message;
	int64_t reservation_time;
	int64_t max_keys;
	int64_t new_account_period;
	int64_t new_account_divisor;
	struct conf_list exempt_networks;
	struct conf_list exempt_users;

	bool score;
	bool default_lists;
	int64_t lookup_timeout; /* milliseconds */
	int64_t list_test_interval;
	int64_t score_junk;
	int64_t score_greylist;
	int64_t score_defer;
	int64_t score_reject;
	int64_t reject_groups;
	int64_t group_cap;
	int64_t helo_literal;
	int64_t helo_address;
	int64_t helo_ours;
	int64_t helo_no_dot;
	int64_t helo_invalid;
	int64_t helo_unresolved;
	int64_t name_missing;
	int64_t name_unconfirmed;
	int64_t name_generic;
	int64_t spf_pass;
	int64_t spf_none;
	int64_t spf_softfail;
	int64_t spf_fail;
	int64_t spf_permerror;
	int64_t null_several;
	int64_t unknown_recipients;
	int64_t reputation;
	int score_mode;

	bool greylist;
	int greylist_mode;
	int64_t greylist_delay;
	int64_t greylist_window;
	int64_t greylist_lifetime;
	int64_t auto_allow;
	struct conf_list whitelist_clients;
	struct conf_list whitelist_recipients;

	const char *quota; /* where Dovecot's quota-status listens */
	struct conf_list quota_recipient_maps;
	int64_t quota_timeout; /* milliseconds */
	int over_quota;
	int quota_mode;

	int64_t jump_factor;
	int64_t jump_minimum;
	int jump_action;
	int64_t bounce_minimum;
	int64_t bounce_alarm;
	int64_t bounce_hold;
	const char *locked_users;
	int watch_mode;
	const char *notify_to;
	const char *notify_from;
	const char *sendmail;
	const char *webhook;

	const char *shared_server;
	struct conf_list shared_sentinels;
	const char *shared_sentinel_name;
	const char *shared_username;
	const char *shared_password_file;
	bool shared_tls;
	const char *shared_tls_ca;
	int64_t shared_timeout; /* milliseconds */
	int64_t shared_nodes;

	struct conf_list resolvers;
	const char *trust_anchor;
	int64_t dns_cache_entries;
	int log_level;
	int log_format;
	int log_to;
	const char *metrics;

	struct conf_sections limits;
	struct conf_sections overrides;
	struct conf_sections groups;
	struct conf_sections pools;
	struct conf_sections lists;
};

struct geo;
struct orgdomain;
struct passlist;

struct config {
	struct arena *arena;
	atomic_int references;
	struct config_settings settings;
	struct network *trusted_networks;
	size_t trusted_network_count;
	struct facts_rules facts_rules;
	const struct facts_pool *pools;
	struct accounting_rules accounting;
	const struct dns_list *lists;
	size_t list_count;
	struct score_weights weights;
	struct greylist_rules greylist_rules;
	struct watch_rules watch_rules;
	struct decide_policy policy;
	const char *const *own_names; /* ended by NULL */
	const char *shared_password;  /* or NULL */
	struct passlist *passlist;
	struct geo *geo; /* or NULL */
	struct orgdomain *suffixes;
	bool learns_known; /* something asks who wrote to whom */
};

/* Who is told of what is wrong with a configuration. */
struct config_reader {
	conf_complain *error;   /* it cannot be used */
	conf_complain *warning; /* it can, but look at this */
	void *cookie;
	bool to_serve;  /* check what a start needs of this host */
	bool from_root; /* a start is by root, who becomes `user' */
};

/* Words of every option `mode'. */
enum config_mode {
	CONFIG_ENFORCE,
	CONFIG_SHADOW,
};

/* Where it stands unless -c says otherwise. */
#define CONFIG_FILE "/etc/mailreeve/policyd.conf"
#define CONFIG_USER "mailreeve-policyd"
#define CONFIG_STATE "/var/lib/mailreeve/policyd/policyd.sqlite"
#define CONFIG_CONTROL "/run/mailreeve/policyd.sock"

/* The options, for -P and the list that the man page is compared with. */
extern const struct conf_option config_options[];

/**
 * config_load(path, reader):
 * Read ${path}, or the defaults when it is NULL, check it, and read the files
 * that it names.  Return it with one reference, or NULL when ${reader} was told
 * of an error.
 */
struct config *config_load(
    const char *path, const struct config_reader *reader);

/**
 * config_ref(config), config_free(config):
 * Take one more reference; give one back.  NULL is harmless to free.
 */
struct config *config_ref(struct config *config);
void config_free(struct config *config);

/**
 * config_restart_needed(started, loaded):
 * Return the names of all options that differ between the two and that only a
 * restart changes, which live as long as ${loaded}; or NULL.
 */
const char *config_restart_needed(
    const struct config *started, const struct config *loaded);

/**
 * config_print(config, stream):
 * Write ${config} to ${stream} in full, as config_load() reads it: default
 * limits and lists are sections of it.
 */
void config_print(const struct config *config, FILE *stream);

#endif
