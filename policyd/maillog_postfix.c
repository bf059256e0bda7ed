#include "maillog_postfix.h"

/* Postfix's limit for a number of recipients or bytes has fewer. */
#define MAX_DIGITS 18

/* Bytes of a queue id: hexadecimal ones have 6 and more, long ones 10 and more
 * (enable_long_queue_ids in postconf(5)). */
#define MIN_SHORT_ID 6
#define MIN_LONG_ID 10
#define MAX_ID 32

static bool
take_text(struct span *cursor, const char *text)
{
	struct span wanted = span_str(text);

	if (!span_starts(*cursor, text))
		return (false);
	span_skip(cursor, wanted.len);
	return (true);
}

/* The digits of base 52 are those without vowels, so that an id is no word. */
static bool
is_base52(unsigned char byte)
{
	unsigned char lower = span_lower(byte);

	return (span_is_alnum(byte) && lower != 'a' && lower != 'e' &&
		lower != 'i' && lower != 'o' && lower != 'u');
}

static bool
is_base16(unsigned char byte)
{
	return (span_is_digit(byte) || (byte >= 'A' && byte <= 'F'));
}

static bool
is_queue_id(struct span word)
{
	struct span rest = word;

	if (word.len > MAX_ID)
		return (false);
	if (span_take_while(&rest, is_base16).len == word.len)
		return (word.len >= MIN_SHORT_ID);
	rest = word;
	return (word.len >= MIN_LONG_ID &&
		span_take_while(&rest, is_base52).len == word.len);
}

static bool
take_queue_id(struct span *cursor, struct span *out)
{
	struct span rest = *cursor;

	if (!span_take_until(&rest, ':', out) || !span_take_byte(&rest, ' '))
		return (false);
	if (span_is(*out, "NOQUEUE"))
		*out = span_head(*out, 0);
	else if (!is_queue_id(*out))
		return (false);
	*cursor = rest;
	return (true);
}

static bool
is_host_byte(unsigned char byte)
{
	return (span_is_alnum(byte) || byte == '.' || byte == '-' ||
		byte == '_' || span_is_8bit(byte));
}

static bool
is_address_byte(unsigned char byte)
{
	return (
	    is_host_byte(byte) || byte == ':' || byte == '/' || byte == '%');
}

/* NAME[ADDRESS], and :PORT with smtpd_client_port_logging. */
static bool
take_client(struct span *cursor, struct maillog_postfix *out)
{
	out->client_name = span_take_while(cursor, is_host_byte);
	if (!span_take_byte(cursor, '['))
		return (false);
	out->client_address = span_take_while(cursor, is_address_byte);
	if (!span_take_byte(cursor, ']'))
		return (false);
	if (span_peek(*cursor) == ':' && span_at(*cursor, 1) != ' ') {
		span_skip(cursor, 1);
		(void)span_take_while(cursor, span_is_alnum);
	}
	return (out->client_name.len > 0 && out->client_address.len > 0);
}

/* Past the string that begins with the quote at ${at}; RFC 5321 4.1.2.  Return
 * 0 when it does not end. */
static size_t
skip_quoted(struct span path, size_t at)
{
	for (at++; at < path.len; at++) {
		if (path.data[at] == '\\')
			at++;
		else if (path.data[at] == '"')
			return (at + 1);
	}
	return (0);
}

/* <address> as Postfix writes it with its default of
 * info_log_address_format, external: what would end it stands in quotes only.
 * Another one cannot be told from Postfix's own words, and is not read. */
static bool
take_path(struct span *cursor, struct span *out)
{
	size_t at = 0;

	if (!span_take_byte(cursor, '<'))
		return (false);
	if (span_peek(*cursor) == '"' && (at = skip_quoted(*cursor, 0)) == 0)
		return (false);
	for (; at < cursor->len && cursor->data[at] != '>'; at++) {
		unsigned char byte = cursor->data[at];

		if (span_is_control(byte) || byte == ' ' || byte == '<' ||
		    byte == '"' || byte == ',' || byte == ';')
			return (false);
	}
	*out = span_head(*cursor, at);
	span_skip(cursor, at);
	return (span_take_byte(cursor, '>'));
}

static bool
is_value_byte(unsigned char byte)
{
	return (!span_is_control(byte) && byte != ' ' && byte != ',');
}

/* smtpd: "client=NAME[ADDRESS], sasl_method=PLAIN, sasl_username=..." */
static bool
parse_client(struct span text, struct maillog_postfix *out)
{
	if (!take_client(&text, out))
		return (false);
	while (take_text(&text, ", ")) {
		if (take_text(&text, "sasl_username="))
			out->sasl_username =
			    span_take_while(&text, is_value_byte);
		else if (take_text(&text, "orig_queue_id="))
			out->orig_queue_id =
			    span_take_while(&text, is_value_byte);
		else
			(void)span_take_while(&text, is_value_byte);
	}
	/* A login with blanks or commas would be cut: then it is nobody's. */
	if (text.len > 0)
		out->sasl_username = span_head(text, 0);
	out->kind = MAILLOG_POSTFIX_CLIENT;
	return (out->queue_id.len > 0);
}

static bool
take_number(struct span *cursor, uint64_t *out)
{
	return (span_to_u64(
	    span_take_while(cursor, span_is_digit), MAX_DIGITS, out));
}

/* qmgr: "from=<...>, size=..., nrcpt=... (queue active)" */
static bool
parse_from(struct span text, struct maillog_postfix *out)
{
	out->kind = MAILLOG_POSTFIX_FROM;
	return (take_path(&text, &out->sender) && take_text(&text, ", size=") &&
		take_number(&text, &out->size) &&
		take_text(&text, ", nrcpt=") &&
		take_number(&text, &out->recipient_count) &&
		span_is(text, " (queue active)"));
}

/* Move the value of the next attribute, which has a one-word value, into
 * ${value} if it is ${name}. */
static bool
take_attribute(struct span *cursor, const char *name, struct span *value)
{
	struct span rest = *cursor;

	if (!take_text(&rest, ", ") || !take_text(&rest, name) ||
	    !span_take_byte(&rest, '='))
		return (false);
	*value = span_take_while(&rest, is_value_byte);
	*cursor = rest;
	return (value->len > 0);
}

/* What versions differ in: conn_use, delay, delays, tls. */
static bool
skip_attribute(struct span *cursor)
{
	struct span rest = *cursor;

	if (!take_text(&rest, ", ") ||
	    !span_is_alpha(
		(unsigned char)(span_peek(rest) < 0 ? ' ' : span_peek(rest))))
		return (false);
	(void)span_take_while(&rest, is_value_byte);
	*cursor = rest;
	return (true);
}

static bool
is_dsn_byte(unsigned char byte)
{
	return (span_is_digit(byte) || byte == '.');
}

/* RFC 3463 2: class.subject.detail. */
static bool
is_dsn(struct span code)
{
	struct span rest = code;

	return (code.len >= 5 && code.len <= 9 && code.data[1] == '.' &&
		span_take_while(&rest, is_dsn_byte).len == code.len);
}

static bool
take_outcome(struct span *cursor, struct maillog_postfix *out)
{
	if (!is_dsn(out->dsn) || !take_text(cursor, ", status="))
		return (false);
	out->status = span_take_while(cursor, span_is_alpha);
	if (!take_text(cursor, " ("))
		return (false);
	out->reply = *cursor;
	if (span_at(*cursor, cursor->len - 1) == ')')
		out->reply.len--;
	return (true);
}

/* smtp, lmtp, ...: "to=<...>, orig_to=<...>, relay=..., delay=..., delays=...,
 * dsn=..., status=sent (...)" */
static bool
parse_delivery(struct span text, struct maillog_postfix *out)
{
	struct span ignored;

	out->kind = MAILLOG_POSTFIX_DELIVERY;
	if (!take_path(&text, &out->recipient))
		return (false);
	if (take_text(&text, ", orig_to=") && !take_path(&text, &ignored))
		return (false);
	if (!take_attribute(&text, "relay", &ignored))
		return (false);
	while (!take_attribute(&text, "dsn", &out->dsn))
		if (!skip_attribute(&text))
			return (false);
	return (take_outcome(&text, out));
}

/* The tail of a refusal.  The HELO name ends the line, and may hold anything.
 */
static bool
parse_reject_tail(struct span text, struct maillog_postfix *out)
{
	struct span protocol;

	if (!take_path(&text, &out->sender) || !take_text(&text, " to=") ||
	    !take_path(&text, &out->recipient))
		return (false);
	if (!take_text(&text, " proto="))
		return (true);
	protocol = span_take_while(&text, span_is_alpha);
	if (protocol.len == 0 || !take_text(&text, " helo=<"))
		return (true);
	/* Newer versions add sasl_username. */
	(void)span_take_until(&text, '>', &out->helo);
	return (true);
}

/* Move the text up to the only "; from=" into ${before} and what follows into
 * ${after}.  Of two of them one is a stranger's. */
static bool
split_reject(struct span text, struct span *before, struct span *after)
{
	size_t found = 0;

	for (size_t at = 0; at < text.len; at++) {
		struct span rest = span_tail(text, at);

		if (!take_text(&rest, "; from="))
			continue;
		*before = span_head(text, at);
		*after = rest;
		found++;
	}
	return (found == 1);
}

/* smtpd: "reject: RCPT from NAME[ADDRESS]: 550 5.1.1 <...>: ...; from=<...>
 * to=<...> proto=ESMTP helo=<...>".  Who is refused stands first, and is always
 * told; of a line that can be read in two ways no more. */
static bool
parse_reject(struct span text, struct maillog_postfix *out)
{
	struct maillog_postfix bare;
	struct span tail;

	if (!take_client(&text, out) || !take_text(&text, ": "))
		return (false);
	out->kind = MAILLOG_POSTFIX_REJECT;
	bare = *out;
	if (!split_reject(text, &out->reply, &tail) ||
	    !parse_reject_tail(tail, out)) {
		*out = bare;
		out->reply = span_head(text, span_find(text, '<'));
	}
	return (true);
}

static bool
delivers(struct span program)
{
	static const char *const agents[] = { "smtp", "lmtp", "virtual",
		"local", "pipe" };

	for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++)
		if (span_is(program, agents[i]))
			return (true);
	return (false);
}

bool
maillog_postfix_parse(
    struct span program, struct span text, struct maillog_postfix *out)
{
	*out = (struct maillog_postfix){ 0 };
	if (!take_queue_id(&text, &out->queue_id))
		return (false);
	if (span_is(program, "smtpd")) {
		if (take_text(&text, "client="))
			return (parse_client(text, out));
		return (take_text(&text, "reject: RCPT from ") &&
			parse_reject(text, out));
	}
	if (out->queue_id.len == 0)
		return (false);
	out->kind = MAILLOG_POSTFIX_REMOVED;
	if (span_is(text, "removed"))
		return (
		    span_is(program, "qmgr") || span_is(program, "postsuper"));
	if (span_is(program, "qmgr"))
		return (take_text(&text, "from=") && parse_from(text, out));
	return (delivers(program) && take_text(&text, "to=") &&
		parse_delivery(text, out));
}
