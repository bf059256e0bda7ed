#include "hooks.h"

#include <stdio.h>
#include <stdlib.h>

#include "apply.h"
#include "base/arena_impl.h"
#include "mail.h"
#include "mail_log.h"
#include "meter.h"

/* The largest packet that libmilter takes: a header field has one, and Postfix
 * passes fields of 102,400 bytes where libmilter's default is 65,535. */
#define PACKET_MAX ((size_t)1024 * 1024 - 1)

/* Names that strangers choose are cut here; a domain name has 255 bytes. */
#define NAME_SIZE 512

/* One connection of the MTA.  Debian's libmilter calls back in a pool of
 * threads, so everything hangs off this and nothing is thread-local. */
struct connection {
	struct service *service;
	struct mail_session session; /* points to the names below */
	struct mail *mail;           /* NULL between messages */
	bool leading_blank;          /* SMFIP_HDR_LEADSPC was granted */
	bool silent;                 /* the SMFIP_NR_* below were granted */
	char client_name[NAME_SIZE];
	char helo[NAME_SIZE];
	char daemon[NAME_SIZE];
	char mta[NAME_SIZE];
};

/* libmilter has no place for a cookie of the filter, so its one global is set
 * once, before there are threads. */
static struct service *registered;

/* Callbacks that never have anything to say save a packet each. */
#define SILENT_STEPS                                                           \
	(SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_RCPT | SMFIP_NR_HDR |        \
	    SMFIP_NR_EOH | SMFIP_NR_BODY)

static const char *
keep(char name[NAME_SIZE], const char *text)
{
	if (text == NULL)
		return (NULL);
	(void)snprintf(name, NAME_SIZE, "%s", text);
	return (name);
}

static const char *
macro(SMFICTX *context, const char *name)
{
	char symbol[32];

	(void)snprintf(symbol, sizeof(symbol), "%s", name);
	return (smfi_getsymval(context, symbol));
}

static sfsistat
carry_on(const struct connection *connection)
{
	return (connection->silent ? SMFIS_NOREPLY : SMFIS_CONTINUE);
}

static void
forget_mail(struct connection *connection)
{
	mail_free(connection->mail);
	connection->mail = NULL;
}

static void
ask_for_macros(SMFICTX *context)
{
	static const struct {
		int stage;
		const char *names;
	} wanted[] = {
		{ SMFIM_CONNECT, "j {daemon_name}" },
		{ SMFIM_ENVFROM, "{auth_authen}" },
		/* For those that never reach their end. */
		{ SMFIM_ENVRCPT, "i" },
		{ SMFIM_EOH, "i" },
		{ SMFIM_EOM, "i" },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		char names[64];

		(void)snprintf(names, sizeof(names), "%s", wanted[i].names);
		(void)smfi_setsymlist(context, wanted[i].stage, names);
	}
}

static sfsistat
on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
    unsigned long unused2, unsigned long unused3, unsigned long *want_actions,
    unsigned long *want_steps, unsigned long *want2, unsigned long *want3)
{
	struct connection *connection = arena_impl_malloc(sizeof(*connection));

	(void)unused2;
	(void)unused3;
	*connection = (struct connection){ .service = registered };
	connection->leading_blank = (steps & SMFIP_HDR_LEADSPC) != 0;
	connection->silent = (steps & SILENT_STEPS) == SILENT_STEPS;
	if ((actions & SMFIF_SETSYMLIST) != 0)
		ask_for_macros(context);
	/* An MTA without a hold queue must not lose the filter: see
	 * apply_outcome(). */
	*want_actions =
	    SMFIF_ADDHDRS | SMFIF_CHGHDRS | (actions & SMFIF_QUARANTINE);
	*want_steps = SMFIP_NOUNKNOWN | SMFIP_NODATA;
	if (connection->leading_blank)
		*want_steps |= SMFIP_HDR_LEADSPC;
	if (connection->silent)
		*want_steps |= SILENT_STEPS;
	*want_steps &= steps;
	*want2 = 0;
	*want3 = 0;
	if (smfi_setpriv(context, connection) != MI_SUCCESS) {
		free(connection);
		return (SMFIS_TEMPFAIL);
	}
	service_connected(connection->service);
	return (SMFIS_CONTINUE);
}

/* After SMFIC_QUIT_NC, which sendmail knows and Postfix does not, libmilter
 * closes our connection and goes on with a new one without negotiation, and
 * from then on takes any command: no callback but on_negotiate() can rely on a
 * connection. */
static sfsistat
on_connect(SMFICTX *context, char *name, _SOCK_ADDR *address)
{
	struct connection *connection = smfi_getpriv(context);

	if (connection == NULL)
		return (SMFIS_TEMPFAIL);
	struct mail_session *session = &connection->session;

	session->client_name = keep(connection->client_name, name);
	network_address_from(
	    (const struct sockaddr *)address, &session->client);
	session->mta = keep(connection->mta, macro(context, "j"));
	session->daemon =
	    keep(connection->daemon, macro(context, "{daemon_name}"));
	return (carry_on(connection));
}

static sfsistat
on_helo(SMFICTX *context, char *helo)
{
	struct connection *connection = smfi_getpriv(context);

	if (connection == NULL)
		return (SMFIS_TEMPFAIL);
	connection->session.helo = keep(connection->helo, helo);
	return (carry_on(connection));
}

static sfsistat
on_mail(SMFICTX *context, char **arguments)
{
	static const struct verdict stopping = { .action = VERDICT_TEMPFAIL,
		.code = "451",
		.status = "4.3.2",
		.text = "Restarting, please try again" };
	struct connection *connection = smfi_getpriv(context);

	if (connection == NULL)
		return (SMFIS_TEMPFAIL);
	forget_mail(connection);
	connection->mail = mail_new(connection->service, &connection->session,
	    arguments[0], macro(context, "{auth_authen}"));
	if (connection->mail == NULL)
		return (apply_verdict(context, &stopping));
	return (SMFIS_CONTINUE);
}

static sfsistat
on_rcpt(SMFICTX *context, char **arguments)
{
	struct connection *connection = smfi_getpriv(context);

	if (connection == NULL)
		return (SMFIS_TEMPFAIL);
	if (connection->mail != NULL)
		mail_rcpt(connection->mail, arguments[0]);
	return (carry_on(connection));
}

static sfsistat
on_header(SMFICTX *context, char *name, char *value)
{
	struct connection *connection = smfi_getpriv(context);

	if (connection == NULL)
		return (SMFIS_TEMPFAIL);
	struct mail *mail = connection->mail;

	if (mail == NULL || mail->limit != VERDICT_WITHIN_LIMITS)
		return (carry_on(connection));
	/* Without SMFIP_HDR_LEADSPC the MTA took a blank away; nearly every
	 * message had just that one. */
	if (!connection->leading_blank)
		value = arena_printf(mail->arena, " %s", value);
	mail_header(mail, span_str(name), span_str(value));
	return (carry_on(connection));
}

static sfsistat
on_end_of_headers(SMFICTX *context)
{
	struct connection *connection = smfi_getpriv(context);

	if (connection == NULL)
		return (SMFIS_TEMPFAIL);
	if (connection->mail != NULL)
		mail_end_of_headers(connection->mail);
	return (carry_on(connection));
}

static sfsistat
on_body(SMFICTX *context, unsigned char *bytes, size_t len)
{
	struct connection *connection = smfi_getpriv(context);

	if (connection == NULL)
		return (SMFIS_TEMPFAIL);
	if (connection->mail != NULL)
		mail_body(connection->mail, span_new(bytes, len));
	return (carry_on(connection));
}

static sfsistat
on_end_of_message(SMFICTX *context)
{
	struct connection *connection = smfi_getpriv(context);
	struct outcome outcome;

	if (connection == NULL || connection->mail == NULL)
		return (SMFIS_TEMPFAIL);
	mail_finish(connection->mail, macro(context, "i"), &outcome);
	sfsistat status = apply_outcome(context, &outcome,
	    connection->mail->arena, connection->leading_blank);

	if (status == SMFIS_TEMPFAIL &&
	    outcome.verdict.action != VERDICT_TEMPFAIL) {
		meter_not_applied(service_meter(connection->service));
		mail_log_not_applied(connection->mail);
	}
	forget_mail(connection);
	return (status);
}

static sfsistat
on_abort(SMFICTX *context)
{
	struct connection *connection = smfi_getpriv(context);

	if (connection == NULL)
		return (SMFIS_CONTINUE);
	if (connection->mail != NULL) {
		meter_aborted(service_meter(connection->service),
		    connection->mail->stage);
		mail_log_aborted(connection->mail, macro(context, "i"));
	}
	forget_mail(connection);
	return (SMFIS_CONTINUE);
}

static sfsistat
on_close(SMFICTX *context)
{
	struct connection *connection = smfi_getpriv(context);

	/* libmilter closes connections that never negotiated, too. */
	if (connection == NULL) {
		meter_odd(service_meter(registered));
		log_info(service_log(registered), "never_negotiated");
		return (SMFIS_CONTINUE);
	}
	forget_mail(connection);
	service_disconnected(connection->service);
	free(connection);
	(void)smfi_setpriv(context, NULL);
	return (SMFIS_CONTINUE);
}

int
hooks_register(struct service *service)
{
	static char name[] = "mailreeve-milter";
	struct smfiDesc filter = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_end_of_headers,
		.xxfi_body = on_body,
		.xxfi_eom = on_end_of_message,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};

	registered = service;
	(void)smfi_setmaxdatasize(PACKET_MAX);
	return (smfi_register(filter) == MI_SUCCESS ? 0 : -1);
}
