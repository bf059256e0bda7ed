#include <jansson.h>
#include <string.h>

#include "dns/name.h"
#include "records/print.h"

/* Hostinger's DNS API, PUT /api/dns/v1/zones/{domain}: types that it has. */
static bool
has_type(enum dns_type type)
{
	switch (type) {
	case DNS_TYPE_A:
	case DNS_TYPE_AAAA:
	case DNS_TYPE_CNAME:
	case DNS_TYPE_MX:
	case DNS_TYPE_TXT:
	case DNS_TYPE_NS:
	case DNS_TYPE_SRV:
	case DNS_TYPE_CAA:
		return (true);
	case DNS_TYPE_SOA:
	case DNS_TYPE_PTR:
	case DNS_TYPE_DS:
	case DNS_TYPE_RRSIG:
	case DNS_TYPE_DNSKEY:
	case DNS_TYPE_TLSA:
		break;
	}
	return (false);
}

/* Why ${record} cannot stand in the body, with the alternative; or NULL. */
static const char *
left_out(const struct record *record, const char *domain)
{
	if (record->kind == RECORD_PTR)
		return ("set it in Hostinger's panel, under VPS, IP address");
	if (!has_type(record->type))
		return ("Hostinger's DNS has no records of this type: rely on "
			"MTA-STS, or serve the zone yourself");
	if (!name_is_within(record->name, domain))
		return ("it belongs into another zone; publish it there");
	return (NULL);
}

/* Names are relative to the zone, and "@" is the zone itself. */
static const char *
relative(const char *name, const char *domain, struct arena *arena)
{
	size_t len = strlen(name) - strlen(domain);

	return (len == 0 ? "@" : arena_str(arena, span_new(name, len - 1)));
}

/* The set of a name and type in ${zone}, made if there is none. */
static json_t *
set_of(json_t *zone, const char *name, const struct record *record)
{
	const char *type = record_type_name(record->type);
	json_t *set;
	size_t i;

	json_array_foreach(zone, i, set)
	{
		if (strcmp(json_string_value(json_object_get(set, "name")),
			name) == 0 &&
		    strcmp(json_string_value(json_object_get(set, "type")),
			type) == 0)
			return (json_object_get(set, "records"));
	}
	json_t *records = json_array();

	(void)json_array_append_new(
	    zone, json_pack("{ss ss si so}", "name", name, "type", type, "ttl",
		      (int)record->ttl, "records", records));
	return (records);
}

void
print_hostinger(FILE *stream, const struct server *server,
    const struct record_list *records, struct arena *arena)
{
	json_t *zone = json_array();

	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->items[i];
		const char *reason = left_out(record, server->domain);

		if (reason != NULL) {
			(void)fprintf(stderr, "left out: %s. %s: %s\n",
			    record->name, record_type_name(record->type),
			    reason);
			continue;
		}
		json_t *set = set_of(zone,
		    relative(record->name, server->domain, arena), record);

		(void)json_array_append_new(
		    set, json_pack("{ss}", "content", record->value));
	}
	(void)fputs("note: overwrite replaces all records of the same name "
		    "and type; add to TXT at \"@\" what else you have there\n",
	    stderr);
	json_t *root = json_pack("{sb so}", "overwrite", 1, "zone", zone);

	(void)json_dumpf(root, stream, JSON_INDENT(1));
	(void)fputc('\n', stream);
	json_decref(root);
}
