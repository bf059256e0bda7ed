#include "config.h"

#include <stddef.h>

#include "config_sections.h"

/* clang-format off */
#define OPTION(option_name, option_type, member, ...)                          \
	{                                                                      \
		.name = (option_name), .type = (option_type),                  \
		.offset = offsetof(struct config_settings, member),            \
		__VA_ARGS__                                                    \
	}
/* clang-format on */

static const char *const canonicalizations[] = { "simple/simple",
	"simple/relaxed", "relaxed/simple", "relaxed/relaxed", NULL };
static const char *const author_checks[] = { "login", "table", NULL };
static const char *const over_limits[] = { "reject", "tempfail", NULL };
static const char *const log_levels[] = { "error", "warning", "info", "debug",
	NULL };
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_sinks[] = { "auto", "stderr", "syslog", "journald",
	NULL };

/* In the order of enum verdict_action. */
static const char *const actions[] = { "none", "tag", "hold", "reject", NULL };
static const char *const dns_troubles[] = { "pass", "tempfail", NULL };
/* In the order of enum dmarc_discovery. */
static const char *const discoveries[] = { "treewalk", "psl", "auto", NULL };
/* RULE_AS_PUBLISHED, then enum verdict_action. */
static const char *const rule_actions[] = { "policy", "none", "tag", "hold",
	"reject", "tempfail", NULL };

static const struct conf_option signing_options[] = {
	{ .name = "domain",
	    .type = CONF_STRING,
	    .offset = offsetof(struct config_signing, domain),
	    .help = "d= of the signatures; the domain of the section's pattern "
		    "when not set." },
	{ .name = "keys",
	    .type = CONF_LIST,
	    .offset = offsetof(struct config_signing, keys),
	    .value = "{}",
	    .help = "Keys as SELECTOR:FILE; the active keys of the domain in "
		    "key_store when empty." },
	{ .name = "identity",
	    .type = CONF_STRING,
	    .offset = offsetof(struct config_signing, identity),
	    .help = "i= of the signatures, at or below the domain; \"author\" "
		    "for the address in From; none when not set." },
	{ .name = NULL },
};

static const struct conf_option sender_options[] = {
	{ .name = "from",
	    .type = CONF_LIST,
	    .offset = offsetof(struct config_sender, from),
	    .value = "{}",
	    .help = "Patterns of the From addresses that this user's mail may "
		    "be signed with." },
	{ .name = NULL },
};

static const struct conf_option rule_options[] = {
	{ .name = "from",
	    .type = CONF_LIST,
	    .offset = offsetof(struct config_rule, from),
	    .value = "{}",
	    .help = "Patterns that every author in From matches." },
	{ .name = "client",
	    .type = CONF_LIST,
	    .offset = offsetof(struct config_rule, client),
	    .value = "{}",
	    .help = "Networks, one of which the client is in." },
	{ .name = "recipient",
	    .type = CONF_LIST,
	    .offset = offsetof(struct config_rule, recipient),
	    .value = "{}",
	    .help = "Patterns that every recipient matches." },
	{ .name = "signed_by",
	    .type = CONF_LIST,
	    .offset = offsetof(struct config_rule, signed_by),
	    .value = "{}",
	    .help = "Domains, one of which has a DKIM signature that passes, "
		    "such as a mailing list's." },
	{ .name = "mail_from",
	    .type = CONF_LIST,
	    .offset = offsetof(struct config_rule, mail_from),
	    .value = "{}",
	    .help = "Domains, one of which is that of an envelope sender that "
		    "passes SPF, such as a forwarder's." },
	{ .name = "results",
	    .type = CONF_LIST,
	    .offset = offsetof(struct config_rule, results),
	    .value = "{\"dmarc=fail\"}",
	    .help = "Results that the rule is for, as helo=, spf=, dkim= or "
		    "dmarc= and the word; {} for any." },
	{ .name = "action",
	    .type = CONF_WORD,
	    .offset = offsetof(struct config_rule, action),
	    .value = "policy",
	    .words = rule_actions,
	    .help = "What happens to such a message; policy: what would "
		    "happen without this rule." },
	{ .name = NULL },
};

const struct conf_option config_options[] = {
	OPTION("socket", CONF_STRING, socket,
	    .value = "unix:/var/spool/postfix/mailreeve/milter.sock",
	    .help = "Where Postfix connects: unix:PATH, inet:PORT@ADDRESS or "
		    "inet6:PORT@ADDRESS."),
	OPTION("socket_group", CONF_STRING, socket_group, .value = "postfix",
	    .help = "Group that may connect to a UNIX socket (mode 0660)."),
	OPTION("user", CONF_STRING, user, .value = "mailreeve-milter",
	    .help = "User to become when started as root."),
	OPTION("authserv_id", CONF_STRING, authserv_id,
	    .help = "Our name in Authentication-Results; Postfix's $myhostname "
		    "({j}) when not set."),
	OPTION("sign", CONF_BOOL, sign, .value = "yes",
	    .help = "Sign outbound mail."),
	OPTION("verify", CONF_BOOL, verify, .value = "yes",
	    .help = "Verify inbound mail."),
	OPTION("key_store", CONF_STRING, key_store,
	    .value = "/var/lib/mailreeve/keys",
	    .help = "Folder of DKIM keys; its active keys sign for the domains "
		    "that they are filed under."),
	OPTION("trusted_networks", CONF_LIST, trusted_networks,
	    .value = "{127.0.0.0/8, ::1/128}",
	    .help = "Clients in these networks send outbound mail."),
	OPTION("originating_daemons", CONF_LIST, originating_daemons,
	    .value = "{}",
	    .help = "Mail through a Postfix service with one of these "
		    "milter_macro_daemon_name values is outbound."),
	OPTION("login_domain", CONF_STRING, login_domain,
	    .help = "Domain of users whose login names have none."),
	OPTION("author_check", CONF_WORD, author_check, .value = "login",
	    .words = author_checks,
	    .help = "What a user without a sender section may write as: "
		    "addresses of his login's domain, or any author that keys "
		    "sign for (the default with opendkim_conf)."),
	OPTION("opendkim_conf", CONF_STRING, opendkim_conf,
	    .help = "OpenDKIM's configuration, taken over as it stands; what "
		    "this file sets itself wins."),
	OPTION("opendkim_keys", CONF_STRING, opendkim_keys,
	    .value = "/var/lib/mailreeve/opendkim-keys",
	    .help = "Folder with copies of OpenDKIM's keys that the milter may "
		    "not read where they are."),
	OPTION("canonicalization", CONF_WORD, canonicalization,
	    .value = "relaxed/relaxed", .words = canonicalizations,
	    .help = "Canonicalization of header and body when signing."),
	OPTION("signature_ttl", CONF_DURATION, signature_ttl, .value = "7d",
	    .max = 315360000,
	    .help = "Signatures expire (x=) after this time; 0: never."),
	OPTION("sign_headers", CONF_LIST, sign_headers, .value = "{}",
	    .help = "Header fields to sign; those of RFC 6376 5.4.1, "
		    "List-Unsubscribe and List-Unsubscribe-Post when empty."),
	OPTION("oversign_headers", CONF_LIST, oversign_headers, .value = "{}",
	    .help = "Header fields that nobody can add to a signed message; a "
		    "safe list when empty."),
	OPTION("min_signing_bits", CONF_INTEGER, min_signing_bits,
	    .value = "2048", .min = 1024, .max = 8192,
	    .help = "Smallest RSA key to sign with."),
	OPTION("min_verify_bits", CONF_INTEGER, min_verify_bits,
	    .value = "1024", .min = 1024, .max = 8192,
	    .help = "Smallest RSA key to believe (RFC 8301 3.2)."),
	OPTION("max_signatures", CONF_INTEGER, max_signatures, .value = "10",
	    .min = 1, .max = 50,
	    .help = "Signatures of one message to verify, those aligned with "
		    "From first."),
	OPTION("accept_partial_body", CONF_BOOL, accept_partial_body,
	    .value = "no",
	    .help = "Let a signature pass that covers a part of the body "
		    "(l=)."),
	OPTION("accept_expired", CONF_BOOL, accept_expired, .value = "no",
	    .help = "Let a signature pass after its x=."),
	OPTION("clock_skew", CONF_DURATION, clock_skew, .value = "5m",
	    .max = 86400,
	    .help = "How far the t= of a signature may lie in the future."),
	OPTION("enforce", CONF_BOOL, enforce, .value = "yes",
	    .help = "Act on verdicts; no: only log what would have happened."),
	OPTION("on_reject", CONF_WORD, on_reject, .value = "reject",
	    .words = actions,
	    .help = "What happens when DMARC fails and the author's domain "
		    "asks to reject."),
	OPTION("on_quarantine", CONF_WORD, on_quarantine, .value = "tag",
	    .words = actions,
	    .help = "What happens when DMARC fails and the author's domain "
		    "asks for quarantine; tag: Sieve files it into Junk."),
	OPTION("no_from", CONF_WORD, no_from, .value = "tag", .words = actions,
	    .help = "What happens, unless a rule decides, to a message without "
		    "an author that can be read."),
	OPTION("several_from_fields", CONF_WORD, several_from_fields,
	    .value = "reject", .words = actions,
	    .help = "What happens, unless a rule decides, to a message with "
		    "several From fields, which RFC 5322 forbids."),
	OPTION("several_from_domains", CONF_WORD, several_from_domains,
	    .value = "none", .words = actions,
	    .help = "What happens, unless a rule decides, to a message whose "
		    "authors have several domains; DMARC is evaluated for "
		    "each, and the strictest counts."),
	OPTION("on_dns_trouble", CONF_WORD, on_dns_trouble, .value = "tempfail",
	    .words = dns_troubles,
	    .help = "What happens when the DNS does not answer and the answer "
		    "could change the verdict."),
	OPTION("contact", CONF_STRING, contact,
	    .help = "A URL or address that refusals name, for people whose "
		    "mail was refused."),
	OPTION("discovery", CONF_WORD, discovery, .value = "auto",
	    .words = discoveries,
	    .help = "How the DMARC policy of a domain is found: by tree walk "
		    "(RFC 9989), by the public suffix list (RFC 7489), or by "
		    "tree walk with the list where the walk finds no psd=."),
	OPTION("public_suffix_list", CONF_STRING, public_suffix_list,
	    .help = "File with the public suffix list; the system's when not "
		    "set."),
	OPTION("received_spf", CONF_BOOL, received_spf, .value = "no",
	    .help = "Write a Received-SPF field, too."),
	OPTION("show_login", CONF_BOOL, show_login, .value = "no",
	    .help = "Tell the login of submitted mail in "
		    "Authentication-Results, where every recipient reads it."),
	OPTION("policy_score", CONF_BOOL, policy_score, .value = "no",
	    .help = "Keep the topmost X-Mailreeve-Score of inbound mail: "
		    "mailreeve-policyd writes it."),
	OPTION("outgoing_check", CONF_BOOL, outgoing_check, .value = "yes",
	    .help = "Warn about submitted mail that big receivers refuse."),
	OPTION("outgoing_refuse", CONF_LIST, outgoing_refuse, .value = "{}",
	    .help = "Of these warnings, those for which submitted mail is "
		    "refused: not_aligned, no_from, duplicate, no_date, "
		    "one_click."),
	OPTION("resolvers", CONF_LIST, resolvers, .value = "{system}",
	    .help = "Resolvers to ask, as ADDRESS or ADDRESS@PORT; system: "
		    "those of /etc/resolv.conf; recursive: none, ask the "
		    "authoritative servers; zone:FILE: answer from a zone file "
		    "(tests)."),
	OPTION("trust_anchor", CONF_STRING, trust_anchor,
	    .help = "File with the DNSSEC root key, to validate answers "
		    "ourselves."),
	OPTION("dns_timeout", CONF_DURATION, dns_timeout, .value = "10s",
	    .min = 1, .max = 60,
	    .help = "Longest wait for all DNS answers of a message."),
	OPTION("dns_cache_entries", CONF_INTEGER, dns_cache_entries,
	    .value = "20000", .min = 100, .max = 10000000,
	    .help = "DNS answers to keep."),
	OPTION("max_header_bytes", CONF_SIZE, max_header_bytes, .value = "1M",
	    .min = 65536, .max = 67108864,
	    .help = "Largest header section of a message."),
	OPTION("max_header_fields", CONF_INTEGER, max_header_fields,
	    .value = "2000", .min = 100, .max = 100000,
	    .help = "Most header fields of a message."),
	OPTION("over_limit", CONF_WORD, over_limit, .value = "reject",
	    .words = over_limits,
	    .help = "What happens to a message over these limits."),
	OPTION("drain_timeout", CONF_DURATION, drain_timeout, .value = "30s",
	    .max = 600,
	    .help = "Longest wait for messages in hand when stopping."),
	OPTION("log_level", CONF_WORD, log_level, .value = "info",
	    .words = log_levels, .help = "Least important lines to log."),
	OPTION("log_format", CONF_WORD, log_format, .value = "text",
	    .words = log_formats, .help = "Lines as key=value or as JSON."),
	OPTION("log_to", CONF_WORD, log_to, .value = "auto", .words = log_sinks,
	    .help = "Where lines go; auto: journald under systemd, else "
		    "stderr."),
	OPTION("metrics", CONF_STRING, metrics,
	    .help = "Loopback address where Prometheus reads metrics over "
		    "HTTP, such as inet:8894@127.0.0.1; none when not set."),
	OPTION("signing", CONF_SECTION, signing, .section = signing_options,
	    .section_size = sizeof(struct config_signing),
	    .help = "signing \"PATTERN\" { ... }: keys for authors that match "
		    "PATTERN, tried in file order, before key_store."),
	OPTION("sender", CONF_SECTION, senders, .section = sender_options,
	    .section_size = sizeof(struct config_sender),
	    .help = "sender \"LOGIN or PATTERN\" { ... }: From addresses for a "
		    "user; without one, those of his login's domain."),
	OPTION("rule", CONF_SECTION, rules, .section = rule_options,
	    .section_size = sizeof(struct config_rule),
	    .help = "rule \"NAME\" { ... }: what happens to inbound mail that "
		    "meets all its conditions; the first that matches counts."),
	{ .name = NULL },
};
