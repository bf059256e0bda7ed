#include <string.h>

#include "dkim/canon.h"

/*
 * A body passes through two steps.  squeeze() exists for relaxed only: it
 * shortens runs of white space and drops those before a line end.  lines()
 * holds back line ends until something other than a line end follows, since the
 * last ones count as one (simple) or, in an empty body, as none (relaxed).
 */

/* Bytes that squeeze() looks at at once, and how far it looks behind them. */
#define BLOCK ((size_t)16)
#define AHEAD ((size_t)2)

/* Bytes that squeeze() gathers before it passes them on. */
#define GATHER ((size_t)4096)

typedef unsigned char block __attribute__((vector_size(16)));
typedef uint64_t block_bits __attribute__((vector_size(16)));

static void
pass_on_crlfs(struct canon_body *body)
{
	static const struct span some =
	    SPAN_LITERAL("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n");

	while (body->crlfs > 0) {
		size_t most = some.len / 2;
		size_t count = body->crlfs < most ? (size_t)body->crlfs : most;

		body->sink(body->cookie, span_head(some, 2 * count));
		body->crlfs -= count;
	}
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
		body->sink(body->cookie, run);
		body->started = true;
	}
	body->crlfs += crlfs;
}

/* The 16 bytes from place ${n} on of ${low} and ${high} joined; so DOWN moves
 * ${bytes} ${n} places down, UP moves them up, and zeros fill what is free. */
#define WINDOW(low, high, n)                                                   \
	__builtin_shufflevector(low, high, (n), (n) + 1, (n) + 2, (n) + 3,     \
	    (n) + 4, (n) + 5, (n) + 6, (n) + 7, (n) + 8, (n) + 9, (n) + 10,    \
	    (n) + 11, (n) + 12, (n) + 13, (n) + 14, (n) + 15)
#define DOWN(bytes, n) WINDOW(bytes, (block){ 0 }, n)
#define UP(bytes, n) WINDOW((block){ 0 }, bytes, 16 - (n))

/* Move those of ${bytes} that are not in ${stay} ${n} places down. */
#define PART_DOWN(bytes, stay, n)                                              \
	(((bytes) & (stay)) | DOWN((bytes) & ~(stay), n))

/*
 * Store the bytes of ${text} in ${out}, which has room for a block, but for
 * those in ${gone}; return how many there are.  Where blanks stand cannot be
 * foretold, so there is no branch: each byte moves down by as many places as
 * bytes below it go, in steps of one, two, four and eight.
 */
static inline size_t
store(unsigned char *out, block text, block gone)
{
	block places = gone & 1;
	block stay;

	places += UP(places, 1);
	places += UP(places, 2);
	places += UP(places, 4);
	places += UP(places, 8);
	size_t len = BLOCK - places[BLOCK - 1];

	text &= ~gone;
	places &= ~gone;
	stay = (block)((places & 1) == 0);
	text = PART_DOWN(text, stay, 1);
	places = PART_DOWN(places, stay, 1);
	stay = (block)((places & 2) == 0);
	text = PART_DOWN(text, stay, 2);
	places = PART_DOWN(places, stay, 2);
	stay = (block)((places & 4) == 0);
	text = PART_DOWN(text, stay, 4);
	places = PART_DOWN(places, stay, 4);
	stay = (block)((places & 8) == 0);
	text = PART_DOWN(text, stay, 8);
	memcpy(out, &text, BLOCK);
	return (len);
}

/*
 * RFC 6376 3.4.4: a run of WSP becomes one space, and nothing before CRLF.  So
 * a blank goes if another one or CRLF follows, and the others are spaces.
 * Squeeze the BLOCK bytes at ${data}, behind which AHEAD more stand, into
 * ${out}, which has room for BLOCK; return how many are left.
 */
static inline size_t
squeeze_block(unsigned char *out, const unsigned char *data)
{
	block here, next, second;

	memcpy(&here, data, BLOCK);
	memcpy(&next, data + 1, BLOCK);   /* UNSAFE: by contract */
	memcpy(&second, data + 2, BLOCK); /* UNSAFE: by contract */
	block is_tab = (block)(here == '\t');
	block is_blank = is_tab | (block)(here == ' ');
	block goes =
	    is_blank & ((block)(next == ' ') | (block)(next == '\t') |
			   ((block)(next == '\r') & (block)(second == '\n')));

	here = (here & ~is_tab) | (is_tab & ' ');
	block_bits any = (block_bits)goes;
	if ((any[0] | any[1]) == 0) {
		memcpy(out, &here, BLOCK);
		return (BLOCK);
	}
	return (store(out, here, goes));
}

/* The same with ${count} blocks. */
static size_t
squeeze_blocks(unsigned char *out, const unsigned char *data, size_t count)
{
	size_t len = 0;

	/* UNSAFE: by contract, and no block grows. */
	for (size_t i = 0; i < count; i++)
		len += squeeze_block(out + len, data + i * BLOCK);
	return (len);
}

/* Squeeze fewer than BLOCK + AHEAD bytes, with nothing behind that matters.
 * ${out} has room for two blocks. */
static size_t
squeeze_rest(unsigned char *out, struct span bytes)
{
	unsigned char padded[2 * BLOCK + AHEAD] = { 0 };

	memcpy(padded, bytes.data, bytes.len); /* UNSAFE: by contract */
	/* Not one NUL of the padding is dropped. */
	return (squeeze_blocks(out, padded, 2) - (2 * BLOCK - bytes.len));
}

/* Squeeze ${bytes}, which do not end with a blank, nor with a CR that belongs
 * to a CRLF. */
static void
squeeze(struct canon_body *body, struct span bytes)
{
	unsigned char out[GATHER + BLOCK];
	size_t len = 0;

	while (bytes.len >= BLOCK + AHEAD) {
		size_t count = (bytes.len - AHEAD) / BLOCK;

		if (count > GATHER / BLOCK)
			count = GATHER / BLOCK;
		/* UNSAFE: so many bytes are there, and len <= 1. */
		len += squeeze_blocks(out + len, bytes.data, count);
		span_skip(&bytes, count * BLOCK);
		/* What this CR belongs to, lines() must see. */
		size_t kept = len > 0 && out[len - 1] == '\r' ? 1 : 0;

		lines(body, span_new(out, len - kept));
		out[0] = '\r';
		len = kept;
	}
	/* UNSAFE: len <= 1. */
	len += squeeze_rest(out + len, bytes);
	lines(body, span_new(out, len));
}

/* Blanks at the end of this part wait for what follows. */
static void
blanks(struct canon_body *body, struct span bytes)
{
	size_t len = bytes.len;

	while (len > 0 && span_is_wsp(bytes.data[len - 1]))
		len--;
	body->blank = len < bytes.len;
	squeeze(body, span_head(bytes, len));
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
		body->sink(body->cookie, crlf);
}
