#include "quota_reply.h"

#include <stdbool.h>

#include "base/buf.h"

static bool
is_line_end(unsigned char byte)
{
	return (byte == '\r' || byte == '\n');
}

enum quota_reply_status
quota_reply_parse(struct span bytes, struct span *action)
{
	struct span name;
	struct span line;

	*action = span_str(NULL);
	(void)span_take_while(&bytes, is_line_end);
	if (span_find(bytes, '\n') == bytes.len)
		return (bytes.len < QUOTA_REPLY_MAX ? QUOTA_REPLY_INCOMPLETE
						    : QUOTA_REPLY_BAD);
	if (!span_take_line(&bytes, &line) ||
	    !span_take_until(&line, '=', &name) || !span_is(name, "action"))
		return (QUOTA_REPLY_BAD);
	if (bytes.len == 0 || span_is(bytes, "\r"))
		return (QUOTA_REPLY_INCOMPLETE);
	/* Dovecot of some releases ends a reply with two more line ends. */
	(void)span_take_while(&bytes, is_line_end);
	if (bytes.len > 0)
		return (QUOTA_REPLY_BAD);
	*action = line;
	return (QUOTA_REPLY_COMPLETE);
}

static bool
contains(struct span text, const char *words)
{
	struct span wanted = span_str(words);

	for (size_t i = 0; i + wanted.len <= text.len; i++)
		if (span_ieq(span_head(span_tail(text, i), wanted.len), wanted))
			return (true);
	return (false);
}

/* Whether the words of ${text} are those of a mailbox that is full.  Dovecot's
 * "Internal quota calculation error" must not be among them. */
static bool
says_full(struct span text)
{
	static const char *const words[] = { "over quota", "overquota",
		"quota exceeded", "exceeds quota", "exceeded quota",
		"quota limit", "mailbox full", "is full", "out of space" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (contains(text, words[i]))
			return (true);
	return (false);
}

/* Take an enhanced status code (RFC 3463) that ${text} begins with, or nothing.
 */
static struct span
take_status(struct span *text)
{
	struct span rest = *text;
	struct span class = span_take_while(&rest, span_is_digit);
	bool good = class.len == 1 && span_take_byte(&rest, '.');
	struct span subject = span_take_while(&rest, span_is_digit);

	good = good && subject.len > 0 && span_take_byte(&rest, '.');
	struct span detail = span_take_while(&rest, span_is_digit);

	good =
	    good && detail.len > 0 && (rest.len == 0 || span_peek(rest) == ' ');
	if (!good)
		return (span_str(NULL));
	struct span status = span_head(*text, text->len - rest.len);

	*text = span_trim(rest, span_is_wsp);
	return (status);
}

/* RFC 3463 3.3: mailbox full, message too long for it; 3.4: message too big. */
static bool
is_full(struct span status)
{
	struct span detail = span_tail(status, 1);

	return (span_is(detail, ".2.2") || span_is(detail, ".2.3") ||
		span_is(detail, ".3.4"));
}

/* RFC 3463 3.2: something about the address. */
static bool
is_no_mailbox(struct span status)
{
	return (span_starts(span_tail(status, 1), ".1.") ||
		span_is(status, "5.2.1"));
}

static enum quota_result
eval_permanent(struct span code, struct span status, struct span words)
{
	if (is_no_mailbox(status))
		return (QUOTA_UNKNOWN);
	if (is_full(status) || span_is(code, "552") || says_full(words))
		return (QUOTA_HARD);
	if (contains(words, "unknown") || contains(words, "no such"))
		return (QUOTA_UNKNOWN);
	return (QUOTA_TEMPFAIL);
}

static enum quota_result
eval_action(struct span verb, struct span status, struct span words)
{
	struct span digits = verb;

	if (span_is_nocase(verb, "OK") || span_is_nocase(verb, "DUNNO") ||
	    span_is_nocase(verb, "PERMIT"))
		return (QUOTA_UNDER);
	/* quota_status_nouser is "REJECT Unknown user". */
	if (span_is_nocase(verb, "REJECT"))
		return (is_full(status) || says_full(words) ? QUOTA_HARD
							    : QUOTA_UNKNOWN);
	/* What Dovecot says when it does not know; or an operator's words. */
	if (span_is_nocase(verb, "DEFER") ||
	    span_is_nocase(verb, "DEFER_IF_PERMIT"))
		return (is_full(status) ? QUOTA_SOFT : QUOTA_TEMPFAIL);
	(void)span_take_while(&digits, span_is_digit);
	if (verb.len != 3 || digits.len > 0)
		return (QUOTA_TEMPFAIL);
	if (span_peek(verb) == '5')
		return (eval_permanent(verb, status, words));
	if (span_peek(verb) == '4' &&
	    (is_full(status) || span_is(verb, "452") || says_full(words)))
		return (QUOTA_SOFT);
	return (QUOTA_TEMPFAIL);
}

static const char *
clean(struct span words, struct arena *arena)
{
	struct buf text;

	if (words.len == 0)
		return (NULL);
	buf_init(&text, arena, QUOTA_MAX_REASON);
	words = span_head(words, QUOTA_MAX_REASON);
	for (size_t i = 0; i < words.len; i++) {
		unsigned char byte = words.data[i];

		buf_add_byte(&text, byte < ' ' || byte > '~' ? '?' : byte);
	}
	return (buf_str(&text));
}

enum quota_result
quota_reply_eval(struct span action, struct arena *arena, const char **reason)
{
	struct span rest = span_trim(action, span_is_wsp);
	struct span status;
	struct span verb;

	(void)span_take_until(&rest, ' ', &verb);
	rest = span_trim(rest, span_is_wsp);
	status = take_status(&rest);
	*reason = clean(rest, arena);
	return (eval_action(verb, status, rest));
}
