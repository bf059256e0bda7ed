#include "receiver/wire.h"

#include "receiver/frame.h"

static const char *const result_names[] = { "none", "pass", "fail", "policy",
	"neutral", "temperror", "permerror" };
#define RESULTS (sizeof(result_names) / sizeof(result_names[0]))

const char *
wire_result_name(enum wire_result result)
{
	return (result_names[result]);
}

const char *
wire_text(struct arena *arena, struct span bytes)
{
	char *text = arena_alloc(arena, bytes.len + 1);

	for (size_t i = 0; i < bytes.len; i++)
		text[i] = bytes.data[i] >= ' ' && bytes.data[i] < 0x7f
		              ? (char)bytes.data[i]
		              : '?';
	return (text);
}

/* An absent text is an empty one. */
static void
add_text(struct buf *buf, const char *text)
{
	frame_add_bytes(buf, span_head(span_str(text), WIRE_MAX_TEXT));
}

static bool
take_text(struct span *cursor, struct arena *arena, const char **out)
{
	struct span bytes;

	if (!frame_take_bytes(cursor, WIRE_MAX_TEXT, &bytes))
		return (false);
	*out = bytes.len == 0 ? NULL : wire_text(arena, bytes);
	return (true);
}

void
wire_add_opinion(struct buf *buf, const struct wire_opinion *opinion)
{
	frame_add_number(buf, (uint32_t)opinion->field);
	frame_add_number(buf, (uint32_t)opinion->result);
	frame_add_number(buf, opinion->code);
	frame_add_number(buf, opinion->bits);
	add_text(buf, opinion->domain);
	add_text(buf, opinion->selector);
	add_text(buf, opinion->algorithm);
	add_text(buf, opinion->reason);
}

bool
wire_take_opinion(
    struct span payload, struct arena *arena, struct wire_opinion *out)
{
	uint32_t field, result, bits;

	*out = (struct wire_opinion){ 0 };
	if (!frame_take_number(&payload, &field) ||
	    !frame_take_number(&payload, &result) || result >= RESULTS ||
	    !frame_take_number(&payload, &out->code) ||
	    !frame_take_number(&payload, &bits) ||
	    !take_text(&payload, arena, &out->domain) ||
	    !take_text(&payload, arena, &out->selector) ||
	    !take_text(&payload, arena, &out->algorithm) ||
	    !take_text(&payload, arena, &out->reason) || payload.len > 0)
		return (false);
	out->field = field;
	out->result = (enum wire_result)result;
	out->bits = bits;
	return (true);
}

void
wire_add_spf(struct buf *buf, const struct wire_spf *query)
{
	frame_add_bytes(buf, span_str(query->client));
	frame_add_bytes(buf, span_str(query->helo));
	frame_add_bytes(buf, span_str(query->mail_from));
	frame_add_bytes(buf, span_str(query->receiver));
}

/* Unlike an opinion's, these bytes are passed on as they are. */
static bool
take_bytes(struct span *cursor, struct arena *arena, const char **out)
{
	struct span bytes;

	if (!frame_take_bytes(cursor, WIRE_MAX_TEXT, &bytes))
		return (false);
	*out = arena_str(arena, bytes);
	return (true);
}

bool
wire_take_spf(struct span payload, struct arena *arena, struct wire_spf *out)
{
	*out = (struct wire_spf){ 0 };
	return (take_bytes(&payload, arena, &out->client) &&
		take_bytes(&payload, arena, &out->helo) &&
		take_bytes(&payload, arena, &out->mail_from) &&
		take_bytes(&payload, arena, &out->receiver) &&
		payload.len == 0);
}

void
wire_add_spf_opinion(struct buf *buf, const struct wire_spf_opinion *opinion)
{
	frame_add_number(buf, (uint32_t)opinion->result);
	frame_add_number(buf, opinion->code);
	add_text(buf, opinion->reason);
	add_text(buf, opinion->explanation);
}

bool
wire_take_spf_opinion(
    struct span payload, struct arena *arena, struct wire_spf_opinion *out)
{
	uint32_t result;

	*out = (struct wire_spf_opinion){ 0 };
	if (!frame_take_number(&payload, &result) || result > SPF_PERMERROR ||
	    !frame_take_number(&payload, &out->code) ||
	    !take_text(&payload, arena, &out->reason) ||
	    !take_text(&payload, arena, &out->explanation))
		return (false);
	out->result = (enum spf_result)result;
	return (payload.len == 0);
}

void
wire_add_question(struct buf *buf, const struct wire_question *question)
{
	frame_add_number(buf, question->type);
	frame_add_bytes(buf, span_str(question->name));
}

bool
wire_take_question(
    struct span payload, struct arena *arena, struct wire_question *out)
{
	struct span name;

	if (!frame_take_number(&payload, &out->type) ||
	    !frame_take_bytes(&payload, WIRE_MAX_TEXT, &name) ||
	    payload.len > 0)
		return (false);
	/* A NUL would hide what follows it. */
	out->name = arena_str(arena, name);
	return (span_find(name, '\0') == name.len);
}

void
wire_add_answer(struct buf *buf, const struct dns_answer *answer)
{
	frame_add_number(buf, (uint32_t)answer->status);
	frame_add_number(buf, (uint32_t)answer->security);
	frame_add_number(buf, answer->ttl);
	frame_add_number(buf, (uint32_t)answer->count);
	for (size_t i = 0; i < answer->count; i++)
		frame_add_bytes(buf, answer->rdata[i]);
}

bool
wire_take_answer(
    struct span payload, struct arena *arena, struct dns_answer *out)
{
	uint32_t status, security, count;

	*out = (struct dns_answer){ 0 };
	if (!frame_take_number(&payload, &status) || status > DNS_TIMEOUT ||
	    !frame_take_number(&payload, &security) || security > DNS_BOGUS ||
	    !frame_take_number(&payload, &out->ttl) ||
	    !frame_take_number(&payload, &count) || count > DNS_MAX_RECORDS)
		return (false);
	out->status = (enum dns_status)status;
	out->security = (enum dns_security)security;
	out->count = count;
	out->rdata = arena_array(arena, count, sizeof(*out->rdata));
	for (size_t i = 0; i < count; i++)
		if (!frame_take_bytes(&payload, DNS_MAX_BYTES, &out->rdata[i]))
			return (false);
	return (payload.len == 0);
}
