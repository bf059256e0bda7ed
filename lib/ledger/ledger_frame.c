#include "ledger/ledger_frame.h"

#include <stdbool.h>
#include <string.h>

/* What can still be read, or written; once something did not fit, nothing
 * does. */
struct cursor {
	const unsigned char *data;
	size_t len;
	bool failed;
};

struct writer {
	unsigned char *data;
	size_t len;
	bool failed;
};

static uint64_t
read_number(struct cursor *cursor, size_t bytes)
{
	uint64_t number = 0;

	if (cursor->failed || cursor->len < bytes) {
		cursor->failed = true;
		return (0);
	}
	for (size_t i = 0; i < bytes; i++)
		number = number << 8 | cursor->data[i];
	/* UNSAFE: bytes <= len, looked at above. */
	cursor->data += bytes;
	cursor->len -= bytes;
	return (number);
}

static const char *
read_text(struct cursor *cursor, size_t limit)
{
	size_t len = read_number(cursor, 2);
	const char *text = (const char *)cursor->data;

	/* With its NUL, and without another. */
	if (cursor->failed || len == 0 || len > limit + 1 ||
	    len > cursor->len || memchr(text, '\0', len) != &text[len - 1]) {
		cursor->failed = true;
		return ("");
	}
	/* UNSAFE: len <= cursor->len, looked at above. */
	cursor->data += len;
	cursor->len -= len;
	return (text);
}

static struct ledger_amount
read_amount(struct cursor *cursor)
{
	struct ledger_amount amount;

	amount.bytes = (int64_t)read_number(cursor, 8);
	amount.count = (int64_t)read_number(cursor, 8);
	return (amount);
}

static void
write_number(struct writer *writer, uint64_t number, size_t bytes)
{
	if (writer->failed || LEDGER_MAX_FRAME - writer->len < bytes) {
		writer->failed = true;
		return;
	}
	for (size_t i = 0; i < bytes; i++)
		writer->data[writer->len++] =
		    (unsigned char)(number >> 8 * (bytes - 1 - i));
}

static void
write_text(struct writer *writer, const char *text, size_t limit)
{
	const char *shown = text != NULL ? text : "";
	size_t len = strlen(shown);

	if (len > limit)
		writer->failed = true;
	write_number(writer, len + 1, 2);
	if (writer->failed || LEDGER_MAX_FRAME - writer->len < len + 1) {
		writer->failed = true;
		return;
	}
	memcpy(&writer->data[writer->len], shown, len + 1);
	writer->len += len + 1;
}

static void
write_amount(struct writer *writer, struct ledger_amount amount)
{
	write_number(writer, (uint64_t)amount.bytes, 8);
	write_number(writer, (uint64_t)amount.count, 8);
}

static void
write_header(struct writer *writer, unsigned int kind)
{
	write_number(writer, 0, 4); /* see finish() */
	write_number(writer, LEDGER_VERSION, 1);
	write_number(writer, kind, 1);
	write_number(writer, 0, 2);
}

/* Return the bytes of the frame, 0 if it did not fit. */
static size_t
finish(struct writer *writer)
{
	size_t len = writer->len;

	if (writer->failed)
		return (0);
	writer->len = 0;
	write_number(writer, len - 4, 4);
	return (len);
}

/* Read the header, and return the kind. */
static unsigned int
read_header(struct cursor *cursor)
{
	unsigned int kind;

	(void)read_number(cursor, 5);
	kind = (unsigned int)read_number(cursor, 1);
	(void)read_number(cursor, 2);
	return (kind);
}

static size_t
read_root_count(struct cursor *cursor)
{
	size_t count = read_number(cursor, 1);

	if (count > LEDGER_MAX_ROOTS)
		cursor->failed = true;
	return (cursor->failed ? 0 : count);
}

/* A frame ends with its last field. */
static int
read_end(const struct cursor *cursor)
{
	return (cursor->failed || cursor->len != 0 ? -1 : 0);
}

enum ledger_frame_state
ledger_frame_take(const unsigned char *data, size_t len, size_t *used)
{
	struct cursor cursor = { data, len, false };
	uint64_t follow = read_number(&cursor, 4);
	uint64_t version = read_number(&cursor, 1);

	*used = 0;
	if (len >= 4 &&
	    (follow > LEDGER_MAX_FRAME - 4 || follow < LEDGER_FRAME_HEADER - 4))
		return (LEDGER_FRAME_BROKEN);
	if (len >= 5 && version != LEDGER_VERSION)
		return (LEDGER_FRAME_BROKEN);
	if (len < 4 || len - 4 < follow)
		return (LEDGER_FRAME_PARTIAL);
	*used = (size_t)follow + 4;
	return (LEDGER_FRAME_WHOLE);
}

static bool
is_verb(unsigned int kind)
{
	return (kind >= LEDGER_RESERVE && kind <= LEDGER_COMMAND);
}

int
ledger_frame_read_request(
    const unsigned char *data, size_t len, struct ledger_request *out)
{
	struct cursor cursor = { data, len, false };
	unsigned int kind = read_header(&cursor);

	*out = (struct ledger_request){ .holder = "", .text = "" };
	if (!is_verb(kind))
		return (-1);
	out->verb = (enum ledger_verb)kind;
	out->tag = (uint32_t)read_number(&cursor, 4);
	out->flags = (uint32_t)read_number(&cursor, 4);
	out->lease = read_number(&cursor, 8);
	out->sequence = read_number(&cursor, 8);
	out->size = read_number(&cursor, 8);
	out->holder = read_text(&cursor, LEDGER_MAX_KEY);
	out->text = read_text(&cursor, LEDGER_MAX_TEXT);
	out->root_count = read_root_count(&cursor);
	for (size_t i = 0; i < out->root_count; i++) {
		struct ledger_request_root *root = &out->roots[i];

		root->key = read_text(&cursor, LEDGER_MAX_KEY);
		root->amount = read_amount(&cursor);
		root->limit = read_amount(&cursor);
		root->extra = (int64_t)read_number(&cursor, 8);
	}
	return (read_end(&cursor));
}

size_t
ledger_frame_write_request(
    const struct ledger_request *request, unsigned char *out)
{
	struct writer writer = { out, 0,
		request->root_count > LEDGER_MAX_ROOTS };

	write_header(&writer, request->verb);
	write_number(&writer, request->tag, 4);
	write_number(&writer, request->flags, 4);
	write_number(&writer, request->lease, 8);
	write_number(&writer, request->sequence, 8);
	write_number(&writer, request->size, 8);
	write_text(&writer, request->holder, LEDGER_MAX_KEY);
	write_text(&writer, request->text, LEDGER_MAX_TEXT);
	write_number(&writer, request->root_count, 1);
	for (size_t i = 0; i < request->root_count && !writer.failed; i++) {
		const struct ledger_request_root *root = &request->roots[i];

		write_text(&writer, root->key, LEDGER_MAX_KEY);
		write_amount(&writer, root->amount);
		write_amount(&writer, root->limit);
		write_number(&writer, (uint64_t)root->extra, 8);
	}
	return (finish(&writer));
}

/* Results stand where requests have their verb, above all of those. */
#define RESULT_BASE 0x80U

static bool
is_result(unsigned int kind)
{
	return (kind >= RESULT_BASE + LEDGER_OK &&
		kind <= RESULT_BASE + LEDGER_MORE);
}

int
ledger_frame_read_reply(
    const unsigned char *data, size_t len, struct ledger_reply *out)
{
	struct cursor cursor = { data, len, false };
	unsigned int kind = read_header(&cursor);

	*out = (struct ledger_reply){ .text = "" };
	if (!is_result(kind))
		return (-1);
	out->result = (enum ledger_result)(kind - RESULT_BASE);
	out->tag = (uint32_t)read_number(&cursor, 4);
	out->flags = (uint32_t)read_number(&cursor, 4);
	out->root = (uint32_t)read_number(&cursor, 4);
	out->lease = read_number(&cursor, 8);
	out->sequence = read_number(&cursor, 8);
	out->text = read_text(&cursor, LEDGER_MAX_TEXT);
	out->root_count = read_root_count(&cursor);
	for (size_t i = 0; i < out->root_count; i++) {
		struct ledger_reply_root *root = &out->roots[i];

		root->key = read_text(&cursor, LEDGER_MAX_KEY);
		root->used = read_amount(&cursor);
		root->held = read_amount(&cursor);
		root->hard = read_amount(&cursor);
		root->soft = read_amount(&cursor);
		root->over_since = (int64_t)read_number(&cursor, 8);
	}
	return (read_end(&cursor));
}

size_t
ledger_frame_write_reply(const struct ledger_reply *reply, unsigned char *out)
{
	struct writer writer = { out, 0, reply->root_count > LEDGER_MAX_ROOTS };

	write_header(&writer, RESULT_BASE + reply->result);
	write_number(&writer, reply->tag, 4);
	write_number(&writer, reply->flags, 4);
	write_number(&writer, reply->root, 4);
	write_number(&writer, reply->lease, 8);
	write_number(&writer, reply->sequence, 8);
	write_text(&writer, reply->text, LEDGER_MAX_TEXT);
	write_number(&writer, reply->root_count, 1);
	for (size_t i = 0; i < reply->root_count && !writer.failed; i++) {
		const struct ledger_reply_root *root = &reply->roots[i];

		write_text(&writer, root->key, LEDGER_MAX_KEY);
		write_amount(&writer, root->used);
		write_amount(&writer, root->held);
		write_amount(&writer, root->hard);
		write_amount(&writer, root->soft);
		write_number(&writer, (uint64_t)root->over_since, 8);
	}
	return (finish(&writer));
}
