#include "receiver/opendkim_dns.h"

#include <string.h>

/* RFC 1035 4.1.1. */
#define FLAGS_ANSWER 0x8180 /* QR, RD, RA */
#define RCODE_NXDOMAIN 3
#define CLASS_IN 1
/* RFC 1035 4.1.4: the name at byte 12. */
#define NAME_OF_QUESTION 0xc00c

/* Where libopendkim wants the answer that it asked for. */
struct query {
	struct arena *arena;
	unsigned char *room;
	size_t size;
	const char *name;
	int type;
};

static void
add_short(struct buf *out, unsigned int number)
{
	buf_add_byte(out, (unsigned char)(number >> 8));
	buf_add_byte(out, (unsigned char)number);
}

static void
add_name(struct buf *out, const char *name)
{
	struct span rest = span_str(name);
	struct span label;

	while (rest.len > 0) {
		(void)span_take_until(&rest, '.', &label);
		buf_add_byte(out, (unsigned char)label.len);
		buf_add(out, label);
	}
	buf_add_byte(out, 0);
}

/* The packet that a resolver would have received. */
static void
add_packet(
    struct buf *out, const struct query *query, const struct dns_answer *answer)
{
	bool absent = answer->status == DNS_NXDOMAIN;

	add_short(out, 0);
	add_short(out, FLAGS_ANSWER | (absent ? RCODE_NXDOMAIN : 0));
	add_short(out, 1);
	add_short(out, (unsigned int)answer->count);
	add_short(out, 0);
	add_short(out, 0);
	add_name(out, query->name);
	add_short(out, (unsigned int)query->type);
	add_short(out, CLASS_IN);
	for (size_t i = 0; i < answer->count; i++) {
		add_short(out, NAME_OF_QUESTION);
		add_short(out, (unsigned int)query->type);
		add_short(out, CLASS_IN);
		add_short(out, answer->ttl >> 16);
		add_short(out, answer->ttl & 0xffff);
		add_short(out, (unsigned int)answer->rdata[i].len);
		buf_add(out, answer->rdata[i]);
	}
}

static int
start(void *service, int type, unsigned char *name, unsigned char *room,
    size_t size, void **handle)
{
	struct arena *arena = arena_new();
	struct query *query = arena_alloc(arena, sizeof(*query));

	(void)service;
	*query = (struct query){ .arena = arena,
		.room = room,
		.size = size,
		.name = arena_strdup(arena, (const char *)name),
		.type = type };
	*handle = query;
	return (DKIM_DNS_SUCCESS);
}

static int
wait_reply(void *service, void *handle, struct timeval *timeout, size_t *bytes,
    int *error, int *dnssec)
{
	struct query *query = handle;
	struct dns_answer answer;
	struct buf packet;

	(void)timeout;
	(void)error;
	inside_ask(
	    service, query->name, (uint32_t)query->type, query->arena, &answer);
	if (answer.status == DNS_TIMEOUT)
		return (DKIM_DNS_EXPIRED);
	if (answer.status == DNS_SERVFAIL)
		return (DKIM_DNS_ERROR);
	buf_init(&packet, query->arena, query->size);
	add_packet(&packet, query, &answer);
	if (packet.overflow)
		return (DKIM_DNS_ERROR);
	memcpy(query->room, packet.data, packet.len);
	*bytes = packet.len;
	if (dnssec != NULL)
		*dnssec = DKIM_DNSSEC_UNKNOWN;
	return (DKIM_DNS_SUCCESS);
}

static int
cancel(void *service, void *handle)
{
	struct query *query = handle;

	(void)service;
	arena_free(query->arena);
	return (DKIM_DNS_SUCCESS);
}

static int
init(void **service)
{
	(void)service;
	return (DKIM_DNS_SUCCESS);
}

static void
finish(void *service)
{
	(void)service;
}

void
opendkim_dns_set(DKIM_LIB *library, struct inside *inside)
{
	(void)dkim_dns_set_query_service(library, inside);
	dkim_dns_set_init(library, init);
	dkim_dns_set_close(library, finish);
	dkim_dns_set_query_start(library, start);
	dkim_dns_set_query_waitreply(library, wait_reply);
	dkim_dns_set_query_cancel(library, cancel);
}
