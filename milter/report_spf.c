#include "report_spf.h"

#include "base/buf.h"
#include "base/log_format.h"

/* All of the field: nine values with their names, each byte escaped. */
#define FIELD_MAX ((size_t)16 * REPORT_SPF_MAX_VALUE)

/* Append ${text} with a backslash before the bytes in which quotes or comments
 * end (RFC 5322 3.2.1). */
static void
add_clean(struct buf *out, const char *text)
{
	struct span rest = span_str(text);

	while (rest.len > 0) {
		struct span sequence;
		size_t len = log_format_utf8(rest);
		int first = span_peek(rest);

		if (!span_take(&rest, len == 0 ? 1 : len, &sequence))
			return;
		if (len == 0)
			sequence = span_new("?", 1);
		if (first == '"' || first == '\\' || first == '(' ||
		    first == ')')
			buf_add_byte(out, '\\');
		buf_add(out, sequence);
	}
}

/* RFC 7208 9.1: a value is a dot-atom or a quoted string; always the latter,
 * for careless readers. */
static void
add_pair(struct buf *out, const char *key, const char *value)
{
	if (value == NULL || span_str(value).len > REPORT_SPF_MAX_VALUE)
		return;
	buf_printf(out, "\r\n\t%s=\"", key);
	add_clean(out, value);
	buf_add_str(out, "\";");
}

static bool
is_error(const struct spf_outcome *spf)
{
	return (spf->result == SPF_TEMPERROR || spf->result == SPF_PERMERROR);
}

/* RFC 7208 9.1: "default" where no mechanism matched. */
static const char *
mechanism_of(const struct spf_outcome *spf)
{
	if (spf->mechanism != NULL)
		return (spf->mechanism);
	return (spf->result == SPF_NEUTRAL ? "default" : NULL);
}

const char *
report_spf(const struct mail *mail, const struct spf_outcome *spf)
{
	bool null_path = mail->mail_from[0] == '\0';
	struct buf out;

	buf_init(&out, mail->arena, FIELD_MAX);
	buf_printf(&out, " %s", spf_result_name(spf->result));
	if (span_str(spf->reason).len <= REPORT_SPF_MAX_VALUE) {
		buf_add_str(&out, "\r\n\t(");
		add_clean(&out, spf->reason);
		buf_add_byte(&out, ')');
	}
	add_pair(&out, "client-ip",
	    network_address_print(mail->arena, &mail->session->client));
	add_pair(&out, "envelope-from", mail->mail_from);
	add_pair(&out, "helo", mail->session->helo);
	add_pair(&out, "receiver", mail->authserv_id);
	add_pair(&out, "identity", null_path ? "helo" : "mailfrom");
	add_pair(&out, "mechanism", mechanism_of(spf));
	if (is_error(spf))
		add_pair(&out, "problem", spf->reason);
	/* RFC 7208 9.1 lets a semicolon end the list; not every reader does. */
	if (out.len > 0 && out.data[out.len - 1] == ';')
		buf_cut(&out, out.len - 1);
	return (buf_str(&out));
}
