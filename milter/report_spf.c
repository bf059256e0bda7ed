#include "report_spf.h"

#include "base/buf.h"
#include "mail/authres.h"

/* All of the field: nine values with their names, each byte escaped. */
#define FIELD_MAX ((size_t)16 * REPORT_SPF_MAX_VALUE)

/* RFC 7208 9.1: a value is a dot-atom or a quoted string; always the latter,
 * for careless readers, and nothing inside that could end it for them. */
static void
add_pair(struct buf *out, const char *key, const char *value)
{
	if (value != NULL && span_str(value).len <= REPORT_SPF_MAX_VALUE)
		buf_printf(out, "\r\n\t%s=\"%s\";", key, value);
}

static bool
is_error(const struct spf_outcome *spf)
{
	return (spf->result == SPF_TEMPERROR || spf->result == SPF_PERMERROR);
}

/* A name that a stranger gave himself. */
static const char *
name_of(struct arena *arena, const char *name)
{
	return (name == NULL ? NULL : authres_value(arena, name));
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
	struct arena *arena = mail->arena;
	bool null_path = mail->mail_from[0] == '\0';
	const char *mechanism = mechanism_of(spf);
	struct buf out;

	buf_init(&out, arena, FIELD_MAX);
	buf_printf(&out, " %s", spf_result_name(spf->result));
	if (span_str(spf->reason).len <= REPORT_SPF_MAX_VALUE)
		buf_printf(
		    &out, "\r\n\t(%s)", authres_text(arena, spf->reason));
	add_pair(&out, "client-ip",
	    network_address_print(arena, &mail->session->client));
	add_pair(&out, "envelope-from", name_of(arena, mail->mail_from));
	add_pair(&out, "helo", name_of(arena, mail->session->helo));
	add_pair(&out, "receiver", name_of(arena, mail->authserv_id));
	add_pair(&out, "identity", null_path ? "helo" : "mailfrom");
	add_pair(&out, "mechanism",
	    mechanism == NULL ? NULL : authres_text(arena, mechanism));
	if (is_error(spf))
		add_pair(&out, "problem", authres_text(arena, spf->reason));
	/* RFC 7208 9.1 lets a semicolon end the list; not every reader does. */
	if (out.len > 0 && out.data[out.len - 1] == ';')
		buf_cut(&out, out.len - 1);
	return (buf_str(&out));
}
