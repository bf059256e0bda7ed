#include "receiver/frame.h"

static void
print_number(uint32_t number, unsigned char out[4])
{
	out[0] = (unsigned char)(number >> 24);
	out[1] = (unsigned char)(number >> 16);
	out[2] = (unsigned char)(number >> 8);
	out[3] = (unsigned char)number;
}

bool
frame_take_number(struct span *cursor, uint32_t *out)
{
	struct span bytes;

	if (!span_take(cursor, 4, &bytes))
		return (false);
	*out = (uint32_t)bytes.data[0] << 24 | (uint32_t)bytes.data[1] << 16 |
	       (uint32_t)bytes.data[2] << 8 | (uint32_t)bytes.data[3];
	return (true);
}

bool
frame_take_bytes(struct span *cursor, size_t max, struct span *out)
{
	struct span rest = *cursor;
	uint32_t len;

	if (!frame_take_number(&rest, &len) || len > max ||
	    !span_take(&rest, len, out))
		return (false);
	*cursor = rest;
	return (true);
}

enum frame_status
frame_take(struct span *cursor, size_t max, struct frame *out)
{
	struct span rest = *cursor;
	struct span start;
	uint32_t len;

	/* Say so before the whole of something impossible is awaited. */
	if (rest.len > 0 && rest.data[0] != FRAME_VERSION)
		return (FRAME_BROKEN);
	if (rest.len > 1 && rest.data[1] > FRAME_LAST)
		return (FRAME_BROKEN);
	if (!span_take(&rest, 2, &start) || !frame_take_number(&rest, &len))
		return (FRAME_PARTIAL);
	if (len > max)
		return (FRAME_BROKEN);
	if (!span_take(&rest, len, &out->payload))
		return (FRAME_PARTIAL);
	out->type = (enum frame_type)start.data[1];
	*cursor = rest;
	return (FRAME_WHOLE);
}

void
frame_header(
    enum frame_type type, size_t len, unsigned char out[FRAME_HEADER_BYTES])
{
	out[0] = FRAME_VERSION;
	out[1] = (unsigned char)type;
	print_number((uint32_t)len, &out[2]);
}

void
frame_add(struct buf *buf, enum frame_type type, struct span payload)
{
	unsigned char header[FRAME_HEADER_BYTES];

	frame_header(type, payload.len, header);
	buf_add(buf, span_new(header, sizeof(header)));
	buf_add(buf, payload);
}

void
frame_add_number(struct buf *buf, uint32_t number)
{
	unsigned char bytes[4];

	print_number(number, bytes);
	buf_add(buf, span_new(bytes, sizeof(bytes)));
}

void
frame_add_bytes(struct buf *buf, struct span bytes)
{
	frame_add_number(buf, (uint32_t)bytes.len);
	buf_add(buf, bytes);
}
