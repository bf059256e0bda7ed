#include "local/postfix.h"

#include <string.h>

#include "daemon/postconf.h"

/* In the order of postfix_parameters(). */
static const char *const parameters[] = { "-xh", "myhostname", "mynetworks",
	"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
	"smtpd_tls_chain_files", "smtpd_tls_cert_file", "smtpd_tls_eccert_file",
	NULL };
static const char *const services[] = { "-M", NULL };

static bool
is_separator(unsigned char byte)
{
	return (byte == ',' || span_is_space(byte));
}

static bool
is_no_separator(unsigned char byte)
{
	return (!is_separator(byte));
}

/* Files in a list of Postfix's. */
static void
take_files(struct span list, struct arena *arena, struct postfix *out)
{
	for (;;) {
		(void)span_take_while(&list, is_separator);
		struct span word = span_take_while(&list, is_no_separator);

		if (word.len == 0 || out->file_count == POSTFIX_MAX_FILES)
			return;
		if (!span_is(word, "none"))
			out->files[out->file_count++] = arena_str(arena, word);
	}
}

static struct span
next_value(struct span *text)
{
	struct span line;

	if (!span_take_line(text, &line))
		return (span_str(""));
	return (span_trim(line, span_is_wsp));
}

void
postfix_parameters(struct span text, struct arena *arena, struct postfix *out)
{
	out->hostname = arena_str(arena, next_value(&text));
	out->mynetworks = arena_str(arena, next_value(&text));
	const char *relay = arena_str(arena, next_value(&text));

	out->relay_restrictions = arena_printf(
	    arena, "%s, %s", relay, arena_str(arena, next_value(&text)));
	struct span chains = next_value(&text);

	/* Postfix ignores the others where there are chains. */
	if (chains.len > 0) {
		take_files(chains, arena, out);
		return;
	}
	take_files(next_value(&text), arena, out);
	take_files(next_value(&text), arena, out);
}

static struct span
take_word(struct span *line)
{
	(void)span_take_while(line, span_is_wsp);
	struct span rest = *line;

	while (line->len > 0 && !span_is_wsp((unsigned char)span_peek(*line)))
		span_skip(line, 1);
	return (span_head(rest, rest.len - line->len));
}

/* The service that master.cf calls ${name}, with or without an address. */
static int
service_of(struct span name)
{
	static const struct {
		const char *name;
		enum server_service service;
	} names[] = {
		{ "smtp", SERVER_SMTP },
		{ "25", SERVER_SMTP },
		{ "submission", SERVER_SUBMISSION },
		{ "587", SERVER_SUBMISSION },
		{ "submissions", SERVER_SUBMISSIONS },
		{ "smtps", SERVER_SUBMISSIONS },
		{ "465", SERVER_SUBMISSIONS },
	};
	struct span part;

	while (span_find(name, ':') < name.len)
		(void)span_take_until(&name, ':', &part);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i].name))
			return ((int)names[i].service);
	return (-1);
}

/* Columns of master(5): service, type, private, unpriv, chroot, wakeup,
 * maxproc, command. */
static void
take_service(struct span line, struct postfix *out)
{
	struct span name = take_word(&line);
	struct span type = take_word(&line);

	for (size_t i = 0; i < 5; i++)
		(void)take_word(&line);
	struct span command = take_word(&line);
	int service = service_of(name);

	if (service >= 0 && span_is(type, "inet") &&
	    (span_is(command, "smtpd") || span_is(command, "postscreen")))
		out->offers[service] = true;
}

void
postfix_services(struct span text, struct postfix *out)
{
	struct span line;

	while (span_take_line(&text, &line))
		take_service(line, out);
}

void
postfix_read(struct arena *arena, struct postfix *out)
{
	struct span text;

	*out = (struct postfix){ 0 };
	out->here = postconf_read(parameters, arena, &text);
	if (!out->here)
		return;
	postfix_parameters(text, arena, out);
	if (postconf_read(services, arena, &text))
		postfix_services(text, out);
}
