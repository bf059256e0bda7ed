#include "records/print.h"

#include <jansson.h>
#include <string.h>

#include "base/network.h"

/* What each kind is for, and where it is published. */
static const char *
purpose(enum record_kind kind)
{
	static const char *const texts[] = {
		[RECORD_ADDRESS] = "Where the server is",
		[RECORD_PTR] = "The addresses' names: set them where you rent "
			       "the addresses, not in this zone",
		[RECORD_MX] = "Who takes mail for the domain",
		[RECORD_SPF] = "Who may send for the domain (RFC 7208)",
		[RECORD_HELO_SPF] = "The same of the server's own name, for "
				    "bounces",
		[RECORD_DKIM] = "Keys of its signatures (RFC 6376)",
		[RECORD_DMARC] = "What to do with forgeries (RFC 9989)",
		[RECORD_TLSA] = "Keys of its certificate (RFC 7672); they "
				"count only in a zone with DNSSEC",
		[RECORD_MTA_STS] = "Mail only comes encrypted (RFC 8461); "
				   "change the id with the policy",
		[RECORD_MTA_STS_HOST] = "Where that policy is: "
					"https://mta-sts.DOMAIN/.well-known/"
					"mta-sts.txt",
		[RECORD_TLS_RPT] = "Who hears when encryption fails (RFC 8460)",
		[RECORD_SRV] = "What mail clients look for (RFC 6186, RFC "
			       "8314)",
		[RECORD_AUTOCONFIG] = "Where they read all settings",
		[RECORD_CAA] = "Who may issue certificates (RFC 8659, RFC "
			       "8657)",
	};

	return (texts[kind]);
}

void
print_zone(FILE *stream, const struct server *server,
    const struct record_list *records, struct arena *arena)
{
	(void)fprintf(stream, "; What %s needs for the mail of %s.\n",
	    server->hostname != NULL ? server->hostname : "this server",
	    server->domain);
	if (records->count > 0)
		(void)fprintf(
		    stream, "$TTL %u\n", (unsigned int)records->items[0].ttl);
	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->items[i];

		if (i == 0 || record[-1].kind != record->kind)
			(void)fprintf(
			    stream, "\n; %s.\n", purpose(record->kind));
		(void)fprintf(stream, "%s%s\n",
		    record->kind == RECORD_PTR ? ";" : "",
		    record_line(record, arena));
	}
}

static json_t *
record_json(const struct record *record, struct arena *arena)
{
	return (json_pack("{ss ss ss ss si ss}", "kind",
	    record_kind_name(record->kind), "name",
	    arena_printf(arena, "%s.", record->name), "type",
	    record_type_name(record->type), "value", record->value, "ttl",
	    (int)record->ttl, "zone", record_line(record, arena)));
}

static json_t *
records_json(const struct record_list *records, struct arena *arena)
{
	json_t *list = json_array();

	for (size_t i = 0; i < records->count; i++)
		(void)json_array_append_new(
		    list, record_json(&records->items[i], arena));
	return (list);
}

static json_t *
addresses_json(const struct server *server, struct arena *arena)
{
	json_t *list = json_array();

	for (size_t i = 0; i < server->address_count; i++)
		(void)json_array_append_new(list,
		    json_string(
			network_address_print(arena, &server->addresses[i])));
	return (list);
}

void
print_json(FILE *stream, const struct server *server,
    const struct record_list *records, const char *policy, struct arena *arena)
{
	json_t *root = json_pack("{si ss ss? so so ss?}", "schema", 1, "domain",
	    server->domain, "hostname", server->hostname, "addresses",
	    addresses_json(server, arena), "records",
	    records_json(records, arena), "mta_sts_policy", policy);

	(void)json_dumpf(root, stream, JSON_INDENT(1));
	(void)fputc('\n', stream);
	json_decref(root);
}

/* A string of JSON is one of YAML. */
static void
print_quoted(FILE *stream, const char *before, const char *text)
{
	json_t *string = json_string(text);

	(void)fputs(before, stream);
	(void)json_dumpf(string, stream, JSON_ENCODE_ANY);
	json_decref(string);
}

void
print_ansible(FILE *stream, const struct server *server,
    const struct record_list *records, const char *policy, struct arena *arena)
{
	(void)fputs("---\n", stream);
	print_quoted(stream, "mailreeve_domain: ", server->domain);
	if (server->hostname != NULL)
		print_quoted(
		    stream, "\nmailreeve_hostname: ", server->hostname);
	if (policy != NULL)
		print_quoted(stream, "\nmailreeve_mta_sts_policy: ", policy);
	(void)fputs("\nmailreeve_dns_records:\n", stream);
	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->items[i];

		print_quoted(
		    stream, "  - kind: ", record_kind_name(record->kind));
		print_quoted(stream,
		    "\n    name: ", arena_printf(arena, "%s.", record->name));
		print_quoted(
		    stream, "\n    type: ", record_type_name(record->type));
		print_quoted(stream, "\n    value: ", record->value);
		(void)fprintf(
		    stream, "\n    ttl: %u\n", (unsigned int)record->ttl);
	}
}
