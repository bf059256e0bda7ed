#include "local/dovecot.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/program.h"

#define DOVECONF "/usr/bin/doveconf"
/* It looks its host name up, and may wait for a DNS that is down. */
#define WAIT_MS 15000
/* All of its settings, with those of every service. */
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

static bool
has_word(struct span list, const char *word)
{
	while (list.len > 0) {
		struct span item;

		(void)span_take_until(&list, ' ', &item);
		if (span_is(item, word))
			return (true);
	}
	return (false);
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

void
dovecot_read(struct arena *arena, struct dovecot *out)
{
	char *arguments[] = { arena_strdup(arena, DOVECONF),
		arena_strdup(arena, "-S"), NULL };
	char *environment[] = { arena_strdup(arena, "PATH=/usr/bin:/bin"),
		NULL };
	struct buf output;
	const struct program program = { .arguments = arguments,
		.environment = environment,
		.output = &output };

	*out = (struct dovecot){ 0 };
	buf_init(&output, arena, OUTPUT_MAX_BYTES);
	if (access(DOVECONF, X_OK) != 0)
		return;
	out->trouble =
	    program_run(arena, &program, clock_monotonic_ms() + WAIT_MS);
	if (out->trouble != NULL)
		return;
	out->here = true;
	dovecot_settings(buf_span(&output), arena, out);
}
