/* How Postfix comes to use the milter, beside others. */
#include "postfix_attach.h"

#include <string.h>

#include "daemon/postconf.h"
#include "support/unit.h"

#define OURS "unix:/var/spool/postfix/mailreeve/milter.sock"
#define NAME "unix:mailreeve/milter.sock"
#define NON "non_smtpd_milters = $smtpd_milters"

static const struct {
	const char *socket;
	const char *name;
} names[] = {
	{ OURS, NAME },
	{ "local:/var/spool/postfix/a", "unix:a" },
	{ "unix:/run/mailreeve/milter.sock",
	    "unix:/run/mailreeve/milter.sock" },
	{ "unix:/var/spool/postfixed/a", "unix:/var/spool/postfixed/a" },
	{ "inet:8891@127.0.0.1", "inet:127.0.0.1:8891" },
	{ "inet:8891@localhost", "inet:127.0.0.1:8891" },
	{ "inet6:8891@::1", "inet:[::1]:8891" },
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(names); i++) {
		struct arena *arena = arena_new();
		struct endpoint endpoint;

		assert_null(endpoint_parse(names[i].socket, arena, &endpoint));
		assert_string_equal(
		    postconf_endpoint(&endpoint, "/var/spool/postfix", arena),
		    names[i].name);
		arena_free(arena);
	}
}

static const struct {
	const char *socket;
	const char *smtpd;
	const char *local;   /* non_smtpd_milters */
	const char *means;   /* what that means */
	const char *command; /* without the reload; NULL: none is needed */
} cases[] = {
	{ OURS, "", "", "", "postconf 'smtpd_milters = " NAME "' '" NON "'" },
	{ OURS, "", "$smtpd_milters", "",
	    "postconf 'smtpd_milters = " NAME "'" },
	{ OURS, NAME, "$smtpd_milters", NAME, NULL },
	{ OURS, NAME, "${smtpd_milters}", NAME, NULL },
	{ OURS, NAME, "", "", "postconf '" NON "'" },
	{ OURS, "inet:a:1", "$smtpd_milters", "inet:a:1",
	    "postconf 'smtpd_milters = inet:a:1, " NAME "'" },
	{ OURS, "inet:a:1", "inet:b:2", "inet:b:2",
	    "postconf 'smtpd_milters = inet:a:1, " NAME
	    "' 'non_smtpd_milters = inet:b:2, " NAME "'" },
	{ OURS, "inet:a:1," NAME " inet:b:2", NAME, NAME, NULL },
	{ OURS, "{ " NAME ", connect_timeout=10s }", NAME, NAME, NULL },
	{ OURS, OURS, OURS, OURS, NULL },
	/* Others whose names are like ours. */
	{ OURS, NAME "2", "$smtpd_milters", NAME "2",
	    "postconf 'smtpd_milters = " NAME "2, " NAME "'" },
	{ OURS, "it's", "$smtpd_milters", "it's",
	    "postconf 'smtpd_milters = it'\\''s, " NAME "'" },
	{ "inet:8891@127.0.0.1", "inet:localhost:8891", "$smtpd_milters",
	    "inet:localhost:8891", NULL },
	{ "inet:8891@127.0.0.1", "inet:127.0.0.1:8891", "$smtpd_milters",
	    "inet:127.0.0.1:8891", NULL },
	{ "inet:8891@192.0.2.1", "inet:localhost:8891", "$smtpd_milters",
	    "inet:localhost:8891",
	    "postconf 'smtpd_milters = inet:localhost:8891, "
	    "inet:192.0.2.1:8891'" },
};

static void
test_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct endpoint endpoint;
		const struct postfix postfix = {
			.queue_directory = "/var/spool/postfix",
			.smtpd_milters = { cases[i].smtpd, cases[i].smtpd },
			.non_smtpd_milters = { cases[i].local, cases[i].means },
		};

		assert_null(endpoint_parse(cases[i].socket, arena, &endpoint));
		const char *command;
		enum postfix_attach found = postfix_attach_find(
		    &postfix, &endpoint, NULL, arena, &command);

		assert_int_equal(found, cases[i].command == NULL
					    ? POSTFIX_ATTACH_DONE
					    : POSTFIX_ATTACH_COMMAND);

		if (cases[i].command == NULL)
			assert_null(command);
		else
			assert_string_equal(
			    command, arena_printf(arena, "%s && postfix reload",
					 cases[i].command));
		arena_free(arena);
	}
}

/* Where OpenDKIM, whose configuration we have, stands already. */
static const struct {
	const char *theirs; /* Socket of opendkim.conf */
	const char *smtpd;
	const char *local; /* non_smtpd_milters, and what that means */
	enum postfix_attach found;
	const char *command;
} replacements[] = {
	{ "inet:8891@localhost", "inet:localhost:8891", "$smtpd_milters",
	    POSTFIX_ATTACH_COMMAND, "postconf 'smtpd_milters = " NAME "'" },
	{ "inet:8891@localhost", "inet:127.0.0.1:8891", "inet:[::1]:8891",
	    POSTFIX_ATTACH_COMMAND,
	    "postconf 'smtpd_milters = " NAME "' 'non_smtpd_milters = " NAME
	    "'" },
	{ "inet:8891", "inet:127.0.0.1:8891, inet:a:1", "$smtpd_milters",
	    POSTFIX_ATTACH_COMMAND,
	    "postconf 'smtpd_milters = " NAME ", inet:a:1'" },
	{ "inet6:8891@[::1]", "inet:a:1 inet:localhost:8891", "$smtpd_milters",
	    POSTFIX_ATTACH_COMMAND,
	    "postconf 'smtpd_milters = inet:a:1 " NAME "'" },
	{ "local:/var/spool/postfix/opendkim/o.sock", "local:opendkim/o.sock",
	    "unix:/var/spool/postfix/opendkim/o.sock", POSTFIX_ATTACH_COMMAND,
	    "postconf 'smtpd_milters = " NAME "' 'non_smtpd_milters = " NAME
	    "'" },
	{ "/var/run/opendkim/o.sock", "unix:/run/opendkim/o.sock",
	    "$smtpd_milters", POSTFIX_ATTACH_COMMAND,
	    "postconf 'smtpd_milters = " NAME "'" },
	{ "unix:/run/o", "{ unix:/run/o, connect_timeout=10s }, inet:a:1", "",
	    POSTFIX_ATTACH_COMMAND,
	    "postconf 'smtpd_milters = { " NAME
	    ", connect_timeout=10s }, inet:a:1' '" NON "'" },
	{ "inet:8891@localhost", "", "", POSTFIX_ATTACH_COMMAND,
	    "postconf 'smtpd_milters = " NAME "' '" NON "'" },
	/* Which is OpenDKIM's is not known: others stand there. */
	{ "inet:8891@localhost", "inet:localhost:8892", "$smtpd_milters",
	    POSTFIX_ATTACH_BY_HAND, NULL },
	{ "inet:8891@192.0.2.1", "inet:localhost:8891", "$smtpd_milters",
	    POSTFIX_ATTACH_BY_HAND, NULL },
	{ "inet:8891@localhost", "$milters", "$smtpd_milters",
	    POSTFIX_ATTACH_BY_HAND, NULL },
	{ "inet:8891@localhost", "inet:localhost:8891", "inet:a:1",
	    POSTFIX_ATTACH_BY_HAND, NULL },
	{ "", "unix:/run/o", "$smtpd_milters", POSTFIX_ATTACH_BY_HAND, NULL },
	/* Two signatures on every message. */
	{ "inet:8891@localhost", "inet:localhost:8891, " NAME, "$smtpd_milters",
	    POSTFIX_ATTACH_TWICE, NULL },
	{ "inet:8891@localhost", NAME, "inet:localhost:8891, " NAME,
	    POSTFIX_ATTACH_TWICE, NULL },
	{ "inet:8891@localhost", "inet:a:1, " NAME, "$smtpd_milters",
	    POSTFIX_ATTACH_DONE, NULL },
};

static void
test_replacements(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(replacements); i++) {
		struct arena *arena = arena_new();
		struct endpoint endpoint;
		const char *smtpd = replacements[i].smtpd;
		const char *local = replacements[i].local;
		const struct postfix postfix = {
			.queue_directory = "/var/spool/postfix",
			.smtpd_milters = { smtpd, smtpd },
			.non_smtpd_milters = { local,
			    local[0] == '$' ? smtpd : local },
		};
		const char *command;

		assert_null(endpoint_parse(OURS, arena, &endpoint));
		if (postfix_attach_find(&postfix, &endpoint,
			replacements[i].theirs, arena,
			&command) != replacements[i].found)
			fail_msg("case %zu: %s", i,
			    command == NULL ? "none" : command);
		if (replacements[i].command == NULL)
			assert_null(command);
		else
			assert_string_equal(
			    command, arena_printf(arena, "%s && postfix reload",
					 replacements[i].command));
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_replacements),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
