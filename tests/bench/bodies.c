#include "bodies.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena_impl.h"

const struct bodies_kind bodies[BODIES] = {
	{ "text", "text, 72 columns",
	    "Some words that make up a line of text, about as long as most "
	    "lines\r\n" },
	{ "base64", "base64, 76 columns",
	    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUZHSElKS0xNTk9QUVJTVFVW"
	    "V1hZWkFBQUFB\r\n" },
	{ "html", "HTML, indented",
	    "<tr>\r\n    <td class=\"x\">\r\n\t<a href=\"https://example.org/"
	    "\">\r\n\t    a link </a>\r\n    </td>\r\n</tr>\r\n" },
	{ "blanks", "blanks, the worst", "a  b\t\r\n" },
};

void
bodies_repeat(char *out, size_t len, const char *lines)
{
	size_t period = strlen(lines);

	for (size_t i = 0; i < len; i++)
		out[i] = lines[i % period];
}

struct span
bodies_new(const struct bodies_kind *kind, size_t bytes)
{
	char *text = arena_impl_malloc(bytes);

	bodies_repeat(text, bytes, kind->lines);
	return (span_new(text, bytes));
}

void
bodies_free(struct span body)
{
	/* bodies_new() made it, so that it may be changed. */
	free((void *)(uintptr_t)body.data);
}

double
bodies_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return ((double)now.tv_sec + (double)now.tv_nsec / 1e9);
}
