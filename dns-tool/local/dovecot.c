#include "local/dovecot.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/program.h"

#define DOVECONF "/usr/bin/doveconf"
/* It looks its host name up, and may wait for a DNS that is down. */
#define WAIT_MS 15000
/* Of a setting, and of all that are asked for. */
#define OUTPUT_MAX_BYTES ((size_t)1024 * 1024)

/* Where a login service's listener says its port; 0 switches it off. */
struct listener {
	const char *protocol; /* in "protocols" */
	const char *port;     /* the setting */
	enum server_service service;
};

static const struct listener known[] = {
	{ "imap", "service/imap-login/inet_listener/imap/port", SERVER_IMAP },
	{ "imap", "service/imap-login/inet_listener/imaps/port", SERVER_IMAPS },
	{ "pop3", "service/pop3-login/inet_listener/pop3/port", SERVER_POP3 },
	{ "pop3", "service/pop3-login/inet_listener/pop3s/port", SERVER_POP3S },
	{ "sieve", "service/managesieve-login/inet_listener/sieve/port",
	    SERVER_SIEVE },
	{ "submission",
	    "service/submission-login/inet_listener/submission/port",
	    SERVER_SUBMISSION },
	{ "submission",
	    "service/submission-login/inet_listener/submissions/port",
	    SERVER_SUBMISSIONS },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

/* Is ${word} in ${list}: "imap lmtp" of 2.3, "imap = yes lmtp = no" of 2.4? */
static bool
has_word(struct span list, const char *word)
{
	struct span item;
	bool found = false;
	bool last = false;

	while (list.len > 0) {
		(void)span_take_until(&list, ' ', &item);
		if (span_is(item, "no") && last)
			return (false);
		if (span_is(item, word))
			found = last = true;
		else if (!span_is(item, "=") && item.len > 0)
			last = false;
	}
	return (found);
}

/* What 2.3 writes as "</path", 2.4 as "/path". */
static const char *
file_of(struct span value, struct arena *arena)
{
	(void)span_take_byte(&value, '<');
	return (span_peek(value) == '/' ? arena_str(arena, value) : NULL);
}

static void
take_setting(struct span name, struct span value, struct arena *arena,
    struct span *protocols, struct dovecot *out)
{
	if (span_is(name, "protocols"))
		*protocols = value;
	else if (span_is(name, "ssl_cert") ||
		 span_is(name, "ssl_server_cert_file"))
		out->certificate = file_of(value, arena);
	else if (span_is(name, "disable_plaintext_auth"))
		out->cleartext = span_is(value, "no");
	else if (span_is(name, "auth_allow_cleartext"))
		out->cleartext = span_is(value, "yes");
}

static bool
is_on(const struct listener *listener, struct span text)
{
	struct span line;
	struct span name;

	while (span_take_line(&text, &line))
		if (span_take_until(&line, '=', &name) &&
		    span_is(name, listener->port))
			return (!span_is(line, "0"));
	return (false);
}

void
dovecot_settings(struct span text, struct arena *arena, struct dovecot *out)
{
	struct span rest = text;
	struct span protocols = span_str("");
	struct span line;
	struct span name;

	while (span_take_line(&rest, &line))
		if (span_take_until(&line, '=', &name))
			take_setting(name, line, arena, &protocols, out);
	for (size_t i = 0; i < KNOWN; i++)
		if (has_word(protocols, known[i].protocol) &&
		    is_on(&known[i], text))
			out->offers[known[i].service] = true;
}

/* Names of 2.3 and 2.4; a version is silent about those of the other. */
static const char *const asked[] = { "protocols", "ssl_cert",
	"ssl_server_cert_file", "disable_plaintext_auth",
	"auth_allow_cleartext" };
#define ASKED (sizeof(asked) / sizeof(asked[0]))

/* Append "NAME=VALUE" with what doveconf says of ${name}, its lines joined by
 * blanks. */
static const char *
ask(const char *name, int64_t deadline, struct buf *settings)
{
	struct arena *arena = settings->arena;
	char *arguments[] = { arena_strdup(arena, DOVECONF),
		arena_strdup(arena, "-h"), arena_strdup(arena, name), NULL };
	char *environment[] = { arena_strdup(arena, "PATH=/usr/bin:/bin"),
		NULL };
	struct buf output;
	const struct program program = { .arguments = arguments,
		.environment = environment,
		.output = &output };

	buf_init(&output, arena, OUTPUT_MAX_BYTES);
	const char *trouble = program_run(arena, &program, deadline);
	struct span rest = buf_span(&output);
	struct span line;

	if (trouble != NULL)
		return (trouble);
	buf_printf(settings, "%s=", name);
	for (bool first = true; span_take_line(&rest, &line); first = false) {
		buf_add_str(settings, first ? "" : " ");
		buf_add(settings, span_trim(line, span_is_space));
	}
	buf_add_byte(settings, '\n');
	return (NULL);
}

void
dovecot_read(struct arena *arena, struct dovecot *out)
{
	const int64_t deadline = clock_monotonic_ms() + WAIT_MS;
	struct buf settings;

	*out = (struct dovecot){ 0 };
	if (access(DOVECONF, X_OK) != 0)
		return;
	buf_init(&settings, arena, OUTPUT_MAX_BYTES);
	for (size_t i = 0; i < ASKED && out->trouble == NULL; i++)
		out->trouble = ask(asked[i], deadline, &settings);
	for (size_t i = 0; i < KNOWN && out->trouble == NULL; i++)
		out->trouble = ask(known[i].port, deadline, &settings);
	if (out->trouble != NULL)
		return;
	out->here = true;
	dovecot_settings(buf_span(&settings), arena, out);
}
