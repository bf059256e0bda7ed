#include "mail/crlf.h"

/* Return how many LFs in ${text} have no CR before them. */
static size_t
count_bare_feeds(struct span text)
{
	size_t count = 0;
	struct span line;

	while (span_take_until(&text, '\n', &line))
		if (line.len == 0 || line.data[line.len - 1] != '\r')
			count++;
	return (count);
}

struct span
crlf_from_lf(struct arena *arena, struct span text)
{
	size_t bare = count_bare_feeds(text);

	if (bare == 0)
		return (text);
	unsigned char *copy = arena_alloc(arena, text.len + bare);
	size_t len = 0;
	int last = -1;

	/* UNSAFE: copy has room for one more byte for each bare LF. */
	for (size_t i = 0; i < text.len; last = text.data[i++]) {
		if (text.data[i] == '\n' && last != '\r')
			copy[len++] = '\r';
		copy[len++] = text.data[i];
	}
	return (span_new(copy, len));
}
