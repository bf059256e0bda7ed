/*
 * soak_mail.c: what each message is, and what must come of it.
 */
#include <stdio.h>
#include <string.h>

#include "soak.h"

#define LINE_MAX 80
#define SELECTOR_BYTES 2
/* Selectors that do not exist.  All names that are ever asked for are known to
 * libunbound before memory is looked at: its caches have a bound, but they
 * would grow during all of the soak. */
#define SELECTORS 10

/* Of a hundred messages; the rest is good. */
static const struct {
	enum soak_kind kind;
	uint32_t share;
} shares[] = {
	{ SOAK_KIND_SIGN, 40 },
	{ SOAK_KIND_TAMPERED, 8 },
	{ SOAK_KIND_UNSIGNED, 8 },
	{ SOAK_KIND_UNKNOWN, 8 },
	{ SOAK_KIND_SEVERAL, 6 },
	{ SOAK_KIND_FORGED, 6 },
};

/* What soak_random() is asked for. */
enum {
	SALT_KIND = 1,
	SALT_DOMAIN,
	SALT_SIZE,
	SALT_LINE
};

static enum soak_kind
kind_of(uint32_t number)
{
	uint32_t share = soak_random(number, SALT_KIND, 100);

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (share < shares[i].share)
			return (shares[i].kind);
		share -= shares[i].share;
	}
	return (SOAK_KIND_GOOD);
}

static size_t
size_of(uint32_t number)
{
	uint32_t share = soak_random(number, SALT_SIZE, 100);

	if (share < 60)
		return (300);
	if (share < 90)
		return (3000);
	return (share < 99 ? 30000 : 300000);
}

static void
add_field(struct milter_message *message, const char *name, const char *value)
{
	milter_message_add(message, span_str(name), span_str(value));
}

static void
add_body(struct milter_message *message, uint32_t number)
{
	size_t size = size_of(number);

	for (uint32_t i = 0; message->body.len < size; i++) {
		char line[LINE_MAX];

		(void)snprintf(line, sizeof(line),
		    "%u sheep are in meadow %u,  and %u are in the barn.",
		    soak_random(number, SALT_LINE + i, 1000), i, number);
		milter_message_line(message, span_str(line));
	}
}

struct milter_message *
soak_mail_outbound(struct arena *arena, const char *domain, uint32_t number)
{
	struct milter_message *message = milter_message_new(arena);

	add_field(message, "From", arena_printf(arena, " ann@%s", domain));
	add_field(message, "To", " Bob <bob@here.test>,\n\teve@here.test");
	add_field(message, "Date", " Thu, 1 Jan 2026 00:00:00 +0000");
	add_field(message, "Subject",
	    arena_printf(arena, " Sheep,  message %u", number));
	add_field(message, "Message-ID",
	    arena_printf(arena, " <%u@%s>", number, domain));
	add_body(message, number);
	return (message);
}

/* Return ${value} with a selector that no domain has instead of its own, which
 * is as long as "e1". */
static const char *
rename_selector(struct arena *arena, struct span value, uint32_t number)
{
	char *text = arena_str(arena, value);
	char *at = strstr(text, " s=");

	if (at == NULL)
		at = strstr(text, "\ts=");
	if (at == NULL)
		return (text);
	return (arena_printf(arena, "%.*s s=u%u%s", (int)(at - text), text,
	    number % SELECTORS, at + strlen(" s=") + SELECTOR_BYTES));
}

static bool
is_signature(const struct milter_field *field)
{
	return (span_is(field->name, "DKIM-Signature"));
}

/* Append the signatures of ${from} with unknown selectors.  Return how many. */
static size_t
add_unknown(struct milter_message *message, const struct milter_message *from,
    uint32_t number)
{
	size_t count = 0;

	for (size_t i = 0; i < from->count; i++) {
		if (!is_signature(&from->fields[i]))
			continue;
		add_field(message, "DKIM-Signature",
		    rename_selector(
			message->arena, from->fields[i].value, number));
		count++;
	}
	return (count);
}

/* Append the fields of ${from}, signatures only if ${signatures}, and its body.
 * Return how many signatures. */
static size_t
add_template(struct milter_message *message, const struct milter_message *from,
    bool signatures)
{
	size_t count = 0;

	for (size_t i = 0; i < from->count; i++) {
		bool is = is_signature(&from->fields[i]);

		if (is && !signatures)
			continue;
		milter_message_add(
		    message, from->fields[i].name, from->fields[i].value);
		count += is;
	}
	buf_add(&message->body, buf_span(&from->body));
	return (count);
}

/* Fields of others, one of which only stays; the milter's name is mx.example.
 */
static void
add_results(struct soak_mail *mail)
{
	struct milter_message *message = mail->message;
	const char *name = "Authentication-Results";

	add_field(message, name, " other.test; dkim=pass; kept=1");
	if (mail->kind != SOAK_KIND_FORGED)
		return;
	add_field(message, name, " mx.example; dkim=pass; forged=1");
	add_field(
	    message, name, "\n\t(x) \"MX.example\" 1; spf=pass; forged=2");
	add_field(message, "X-Mailreeve-Verdict", " tag; forged=3");
	mail->forged = 3;
}

static void
make_inbound(
    const struct milter_message *from, uint32_t number, struct soak_mail *mail)
{
	struct milter_message *message = mail->message;
	bool keeps =
	    mail->kind != SOAK_KIND_UNSIGNED && mail->kind != SOAK_KIND_UNKNOWN;

	add_field(message, "Received",
	    " from out.test (out.test [198.51.100.1])\n\tby mx.example");
	add_results(mail);
	if (mail->kind == SOAK_KIND_UNKNOWN || mail->kind == SOAK_KIND_SEVERAL)
		mail->signatures += add_unknown(message, from, number);
	mail->signatures += add_template(message, from, keeps);
	if (mail->kind != SOAK_KIND_TAMPERED)
		return;
	milter_message_line(message, span_str("Send money."));
	mail->result = "fail";
}

void
soak_mail_make(struct soak *soak, struct arena *arena, uint32_t number,
    struct soak_mail *mail)
{
	/* One place more: turn.example. */
	uint32_t domain = soak_random(number, SALT_DOMAIN, SOAK_DOMAINS + 1);

	*mail = (struct soak_mail){
		.kind = kind_of(number),
		.queue_id = arena_printf(arena, "S%08X", number),
		.domain = "turn.example",
		.result = "pass",
	};
	if (mail->kind != SOAK_KIND_SIGN)
		domain %= SOAK_DOMAINS;
	if (domain < SOAK_DOMAINS)
		mail->domain = arena_printf(arena, "d%u.example", domain);
	if (mail->kind == SOAK_KIND_SIGN) {
		mail->signatures = domain < SOAK_RSA_DOMAINS ? 2 : 1;
		mail->message = soak_mail_outbound(arena, mail->domain, number);
		return;
	}
	mail->message = milter_message_new(arena);
	make_inbound(soak->templates[domain], number, mail);
}

struct soak_mail
soak_mail_received(
    struct arena *arena, const struct soak_mail *mail, const char *queue_id)
{
	struct soak_mail received = { .kind = SOAK_KIND_GOOD,
		.queue_id = queue_id,
		.domain = mail->domain,
		.message = milter_message_new(arena),
		.result = "pass" };

	make_inbound(mail->message, 0, &received);
	return (received);
}
