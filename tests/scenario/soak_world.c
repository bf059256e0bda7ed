/*
 * soak_world.c: keys, DNS server, lossy relay, configuration, and messages that
 * were signed before the load begins.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "soak.h"
#include "support/milter_daemon.h"

#define ZONE_MAX ((size_t)1024 * 1024)
/* Thousandths of the questions. */
#define LOSS 100
#define STRING_MAX ((size_t)250)
/* Enough that the key record does not fit into 1,232 bytes. */
#define NOTE_BYTES 1500

/* A TXT record of ${text}, cut into strings that fit. */
static void
add_record(struct buf *zone, const char *selector, const char *domain,
    unsigned int ttl, const char *text)
{
	buf_printf(zone, "%s._domainkey.%s. %u TXT", selector, domain, ttl);
	for (struct span rest = span_str(text); rest.len > 0;
	     span_skip(&rest, STRING_MAX)) {
		buf_add_str(zone, " \"");
		buf_add(zone, span_head(rest, STRING_MAX));
		buf_add_str(zone, "\"");
	}
	buf_add_byte(zone, '\n');
}

/* The resolver shall have to ask again and again: a third of the keys are not
 * to be kept at all, the others for a second. */
static int
add_key(struct soak *soak, struct buf *zone, const char *domain,
    const char *selector, const char *type, const char *state)
{
	const char *record =
	    keyfolder_add(soak->keys, domain, selector, type, state);
	unsigned int ttl = soak_random((uint32_t)zone->len, 0, 3) > 0;

	if (record == NULL)
		return (
		    soak_fail(soak, "no key: %s", keyfolder_error(soak->keys)));
	add_record(zone, selector, domain, ttl, record);
	return (0);
}

/* The key whose record comes over TCP (RFC 7766 5). */
static int
add_large_key(struct soak *soak, struct buf *zone, const char *domain)
{
	const char *record =
	    keyfolder_add(soak->keys, domain, "e1", "ed25519", "active");
	char note[NOTE_BYTES + 1];

	if (record == NULL)
		return (
		    soak_fail(soak, "no key: %s", keyfolder_error(soak->keys)));
	memset(note, 'n', NOTE_BYTES);
	note[NOTE_BYTES] = '\0';
	add_record(zone, "e1", domain, 0,
	    arena_printf(soak->arena, "%s; n=%s", record, note));
	return (0);
}

static int
add_domain(struct soak *soak, struct buf *zone, unsigned int number)
{
	const char *domain = arena_printf(soak->arena, "d%u.example", number);

	if (number == SOAK_LARGE_DOMAIN)
		return (add_large_key(soak, zone, domain));
	if (add_key(soak, zone, domain, "e1", "ed25519", "active") != 0)
		return (-1);
	if (number >= SOAK_RSA_DOMAINS)
		return (0);
	return (add_key(soak, zone, domain, "r1", "rsa", "active"));
}

static int
add_keys(struct soak *soak, struct buf *zone)
{
	for (unsigned int i = 0; i < SOAK_DOMAINS; i++)
		if (add_domain(soak, zone, i) != 0)
			return (-1);
	for (unsigned int i = 0; i < SOAK_TURNS; i++)
		if (add_key(soak, zone, "turn.example",
			arena_printf(soak->arena, "t%u", i), "ed25519",
			i == 0 ? "active" : "pending") != 0)
			return (-1);
	return (0);
}

static void
start_dns(struct soak *soak, struct buf *zone)
{
	enum dnsserver_kind kind =
	    dnsserver_has(DNSSERVER_KNOT) ? DNSSERVER_KNOT : DNSSERVER_NSD;
	const struct dnsserver_zone example = { "example.", buf_str(zone),
		false };

	soak->server = dnsserver_new(kind, &example, 1);
	soak->relay = dnsrelay_new(dnsserver_address(soak->server), LOSS);
}

int
soak_world_new(struct soak *soak)
{
	struct buf zone;

	soak->keys =
	    keyfolder_new(soak->arena, daemon_path(soak->daemon, "keys"));
	if (soak->keys == NULL)
		return (soak_fail(soak, "no keys: %s", strerror(errno)));
	buf_init(&zone, soak->arena, ZONE_MAX);
	buf_add_str(&zone, "$TTL 1\n"
			   "@ SOA ns hostmaster 1 7200 3600 1209600 1\n"
			   "@ NS ns\n"
			   "ns A 127.0.0.1\n");
	if (add_keys(soak, &zone) != 0)
		return (-1);
	start_dns(soak, &zone);
	milter_daemon_options(soak->daemon);
	daemon_option(
	    soak->daemon, arena_printf(soak->arena, "resolvers = {\"%s\"}",
			      dnsrelay_address(soak->relay)));
	daemon_option(
	    soak->daemon, arena_printf(soak->arena, "dns_cache_entries = %d",
			      SOAK_CACHE_ENTRIES));
	soak->metrics_port = daemon_free_port();
	daemon_option(soak->daemon,
	    arena_printf(soak->arena, "metrics = \"inet:%u@127.0.0.1\"",
		soak->metrics_port));
	daemon_option(soak->daemon, "log_level = \"info\"");
	/* Lost questions are told of as temperror, and delay no message. */
	daemon_option(soak->daemon, "on_dns_trouble = \"pass\"");
	soak->socket = milter_daemon_address(soak->daemon);
	return (0);
}

static int
sign_template(
    struct soak *soak, struct milter_client *client, unsigned int number)
{
	struct soak_mail mail = { .kind = SOAK_KIND_SIGN,
		.queue_id = arena_printf(soak->arena, "T%08X", number),
		.domain = arena_printf(soak->arena, "d%u.example", number),
		.signatures = number < SOAK_RSA_DOMAINS ? 2 : 1 };

	mail.message = soak_mail_outbound(soak->arena, mail.domain, number);
	if (soak_send(soak, client, &mail) != 0)
		return (-1);
	soak->templates[number] = mail.message;
	return (soak_judge(
	    soak, soak->arena, &mail, milter_client_reply(client)->text));
}

int
soak_world_templates(struct soak *soak)
{
	const char *error;
	struct milter_client *client = milter_daemon_session(
	    soak->arena, soak->socket, "127.0.0.1", "client.example", &error);
	int result = 0;

	if (client == NULL)
		return (soak_fail(soak, "no session: %s", error));
	for (unsigned int i = 0; i < SOAK_DOMAINS && result == 0; i++)
		result = sign_template(soak, client, i);
	milter_client_close(client);
	return (result);
}

void
soak_world_free(struct soak *soak)
{
	dnsrelay_free(soak->relay);
	dnsserver_free(soak->server);
}
