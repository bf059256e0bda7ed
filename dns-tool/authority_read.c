#include "authority_read.h"

#include <ldns/ldns.h>
#include <string.h>

bool
authority_write(const struct dns_question *question, uint16_t id,
    struct arena *arena, struct span *out)
{
	ldns_rdf *name = ldns_dname_new_frm_str(question->name);
	ldns_pkt *packet = name == NULL ? NULL
	                                : ldns_pkt_query_new(name,
					      (ldns_rr_type)question->type,
					      LDNS_RR_CLASS_IN, 0);
	uint8_t *wire = NULL;
	size_t len = 0;

	if (packet == NULL) {
		ldns_rdf_deep_free(name);
		return (false);
	}
	ldns_pkt_set_id(packet, id);
	ldns_pkt_set_edns_udp_size(packet, AUTHORITY_UDP_BYTES);
	bool done = ldns_pkt2wire(&wire, packet, &len) == LDNS_STATUS_OK;

	if (done)
		*out = arena_dup(arena, span_new(wire, len));
	LDNS_FREE(wire);
	ldns_pkt_free(packet);
	return (done);
}

/* Is the question in ${packet} ours?  RFC 5452 9.1: else the answer is forged.
 */
static bool
is_ours(const ldns_pkt *packet, const struct dns_question *question,
    const ldns_rdf *name, uint16_t id)
{
	const ldns_rr_list *list = ldns_pkt_question(packet);
	const ldns_rr *rr;

	if (ldns_pkt_id(packet) != id || !ldns_pkt_qr(packet) ||
	    ldns_rr_list_rr_count(list) != 1)
		return (false);
	rr = ldns_rr_list_rr(list, 0);
	return ((unsigned)ldns_rr_get_type(rr) == (unsigned)question->type &&
		ldns_dname_compare(ldns_rr_owner(rr), name) == 0);
}

static bool
take_rdata(const ldns_rr *rr, struct arena *arena, struct span *out)
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

/* Where the alias at ${name} in ${list} leads, or NULL. */
static const ldns_rdf *
alias(const ldns_rr_list *list, const ldns_rdf *name)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME &&
		    ldns_rr_rd_count(rr) == 1 &&
		    ldns_dname_compare(ldns_rr_owner(rr), name) == 0)
			return (ldns_rr_rdf(rr, 0));
	}
	return (NULL);
}

/* The records of ${type} at ${name}. */
static void
take_records(const ldns_rr_list *list, const ldns_rdf *name, enum dns_type type,
    struct arena *arena, struct dns_answer *out)
{
	size_t bytes = 0;

	out->rdata = arena_array(
	    arena, ldns_rr_list_rr_count(list), sizeof(*out->rdata));
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if ((unsigned)ldns_rr_get_type(rr) != (unsigned)type ||
		    ldns_dname_compare(ldns_rr_owner(rr), name) != 0 ||
		    out->count == DNS_MAX_RECORDS || bytes > DNS_MAX_BYTES)
			continue;
		if (!take_rdata(rr, arena, &out->rdata[out->count]))
			continue;
		bytes += out->rdata[out->count].len;
		if (out->count == 0 || ldns_rr_ttl(rr) < out->ttl)
			out->ttl = ldns_rr_ttl(rr);
		out->count++;
	}
}

static void
take_answer(const ldns_pkt *packet, const struct dns_question *question,
    const ldns_rdf *name, struct arena *arena, struct dns_answer *out)
{
	const ldns_rr_list *list = ldns_pkt_answer(packet);
	const ldns_rdf *at = name;
	const ldns_rdf *next = at;

	for (size_t i = 0; next != NULL && i < AUTHORITY_MAX_ALIASES; i++) {
		at = next;
		next =
		    question->type == DNS_TYPE_CNAME ? NULL : alias(list, at);
	}
	take_records(list, at, question->type, arena, out);
	/* An alias that leads elsewhere exists, though its end is not here. */
	if (out->count > 0 || at != name)
		out->status = DNS_OK;
	else
		out->status = ldns_pkt_get_rcode(packet) == LDNS_RCODE_NXDOMAIN
		                  ? DNS_NXDOMAIN
		                  : DNS_NODATA;
}

/* A referral to the servers of a part of the zone, rather than up to those of a
 * top-level domain or the root, to which a server without the zone refers. */
static bool
is_referral(const ldns_pkt *packet, const ldns_rdf *name)
{
	const ldns_rr_list *list = ldns_pkt_authority(packet);

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		const ldns_rdf *owner = ldns_rr_owner(rr);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_NS &&
		    ldns_dname_label_count(owner) > 1 &&
		    (ldns_dname_is_subdomain(name, owner) ||
			ldns_dname_compare(name, owner) == 0))
			return (true);
	}
	return (false);
}

static enum authority_reading
read_packet(const ldns_pkt *packet, const struct dns_question *question,
    const ldns_rdf *name, uint16_t id, struct arena *arena,
    struct dns_answer *out)
{
	ldns_pkt_rcode code = ldns_pkt_get_rcode(packet);

	if (!is_ours(packet, question, name, id))
		return (AUTHORITY_READ_FOREIGN);
	if (ldns_pkt_tc(packet))
		return (AUTHORITY_READ_TRUNCATED);
	if (code == LDNS_RCODE_NOERROR && !ldns_pkt_aa(packet) &&
	    is_referral(packet, name)) {
		out->status = DNS_OK;
		return (AUTHORITY_READ_ANSWER);
	}
	if (code == LDNS_RCODE_REFUSED || code == LDNS_RCODE_NOTAUTH ||
	    ((code == LDNS_RCODE_NOERROR || code == LDNS_RCODE_NXDOMAIN) &&
		!ldns_pkt_aa(packet)))
		return (AUTHORITY_READ_LAME);
	if (code != LDNS_RCODE_NOERROR && code != LDNS_RCODE_NXDOMAIN)
		return (AUTHORITY_READ_BROKEN);
	take_answer(packet, question, name, arena, out);
	return (AUTHORITY_READ_ANSWER);
}

/* Without its records an answer still says whose it is. */
static bool
has_id(struct span message, uint16_t id)
{
	return (span_at(message, 0) == id >> 8 &&
		span_at(message, 1) == (id & 0xff));
}

enum authority_reading
authority_read(struct span message, const struct dns_question *question,
    uint16_t id, struct arena *arena, struct dns_answer *out)
{
	ldns_rdf *name = ldns_dname_new_frm_str(question->name);
	ldns_pkt *packet = NULL;
	enum authority_reading reading;

	*out = (struct dns_answer){ .status = DNS_SERVFAIL,
		.security = DNS_INDETERMINATE };
	if (name != NULL && message.len > 0 &&
	    ldns_wire2pkt(&packet, message.data, message.len) == LDNS_STATUS_OK)
		reading = read_packet(packet, question, name, id, arena, out);
	else
		reading = has_id(message, id) ? AUTHORITY_READ_BROKEN
		                              : AUTHORITY_READ_FOREIGN;
	ldns_pkt_free(packet);
	ldns_rdf_deep_free(name);
	return (reading);
}
