#include "txt.h"

#include "base/buf.h"

#define STRING_MAX_BYTES 255

/* A record of 64 kB in strings, each with its marks, and the name. */
#define LINE_MAX_BYTES 131072

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
		buf_add(&out, string);
		buf_add_str(&out, "\"");
	} while (rest.len > 0);
	buf_add_str(&out, single ? "" : " )");
	return (buf_str(&out));
}
