#include "base/buf.h"

#include <stdarg.h>
#include <string.h>

#define BUF_FIRST_SIZE 128

void
buf_init(struct buf *buf, struct arena *arena, size_t limit)
{
	*buf = (struct buf){ .arena = arena, .limit = limit };
}

/* Make room for ${more} bytes and a NUL. */
static bool
reserve(struct buf *buf, size_t more)
{
	if (buf->overflow || more > buf->limit - buf->len) {
		buf->overflow = true;
		return (false);
	}
	if (buf->len + more < buf->size)
		return (true);
	size_t size = buf->size < BUF_FIRST_SIZE ? BUF_FIRST_SIZE : buf->size;

	while (size <= buf->len + more)
		size *= 2;
	buf->data = arena_grow(buf->arena, buf->data, buf->len, size);
	buf->size = size;
	return (true);
}

void
buf_add(struct buf *buf, struct span bytes)
{
	if (bytes.len == 0 || !reserve(buf, bytes.len))
		return;
	/* UNSAFE: reserve() made room for bytes.len and a NUL. */
	memcpy(buf->data + buf->len, bytes.data, bytes.len);
	buf->len += bytes.len;
	buf->data[buf->len] = '\0';
}

void
buf_add_str(struct buf *buf, const char *string)
{
	buf_add(buf, span_str(string));
}

void
buf_add_byte(struct buf *buf, unsigned char byte)
{
	buf_add(buf, span_new(&byte, 1));
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buf_add_str(buf, arena_vprintf(buf->arena, format, ap));
	va_end(ap);
}

void
buf_cut(struct buf *buf, size_t len)
{
	if (len >= buf->len)
		return;
	buf->len = len;
	buf->data[len] = '\0';
}

struct span
buf_span(const struct buf *buf)
{
	return (span_new(buf->data, buf->len));
}

const char *
buf_str(const struct buf *buf)
{
	return (buf->data == NULL ? "" : (const char *)buf->data);
}
