#include "records/record.h"

#include <ldns/ldns.h>
#include <string.h>

#include "base/buf.h"
#include "txt.h"

/* A record of 64 kB, written as decimal escapes, and its name. */
#define LINE_MAX_BYTES ((size_t)512 * 1024)

/* A class-less RR on the wire before its RDATA, at the root (RFC 1035 3.2.1).
 */
#define HEAD_BYTES 11

void
record_add(struct record_list *list, enum record_kind kind, const char *name,
    enum dns_type type, uint32_t ttl, const char *value)
{
	list->items = arena_room(
	    list->arena, list->items, list->count, sizeof(*list->items));
	list->items[list->count++] = (struct record){ .kind = kind,
		.name = arena_strdup(list->arena, name),
		.type = type,
		.value = arena_strdup(list->arena, value),
		.ttl = ttl };
}

const char *
record_kind_name(enum record_kind kind)
{
	static const char *const names[] = {
		[RECORD_ADDRESS] = "address",
		[RECORD_PTR] = "ptr",
		[RECORD_MX] = "mx",
		[RECORD_SPF] = "spf",
		[RECORD_HELO_SPF] = "helo_spf",
		[RECORD_DKIM] = "dkim",
		[RECORD_DMARC] = "dmarc",
		[RECORD_TLSA] = "tlsa",
		[RECORD_MTA_STS] = "mta_sts",
		[RECORD_MTA_STS_HOST] = "mta_sts_host",
		[RECORD_TLS_RPT] = "tls_rpt",
		[RECORD_SRV] = "srv",
		[RECORD_AUTOCONFIG] = "autoconfig",
		[RECORD_CAA] = "caa",
	};

	return (names[kind]);
}

const char *
record_type_name(enum dns_type type)
{
	switch (type) {
	case DNS_TYPE_A:
		return ("A");
	case DNS_TYPE_NS:
		return ("NS");
	case DNS_TYPE_CNAME:
		return ("CNAME");
	case DNS_TYPE_SOA:
		return ("SOA");
	case DNS_TYPE_PTR:
		return ("PTR");
	case DNS_TYPE_MX:
		return ("MX");
	case DNS_TYPE_TXT:
		return ("TXT");
	case DNS_TYPE_AAAA:
		return ("AAAA");
	case DNS_TYPE_SRV:
		return ("SRV");
	case DNS_TYPE_DS:
		return ("DS");
	case DNS_TYPE_RRSIG:
		return ("RRSIG");
	case DNS_TYPE_DNSKEY:
		return ("DNSKEY");
	case DNS_TYPE_TLSA:
		return ("TLSA");
	case DNS_TYPE_CAA:
		return ("CAA");
	}
	return ("?");
}

const char *
record_line(const struct record *record, struct arena *arena)
{
	if (record->type == DNS_TYPE_TXT)
		return (txt_print(record->name, record->value, arena));
	return (arena_printf(arena, "%s. IN %s %s", record->name,
	    record_type_name(record->type), record->value));
}

/* RFC 1035 3.3.14. */
static void
txt_rdata(const char *value, struct arena *arena, struct span *out)
{
	struct span rest = span_str(value);
	struct buf wire;

	buf_init(&wire, arena, LINE_MAX_BYTES);
	do {
		struct span string = span_head(rest, UINT8_MAX);

		span_skip(&rest, string.len);
		buf_add_byte(&wire, (unsigned char)string.len);
		buf_add(&wire, string);
	} while (rest.len > 0);
	*out = buf_span(&wire);
}

static bool
take_rdata(ldns_rr *rr, struct arena *arena, struct span *out)
{
	ldns_buffer *wire = ldns_buffer_new(LDNS_MIN_BUFLEN);
	bool done = wire != NULL &&
	            ldns_rr_rdata2buffer_wire(wire, rr) == LDNS_STATUS_OK;

	if (done)
		*out = arena_dup(arena, span_new(ldns_buffer_begin(wire),
					    ldns_buffer_position(wire)));
	ldns_buffer_free(wire);
	return (done);
}

bool
record_rdata(enum dns_type type, const char *value, struct arena *arena,
    struct span *out)
{
	if (type == DNS_TYPE_TXT) {
		txt_rdata(value, arena, out);
		return (true);
	}
	const char *line =
	    arena_printf(arena, ". 0 IN %s %s", record_type_name(type), value);
	ldns_rr *rr = NULL;
	bool done =
	    ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) == LDNS_STATUS_OK &&
	    take_rdata(rr, arena, out);

	ldns_rr_free(rr);
	return (done);
}

/* RFC 3597 5. */
static const char *
unknown_text(struct span rdata, struct arena *arena)
{
	struct buf text;

	buf_init(&text, arena, LINE_MAX_BYTES);
	buf_printf(&text, "\\# %zu ", rdata.len);
	for (size_t i = 0; i < rdata.len; i++)
		buf_printf(&text, "%02x", (unsigned)span_at(rdata, i));
	return (buf_str(&text));
}

static const char *
print_rdata(const ldns_rr *rr, struct arena *arena)
{
	struct buf text;

	buf_init(&text, arena, LINE_MAX_BYTES);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		char *part = ldns_rdf2str(ldns_rr_rdf(rr, i));

		if (part == NULL)
			return (NULL);
		buf_printf(&text, "%s%s", i > 0 ? " " : "", part);
		LDNS_FREE(part);
	}
	return (text.overflow ? NULL : buf_str(&text));
}

const char *
record_text(enum dns_type type, struct span rdata, struct arena *arena)
{
	const unsigned char head[HEAD_BYTES] = { 0,
		(unsigned char)((unsigned)type >> 8), (unsigned char)type, 0,
		LDNS_RR_CLASS_IN, 0, 0, 0, 0, (unsigned char)(rdata.len >> 8),
		(unsigned char)rdata.len };
	struct buf wire;
	size_t position = 0;
	ldns_rr *rr = NULL;
	const char *text = NULL;

	if (type == DNS_TYPE_TXT)
		return (arena_str(arena, dns_txt(arena, rdata)));
	buf_init(&wire, arena, DNS_MAX_BYTES + HEAD_BYTES);
	buf_add(&wire, span_new(head, sizeof(head)));
	buf_add(&wire, rdata);
	if (rdata.len <= UINT16_MAX && !wire.overflow &&
	    ldns_wire2rr(&rr, wire.data, wire.len, &position,
		LDNS_SECTION_ANSWER) == LDNS_STATUS_OK)
		text = print_rdata(rr, arena);
	ldns_rr_free(rr);
	return (text != NULL ? text : unknown_text(rdata, arena));
}
