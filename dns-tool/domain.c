#include "domain.h"

#include "base/buf.h"
#include "dns/name.h"

/* Letters, digits, hyphens, and the underscores and asterisks that names in the
 * DNS have besides hosts. */
static bool
is_plain(unsigned char byte)
{
	return (
	    span_is_alnum(byte) || byte == '-' || byte == '_' || byte == '*');
}

const char *
domain_of_rdata(struct arena *arena, struct span rdata)
{
	struct buf text;
	struct span label;
	int len;

	buf_init(&text, arena, NAME_MAX_BYTES + 1);
	while ((len = span_peek(rdata)) > 0) {
		span_skip(&rdata, 1);
		if (len > NAME_MAX_LABEL ||
		    !span_take(&rdata, (size_t)len, &label))
			return (NULL);
		if (text.len > 0)
			buf_add_byte(&text, '.');
		for (size_t i = 0; i < label.len; i++) {
			if (!is_plain(label.data[i]))
				return (NULL);
			buf_add_byte(&text, span_lower(label.data[i]));
		}
	}
	if (len < 0 || text.overflow)
		return (NULL);
	return (text.len == 0 ? "" : buf_str(&text));
}
