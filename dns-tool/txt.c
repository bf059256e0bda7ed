#include "txt.h"

#include "base/buf.h"

#define STRING_MAX_BYTES 255

/* A record of 64 kB in strings, with each byte escaped, and the name. */
#define LINE_MAX_BYTES 524288

/* RFC 1035 5.1: a backslash stands before a quote and itself, and before the
 * number of a byte that is not printable. */
static void
add_escaped(struct buf *out, struct span string)
{
	for (size_t i = 0; i < string.len; i++) {
		const unsigned char byte = string.data[i];

		if (byte == '"' || byte == '\\')
			buf_printf(out, "\\%c", byte);
		else if (byte >= ' ' && byte <= '~')
			buf_add_byte(out, byte);
		else
			buf_printf(out, "\\%03u", byte);
	}
}

const char *
txt_print(const char *name, const char *text, struct arena *arena)
{
	struct span rest = span_str(text);
	bool single = rest.len <= STRING_MAX_BYTES;
	struct buf out;

	buf_init(&out, arena, LINE_MAX_BYTES);
	buf_printf(&out, "%s. IN TXT %s", name, single ? "" : "(");
	do {
		struct span string = span_head(rest, STRING_MAX_BYTES);

		span_skip(&rest, string.len);
		buf_add_str(&out, single ? "\"" : "\n\t\"");
		add_escaped(&out, string);
		buf_add_str(&out, "\"");
	} while (rest.len > 0);
	buf_add_str(&out, single ? "" : " )");
	return (buf_str(&out));
}
