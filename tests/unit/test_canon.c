#include "support/unit.h"

#include "dkim/canon.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *value, *simple, *relaxed;
} header_cases[] = {
	/* RFC 6376 3.4.5. */
	{ "A", " X", "A: X", "a:X" },
	{ "B ", " Y\t\r\n\tZ  ", "B : Y\t\r\n\tZ  ", "b:Y Z" },
	{ "SubjecT", "", "SubjecT:", "subject:" },
	{ "Subject", " ", "Subject: ", "subject:" },
	{ "Subject", " \r\n ", "Subject: \r\n ", "subject:" },
	{ "Subject", "a", "Subject:a", "subject:a" },
	{ "Subject", "\ta b c", "Subject:\ta b c", "subject:a b c" },
	{ "Subject", " a  b\t \tc ", "Subject: a  b\t \tc ", "subject:a b c" },
	{ "Subject", " a\tb", "Subject: a\tb", "subject:a b" },
	{ "Subject", " a\r\n b", "Subject: a\r\n b", "subject:a b" },
	{ "Subject", " a \r\n  b", "Subject: a \r\n  b", "subject:a b" },
	{ "Subject", " a\r\n \r\n b", "Subject: a\r\n \r\n b", "subject:a b" },
	{ "Subject", " a\r\n ", "Subject: a\r\n ", "subject:a" },
	/* Neither a lone CR nor 8-bit bytes are white space. */
	{ "Subject", " a\rb \r ", "Subject: a\rb \r ", "subject:a\rb \r" },
	{ "Subject", " \xc2\xa0 \xff", "Subject: \xc2\xa0 \xff",
	    "subject:\xc2\xa0 \xff" },
	{ "A-Name-Longer-Than-A-Piece-Of-Sixty-Four-Bytes-So-That-It-Is-Cut-Up",
	    " x",
	    "A-Name-Longer-Than-A-Piece-Of-Sixty-Four-Bytes-So-That-It-Is-Cut-"
	    "Up: x",
	    "a-name-longer-than-a-piece-of-sixty-four-bytes-so-that-it-is-cut-"
	    "up:x" },
};

static void
test_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(header_cases); i++) {
		struct arena *arena = arena_new();
		struct span name = span_str(header_cases[i].name);
		struct header_field field = { .raw_name = name,
			.name = span_trim_end(name, span_is_wsp),
			.value = span_str(header_cases[i].value) };
		struct buf out;

		buf_init(&out, arena, 1000);
		canon_header(&out, DKIM_SIMPLE, &field);
		assert_string_equal(buf_str(&out), header_cases[i].simple);
		buf_cut(&out, 0);
		canon_header(&out, DKIM_RELAXED, &field);
		assert_string_equal(buf_str(&out), header_cases[i].relaxed);
		arena_free(arena);
	}
}

static const struct {
	const char *body, *simple, *relaxed;
} body_cases[] = {
	/* RFC 6376 3.4.3, 3.4.4: the empty body. */
	{ "", "\r\n", "" },
	{ "\r\n", "\r\n", "" },
	{ "\r\n\r\n\r\n", "\r\n", "" },
	/* RFC 6376 3.4.5. */
	{ " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n" },
	/* Nothing but blanks. */
	{ " ", " \r\n", "" },
	{ " \r\n", " \r\n", "" },
	{ " \t\r\n \r\n\t", " \t\r\n \r\n\t\r\n", "" },
	{ " \r\n\r\n", " \r\n", "" },
	/* No line end at the end. */
	{ "a", "a\r\n", "a\r\n" },
	{ "a ", "a \r\n", "a\r\n" },
	{ "a\r\n ", "a\r\n \r\n", "a\r\n" },
	{ "a\r\n\r\nb", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n" },
	{ "a\r\n", "a\r\n", "a\r\n" },
	{ "a\r\n\r\n", "a\r\n", "a\r\n" },
	{ "\r\na\r\n", "\r\na\r\n", "\r\na\r\n" },
	{ " \r\n\r\na\r\n", " \r\n\r\na\r\n", "\r\n\r\na\r\n" },
	{ "a\r\n \r\n\t\r\n", "a\r\n \r\n\t\r\n", "a\r\n" },
	{ "a\r\n \r\n\t\r\nb", "a\r\n \r\n\t\r\nb\r\n", "a\r\n\r\n\r\nb\r\n" },
	{ "a b  c\td\t\te \t f\r\n", "a b  c\td\t\te \t f\r\n",
	    "a b c d e f\r\n" },
	{ "  a\r\n\tb\r\n", "  a\r\n\tb\r\n", " a\r\n b\r\n" },
	/* A lone CR or LF is an ordinary byte. */
	{ "a\rb\nc", "a\rb\nc\r\n", "a\rb\nc\r\n" },
	{ "a \rb \nc", "a \rb \nc\r\n", "a \rb \nc\r\n" },
	{ "a  \r \nb", "a  \r \nb\r\n", "a \r \nb\r\n" },
	{ "a\r", "a\r\r\n", "a\r\r\n" },
	{ "a \r", "a \r\r\n", "a \r\r\n" },
	{ "a\r\r\n", "a\r\r\n", "a\r\r\n" },
	{ "a \r\r\n", "a \r\r\n", "a \r\r\n" },
	{ "a\n\n", "a\n\n\r\n", "a\n\n\r\n" },
	{ "\n", "\n\r\n", "\n\r\n" },
	{ "\r", "\r\r\n", "\r\r\n" },
	{ "\r\r\n\n\r\n", "\r\r\n\n\r\n", "\r\r\n\n\r\n" },
	{ "\n\r\n\r", "\n\r\n\r\r\n", "\n\r\n\r\r\n" },
	/* Eight bits, and places that a block of sixteen bytes straddles. */
	{ "\xa0 \xff\x80  x\r\n", "\xa0 \xff\x80  x\r\n",
	    "\xa0 \xff\x80 x\r\n" },
	{ "0123456789abcde  f0123456789abcdef \r\n",
	    "0123456789abcde  f0123456789abcdef \r\n",
	    "0123456789abcde f0123456789abcdef\r\n" },
	{ "0123456789 bcdef0123456789abcd\tf0123456789abcdef0 \t \r\nx",
	    "0123456789 bcdef0123456789abcd\tf0123456789abcdef0 \t \r\nx\r\n",
	    "0123456789 bcdef0123456789abcd f0123456789abcdef0\r\nx\r\n" },
};

static void
gather(void *cookie, struct span bytes)
{
	buf_add(cookie, bytes);
}

/* Canonicalize ${body} in pieces that end at ${first}, ${second} and the end.
 */
static void
check_body(const char *body, size_t first, size_t second, enum dkim_canon canon,
    const char *wanted)
{
	struct arena *arena = arena_new();
	struct canon_body *work = arena_alloc(arena, sizeof(*work));
	struct span text = span_str(body);
	struct buf out;

	buf_init(&out, arena, 10000);
	canon_body_init(work, canon, gather, &out);
	canon_body_add(work, span_head(text, first));
	canon_body_add(work, span_tail(span_head(text, second), first));
	canon_body_add(work, span_tail(text, second));
	canon_body_finish(work);
	assert_string_equal(buf_str(&out), wanted);
	arena_free(arena);
}

static void
test_body(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(body_cases); i++) {
		const char *body = body_cases[i].body;
		size_t len = strlen(body);

		for (size_t first = 0; first <= len; first++)
			for (size_t second = first; second <= len; second++) {
				check_body(body, first, second, DKIM_SIMPLE,
				    body_cases[i].simple);
				check_body(body, first, second, DKIM_RELAXED,
				    body_cases[i].relaxed);
			}
	}
}

/* The canonicalizations, written as the RFC puts it, a rule at a time. */
static struct span
plain_canon(struct arena *arena, enum dkim_canon canon, struct span body)
{
	unsigned char *out = arena_alloc(arena, body.len + 3);
	size_t len = 0;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char byte = body.data[i];
		bool crlf = byte == '\r' && span_at(body, i + 1) == '\n';

		if (canon == DKIM_RELAXED && span_is_wsp(byte)) {
			if (len == 0 || out[len - 1] != ' ')
				out[len++] = ' ';
			continue;
		}
		if (canon == DKIM_RELAXED && crlf && len > 0 &&
		    out[len - 1] == ' ')
			len--;
		out[len++] = byte;
	}
	if (canon == DKIM_RELAXED && len > 0 && out[len - 1] == ' ')
		len--;
	struct span text = span_new(out, len);

	while (span_ends_nocase(text, span_str("\r\n")))
		text.len -= 2;
	if (text.len > 0 || canon == DKIM_SIMPLE) {
		out[text.len++] = '\r';
		out[text.len++] = '\n';
	}
	return (text);
}

/* Feed ${piece} in memory of just its size, so that AddressSanitizer sees who
 * reads past it. */
static void
add_alone(struct canon_body *work, struct span piece)
{
	unsigned char *copy = malloc(piece.len > 0 ? piece.len : 1);

	assert_non_null(copy);
	if (piece.len > 0)
		memcpy(copy, piece.data, piece.len);
	canon_body_add(work, span_new(copy, piece.len));
	free(copy);
}

/* Feed ${body} in random pieces and compare with plain_canon(). */
static void
check_random(struct span body, unsigned int *seed, enum dkim_canon canon)
{
	struct arena *arena = arena_new();
	struct canon_body *work = arena_alloc(arena, sizeof(*work));
	struct span rest = body;
	struct buf out;
	size_t most = (size_t)rand_r(seed) % 12000 + 1;

	buf_init(&out, arena, body.len + 2);
	canon_body_init(work, canon, gather, &out);
	while (rest.len > 0) {
		size_t len = (size_t)rand_r(seed) % most + 1;

		add_alone(work, span_head(rest, len));
		span_skip(&rest, len);
	}
	canon_body_finish(work);
	assert_true(span_eq(buf_span(&out), plain_canon(arena, canon, body)));
	arena_free(arena);
}

static void
test_random_bodies(void **state)
{
	static const char *const words[] = { " ", "  ", "\t", "\r\n",
		"\r\n\r\n", "\r", "\n", "x", "word",
		"a longer run of words without a fold",
		"0123456789abcdef0123456789abcdef0123456789abcdef" };
	unsigned int seed = 1;
	unsigned char body[20000];

	(void)state;
	for (int round = 0; round < 400; round++) {
		size_t len = 0;
		size_t wanted = (size_t)rand_r(&seed) % (sizeof(body) - 64);
		size_t kinds = (size_t)rand_r(&seed) % UNIT_COUNT(words) + 1;

		while (len < wanted) {
			struct span word =
			    span_str(words[(size_t)rand_r(&seed) % kinds]);

			memcpy(body + len, word.data, word.len);
			len += word.len;
		}
		check_random(span_new(body, len), &seed, DKIM_SIMPLE);
		check_random(span_new(body, len), &seed, DKIM_RELAXED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_random_bodies),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
