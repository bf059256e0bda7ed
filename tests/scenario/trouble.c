/*
 * trouble.c: resolvers that are down, slow, lying, or answer too much or
 * nonsense: within the one deadline of a message its results are temperror, and
 * it is deferred or passes as configured.
 *
 *	trouble MILTER FOLDER CASE [sanitized]
 *
 * FOLDER holds the signed messages.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "robust.h"
#include "support/dnsliar.h"
#include "support/files.h"

/* dns_timeout of the milter, and what a busy machine may add. */
#define TIMEOUT_MS 2000
#define SLACK_MS 1500
#define SANITIZED_SLACK_MS 5000
/* Each costs its own deadline, and not what was left over from others. */
#define MESSAGES 2

/* A key of the root that nobody on this machine has signed with. */
#define ANCHOR                                                                 \
	". 172800 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409B"  \
	"BC683457104237C7F8EC8D\n"

#define TEMPERRORS                                                             \
	"\"spf_helo\":\"temperror\\(client\\.example\\)\","                    \
	"\"spf\":\"temperror\\(example\\.org\\)\","                            \
	"\"dkim\":\"temperror\\(sender\\.example/rsa\\)\","                    \
	"\"dmarc\":\"temperror\\(sender\\.example\\)\""
/* Whoever believes that names do not exist finds no policy. */
#define BELIEVED                                                               \
	"\"spf_helo\":\"none\\(client\\.example\\)\","                         \
	"\"spf\":\"none\\(example\\.org\\)\","                                 \
	"\"dkim\":\"permerror\\(sender\\.example/rsa\\)\","                    \
	"\"dmarc\":\"none\\(sender\\.example\\)\""

struct trouble {
	const char *name;
	enum dnsliar_way way;
	bool anchored;           /* the milter validates DNSSEC */
	const char *results;     /* in the log */
	const char *by_default;  /* the reply */
	const char *when_passed; /* with on_dns_trouble = pass */
	const char *text; /* of the message; NULL: one with a signature */
};

#define DEFERRED "451 4.7.0"
#define TAKEN "250"
#define REFUSED "550 5.7.26"

static const struct trouble cases[] = {
	{ "down", DNSLIAR_DOWN, false, TEMPERRORS, DEFERRED, TAKEN, NULL },
	{ "silent", DNSLIAR_SILENT, false, TEMPERRORS, DEFERRED, TAKEN, NULL },
	{ "slow", DNSLIAR_SLOW, false, TEMPERRORS, DEFERRED, TAKEN, NULL },
	{ "failing", DNSLIAR_FAILING, false, TEMPERRORS, DEFERRED, TAKEN,
	    NULL },
	{ "lying", DNSLIAR_DENYING, false, BELIEVED, TAKEN, TAKEN, NULL },
	/* Without the proof that RFC 4035 5.4 wants a denial is bogus. */
	{ "caught", DNSLIAR_DENYING, true, TEMPERRORS, DEFERRED, TAKEN, NULL },
	{ "truncated", DNSLIAR_TRUNCATING, false, TEMPERRORS, DEFERRED, TAKEN,
	    NULL },
	{ "oversized", DNSLIAR_OVERSIZED, false, TEMPERRORS, DEFERRED, TAKEN,
	    NULL },
	{ "cut", DNSLIAR_CUT, false, TEMPERRORS, DEFERRED, TAKEN, NULL },
	/* The sender's servers take all the time that there is, which hides
	 * nothing of what the author's domain wants. */
	{ "hidden", DNSLIAR_PARTIAL, false,
	    "\"spf\":\"temperror\\(example\\.org\\)\",\"dkim\":\"none\","
	    "\"dmarc\":\"fail\\(branch\\.sender\\.example\\)\","
	    "\"policy\":\"p=reject\"",
	    REFUSED, REFUSED, "From: ann@branch.sender.example\n\nPay!\n" },
	{ "garbage", DNSLIAR_GARBAGE, false, TEMPERRORS, DEFERRED, TAKEN,
	    NULL },
};

static const struct trouble *
find_case(const char *name)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(cases[i].name, name) == 0)
			return (&cases[i]);
	return (NULL);
}

static struct milter_message *
load(struct robust *robust, const struct trouble *trouble, const char *folder)
{
	const char *path = arena_printf(robust->arena, "%s/good.eml", folder);
	struct milter_message *message = milter_message_new(robust->arena);
	struct span text;

	if (trouble->text != NULL)
		milter_message_parse(message, span_str(trouble->text));
	else if (files_read(robust->arena, path, &text) != 0)
		(void)robust_fail(robust, "%s: %s", path, strerror(errno));
	else
		milter_message_parse(message, text);
	return (message);
}

/* Send one message and look at the reply and the time until then. */
static int
send_one(struct robust *robust, const struct trouble *trouble,
    const char *folder, const char *reply)
{
	struct milter_client *client = robust_session(robust, ROBUST_OUTSIDE);
	int64_t began = clock_monotonic_ms();
	int64_t limit =
	    TIMEOUT_MS + (robust->sanitized ? SANITIZED_SLACK_MS : SLACK_MS);
	int result;

	if (client == NULL)
		return (-1);
	result =
	    robust_send(robust, client, load(robust, trouble, folder), reply);
	int64_t took = clock_monotonic_ms() - began;

	milter_client_close(client);
	printf("%s: %s after %d ms\n", robust->name, reply, (int)took);
	if (result == 0 && took > limit)
		return (robust_fail(robust, "it took %d ms", (int)took));
	return (result);
}

static int
stop(struct robust *robust)
{
	if (daemon_stop(robust->daemon) == 0)
		return (0);
	return (robust_fail(robust, "%s", daemon_error(robust->daemon)));
}

/* Send messages to a milter that does ${mode} with such. */
static int
try_mode(struct robust *robust, const struct trouble *trouble,
    const char *folder, const char *mode, const char *reply)
{
	int result = 0;

	daemon_option(robust->daemon,
	    arena_printf(robust->arena, "on_dns_trouble = \"%s\"", mode));
	if (robust_start(robust, false) != 0)
		return (-1);
	for (int i = 0; i < MESSAGES && result == 0; i++)
		result = send_one(robust, trouble, folder, reply);
	if (result == 0 &&
	    !daemon_logged(robust->daemon, "message", trouble->results, 5000))
		result = robust_fail(robust, "not in the log");
	return (stop(robust) == 0 ? result : -1);
}

static int
prepare(struct robust *robust, const struct trouble *trouble,
    const struct dnsliar *liar)
{
	const char *anchor = daemon_path(robust->daemon, "anchor");

	robust->keys =
	    keyfolder_new(robust->arena, daemon_path(robust->daemon, "keys"));
	if (robust->keys == NULL ||
	    files_write(anchor, span_str(ANCHOR), 0644) != 0)
		return (robust_fail(robust, "%s", strerror(errno)));
	milter_daemon_options(robust->daemon);
	daemon_option(
	    robust->daemon, arena_printf(robust->arena, "resolvers = {\"%s\"}",
				dnsliar_address(liar)));
	daemon_option(
	    robust->daemon, arena_printf(robust->arena, "dns_timeout = %ds",
				TIMEOUT_MS / 1000));
	if (trouble->anchored)
		daemon_option(
		    robust->daemon, arena_printf(robust->arena,
					"trust_anchor = \"%s\"", anchor));
	return (0);
}

static void
run(struct robust *robust, const struct trouble *trouble, const char *folder)
{
	struct dnsliar *liar = dnsliar_new(trouble->way);

	if (prepare(robust, trouble, liar) == 0 &&
	    try_mode(
		robust, trouble, folder, "tempfail", trouble->by_default) == 0)
		(void)try_mode(
		    robust, trouble, folder, "pass", trouble->when_passed);
	if (trouble->way != DNSLIAR_DOWN && dnsliar_asked(liar) == 0)
		(void)robust_fail(robust, "nobody was asked");
	if (robust->failed)
		(void)fprintf(stderr, "--- the log\n%s",
		    arena_str(robust->arena,
			daemon_log(robust->daemon, robust->arena)));
	dnsliar_free(liar);
}

int
main(int argc, char **argv)
{
	const struct trouble *trouble = argc >= 4 ? find_case(argv[3]) : NULL;
	struct robust robust = { 0 };

	if (trouble == NULL) {
		(void)fprintf(
		    stderr, "usage: trouble MILTER FOLDER CASE [sanitized]\n");
		return (EX_USAGE);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	robust.arena = arena_new();
	robust.name = trouble->name;
	robust.sanitized = argc > 4;
	buf_init(&robust.zone, robust.arena, 1);
	robust.daemon = daemon_new(argv[1], "trouble");
	if (robust.daemon == NULL)
		(void)robust_fail(&robust, "%s", strerror(errno));
	else
		run(&robust, trouble, argv[2]);
	daemon_free(robust.daemon);
	arena_free(robust.arena);
	return (robust.failed ? 1 : 0);
}
