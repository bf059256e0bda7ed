#include "receiver/spf2_dns.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* RFC 1035 2.3.4, 3.1: the longest name with its dots. */
#define MAX_NAME 256
/* RFC 1035 3.3.9: the preference. */
#define MX_PREFERENCE 2

static SPF_dns_stat_t
status_of(const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_OK:
		return (NETDB_SUCCESS);
	case DNS_NODATA:
		return (NO_DATA);
	case DNS_NXDOMAIN:
		return (HOST_NOT_FOUND);
	case DNS_SERVFAIL:
	case DNS_TIMEOUT:
		break;
	}
	return (TRY_AGAIN);
}

/* The name at the begin of ${rdata}, as text with dots between its labels. */
static struct span
name_of(struct arena *arena, struct span rdata)
{
	struct buf out;
	struct span label;
	int len;

	buf_init(&out, arena, MAX_NAME);
	while ((len = span_peek(rdata)) > 0) {
		span_skip(&rdata, 1);
		if (!span_take(&rdata, (size_t)len, &label))
			break;
		if (out.len > 0)
			buf_add_byte(&out, '.');
		buf_add(&out, label);
	}
	return (buf_span(&out));
}

/* What libspf2 keeps of a record: text, or an address. */
static struct span
content_of(struct arena *arena, uint32_t type, struct span rdata)
{
	switch (type) {
	case DNS_TYPE_TXT:
		return (dns_txt(arena, rdata));
	case DNS_TYPE_MX:
		span_skip(&rdata, MX_PREFERENCE);
		return (name_of(arena, rdata));
	case DNS_TYPE_PTR:
		return (name_of(arena, rdata));
	case DNS_TYPE_A:
	case DNS_TYPE_AAAA:
	default:
		return (rdata);
	}
}

/* Texts end with a NUL, and an address is never shorter than libspf2 reads. */
static bool
add_record(SPF_dns_rr_t *out, int at, struct span content)
{
	size_t size = content.len + 1;

	if (size < sizeof(SPF_dns_rr_data_t))
		size = sizeof(SPF_dns_rr_data_t);
	if (SPF_dns_rr_buf_realloc(out, at, size) != SPF_E_SUCCESS)
		return (false);
	memset(out->rr[at], 0, size);
	memcpy(out->rr[at], content.data, content.len);
	out->num_rr = at + 1;
	return (true);
}

static SPF_dns_rr_t *
lookup(SPF_dns_server_t *server, const char *name, ns_type type, int cache)
{
	struct arena *arena = arena_new();
	struct dns_answer answer;
	SPF_dns_rr_t *out;
	bool whole = true;

	(void)cache;
	inside_ask(server->hook, name, (uint32_t)type, arena, &answer);
	out = SPF_dns_rr_new_init(
	    server, name, type, (int)answer.ttl, status_of(&answer));
	for (size_t i = 0; out != NULL && whole && i < answer.count; i++)
		whole = add_record(out, (int)i,
		    content_of(arena, (uint32_t)type, answer.rdata[i]));
	arena_free(arena);
	return (out);
}

SPF_dns_server_t *
spf2_dns_new(struct arena *arena)
{
	SPF_dns_server_t *dns = arena_alloc(arena, sizeof(*dns));

	/* Without a destructor it is nobody's but the arena's. */
	*dns = (SPF_dns_server_t){ .lookup = lookup, .name = "pipe" };
	return (dns);
}

void
spf2_dns_set(SPF_dns_server_t *dns, struct inside *inside)
{
	dns->hook = inside;
}
