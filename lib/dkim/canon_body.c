#include <endian.h>
#include <string.h>

#include "dkim/canon.h"

/*
 * A body passes through two steps.  blanks() exists for relaxed only: it
 * shortens runs of white space and drops those before a line end.  lines()
 * holds back line ends until something other than a line end follows, since the
 * last ones count as one (simple) or, in an empty body, as none (relaxed).
 */

/* Runs of this size go to the sink where they stand. */
#define DIRECT ((size_t)512)

/* Bytes that blanks() looks at at once. */
#define BLOCK 16

typedef unsigned char block __attribute__((vector_size(BLOCK)));
typedef uint64_t block_bits __attribute__((vector_size(BLOCK)));

static void
flush(struct canon_body *body)
{
	if (body->staged > 0)
		body->sink(body->cookie, span_new(body->stage, body->staged));
	body->staged = 0;
}

static void
pass_on(struct canon_body *body, struct span run)
{
	if (run.len > CANON_STAGE - body->staged || run.len >= DIRECT)
		flush(body);
	if (run.len >= DIRECT) {
		body->sink(body->cookie, run);
		return;
	}
	/* UNSAFE: run is shorter than DIRECT and there is room for it. */
	memcpy(body->stage + body->staged, run.data, run.len);
	body->staged += run.len;
}

static void
pass_on_crlfs(struct canon_body *body)
{
	static const struct span crlf = SPAN_LITERAL("\r\n");

	for (; body->crlfs > 0; body->crlfs--)
		pass_on(body, crlf);
}

static bool
ends_with_crlf(struct span run)
{
	return (run.len >= 2 && run.data[run.len - 1] == '\n' &&
		run.data[run.len - 2] == '\r');
}

/* Pass on ${run}, which no CR ends that belongs to a CRLF, without its last
 * line ends. */
static void
lines(struct canon_body *body, struct span run)
{
	uint64_t crlfs = 0;

	for (; ends_with_crlf(run); run.len -= 2)
		crlfs++;
	if (run.len > 0) {
		pass_on_crlfs(body);
		pass_on(body, run);
		body->started = true;
	}
	body->crlfs += crlfs;
}

static struct span
slice(struct span bytes, size_t from, size_t to)
{
	return (span_tail(span_head(bytes, to), from));
}

/* Return the index of the first of the BLOCK bytes at ${data} that may have to
 * change, or BLOCK: a tab, or a space before a blank or a control character.
 * data[BLOCK] is looked at too. */
static size_t
find_in_block(const unsigned char *data)
{
	block here, next;
	block_bits bits;

	memcpy(&here, data, BLOCK);
	memcpy(&next, data + 1, BLOCK); /* UNSAFE: by contract */
	block found = (block)(here == '\t') |
	              ((block)(here == ' ') & (block)(next <= ' '));

	memcpy(&bits, &found, BLOCK);
	if (bits[0] != 0)
		return ((size_t)__builtin_ctzll(le64toh(bits[0])) / 8);
	if (bits[1] != 0)
		return (8 + (size_t)__builtin_ctzll(le64toh(bits[1])) / 8);
	return (BLOCK);
}

/* Return the index of the first byte from ${at} on that may have to change. */
static size_t
find_blank(struct span bytes, size_t at)
{
	while (at + BLOCK < bytes.len) {
		/* UNSAFE: BLOCK + 1 bytes stand there. */
		size_t found = find_in_block(bytes.data + at);

		at += found;
		if (found < BLOCK)
			return (at);
	}
	for (; at < bytes.len; at++)
		if (bytes.data[at] == '\t' ||
		    (bytes.data[at] == ' ' && span_at(bytes, at + 1) <= ' '))
			break;
	return (at);
}

/* Return the index of the first byte from ${at} on that is no WSP. */
static size_t
skip_blanks(struct span bytes, size_t at)
{
	while (
	    at < bytes.len && (bytes.data[at] == ' ' || bytes.data[at] == '\t'))
		at++;
	return (at);
}

/* RFC 6376 3.4.4: a run of WSP becomes one space, and nothing before CRLF. */
static void
blanks(struct canon_body *body, struct span bytes)
{
	static const struct span space = SPAN_LITERAL(" ");
	size_t start = 0, at = 0;

	while ((at = find_blank(bytes, at)) < bytes.len) {
		size_t end = skip_blanks(bytes, at);

		lines(body, slice(bytes, start, at));
		start = end;
		at = end;
		if (end == bytes.len)
			body->blank = true;
		else if (bytes.data[end] == '\r' &&
			 span_at(bytes, end + 1) == '\n')
			continue;
		else if (bytes.data[end - 1] == ' ')
			start = end - 1; /* the space that is there already */
		else
			lines(body, space);
	}
	lines(body, slice(bytes, start, bytes.len));
}

static void
through(struct canon_body *body, struct span bytes)
{
	if (bytes.len == 0)
		return;
	if (body->canon == DKIM_RELAXED)
		blanks(body, bytes);
	else
		lines(body, bytes);
}

void
canon_body_init(struct canon_body *body, enum dkim_canon canon,
    canon_sink *sink, void *cookie)
{
	body->canon = canon;
	body->sink = sink;
	body->cookie = cookie;
	body->blank = false;
	body->cr = false;
	body->started = false;
	body->crlfs = 0;
	body->staged = 0;
}

/* Settle what the last part left open, now that we see how it goes on. */
static void
resume(struct canon_body *body, struct span *bytes)
{
	static const struct span space = SPAN_LITERAL(" ");
	static const struct span cr = SPAN_LITERAL("\r");
	static const struct span crlf = SPAN_LITERAL("\r\n");

	if (body->blank && !body->cr) {
		(void)span_take_while(bytes, span_is_wsp);
		if (bytes->len == 0)
			return;
		if (bytes->len == 1 && bytes->data[0] == '\r')
			return;
		if (!(span_peek(*bytes) == '\r' && span_at(*bytes, 1) == '\n'))
			lines(body, space);
		body->blank = false;
		return;
	}
	if (!body->cr)
		return;
	bool is_crlf = span_take_byte(bytes, '\n');

	if (body->blank && !is_crlf)
		lines(body, space);
	lines(body, is_crlf ? crlf : cr);
	body->blank = false;
	body->cr = false;
}

void
canon_body_add(struct canon_body *body, struct span bytes)
{
	if (bytes.len == 0)
		return;
	resume(body, &bytes);
	if (bytes.len == 0)
		return;
	body->cr = bytes.data[bytes.len - 1] == '\r';
	through(body, span_head(bytes, bytes.len - (body->cr ? 1 : 0)));
}

void
canon_body_finish(struct canon_body *body)
{
	static const struct span space = SPAN_LITERAL(" ");
	static const struct span cr = SPAN_LITERAL("\r");
	static const struct span crlf = SPAN_LITERAL("\r\n");

	/* A last CR is an ordinary byte, and so are the blanks before it; those
	 * at the end of the body end its last line. */
	if (body->cr && body->blank)
		lines(body, space);
	if (body->cr)
		lines(body, cr);
	/* RFC 6376 3.4.3, 3.4.4: line ends at the end count as one, and a
	 * missing one is added; an empty body is CRLF in simple and nothing in
	 * relaxed. */
	if (body->started || body->canon == DKIM_SIMPLE)
		pass_on(body, crlf);
	flush(body);
}
