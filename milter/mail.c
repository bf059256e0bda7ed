#include "mail.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "dns/name.h"
#include "forged.h"
#include "judge.h"
#include "mail_log.h"
#include "meter.h"
#include "report.h"
#include "sign.h"

static const char *
own_name(struct mail *mail)
{
	char name[HOST_NAME_MAX + 1] = "localhost";

	if (mail->config->settings.authserv_id != NULL)
		return (mail->config->settings.authserv_id);
	if (mail->session->mta != NULL && mail->session->mta[0] != '\0')
		return (mail->session->mta);
	(void)gethostname(name, sizeof(name) - 1);
	return (arena_strdup(mail->arena, name));
}

/* Outbound is what an authenticated user, a trusted network or a daemon for
 * submission sends. */
static enum mail_direction
direction_of(const struct mail *mail)
{
	const struct conf_list *daemons =
	    &mail->config->settings.originating_daemons;
	const char *daemon = mail->session->daemon;

	if (mail->login != NULL ||
	    config_is_trusted(mail->config, mail->session->client_name,
		&mail->session->client))
		return (MAIL_OUTBOUND);
	for (size_t i = 0; daemon != NULL && i < daemons->count; i++)
		if (strcmp(daemons->items[i], daemon) == 0)
			return (MAIL_OUTBOUND);
	return (MAIL_INBOUND);
}

/* A path without its brackets: "" for the null path.  A quoted local part may
 * hold a bracket, too. */
static const char *
path_address(struct arena *arena, const char *path)
{
	struct span rest = span_str(path);

	if (span_take_byte(&rest, '<') && span_at(rest, rest.len - 1) == '>')
		rest.len--;
	return (arena_str(arena, rest));
}

struct mail *
mail_new(struct service *service, const struct mail_session *session,
    const char *mail_from, const char *login)
{
	if (!service_enter(service)) {
		meter_stopping(service_meter(service));
		return (NULL);
	}
	struct arena *arena = arena_new();
	struct mail *mail = arena_alloc(arena, sizeof(*mail));

	mail->arena = arena;
	mail->service = service;
	mail->config = service_config(service);
	mail->session = session;
	mail->mail_from = path_address(arena, mail_from);
	if (login != NULL && login[0] != '\0')
		mail->login = arena_strdup(arena, login);
	mail->authserv_id = own_name(mail);
	mail->direction = direction_of(mail);
	mail->started = clock_monotonic_ms();
	header_list_init(&mail->headers, arena);
	return (mail);
}

void
mail_free(struct mail *mail)
{
	if (mail == NULL)
		return;
	struct service *service = mail->service;

	check_free(mail->check);
	sign_free(mail->sign);
	config_free(mail->config);
	arena_free(mail->arena);
	service_leave(service);
}

static bool
is_peer(const struct mail *mail)
{
	return (config_is_peer(
	    mail->config, mail->session->client_name, &mail->session->client));
}

/* Whether SPF, DKIM and DMARC have a say. */
static bool
is_to_be_checked(const struct mail *mail)
{
	return (mail->direction == MAIL_INBOUND &&
		mail->config->settings.verify && !is_peer(mail));
}

/* A path as rules want it, local-part@domain; else its text. */
static const char *
recipient_address(struct arena *arena, const char *path)
{
	struct mailbox mailbox;
	const char *domain = NULL;

	if (address_parse_path(arena, span_str(path), &mailbox) == 0)
		domain = name_to_ascii(arena, mailbox.domain);
	if (domain == NULL)
		return (path_address(arena, path));
	return (arena_printf(
	    arena, "%s@%s", arena_str(arena, mailbox.local_part), domain));
}

/* Clients that are refused at every recipient cost no question: the DNS is
 * asked when there is one to whom the message can go. */
void
mail_rcpt(struct mail *mail, const char *path)
{
	if (mail->rcpt_count == 0 && is_to_be_checked(mail))
		check_prefetch(mail);
	if (mail->rcpt_count < MAIL_MAX_RCPTS) {
		mail->rcpts = arena_room(mail->arena, mail->rcpts,
		    mail->rcpt_count, sizeof(*mail->rcpts));
		mail->rcpts[mail->rcpt_count] =
		    recipient_address(mail->arena, path);
	}
	mail->rcpt_count++;
}

void
mail_header(struct mail *mail, struct span name, struct span value)
{
	const struct config_settings *settings = &mail->config->settings;

	mail->stage = MAIL_HEADER;
	if (mail->limit != VERDICT_WITHIN_LIMITS)
		return;
	if (mail->headers.count >= (size_t)settings->max_header_fields)
		mail->limit = VERDICT_HEADER_FIELDS;
	else if (mail->headers.bytes + name.len + value.len >
		 (size_t)settings->max_header_bytes)
		mail->limit = VERDICT_HEADER_BYTES;
	else
		header_list_add(&mail->headers, name, value);
}

/* OpenDKIM verifies what it does not sign, such as mail that fetchmail brings
 * in from elsewhere; who comes from there finds the results that he is used
 * to. */
static void
verify_foreign(struct mail *mail)
{
	const struct config_settings *settings = &mail->config->settings;

	if (settings->opendkim_conf == NULL || !settings->verify ||
	    mail->direction != MAIL_OUTBOUND ||
	    (mail->sign != NULL && sign_is_ours(mail->sign)))
		return;
	sign_free(mail->sign);
	mail->sign = NULL;
	mail->check = check_new(mail);
}

void
mail_end_of_headers(struct mail *mail)
{
	const struct config_settings *settings = &mail->config->settings;

	mail->stage = MAIL_BODY;
	if (mail->limit != VERDICT_WITHIN_LIMITS)
		return;
	address_from(mail->arena, &mail->headers, &mail->from);
	if (is_peer(mail))
		return;
	if (is_to_be_checked(mail)) {
		if (mail->rcpt_count == 0)
			check_prefetch(mail);
		mail->check = check_new(mail);
	}
	if (mail->direction == MAIL_OUTBOUND && settings->sign)
		mail->sign = sign_new(mail);
	verify_foreign(mail);
}

void
mail_body(struct mail *mail, struct span bytes)
{
	mail->body_bytes += bytes.len;
	if (mail->check != NULL)
		check_body(mail->check, bytes);
	if (mail->sign != NULL)
		sign_body(mail->sign, bytes);
}

void
mail_finish(struct mail *mail, const char *queue_id, struct outcome *outcome)
{
	int64_t ended = clock_monotonic_us();
	bool trouble = false;

	*outcome =
	    (struct outcome){ .outbound = mail->direction == MAIL_OUTBOUND };
	if (queue_id != NULL)
		mail->queue_id = arena_strdup(mail->arena, queue_id);
	forged_find(mail, outcome);
	if (mail->check != NULL)
		check_finish(mail->check, outcome);
	if (mail->sign != NULL && sign_finish(mail->sign, outcome) != 0)
		trouble = true;
	judge_message(mail, trouble, outcome);
	report_fields(mail, outcome);
	meter_message(service_meter(mail->service), mail, outcome,
	    clock_monotonic_us() - ended);
	mail_log(mail, outcome);
}
