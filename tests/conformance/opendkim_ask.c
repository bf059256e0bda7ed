/*
 * opendkim_ask SOCKET FOLDER: play SMTP sessions to the milter at SOCKET as
 * Postfix does, and say what became of each message, so that two milters can be
 * compared.  Each line on standard input is
 *
 *	NAME ADDRESS HOST LOGIN MESSAGE
 *
 * with - for no login; MESSAGE is a file in FOLDER/in, and what the milter made
 * of it goes to FOLDER/out/NAME.  Output, one line each:
 *
 *	NAME reply CODE
 *	NAME signed d=DOMAIN s=SELECTOR c=CANONICALIZATION i=IDENTITY
 *	NAME result RESULT d=DOMAIN s=SELECTOR
 */
#include <stdio.h>
#include <string.h>

#include "dkim/tags.h"
#include "support/files.h"
#include "support/milter_daemon.h"

struct question {
	char name[200];
	char address[64];
	char host[200];
	char login[200];
	char message[200];
};

static const char *
lower(struct arena *arena, struct span text)
{
	char *copy = arena_str(arena, text);

	for (size_t i = 0; copy[i] != '\0'; i++)
		copy[i] = (char)span_lower((unsigned char)copy[i]);
	return (copy);
}

static void
say_signature(const struct question *question, struct arena *arena,
    const struct milter_field *field)
{
	struct tag_list tags;

	if (tags_parse(span_str(milter_message_unfold(arena, field)), &tags) !=
	    NULL) {
		(void)printf("%s signed malformed\n", question->name);
		return;
	}
	const char *domain = lower(arena, tags_value(&tags, "d", ""));
	/* RFC 6376 3.5: without i= it is @ and d=. */
	const char *identity = arena_printf(arena, "@%s", domain);

	(void)printf("%s signed d=%s s=%s c=%s i=%s\n", question->name, domain,
	    arena_str(arena, tags_value(&tags, "s", "")),
	    arena_str(arena, tags_value(&tags, "c", "")),
	    lower(arena, tags_unfold(arena, tags_value(&tags, "i", identity))));
}

static bool
is_text(unsigned char byte)
{
	return (byte != ' ' && byte != ';');
}

/* ${text} without what stands in parentheses, in which nothing nests here. */
static struct span
without_comments(struct arena *arena, struct span text)
{
	struct span part;
	struct buf out;

	buf_init(&out, arena, text.len);
	while (span_take_until(&text, '(', &part)) {
		buf_add(&out, part);
		(void)span_take_until(&text, ')', &part);
	}
	buf_add(&out, part);
	return (buf_span(&out));
}

/* The word after ${name} in ${text}, in small letters. */
static const char *
word_after(struct arena *arena, struct span text, const char *name)
{
	for (; text.len > 0; span_skip(&text, 1)) {
		struct span value = span_tail(text, strlen(name));

		if (span_starts(text, name))
			return (lower(arena, span_take_while(&value, is_text)));
	}
	return ("-");
}

/* authres_parse() is too strict for what opendkim writes: a header.b with a
 * slash and no quotes. */
static void
say_results(const struct question *question, struct arena *arena,
    const struct milter_field *field)
{
	struct span text = without_comments(
	    arena, span_str(milter_message_unfold(arena, field)));
	struct span part;
	bool more = true;

	while (more) {
		more = span_take_until(&text, ';', &part);
		const char *result = word_after(arena, part, " dkim=");

		if (strcmp(result, "-") != 0)
			(void)printf("%s result %s d=%s s=%s\n", question->name,
			    result, word_after(arena, part, " header.d="),
			    word_after(arena, part, " header.s="));
	}
}

/* What the milter added stands above what there was. */
static void
say(const struct question *question, struct arena *arena,
    const struct milter_message *message, size_t before)
{
	size_t added = message->count > before ? message->count - before : 0;

	for (size_t i = 0; i < added; i++) {
		const struct milter_field *field = &message->fields[i];

		if (span_is_nocase(field->name, "DKIM-Signature"))
			say_signature(question, arena, field);
		else if (span_is_nocase(field->name, "Authentication-Results"))
			say_results(question, arena, field);
	}
}

static int
talk(struct milter_client *client, const struct question *question,
    struct milter_message *message)
{
	static const char *const sender[] = { "<sender@example.org>", NULL };
	static const char *const rcpt[] = { "<rcpt@example.net>", NULL };
	bool logged_in = strcmp(question->login, "-") != 0;

	milter_client_macro(client, "i", question->name);
	if (logged_in) {
		milter_client_macro(client, "{auth_type}", "PLAIN");
		milter_client_macro(client, "{auth_authen}", question->login);
	}
	return (milter_client_mail(client, sender) != 0 ||
			milter_client_rcpt(client, rcpt) != 0 ||
			milter_client_message(client, message) != 0
		    ? -1
		    : 0);
}

static int
save(struct arena *arena, const char *folder, const struct question *question,
    const struct milter_message *message)
{
	struct buf out;

	buf_init(&out, arena, MILTER_MESSAGE_MAX);
	milter_message_print(message, &out);
	return (files_write(
	    arena_printf(arena, "%s/out/%s", folder, question->name),
	    buf_span(&out), 0644));
}

static int
fail(const struct question *question, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", question->name, why);
	return (1);
}

static int
ask(struct arena *arena, const char *socket, const char *folder,
    const struct question *question)
{
	struct milter_message *message = milter_message_new(arena);
	const char *error = "";
	struct span text;

	if (files_read(arena,
		arena_printf(arena, "%s/in/%s", folder, question->message),
		&text) != 0)
		return (fail(question, "cannot read the message"));
	milter_message_parse(message, text);
	size_t before = message->count;
	struct milter_client *client = milter_daemon_session(
	    arena, socket, question->address, question->host, &error);

	if (client == NULL)
		return (fail(question, error));
	int talked = talk(client, question, message);

	(void)printf("%s reply %.3s\n", question->name,
	    talked == 0 ? milter_client_reply(client)->text : "???");
	milter_client_close(client);
	say(question, arena, message, before);
	return (save(arena, folder, question, message) == 0
		    ? 0
		    : fail(question, "cannot write the message"));
}

int
main(int argc, char *argv[])
{
	struct question question;
	char line[1024];
	int failed = argc == 3 ? 0 : 64;

	while (argc == 3 && fgets(line, sizeof(line), stdin) != NULL) {
		struct arena *arena = arena_new();

		if (sscanf(line, "%199s %63s %199s %199s %199s", question.name,
			question.address, question.host, question.login,
			question.message) == 5)
			failed |= ask(arena, argv[1], argv[2], &question);
		else
			failed = 65;
		arena_free(arena);
	}
	return (failed);
}
