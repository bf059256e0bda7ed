#include <stddef.h>

#include "config.h"
#include "config_sections.h"

#define DAY ((int64_t)86400)

/* clang-format off */
#define OPTION(option_name, option_type, member, ...)                          \
	{                                                                      \
		.name = (option_name), .type = (option_type),                  \
		.offset = offsetof(struct config_settings, member),            \
		__VA_ARGS__                                                    \
	}
/* clang-format on */

#define SECTION(option_name, member, item, table, ...)                         \
	OPTION(option_name, CONF_SECTION, member, .section = (table),          \
	    .section_size = sizeof(struct item), __VA_ARGS__)

/* Points for a finding; below 0 they speak for the client. */
#define POINTS(option_name, member, points, ...)                               \
	OPTION(option_name, CONF_INTEGER, member, .value = (points),           \
	    .min = -100, .max = 100, __VA_ARGS__)

static const char *const log_levels[] = { "error", "warning", "info", "debug",
	NULL };
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_sinks[] = { "auto", "stderr", "syslog", "journald",
	NULL };
static const char *const modes[] = { "enforce", "shadow", NULL };
static const char *const troubles[] = { "pass", "defer", NULL };
/* In the order of enum accounting_end. */
static const char *const ends[] = { "auto", "yes", "no", NULL };
static const char *const over_quotas[] = { "reject", "defer", NULL };
/* Of enum limit_action, those that make sense for a jump. */
static const char *const jump_actions[] = { "alarm", "defer", "hold", "lock",
	NULL };

const struct conf_option config_options[] = {
	OPTION("sockets", CONF_LIST, sockets,
	    .value = "{\"unix:/var/spool/postfix/mailreeve/policy.sock\"}",
	    .help = "Where Postfix asks: unix:PATH, inet:PORT@ADDRESS or "
		    "inet6:PORT@ADDRESS; sockets that systemd passes come "
		    "before these."),
	OPTION("socket_group", CONF_STRING, socket_group, .value = "postfix",
	    .help = "Group that may connect to UNIX sockets (mode 0660)."),
	OPTION("user", CONF_STRING, user, .value = "mailreeve-policyd",
	    .help = "User to become when started as root."),
	OPTION("control_socket", CONF_STRING, control_socket,
	    .value = "/run/mailreeve/policyd.sock",
	    .help = "UNIX socket of mailreeve-policyctl, for root and `user'."),
	OPTION("max_connections", CONF_INTEGER, max_connections,
	    .value = "4000", .min = 10, .max = 100000,
	    .help = "Connections of Postfix at once: one for each smtpd "
		    "process and way that main.cf names us."),
	OPTION("idle_timeout", CONF_DURATION, idle_timeout, .value = "20m",
	    .min = 1, .max = DAY,
	    .help = "Close a connection that is silent for so long. Postfix "
		    "keeps one up to 1000s and takes one that we close for a "
		    "failure."),
	OPTION("drain_timeout", CONF_DURATION, drain_timeout, .value = "10s",
	    .max = 600,
	    .help = "Longest wait for answers under way when stopping."),
	OPTION("workers", CONF_INTEGER, workers, .value = "32", .min = 1,
	    .max = 1000,
	    .help = "Requests at once that may wait for the DNS; others are "
		    "answered meanwhile, and quotas asked for beside."),
	OPTION("mode", CONF_WORD, mode, .value = "enforce", .words = modes,
	    .help = "shadow: answer DUNNO to everything; log and count what "
		    "would have happened."),
	OPTION("trusted_networks", CONF_LIST, trusted_networks,
	    .value = "{127.0.0.0/8, ::1/128}",
	    .help = "Clients in these networks send outbound mail, as "
		    "authenticated ones do; all others without a login are "
		    "strangers.  As Postfix's mynetworks, as a rule."),
	OPTION("own_names", CONF_LIST, own_names, .value = "{}",
	    .help = "Names of this host that no stranger may say in HELO; the "
		    "host's name when empty."),
	OPTION("contact", CONF_STRING, contact,
	    .help = "A URL or address that refusals name, for people whose "
		    "mail was refused."),
	OPTION("on_trouble", CONF_WORD, on_trouble, .value = "pass",
	    .words = troubles,
	    .help = "What happens to mail about which we cannot decide."),
	OPTION("state", CONF_STRING, state,
	    .value = "/var/lib/mailreeve/policyd/policyd.sqlite",
	    .help = "SQLite file that keeps counters and all else across a "
		    "restart; none: nothing is kept."),
	OPTION("client_net_ipv4", CONF_INTEGER, client_net_ipv4, .value = "24",
	    .min = 8, .max = 32, .help = "Bits of ${client_net}."),
	OPTION("client_net_ipv6", CONF_INTEGER, client_net_ipv6, .value = "64",
	    .min = 16, .max = 128, .help = "Bits of ${client_net}."),
	OPTION("recipient_delimiter", CONF_STRING, recipient_delimiter,
	    .value = "+",
	    .help = "What begins an address extension; \"\": nothing."),
	OPTION("country_database", CONF_STRING, country_database,
	    .help = "MaxMind database (.mmdb) with countries."),
	OPTION("asn_database", CONF_STRING, asn_database,
	    .help = "MaxMind database with autonomous systems."),
	OPTION("public_suffix_list", CONF_STRING, public_suffix_list,
	    .help = "File with the public suffix list; the system's when not "
		    "set."),
	OPTION("default_limits", CONF_BOOL, default_limits, .value = "yes",
	    .help = "Have the limits user-burst, user-hour, user-day, "
		    "user-first-recipients, user-networks, user-countries, "
		    "server-day, client-messages and client-recipients; a "
		    "section of the same name replaces one."),
	OPTION("end_of_message", CONF_WORD, end_of_message, .value = "auto",
	    .words = ends,
	    .help = "Whether smtpd_end_of_data_restrictions asks us: then what "
		    "never arrives is given back; auto: find out."),
	OPTION("reservation_time", CONF_DURATION, reservation_time,
	    .value = "5m", .min = 10, .max = 3600,
	    .help = "What was counted for a message is given back when "
		    "nothing is heard of it for so long."),
	OPTION("max_keys", CONF_INTEGER, max_keys, .value = "1000000",
	    .min = 100, .max = 100000000,
	    .help = "Keys of each limit that are remembered; beyond them those "
		    "go that have the least left to count."),
	OPTION("new_account_period", CONF_DURATION, new_account_period,
	    .value = "7d", .max = 365 * DAY,
	    .help =
		"An account is new for so long after its first mail; who "
		"sends within that time after the first start of the daemon is not "
		"new."),
	OPTION("new_account_divisor", CONF_INTEGER, new_account_divisor,
	    .value = "5", .min = 1, .max = 1000,
	    .help = "The rate of a new account is divided by it."),
	OPTION("exempt_networks", CONF_LIST, exempt_networks, .value = "{}",
	    .help = "Clients that no limit applies to, whoever logs in."),
	OPTION("exempt_users", CONF_LIST, exempt_users, .value = "{}",
	    .help = "Logins, and domains of logins, that no limit applies to."),
	OPTION("score", CONF_BOOL, score, .value = "yes",
	    .help = "Score strangers' mail, and prepend X-Mailreeve-Score."),
	OPTION("score_mode", CONF_WORD, score_mode, .value = "enforce",
	    .words = modes,
	    .help = "shadow: write the header, but defer and reject nothing."),
	OPTION("default_lists", CONF_BOOL, default_lists, .value = "yes",
	    .help = "Ask well-known DNS lists; a section of the same name "
		    "replaces one."),
	OPTION("lookup_timeout", CONF_MILLISECONDS, lookup_timeout,
	    .value = "1500ms", .min = 50, .max = 60000,
	    .help = "Longest wait for all lists, names and SPF of a message; "
		    "then what is known decides."),
	OPTION("list_test_interval", CONF_DURATION, list_test_interval,
	    .value = "5m", .min = 1, .max = DAY,
	    .help = "How often lists are tested (RFC 5782 5); one that lists "
		    "nothing, everything or refuses us is not asked."),
	OPTION("score_junk", CONF_INTEGER, score_junk, .value = "5",
	    .min = -1000, .max = 1000,
	    .help = "From so many points on the header says junk, and Sieve "
		    "files the message there."),
	OPTION("score_greylist", CONF_INTEGER, score_greylist, .value = "2",
	    .min = -1000, .max = 1000,
	    .help = "From so many points on a client must come again; 0 or "
		    "less: all that nobody vouches for."),
	OPTION("score_defer", CONF_INTEGER, score_defer, .value = "0",
	    .max = 1000,
	    .help = "From so many points on mail is deferred; 0: never."),
	OPTION("score_reject", CONF_INTEGER, score_reject, .value = "8",
	    .max = 1000,
	    .help = "From so many points on mail is rejected; 0: never."),
	OPTION("reject_groups", CONF_INTEGER, reject_groups, .value = "2",
	    .min = 1, .max = 10,
	    .help = "So many independent sources must be against a client "
		    "before it is rejected."),
	OPTION("group_cap", CONF_INTEGER, group_cap, .value = "6", .min = 1,
	    .max = 1000,
	    .help = "What lists of one group weigh together at most, either "
		    "way."),
	POINTS("score_helo_literal", helo_literal, "1",
	    .help = "Points for an address literal in HELO."),
	POINTS("score_helo_address", helo_address, "4",
	    .help = "Points for an address without brackets in HELO."),
	POINTS("score_helo_ours", helo_ours, "6",
	    .help = "Points for our own name or address in HELO."),
	POINTS("score_helo_no_dot", helo_no_dot, "2",
	    .help = "Points for a HELO name without a dot."),
	POINTS("score_helo_invalid", helo_invalid, "3",
	    .help = "Points for a HELO name that is no domain name."),
	POINTS("score_helo_unresolved", helo_unresolved, "1",
	    .help = "Points for a HELO name without an address."),
	POINTS("score_no_reverse_name", name_missing, "3",
	    .help = "Points for a client address without a name."),
	POINTS("score_unconfirmed_name", name_unconfirmed, "2",
	    .help = "Points for a name that does not lead back to the "
		    "address."),
	POINTS("score_generic_name", name_generic, "2",
	    .help = "Points for a name like those of home connections."),
	POINTS("score_spf_pass", spf_pass, "0", .help = "Points for SPF pass."),
	POINTS("score_spf_none", spf_none, "0",
	    .help = "Points for a sender without SPF, or of SPF neutral."),
	POINTS("score_spf_softfail", spf_softfail, "2",
	    .help = "Points for SPF softfail."),
	POINTS("score_spf_fail", spf_fail, "3", .help = "Points for SPF fail."),
	POINTS("score_spf_permerror", spf_permerror, "1",
	    .help = "Points for a sender whose SPF record is wrong."),
	POINTS("score_null_several", null_several, "4",
	    .help = "Points for the null sender to several recipients."),
	POINTS("score_unknown_recipients", unknown_recipients, "4",
	    .help = "Points for a network most of whose recipients lately "
		    "were nobody."),
	OPTION("score_reputation", CONF_INTEGER, reputation, .value = "4",
	    .max = 100,
	    .help = "The most that what we learned of a network or domain "
		    "weighs, either way."),
	OPTION("greylist", CONF_BOOL, greylist, .value = "yes",
	    .help = "Have suspicious clients come again."),
	OPTION("greylist_mode", CONF_WORD, greylist_mode, .value = "enforce",
	    .words = modes, .help = "shadow: only learn."),
	OPTION("greylist_delay", CONF_DURATION, greylist_delay, .value = "3m",
	    .min = 1, .max = DAY, .help = "How long a client must wait."),
	OPTION("greylist_window", CONF_DURATION, greylist_window, .value = "1d",
	    .min = 60, .max = 30 * DAY,
	    .help = "Within this time it must come again."),
	OPTION("greylist_lifetime", CONF_DURATION, greylist_lifetime,
	    .value = "35d", .min = 3600, .max = 400 * DAY,
	    .help = "So long it need not wait again."),
	OPTION("auto_allow", CONF_INTEGER, auto_allow, .value = "5",
	    .max = 1000,
	    .help = "After so many passes a client need not wait at all; 0: "
		    "never."),
	OPTION("whitelist_clients", CONF_LIST, whitelist_clients, .value = "{}",
	    .help = "Files with clients that are not greylisted, as "
		    "postgrey's."),
	OPTION("whitelist_recipients", CONF_LIST, whitelist_recipients,
	    .value = "{}",
	    .help = "Files with recipients whose mail is not greylisted, as "
		    "postgrey's."),
	OPTION("quota", CONF_STRING, quota,
	    .help = "Where quotas are asked for: mailreeve-quotad, as "
		    "quotad:/run/mailreeve/quotad.sock, or Dovecot's "
		    "quota-status service, such as inet:12340@127.0.0.1; not "
		    "asked when not set."),
	OPTION("quota_recipient_maps", CONF_LIST, quota_recipient_maps,
	    .value = "{}",
	    .help = "Postfix's maps that say whose mailboxes a recipient's "
		    "are, such as hash:/etc/postfix/virtual; \"postfix\" is "
		    "what its virtual_alias_maps name."),
	OPTION("quota_timeout", CONF_MILLISECONDS, quota_timeout, .value = "2s",
	    .min = 50, .max = 60000,
	    .help = "Longest wait for it; then the message passes, and the "
		    "delivery decides."),
	OPTION("over_quota", CONF_WORD, over_quota, .value = "reject",
	    .words = over_quotas,
	    .help = "Refuse mail to a full mailbox with 552 or with 452."),
	OPTION("quota_mode", CONF_WORD, quota_mode, .value = "enforce",
	    .words = modes, .help = "shadow: only log."),
	OPTION("jump_factor", CONF_INTEGER, jump_factor, .value = "10",
	    .max = 1000,
	    .help = "A login that sends so many times what it ever sent in an "
		    "hour is odd; 0: never."),
	OPTION("jump_minimum", CONF_INTEGER, jump_minimum, .value = "50",
	    .min = 1, .max = 1000000,
	    .help = "Recipients in an hour below which no jump is odd."),
	OPTION("jump_action", CONF_WORD, jump_action, .value = "alarm",
	    .words = jump_actions, .help = "What happens then."),
	OPTION("bounce_minimum", CONF_INTEGER, bounce_minimum, .value = "30",
	    .min = 1, .max = 1000000,
	    .help = "Recipients in an hour below which bounces are not "
		    "odd."),
	OPTION("bounce_alarm", CONF_INTEGER, bounce_alarm, .value = "25",
	    .max = 100,
	    .help = "Per cent of bounces at which the admin is told; 0: "
		    "never."),
	OPTION("bounce_hold", CONF_INTEGER, bounce_hold, .value = "50",
	    .max = 100,
	    .help = "Per cent at which the login's mail is held; 0: never."),
	OPTION("watch_mode", CONF_WORD, watch_mode, .value = "enforce",
	    .words = modes, .help = "shadow: only log jumps and bounces."),
	OPTION("locked_users", CONF_STRING, locked_users,
	    .help = "File of logins that Dovecot is to refuse, which step "
		    "lock writes; not written when not set."),
	OPTION("notify_to", CONF_STRING, notify_to,
	    .help = "Address that is told of odd accounts, once each time."),
	OPTION("notify_from", CONF_STRING, notify_from,
	    .help = "Sender of these mails; the null path when not set."),
	OPTION("sendmail", CONF_STRING, sendmail, .value = "/usr/sbin/sendmail",
	    .help = "The program that sends them."),
	OPTION("webhook", CONF_STRING, webhook,
	    .help = "http: or https: URL that gets the same as JSON."),
	OPTION("shared_server", CONF_STRING, shared_server,
	    .help = "Redis or Valkey server by which several machines share "
		    "limits: unix:PATH or inet:PORT@ADDRESS."),
	OPTION("shared_sentinels", CONF_LIST, shared_sentinels, .value = "{}",
	    .help = "Sentinels that know the server instead, as "
		    "inet:PORT@ADDRESS."),
	OPTION("shared_sentinel_name", CONF_STRING, shared_sentinel_name,
	    .value = "mailreeve", .help = "What they call it."),
	OPTION("shared_username", CONF_STRING, shared_username,
	    .help = "User at the server; the default one when not set."),
	OPTION("shared_password_file", CONF_STRING, shared_password_file,
	    .help = "File whose first line is the password."),
	OPTION("shared_tls", CONF_BOOL, shared_tls, .value = "no",
	    .help = "Connect with TLS, where hiredis can (Debian 13)."),
	OPTION("shared_tls_ca", CONF_STRING, shared_tls_ca,
	    .help = "File with the certificates to trust; the system's when "
		    "not set."),
	OPTION("shared_timeout", CONF_MILLISECONDS, shared_timeout,
	    .value = "100ms", .min = 5, .max = 10000,
	    .help = "Longest wait for the server; then this machine counts "
		    "alone."),
	OPTION("shared_nodes", CONF_INTEGER, shared_nodes, .value = "2",
	    .min = 1, .max = 1000,
	    .help = "Machines that share; alone, each allows its part."),
	OPTION("resolvers", CONF_LIST, resolvers, .value = "{system}",
	    .help = "Resolvers to ask, as ADDRESS or ADDRESS@PORT; system: "
		    "those of /etc/resolv.conf; recursive: none, ask the "
		    "authoritative servers, as DNS lists like it; zone:FILE: "
		    "answer from a zone file (tests)."),
	OPTION("trust_anchor", CONF_STRING, trust_anchor,
	    .help = "File with the DNSSEC root key, to validate answers "
		    "ourselves."),
	OPTION("dns_cache_entries", CONF_INTEGER, dns_cache_entries,
	    .value = "20000", .min = 100, .max = 10000000,
	    .help = "DNS answers to keep."),
	OPTION("log_level", CONF_WORD, log_level, .value = "info",
	    .words = log_levels, .help = "Least important lines to log."),
	OPTION("log_format", CONF_WORD, log_format, .value = "text",
	    .words = log_formats, .help = "Lines as key=value or as JSON."),
	OPTION("log_to", CONF_WORD, log_to, .value = "auto", .words = log_sinks,
	    .help = "Where lines go; auto: journald under systemd, else "
		    "stderr."),
	OPTION("metrics", CONF_STRING, metrics,
	    .help = "Loopback address where Prometheus reads metrics over "
		    "HTTP, such as inet:8895@127.0.0.1; none when not set."),
	SECTION("limit", limits, config_limit, config_limit_options,
	    .help = "limit \"NAME\" { ... }: how much may pass."),
	SECTION("override", overrides, config_override, config_override_options,
	    .help = "override \"WHO\" { ... }: other rates for a login, the "
		    "domain of logins or group:NAME; the nearest counts, and "
		    "what mailreeve-policyctl sets before it."),
	SECTION("group", groups, config_group, config_group_options,
	    .help = "group \"NAME\" { ... }: logins and domains that "
		    "overrides name together."),
	SECTION("pool", pools, config_pool, config_pool_options,
	    .help = "pool \"NAME\" { ... }: networks that count as one, and as "
		    "no country, such as those of a provider whose customers "
		    "send as yours by any of its hosts."),
	SECTION("list", lists, config_list, config_list_options,
	    .help = "list \"ZONE\" { ... }: a DNS list (RFC 5782)."),
	{ .name = NULL },
};
