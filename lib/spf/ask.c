#include "spf/ask.h"

#include <string.h>

#include "base/buf.h"
#include "dns/name.h"

static const char part[] = "spf";

bool
spf_ask_term(struct spf_work *work, const char *text, const char *at)
{
	/* RFC 7208 4.6.4: an eleventh term is permerror. */
	if (work->out->terms == SPF_MAX_TERMS) {
		work->out->reason = arena_printf(work->arena,
		    "\"%s\" in the record of %s would be look-up %d, and %d are "
		    "allowed",
		    text, at, SPF_MAX_TERMS + 1, SPF_MAX_TERMS);
		trace_add(work->trace, part, 1, "%s", work->out->reason);
		return (false);
	}
	work->out->terms++;
	trace_add(work->trace, part, 1, "look-up %u of %d", work->out->terms,
	    SPF_MAX_TERMS);
	return (true);
}

bool
spf_ask_void(struct spf_work *work, const char *text, const char *at)
{
	/* RFC 7208 4.6.4: a third void look-up is permerror. */
	work->out->voids++;
	trace_add(work->trace, part, 1, "void look-up %u of %d",
	    work->out->voids, SPF_MAX_VOIDS);
	if (work->out->voids <= SPF_MAX_VOIDS)
		return (true);
	work->out->reason = arena_printf(work->arena,
	    "\"%s\" in the record of %s is the third look-up that finds "
	    "nothing, and %d are allowed",
	    text, at, SPF_MAX_VOIDS);
	return (false);
}

static const char *
type_name(enum dns_type type)
{
	switch (type) {
	case DNS_TYPE_A:
		return ("A");
	case DNS_TYPE_AAAA:
		return ("AAAA");
	case DNS_TYPE_MX:
		return ("MX");
	case DNS_TYPE_PTR:
		return ("PTR");
	case DNS_TYPE_TXT:
		return ("TXT");
	case DNS_TYPE_NS:
	case DNS_TYPE_CNAME:
	case DNS_TYPE_SOA:
	case DNS_TYPE_SRV:
	case DNS_TYPE_DS:
	case DNS_TYPE_RRSIG:
	case DNS_TYPE_DNSKEY:
	case DNS_TYPE_TLSA:
	case DNS_TYPE_CAA:
		break;
	}
	return ("other");
}

static const char *
describe(struct arena *arena, const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_OK:
		return (arena_printf(arena, "%zu record%s", answer->count,
		    answer->count == 1 ? "" : "s"));
	case DNS_NODATA:
		return ("no such record");
	case DNS_NXDOMAIN:
		return ("the name does not exist");
	case DNS_SERVFAIL:
		return ("its servers give no answer that can be used");
	case DNS_TIMEOUT:
		return ("no answer in time");
	}
	return ("");
}

static void
trace_answer(struct spf_work *work, const char *name, enum dns_type type,
    const struct dns_answer *answer)
{
	if (work->trace != NULL)
		trace_add(work->trace, part, 1, "%s of %s: %s", type_name(type),
		    spf_record_show(work->arena, span_str(name)),
		    describe(work->arena, answer));
}

void
spf_ask(struct spf_work *work, const char *name, enum dns_type type,
    struct dns_answer *answer)
{
	work->out->questions++;
	dns_lookup(
	    work->dns, name, type, work->query->deadline, work->arena, answer);
	trace_answer(work, name, type, answer);
}

void
spf_ask_addresses(struct spf_work *work, const char *const *names, size_t count,
    struct dns_answer *answers)
{
	struct dns_question questions[SPF_MAX_NAMES];
	enum dns_type type =
	    work->query->client.family == AF_INET6 ? DNS_TYPE_AAAA : DNS_TYPE_A;

	if (count > SPF_MAX_NAMES)
		count = SPF_MAX_NAMES;
	for (size_t i = 0; i < count; i++)
		questions[i] =
		    (struct dns_question){ .name = names[i], .type = type };
	work->out->questions += (unsigned int)count;
	dns_gather(work->dns, questions, count, work->query->deadline,
	    work->arena, answers);
	for (size_t i = 0; i < count; i++)
		trace_answer(work, names[i], type, &answers[i]);
}

bool
spf_ask_failed(const struct dns_answer *answer)
{
	return (
	    answer->status == DNS_SERVFAIL || answer->status == DNS_TIMEOUT);
}

/* A label with a dot or a NUL in it has no form as text that dns.h takes. */
static bool
add_label(struct buf *out, struct span label)
{
	if (out->len > 0)
		buf_add_byte(out, '.');
	for (size_t i = 0; i < label.len; i++) {
		unsigned char byte = span_lower(label.data[i]);

		if (byte == '.' || byte == '\0')
			return (false);
		buf_add_byte(out, byte);
	}
	return (true);
}

const char *
spf_ask_name(struct arena *arena, struct span rdata)
{
	struct buf out;
	struct span label;

	buf_init(&out, arena, NAME_MAX_BYTES);
	for (;;) {
		if (rdata.len == 0)
			return (NULL);
		size_t len = rdata.data[0];

		span_skip(&rdata, 1);
		if (len == 0)
			break;
		if (len > NAME_MAX_LABEL || !span_take(&rdata, len, &label) ||
		    !add_label(&out, label))
			return (NULL);
	}
	return (out.overflow ? NULL : buf_str(&out));
}

bool
spf_ask_contains(struct span rdata, const struct network_address *client,
    unsigned int prefix)
{
	struct network network = { .address = { .family = client->family },
		.prefix = prefix };

	if (rdata.len != (client->family == AF_INET6 ? 16U : 4U))
		return (false);
	memcpy(network.address.bytes, rdata.data, rdata.len);
	return (network_contains(&network, client));
}
