#include "reply.h"

#include "base/buf.h"

/* access(5); a code that begins with a reply code stands for the word. */
static const char *
word_of(const struct decision *decision)
{
	switch (decision->action) {
	case DECIDE_DUNNO:
		return ("DUNNO");
	case DECIDE_PREPEND:
		return ("PREPEND X-Mailreeve-Score:");
	case DECIDE_DEFER_IF_PERMIT:
		return ("DEFER_IF_PERMIT");
	case DECIDE_DEFER:
		return ("DEFER");
	case DECIDE_HOLD:
		return ("HOLD");
	case DECIDE_REJECT:
		return ("REJECT");
	}
	return ("DUNNO");
}

/* "552 5.2.2" and not "5.2.2". */
static bool
has_reply_code(const char *code)
{
	struct span rest = span_str(code);

	return (span_take_while(&rest, span_is_digit).len > 1);
}

static void
add_clean(struct buf *line, const char *text)
{
	for (struct span rest = span_str(text); rest.len > 0;
	     span_skip(&rest, 1)) {
		unsigned char byte = rest.data[0];

		if (line->len == REPLY_MAX_BYTES)
			return;
		buf_add_byte(line, span_is_control(byte) || span_is_8bit(byte)
				       ? (unsigned char)'?'
				       : byte);
	}
}

struct span
reply_print(struct arena *arena, const struct decision *decision)
{
	static const char end[] = "\n\n";
	struct buf line;

	buf_init(&line, arena, REPLY_MAX_BYTES + sizeof(end));
	buf_add_str(&line, "action=");
	if (decision->code == NULL || !has_reply_code(decision->code))
		buf_add_str(&line, word_of(decision));
	if (decision->code != NULL) {
		if (!has_reply_code(decision->code))
			buf_add_byte(&line, ' ');
		buf_add_str(&line, decision->code);
	}
	if (decision->text != NULL) {
		buf_add_byte(&line, ' ');
		add_clean(&line, decision->text);
	}
	buf_add_str(&line, end);
	return (buf_span(&line));
}
