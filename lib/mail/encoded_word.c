#include "mail/encoded_word.h"

#include "base/buf.h"
#include "mail/lexeme.h"

#define BASE64_BITS 6
#define BASE64_PADDING_MAX 2

struct word {
	struct span charset;
	struct span encoding;
	struct span text;
};

bool
encoded_word_has_at(struct span text)
{
	for (; text.len > 0; span_skip(&text, 1))
		if (text.data[0] == '@' || span_starts(text, "\xef\xb9\xab") ||
		    span_starts(text, "\xef\xbc\xa0"))
			return (true);
	return (false);
}

/* Take the rest of a word, without the "=?" at its front. */
static bool
take_word(struct span *cursor, struct word *out)
{
	return (span_take_until(cursor, '?', &out->charset) &&
		span_take_until(cursor, '?', &out->encoding) &&
		span_take_until(cursor, '?', &out->text) &&
		span_take_byte(cursor, '='));
}

/* RFC 2047 4.2. */
static bool
decode_q(struct span text, struct buf *out)
{
	while (text.len > 0) {
		unsigned char byte = text.data[0];

		span_skip(&text, 1);
		if (byte == '=') {
			int high = span_hex_value(span_at(text, 0));
			int low = span_hex_value(span_at(text, 1));

			if (high < 0 || low < 0)
				return (false);
			byte = (unsigned char)(high * 16 + low);
			span_skip(&text, 2);
		}
		buf_add_byte(out, byte == '_' ? ' ' : byte);
	}
	return (true);
}

static int
base64_value(unsigned char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return (byte - 'A');
	if (byte >= 'a' && byte <= 'z')
		return (byte - 'a' + 26);
	if (span_is_digit(byte))
		return (byte - '0' + 52);
	return (byte == '+' ? 62 : byte == '/' ? 63 : -1);
}

/* RFC 4648 4, padded or not. */
static bool
decode_b(struct span text, struct buf *out)
{
	unsigned int bits = 0;
	unsigned int have = 0;

	for (int i = 0; i < BASE64_PADDING_MAX; i++)
		if (span_at(text, text.len - 1) == '=')
			text.len--;
	for (size_t i = 0; i < text.len; i++) {
		int value = base64_value(text.data[i]);

		if (value < 0)
			return (false);
		bits = (bits << BASE64_BITS | (unsigned int)value) & 0xffff;
		have += BASE64_BITS;
		if (have < 8)
			continue;
		have -= 8;
		buf_add_byte(out, (unsigned char)(bits >> have));
	}
	return (true);
}

static bool
decode(const struct word *word, struct buf *out)
{
	if (span_is_nocase(word->encoding, "q"))
		return (decode_q(word->text, out));
	return (
	    span_is_nocase(word->encoding, "b") && decode_b(word->text, out));
}

static bool
is_utf8(struct span charset)
{
	return (span_is_nocase(charset, "utf-8") ||
		span_is_nocase(charset, "us-ascii"));
}

/* Say whether one byte is one character in ${charset}, and one below 0x80 that
 * of ASCII. */
static bool
is_single_byte(struct span charset)
{
	static const char *const families[] = { "iso-8859-", "windows-125",
		"koi8-" };

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct span family = span_str(families[i]);

		if (charset.len > family.len && charset.len <= family.len + 2 &&
		    span_ieq(span_head(charset, family.len), family))
			return (true);
	}
	return (false);
}

static bool
is_harmless(struct span decoded)
{
	for (size_t i = 0; i < decoded.len; i++)
		if (span_is_control(decoded.data[i]) ||
		    span_starts(span_tail(decoded, i), "=?"))
			return (false);
	return (!encoded_word_has_at(decoded));
}

bool
encoded_word_all_harmless(struct arena *arena, struct span text)
{
	struct buf utf8;
	struct buf other;

	buf_init(&utf8, arena, text.len);
	buf_init(&other, arena, text.len);
	while (text.len > 0) {
		struct word word;

		if (!span_starts(text, "=?")) {
			span_skip(&text, 1);
			continue;
		}
		span_skip(&text, 2);
		if (!take_word(&text, &word))
			return (false);
		bool in_utf8 = is_utf8(word.charset);

		if ((!in_utf8 && !is_single_byte(word.charset)) ||
		    !decode(&word, in_utf8 ? &utf8 : &other))
			return (false);
	}
	return (lexeme_is_utf8(buf_span(&utf8)) &&
		is_harmless(buf_span(&utf8)) && is_harmless(buf_span(&other)));
}
