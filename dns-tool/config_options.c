#include <stddef.h>

#include "config.h"

#define DAY ((int64_t)86400)

/* clang-format off */
#define OPTION(option_name, option_type, member, ...)                          \
	{                                                                      \
		.name = (option_name), .type = (option_type),                  \
		.offset = offsetof(struct config_settings, member),            \
		__VA_ARGS__                                                    \
	}
/* clang-format on */

static const char *const dmarc_policies[] = { "none", "quarantine", "reject",
	NULL };
static const char *const sts_modes[] = { "none", "testing", "enforce", NULL };

static const struct conf_option accepted_options[] = {
	{ .name = "reason",
	    .type = CONF_STRING,
	    .offset = offsetof(struct config_accepted, reason),
	    .help = "Why it may stay; a section without a reason is refused." },
	{ .name = NULL },
};

const struct conf_option config_options[] = {
	OPTION("key_store", CONF_STRING, key_store,
	    .value = "/var/lib/mailreeve/keys",
	    .help = "Where the DKIM keys are, a folder for each domain."),
	OPTION("state", CONF_STRING, state, .value = "/var/lib/mailreeve/dns",
	    .help = "Where the last findings are kept."),
	OPTION("hostname", CONF_STRING, hostname,
	    .help = "Name of this mail server; Postfix's myhostname unless "
		    "set."),
	OPTION("addresses", CONF_LIST, addresses, .value = "{}",
	    .help = "Public addresses that it sends from and is reached at; "
		    "those of its interfaces unless set.  Behind NAT, name "
		    "them."),
	OPTION("resolvers", CONF_LIST, resolvers, .value = "{system}",
	    .help = "Who answers questions: system, recursive, zone:FILE, or "
		    "addresses such as 192.0.2.1 or 192.0.2.1@5353."),
	OPTION("trust_anchor", CONF_STRING, trust_anchor,
	    .value = "/usr/share/dns/root.key",
	    .help = "File of DS or DNSKEY records to validate DNSSEC with; "
		    "empty: do not validate."),
	OPTION("ca_file", CONF_STRING, ca_file,
	    .help = "File of certificate authorities that clients trust; the "
		    "system's unless set."),
	OPTION("timeout", CONF_MILLISECONDS, timeout, .value = "20s",
	    .min = 100, .max = 600000,
	    .help = "Deadline for all look-ups and connections of a check."),
	OPTION("ttl", CONF_DURATION, ttl, .value = "1h", .min = 30,
	    .max = 7 * DAY, .help = "TTL of the records."),
	OPTION("other_mx", CONF_LIST, other_mx, .value = "{}",
	    .help = "Other hosts that take mail for the domain, as "
		    "\"PREFERENCE HOST\"."),
	OPTION("spf_terms", CONF_LIST, spf_terms, .value = "{}",
	    .help = "Terms of the SPF record for others that send for the "
		    "domain, such as include:_spf.example.net."),
	OPTION("spf_all", CONF_STRING, spf_all, .value = "-all",
	    .help = "The SPF record's last term: -all, ~all or ?all."),
	OPTION("dmarc_policy", CONF_WORD, dmarc_policy, .value = "quarantine",
	    .words = dmarc_policies,
	    .help = "What receivers are asked to do with forged mail: none, "
		    "quarantine or reject.  A stricter one in the DNS is "
		    "fine."),
	OPTION("dmarc_rua", CONF_LIST, dmarc_rua, .value = "{postmaster}",
	    .help = "Who gets aggregate reports of DMARC: addresses; without "
		    "@, at the domain."),
	OPTION("tls_rua", CONF_LIST, tls_rua, .value = "{postmaster}",
	    .help = "Who gets TLS reports (RFC 8460): addresses, or https "
		    "URLs."),
	OPTION("mta_sts", CONF_WORD, mta_sts, .value = "testing",
	    .words = sts_modes,
	    .help = "Mode of the MTA-STS policy (RFC 8461); none: there is no "
		    "policy."),
	OPTION("mta_sts_max_age", CONF_DURATION, mta_sts_max_age,
	    .value = "14d", .min = 3600, .max = 31557600,
	    .help = "How long senders keep that policy."),
	OPTION("autoconfig", CONF_BOOL, autoconfig, .value = "yes",
	    .help = "Whether a web server here tells mail clients their "
		    "settings."),
	OPTION("caa_issuers", CONF_LIST, caa_issuers,
	    .value = "{letsencrypt.org}",
	    .help = "Who may issue certificates for the domain (RFC 8659); "
		    "empty: anybody."),
	OPTION("acme_accounts", CONF_LIST, acme_accounts,
	    .value = "{/etc/letsencrypt/accounts}",
	    .help = "Accounts whose certificates count (RFC 8657): URIs, or "
		    "folders of certbot's accounts."),
	OPTION("certificate", CONF_STRING, certificate,
	    .help = "Certificate that Postfix serves; what its configuration "
		    "names unless set."),
	OPTION("next_key", CONF_STRING, next_key,
	    .help = "File of the key that the next certificate will have, so "
		    "that its TLSA record is published first."),
	OPTION("address_lists", CONF_LIST, address_lists,
	    .value = "{zen.spamhaus.org, bl.spamcop.net, "
		     "b.barracudacentral.org, dnsbl-1.uceprotect.net}",
	    .help = "DNS block lists that are asked about the addresses."),
	OPTION("domain_lists", CONF_LIST, domain_lists,
	    .value = "{dbl.spamhaus.org, multi.surbl.org}",
	    .help = "DNS block lists that are asked about the domain."),
	OPTION("outgoing_hosts", CONF_LIST, outgoing_hosts,
	    .value = "{gmail-smtp-in.l.google.com, "
		     "mx-eu.mail.am0.yahoodns.net}",
	    .help = "Hosts to which a connection to port 25 is tried, to see "
		    "whether the provider blocks it; empty: none is tried."),
	OPTION("certificate_days", CONF_INTEGER, certificate_days,
	    .value = "14", .min = 1, .max = 365,
	    .help = "A certificate that ends within so many days is a "
		    "warning."),
	OPTION("accept", CONF_SECTION, accepted, .section = accepted_options,
	    .section_size = sizeof(struct config_accepted),
	    .help = "A finding that may stay: accept \"ID\" or accept \"ID "
		    "SUBJECT\", with a reason."),
	{ .name = NULL },
};
