#include "records/expected.h"

#include <string.h>

#include "base/buf.h"
#include "dmarc/dmarc.h"
#include "records/mx.h"
#include "records/service.h"
#include "records/sts.h"
#include "reverse.h"

/* A record that an operator's list may make, before it is cut into strings. */
#define TEXT_MAX_BYTES 65536

/* What the functions below share. */
struct work {
	const struct server *server;
	const struct config_settings *settings;
	struct record_list *list;
	struct arena *arena;
};

static void
add(const struct work *work, enum record_kind kind, const char *name,
    enum dns_type type, const char *value)
{
	record_add(
	    work->list, kind, name, type, (uint32_t)work->settings->ttl, value);
}

static const char *
below(const struct work *work, const char *label)
{
	return (
	    arena_printf(work->arena, "%s.%s", label, work->server->domain));
}

static const char *
host_dot(const struct work *work)
{
	return (arena_printf(work->arena, "%s.", work->server->hostname));
}

static void
add_addresses(const struct work *work)
{
	const struct server *server = work->server;

	for (size_t i = 0; i < server->address_count; i++) {
		const struct network_address *address = &server->addresses[i];

		add(work, RECORD_ADDRESS, server->hostname,
		    address->family == AF_INET ? DNS_TYPE_A : DNS_TYPE_AAAA,
		    network_address_print(work->arena, address));
	}
	for (size_t i = 0; i < server->address_count; i++)
		add(work, RECORD_PTR,
		    reverse_name(&server->addresses[i], work->arena),
		    DNS_TYPE_PTR, host_dot(work));
}

static void
add_mx(const struct work *work)
{
	const struct conf_list *others = &work->settings->other_mx;

	add(work, RECORD_MX, work->server->domain, DNS_TYPE_MX,
	    arena_printf(work->arena, "%d %s.", MX_OWN_PREFERENCE,
		work->server->hostname));
	for (size_t i = 0; i < others->count; i++) {
		const struct mx mx = mx_parse(others->items[i], work->arena);

		if (mx.host != NULL)
			add(work, RECORD_MX, work->server->domain, DNS_TYPE_MX,
			    arena_printf(
				work->arena, "%u %s.", mx.preference, mx.host));
	}
}

/* Addresses, not names: they cost receivers no look-up (RFC 7208 4.6.4). */
static void
add_spf(const struct work *work)
{
	const struct server *server = work->server;
	const struct conf_list *terms = &work->settings->spf_terms;
	struct buf text;

	buf_init(&text, work->arena, TEXT_MAX_BYTES);
	buf_add_str(&text, "v=spf1");
	for (size_t i = 0; i < server->address_count; i++)
		buf_printf(&text, " %s:%s",
		    server->addresses[i].family == AF_INET ? "ip4" : "ip6",
		    network_address_print(work->arena, &server->addresses[i]));
	for (size_t i = 0; i < terms->count; i++)
		buf_printf(&text, " %s", terms->items[i]);
	buf_printf(&text, " %s", work->settings->spf_all);
	add(work, RECORD_SPF, server->domain, DNS_TYPE_TXT, buf_str(&text));
}

/* RFC 7208 2.3: bounces have no MAIL FROM, so the HELO name speaks for them.
 * Where that is the mail domain itself, its own record does. */
static void
add_helo_spf(const struct work *work)
{
	if (strcmp(work->server->hostname, work->server->domain) != 0)
		add(work, RECORD_HELO_SPF, work->server->hostname, DNS_TYPE_TXT,
		    "v=spf1 a -all");
}

static const char *
mailto(const struct work *work, const char *who)
{
	if (strchr(who, ':') != NULL)
		return (who);
	if (strchr(who, '@') != NULL)
		return (arena_printf(work->arena, "mailto:%s", who));
	return (arena_printf(
	    work->arena, "mailto:%s@%s", who, work->server->domain));
}

static void
add_uris(const struct work *work, const char *before,
    const struct conf_list *who, struct buf *text)
{
	for (size_t i = 0; i < who->count; i++)
		buf_printf(text, "%s%s", i == 0 ? before : ",",
		    mailto(work, who->items[i]));
}

/* RFC 9989 4.7. */
static void
add_dmarc(const struct work *work)
{
	struct buf text;

	buf_init(&text, work->arena, TEXT_MAX_BYTES);
	buf_printf(&text, "v=DMARC1; p=%s",
	    dmarc_policy_name((enum dmarc_policy)work->settings->dmarc_policy));
	add_uris(work, "; rua=", &work->settings->dmarc_rua, &text);
	add(work, RECORD_DMARC, below(work, "_dmarc"), DNS_TYPE_TXT,
	    buf_str(&text));
}

/* RFC 7672 3.1.1: DANE-EE(3) SPKI(1) SHA2-256(1). */
static void
add_tlsa(const struct work *work)
{
	const struct server *server = work->server;

	for (size_t i = 0; i < server->spki_count; i++)
		add(work, RECORD_TLSA,
		    arena_printf(work->arena, "_25._tcp.%s", server->hostname),
		    DNS_TYPE_TLSA,
		    arena_printf(work->arena, "3 1 1 %s", server->spki[i].hex));
}

static void
add_mta_sts(const struct work *work)
{
	const char *policy;

	if (work->settings->mta_sts == CONFIG_STS_NONE)
		return;
	policy = sts_policy(work->server, work->settings, work->arena);
	add(work, RECORD_MTA_STS, below(work, "_mta-sts"), DNS_TYPE_TXT,
	    arena_printf(
		work->arena, "v=STSv1; id=%s", sts_id(policy, work->arena)));
	add(work, RECORD_MTA_STS_HOST, below(work, "mta-sts"), DNS_TYPE_CNAME,
	    host_dot(work));
}

/* RFC 8460 3. */
static void
add_tls_rpt(const struct work *work)
{
	struct buf text;

	if (work->settings->tls_rua.count == 0)
		return;
	buf_init(&text, work->arena, TEXT_MAX_BYTES);
	buf_add_str(&text, "v=TLSRPTv1");
	add_uris(work, "; rua=", &work->settings->tls_rua, &text);
	add(work, RECORD_TLS_RPT, below(work, "_smtp._tls"), DNS_TYPE_TXT,
	    buf_str(&text));
}

/* RFC 6186 and RFC 8314 5.1: a service that is not offered says so, so that
 * clients do not guess. */
static void
add_srv(const struct work *work)
{
	for (size_t i = 0; i < SERVICE_SRV_COUNT; i++) {
		const struct service_srv *srv = &service_srv[i];
		bool offered = work->server->offers[srv->service];

		if (!offered && !srv->say_none)
			continue;
		add(work, RECORD_SRV, below(work, srv->label), DNS_TYPE_SRV,
		    offered ? arena_printf(work->arena, "%u 1 %u %s.",
				  srv->priority, service_port(srv->service),
				  work->server->hostname)
			    : "0 0 0 .");
	}
}

static void
add_autoconfig(const struct work *work)
{
	if (!work->settings->autoconfig)
		return;
	add(work, RECORD_AUTOCONFIG, below(work, "autoconfig"), DNS_TYPE_CNAME,
	    host_dot(work));
	add(work, RECORD_AUTOCONFIG, below(work, "autodiscover"),
	    DNS_TYPE_CNAME, host_dot(work));
	add(work, RECORD_AUTOCONFIG, below(work, "_autodiscover._tcp"),
	    DNS_TYPE_SRV,
	    arena_printf(work->arena, "0 1 443 %s.", work->server->hostname));
}

/* RFC 8659 4.2, and RFC 8657 3 for the account. */
static void
add_caa(const struct work *work)
{
	const struct server *server = work->server;
	const struct conf_list *issuers = &work->settings->caa_issuers;

	for (size_t i = 0; i < issuers->count; i++) {
		if (server->acme_account_count == 0)
			add(work, RECORD_CAA, server->domain, DNS_TYPE_CAA,
			    arena_printf(work->arena, "0 issue \"%s\"",
				issuers->items[i]));
		for (size_t j = 0; j < server->acme_account_count; j++)
			add(work, RECORD_CAA, server->domain, DNS_TYPE_CAA,
			    arena_printf(work->arena,
				"0 issue \"%s; accounturi=%s\"",
				issuers->items[i], server->acme_accounts[j]));
	}
}

void
expected_dkim(const struct server_key *key, const char *domain, uint32_t ttl,
    struct record_list *list)
{
	const char *name = arena_printf(
	    list->arena, "%s._domainkey.%s", key->selector, domain);

	/* RFC 6376 3.6.1: an empty p= says that the key is revoked. */
	if (key->state == KEYSTORE_REVOKED)
		record_add(list, RECORD_DKIM, name, DNS_TYPE_TXT, ttl,
		    key->algorithm == DKIM_ED25519_SHA256
			? "v=DKIM1; k=ed25519; p="
			: "v=DKIM1; k=rsa; p=");
	else if (key->record != NULL)
		record_add(
		    list, RECORD_DKIM, name, DNS_TYPE_TXT, ttl, key->record);
}

static void
add_dkim(const struct work *work)
{
	for (size_t i = 0; i < work->server->key_count; i++)
		expected_dkim(&work->server->keys[i], work->server->domain,
		    (uint32_t)work->settings->ttl, work->list);
}

struct record_list
expected_records(const struct server *server,
    const struct config_settings *settings, struct arena *arena)
{
	struct record_list list = { .arena = arena };
	const struct work work = { server, settings, &list, arena };

	if (server->hostname != NULL) {
		add_addresses(&work);
		add_mx(&work);
	}
	if (server->address_count > 0)
		add_spf(&work);
	if (server->hostname != NULL)
		add_helo_spf(&work);
	add_dkim(&work);
	add_dmarc(&work);
	if (server->hostname != NULL) {
		add_tlsa(&work);
		add_mta_sts(&work);
	}
	add_tls_rpt(&work);
	if (server->hostname != NULL) {
		add_srv(&work);
		add_autoconfig(&work);
	}
	add_caa(&work);
	return (list);
}
