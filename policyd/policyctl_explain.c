#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "policyctl_commands.h"
#include "policyctl_print.h"
#include "policyctl_talk.h"
#include "request.h"

/* What words name, in the order in which Postfix sends them. */
struct named {
	struct span values[REQUEST_ATTRIBUTES];
	bool given[REQUEST_ATTRIBUTES];
};

/* What reply actions (access(5)) mean for the client. */
static const struct {
	const char *action;
	const char *meaning;
} meanings[] = {
	{ "DUNNO", "nothing speaks against it; Postfix goes on" },
	{ "PREPEND", "it passes with this header field" },
	{ "DEFER_IF_PERMIT", "come again later, unless it is refused anyway" },
	{ "DEFER", "come again later" },
	{ "HOLD", "it waits in Postfix's hold queue for the admin" },
	{ "REJECT", "refused" },
	{ "4", "come again later" },
	{ "5", "refused" },
};

static const char *
meaning_of(const char *reply)
{
	const char *action = strchr(reply, '=');

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (action != NULL && strncmp(action + 1, meanings[i].action,
					  strlen(meanings[i].action)) == 0)
			return (meanings[i].meaning);
	return ("Postfix does what access(5) says");
}

static void
take(void *cookie, const char *kind, const json_t *line)
{
	struct arena *arena = cookie;

	if (strcmp(kind, "step") == 0) {
		bool below = policyctl_print_int(line, "depth") > 0;

		(void)printf("%-10s %s%s\n",
		    below ? "" : policyctl_print_text(arena, line, "part"),
		    below ? "  " : "",
		    policyctl_print_text(arena, line, "text"));
	} else if (strcmp(kind, "end") == 0) {
		const char *reply = policyctl_print_text(arena, line, "reply");

		if (policyctl_print_int(line, "dropped") > 0)
			(void)printf("(%s steps more)\n",
			    policyctl_print_number(arena, line, "dropped"));
		(void)printf("\nReply: %s\n  %s\n", reply, meaning_of(reply));
	}
}

static int
fail(const char *text, const char *what)
{
	(void)fprintf(stderr, POLICYCTL_PROGRAM " explain: %s%s\n", text, what);
	return (EX_DATAERR);
}

/* Words "name=value"; false when one is none. */
static bool
take_words(const struct policyctl_options *options, struct named *out)
{
	for (int i = 0; i < options->argument_count; i++) {
		struct span value = span_str(options->arguments[i]);
		struct span name;

		if (!span_take_until(&value, '=', &name)) {
			(void)fail("no attribute, which is NAME=VALUE: ",
			    options->arguments[i]);
			return (false);
		}
		enum request_attribute attribute = request_attribute_find(name);

		if (attribute == REQUEST_ATTRIBUTES) {
			(void)fail("Postfix has no attribute ",
			    arena_str(options->arena, name));
			return (false);
		}
		out->values[attribute] = value;
		out->given[attribute] = true;
	}
	return (true);
}

/* What Postfix would say of the rest. */
static void
add_usual(struct named *named)
{
	static const struct {
		enum request_attribute attribute;
		const char *value;
	} usual[] = {
		{ REQUEST_REQUEST, "smtpd_access_policy" },
		{ REQUEST_PROTOCOL_STATE, "RCPT" },
		{ REQUEST_PROTOCOL_NAME, "ESMTP" },
		{ REQUEST_CLIENT_NAME, "unknown" },
		{ REQUEST_REVERSE_CLIENT_NAME, "unknown" },
		{ REQUEST_INSTANCE, "explain" },
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (!named->given[usual[i].attribute])
			named->values[usual[i].attribute] =
			    span_str(usual[i].value);
	/* A name that was given is the client's, checked by Postfix. */
	if (named->given[REQUEST_CLIENT_NAME] &&
	    !named->given[REQUEST_REVERSE_CLIENT_NAME])
		named->values[REQUEST_REVERSE_CLIENT_NAME] =
		    named->values[REQUEST_CLIENT_NAME];
}

static const char *
from_words(const struct policyctl_options *options)
{
	struct named named = { .given = { false } };
	struct buf text;

	if (!take_words(options, &named))
		return (NULL);
	add_usual(&named);
	buf_init(&text, options->arena, REQUEST_MAX_BYTES);
	for (size_t i = 0; i < REQUEST_ATTRIBUTES; i++) {
		if (named.values[i].len == 0)
			continue;
		buf_printf(&text,
		    "%s=", request_attribute_name((enum request_attribute)i));
		buf_add(&text, named.values[i]);
		buf_add_byte(&text, '\n');
	}
	return (text.overflow ? NULL : buf_str(&text));
}

/* The first request there. */
static const char *
from_file(const struct policyctl_options *options)
{
	const char *path = options->file;
	bool standard = path == NULL || strcmp(path, "-") == 0;
	bool nothing = path == NULL && isatty(STDIN_FILENO) == 1;
	FILE *file = standard ? stdin : fopen(path, "r");
	char *text = arena_alloc(options->arena, REQUEST_MAX_BYTES + 1);

	if (nothing) {
		(void)fail("name what the request says, such as "
			   "client_address=192.0.2.1; see --help",
		    "");
		return (NULL);
	}
	if (file == NULL) {
		(void)fail("cannot read ", path);
		return (NULL);
	}
	size_t len = fread(text, 1, REQUEST_MAX_BYTES, file);

	if (!standard)
		(void)fclose(file);
	const char *end = strstr(text, "\n\n");

	if (end != NULL)
		len = (size_t)(end - text) + 1;
	if (len == 0)
		(void)fail("there is no request", "");
	return (
	    len == 0 ? NULL : arena_str(options->arena, span_new(text, len)));
}

static int
run(const struct policyctl_options *options)
{
	const char *request = options->argument_count > 0 ? from_words(options)
	                                                  : from_file(options);
	json_t *text = request == NULL ? NULL : json_string(request);

	if (request == NULL)
		return (EX_DATAERR);
	if (text == NULL)
		return (fail("the request has bytes that are no UTF-8", ""));
	json_t *command = policyctl_talk_command("explain", NULL, NULL);

	(void)json_object_set_new(command, "request", text);
	return (policyctl_talk_run(options, command, take, options->arena));
}

const struct policyctl_command policyctl_explain_command = {
	.name = "explain",
	.help = "what the daemon makes of a request, and why",
	.usage = "[OPTION]... [NAME=VALUE]...\n"
		 "Show step by step how a request of Postfix is decided; "
		 "nothing is counted.  It is\n"
		 "given in words, such as client_address=192.0.2.1 "
		 "sender=a@example.net\n"
		 "recipient=b@example.org sasl_username=b, or read as Postfix "
		 "sends it.\n"
		 "  --file FILE        read the request there, else from "
		 "standard input\n"
		 "  --json             print lines of JSON\n",
	.letters = "Fjsc",
	.most = REQUEST_ATTRIBUTES,
	.run = run,
};
