/*
 * explain.c: mailreeve-explain says of a saved message what the milter does
 *with it, in JSON that scripts can rely on.
 *
 *	explain MILTER EXPLAIN FOLDER
 *
 * FOLDER holds the signed messages and keys.zone.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "robust.h"
#include "support/command.h"
#include "support/files.h"

#define ARGUMENTS_MAX 24

struct explain {
	struct robust robust; /* the milter */
	const char *program;
	const char *folder;
	const char *config;
};

struct explain_case {
	const char *file; /* in the folder */
	const char *client;
	const char *auth;     /* or NULL */
	const char *expected; /* in the Authentication-Results, or NULL */
};

static const struct explain_case cases[] = {
	{ "good.eml", ROBUST_OUTSIDE, NULL, "dkim=pass" },
	{ "ed25519.eml", ROBUST_OUTSIDE, NULL, "dkim=pass" },
	{ "two.eml", ROBUST_OUTSIDE, NULL, "dkim=pass" },
	{ "sha1.eml", ROBUST_OUTSIDE, NULL, "dkim=permerror" },
	{ "small.eml", ROBUST_OUTSIDE, NULL, "dkim=permerror" },
	{ "expired.eml", ROBUST_OUTSIDE, NULL, "dkim=policy" },
	{ "future.eml", ROBUST_OUTSIDE, NULL, "dkim=" },
	{ "partial.eml", ROBUST_OUTSIDE, NULL, "dkim=policy" },
	{ "testing.eml", ROBUST_OUTSIDE, NULL, "dkim=pass" },
	{ "strict.eml", ROBUST_OUTSIDE, NULL, "dkim=permerror" },
	{ "web.eml", ROBUST_OUTSIDE, NULL, "dkim=permerror" },
	{ "revoked.eml", ROBUST_OUTSIDE, NULL, "dkim=permerror" },
	{ "absent.eml", ROBUST_OUTSIDE, NULL, "dkim=permerror" },
	{ "servfail.eml", ROBUST_OUTSIDE, NULL, "dkim=temperror" },
	{ "timeout.eml", ROBUST_OUTSIDE, NULL, "dkim=temperror" },
	{ "malformed.eml", ROBUST_OUTSIDE, NULL, "dkim=permerror" },
	{ "many.eml", ROBUST_OUTSIDE, NULL, "dkim=pass" },
	{ "eai.eml", ROBUST_OUTSIDE, NULL, "dkim=pass" },
	{ "good.eml", ROBUST_INSIDE, NULL, NULL },
	{ "good.eml", ROBUST_OUTSIDE, "ann@sender.example", NULL },
	{ "good.eml", ROBUST_OUTSIDE, "eve@other.example", NULL },
};

static const char *
path_of(struct explain *explain, const char *file)
{
	return (arena_printf(
	    explain->robust.arena, "%s/%s", explain->folder, file));
}

/* Run mailreeve-explain with ${arguments} after its name. */
static int
run_explain(struct explain *explain, const char *const *arguments,
    const char *input, struct command_result *result)
{
	const char *all[ARGUMENTS_MAX + 1] = { explain->program };

	for (size_t i = 1; i < ARGUMENTS_MAX && arguments[i - 1] != NULL; i++)
		all[i] = arguments[i - 1];
	if (command_run(explain->robust.arena, all, input, result) == 0)
		return (0);
	return (robust_fail(&explain->robust, "%s", strerror(errno)));
}

/* Explain the case and return its JSON; NULL after robust_fail(). */
static json_t *
ask(struct explain *explain, const struct explain_case *test)
{
	const char *const arguments[] = { "-c", explain->config, "--client-ip",
		test->client, "--helo", "client.example", "--mail-from",
		"ann@example.org", "--rcpt", "bob@example.net", "--json",
		"--compare", path_of(explain, test->file),
		test->auth != NULL ? "--auth" : NULL, test->auth, NULL };
	struct command_result result;
	json_error_t error;
	json_t *root;

	if (run_explain(explain, arguments, NULL, &result) != 0)
		return (NULL);
	root = json_loadb((const char *)result.out.data, result.out.len,
	    JSON_REJECT_DUPLICATES, &error);
	if (result.status == 0 && root != NULL)
		return (root);
	(void)robust_fail(&explain->robust, "%s: status %d, %s", test->file,
	    result.status, root == NULL ? error.text : "JSON");
	json_decref(root);
	return (NULL);
}

/* Let the milter do it; NULL after robust_fail(). */
static struct milter_message *
filter(struct explain *explain, const struct explain_case *test)
{
	struct robust *robust = &explain->robust;
	struct milter_message *message = milter_message_new(robust->arena);
	struct milter_client *client = robust_session(robust, test->client);
	struct span text;
	int result = -1;

	if (client == NULL)
		return (NULL);
	if (test->auth != NULL)
		milter_client_macro(client, "{auth_authen}", test->auth);
	if (files_read(robust->arena, path_of(explain, test->file), &text) != 0)
		(void)robust_fail(robust, "%s", strerror(errno));
	else
		milter_message_parse(message, text);
	if (!robust->failed)
		result = robust_send(robust, client, message, "250");
	milter_client_close(client);
	return (result == 0 ? message : NULL);
}

/* The text of the string ${name} in ${object} with one blank for several. */
static const char *
text_of(struct arena *arena, json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);
	struct milter_field field = { .value =
					  span_new(json_string_value(value),
					      json_string_length(value)) };

	return (json_is_string(value) ? milter_message_unfold(arena, &field)
				      : NULL);
}

static int
is_text_or_null(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return (json_is_string(value) || json_is_null(value));
}

/* What the JSON promises for each verified signature. */
static void
check_verification(
    struct explain *explain, const char *file, json_t *entry, const char *field)
{
	struct robust *robust = &explain->robust;
	const char *result = text_of(robust->arena, entry, "result");
	const char *word;

	if (result == NULL || !is_text_or_null(entry, "domain") ||
	    !is_text_or_null(entry, "selector") ||
	    !is_text_or_null(entry, "reason") ||
	    text_of(robust->arena, entry, "algorithm") == NULL) {
		(void)robust_fail(
		    robust, "%s: a dkim entry lacks members", file);
		return;
	}
	/* Signatures past the limit are neutral, and in the JSON alone. */
	word = arena_printf(robust->arena, "dkim=%s", result);
	if (strcmp(result, "neutral") != 0 && strstr(field, word) == NULL)
		(void)robust_fail(robust, "%s: no %s in %s", file, word, field);
	if (strcmp(result, "pass") != 0 &&
	    !json_is_string(json_object_get(entry, "reason")))
		(void)robust_fail(robust, "%s: no reason", file);
}

static void
check_verdict(struct explain *explain, const char *file, json_t *root)
{
	struct robust *robust = &explain->robust;
	json_t *verdict = json_object_get(root, "verdict");
	const char *action = text_of(robust->arena, verdict, "action");

	if (json_integer_value(json_object_get(root, "schema")) != 1)
		(void)robust_fail(robust, "%s: schema is not 1", file);
	if (action == NULL || strcmp(action, "none") != 0 ||
	    text_of(robust->arena, verdict, "reason") == NULL)
		(void)robust_fail(robust, "%s: verdict", file);
}

/* libopendkim has an opinion of each signature, and each is explained. */
static void
check_comparison(struct explain *explain, const char *file, json_t *root)
{
	struct robust *robust = &explain->robust;
	json_t *opendkim =
	    json_object_get(json_object_get(root, "compare"), "opendkim");
	json_t *list = json_object_get(opendkim, "signatures");
	const char *state = text_of(robust->arena, opendkim, "state");
	json_t *entry;
	size_t index;

	if (state == NULL || strcmp(state, "judged") != 0 ||
	    text_of(robust->arena, opendkim, "version") == NULL ||
	    json_array_size(list) == 0)
		(void)robust_fail(robust, "%s: not compared", file);
	json_array_foreach(list, index, entry)
	{
		const char *difference =
		    text_of(robust->arena, entry, "difference");

		if (difference == NULL || strcmp(difference, "unknown") == 0)
			(void)robust_fail(
			    robust, "%s: unexplained difference", file);
	}
}

static void
check_inbound(struct explain *explain, const struct explain_case *test,
    json_t *root, struct milter_message *message)
{
	struct robust *robust = &explain->robust;
	const char *found =
	    text_of(robust->arena, root, "authentication_results");
	const char *made =
	    milter_message_unfold(robust->arena, &message->fields[0]);
	json_t *dkim = json_object_get(root, "dkim");
	json_t *entry;
	size_t index;

	if (found == NULL || strcmp(found, made) != 0 ||
	    strstr(made, test->expected) == NULL)
		(void)robust_fail(robust,
		    "%s: expected %s\n  milter:  %s\n  explain: %s", test->file,
		    test->expected, made, found == NULL ? "null" : found);
	if (json_array_size(dkim) == 0)
		(void)robust_fail(robust, "%s: dkim is empty", test->file);
	json_array_foreach(dkim, index, entry)
	    check_verification(explain, test->file, entry, made);
}

/* The milter's DKIM-Signature fields that name ${selector}. */
static size_t
count_signatures(struct arena *arena, const struct milter_message *message,
    const char *selector)
{
	const char *mark = arena_printf(arena, "s=%s;", selector);
	size_t count = 0;

	for (size_t i = 0; i < message->count; i++) {
		const struct milter_field *field = &message->fields[i];

		if (span_is_nocase(field->name, "DKIM-Signature") &&
		    strstr(milter_message_unfold(arena, field), mark) != NULL)
			count++;
	}
	return (count);
}

static void
check_outbound(struct explain *explain, const struct explain_case *test,
    json_t *root, struct milter_message *message)
{
	struct robust *robust = &explain->robust;
	size_t made = count_signatures(robust->arena, message, "e9");
	size_t said = json_array_size(json_object_get(root, "signatures"));
	const char *reason = text_of(robust->arena, root, "unsigned");
	bool refused =
	    test->auth != NULL && strstr(test->auth, "@other") != NULL;

	if (!json_is_null(json_object_get(root, "authentication_results")))
		(void)robust_fail(
		    robust, "%s: results of outbound mail", test->file);
	if (made != said || made != (refused ? 0 : 1))
		(void)robust_fail(robust,
		    "%s: the milter made %zu signatures, explain %zu",
		    test->file, made, said);
	if (refused != (reason != NULL))
		(void)robust_fail(robust, "%s: unsigned is %s", test->file,
		    reason == NULL ? "null" : reason);
}

static void
run_case(struct explain *explain, const struct explain_case *test)
{
	struct milter_message *message = filter(explain, test);
	json_t *root = ask(explain, test);

	if (message != NULL && root != NULL) {
		check_verdict(explain, test->file, root);
		check_comparison(explain, test->file, root);
		if (test->expected != NULL)
			check_inbound(explain, test, root, message);
		else
			check_outbound(explain, test, root, message);
	}
	json_decref(root);
}

struct usage_case {
	const char *arguments[8];
	int status;
	const char *output; /* in it, or NULL */
};

/* %s stands for the path of good.eml or expired.eml. */
static const struct usage_case usages[] = {
	{ { "--help", NULL }, EX_OK, "--client-ip" },
	{ { "--version", NULL }, EX_OK, "mailreeve-explain" },
	{ { "--no-such-option", NULL }, EX_USAGE, NULL },
	{ { "--client-ip", "no.ip", "good.eml", NULL }, EX_USAGE, NULL },
	{ { "good.eml", "expired.eml", NULL }, EX_USAGE, NULL },
	{ { "absent", NULL }, EX_NOINPUT, NULL },
	{ { "--client-ip", ROBUST_OUTSIDE, "good.eml", NULL }, EX_OK,
	    "dkim=pass" },
	{ { "--client-ip", ROBUST_OUTSIDE, "expired.eml", NULL }, EX_OK,
	    "dkim=policy" },
	{ { "--client-ip", ROBUST_OUTSIDE, "--time", "1767225610",
	      "expired.eml", NULL },
	    EX_OK, "dkim=pass" },
	{ { "--client-ip", ROBUST_OUTSIDE, "--compare", "good.eml", NULL },
	    EX_OK, "s=rsa a=rsa-sha256: both say pass" },
	{ { "--compare", "sha1.eml", NULL }, EX_OK,
	    "Why: libopendkim still verifies rsa-sha1" },
	{ { "--compare", "malformed.eml", NULL }, EX_OK,
	    "Note: at such a field OpenDKIM's milter gives up" },
	/* What we sign, with the key that the zone has for it; and without. */
	{ { "--compare", "--auth", "ann@sender.example", "good.eml", NULL },
	    EX_OK, "s=e9 a=ed25519-sha256: both say pass" },
	{ { "--compare", "--auth", "ann@sender.example", "--zone", "/dev/null",
	      "good.eml", NULL },
	    EX_OK, "The same: neither finds a key record" },
	{ { "--compare", "/dev/null", NULL }, EX_OK,
	    "Not compared with libopendkim: there is no DKIM signature" },
	{ { "--client-ip", ROBUST_OUTSIDE, "-", NULL }, EX_OK, "dkim=pass" },
	{ { "--client-ip", ROBUST_OUTSIDE, NULL }, EX_OK, "dkim=pass" },
	{ { "--client-ip", ROBUST_OUTSIDE, "--zone", "/dev/null", "good.eml",
	      NULL },
	    EX_OK, "dkim=permerror" },
};

static void
run_usage(struct explain *explain, const struct usage_case *test)
{
	struct robust *robust = &explain->robust;
	const char *arguments[10] = { "-c", explain->config };
	struct command_result result;
	const char *out;

	for (size_t i = 0; test->arguments[i] != NULL; i++) {
		const char *text = test->arguments[i];

		arguments[i + 2] = strstr(text, ".eml") != NULL
		                       ? path_of(explain, text)
		                       : text;
	}
	if (run_explain(
		explain, arguments, path_of(explain, "good.eml"), &result) != 0)
		return;
	out = arena_str(robust->arena, result.out);
	if (result.status != test->status ||
	    (test->output != NULL && strstr(out, test->output) == NULL))
		(void)robust_fail(robust,
		    "%s %s: expected status %d with %s, found %d with %s",
		    test->arguments[0],
		    test->arguments[1] != NULL ? test->arguments[1] : "",
		    test->status, test->output != NULL ? test->output : "-",
		    result.status, out);
}

static int
prepare(struct explain *explain, const char *milter)
{
	struct robust *robust = &explain->robust;
	struct span zone;

	robust->daemon = daemon_new(milter, "explain");
	if (robust->daemon == NULL)
		return (robust_fail(robust, "%s", strerror(errno)));
	robust->keys =
	    keyfolder_new(robust->arena, daemon_path(robust->daemon, "keys"));
	if (robust->keys == NULL ||
	    files_read(robust->arena, path_of(explain, "keys.zone"), &zone) !=
		0)
		return (robust_fail(robust, "%s", strerror(errno)));
	const char *record = keyfolder_add(
	    robust->keys, "sender.example", "e9", "ed25519", "active");

	if (record == NULL)
		return (
		    robust_fail(robust, "%s", keyfolder_error(robust->keys)));
	buf_add(&robust->zone, zone);
	/* Where the milter is told of the client's name, it is to be found. */
	buf_printf(&robust->zone,
	    "e9._domainkey.sender.example. 300 IN TXT \"%s\"\n"
	    "1.100.51.198.in-addr.arpa. 300 IN PTR client.example.\n"
	    "client.example. 300 IN A " ROBUST_OUTSIDE "\n",
	    record);
	milter_daemon_options(robust->daemon);
	daemon_option(robust->daemon, "dns_timeout = 1s");
	explain->config = daemon_path(robust->daemon, "milter.conf");
	return (robust_start(robust, false));
}

int
main(int argc, char **argv)
{
	struct explain explain = { .robust = { .name = "explain" } };
	struct robust *robust = &explain.robust;

	if (argc != 4) {
		fprintf(stderr, "usage: explain MILTER EXPLAIN FOLDER\n");
		return (EX_USAGE);
	}
	robust->arena = arena_new();
	explain.program = argv[2];
	explain.folder = argv[3];
	buf_init(&robust->zone, robust->arena, MILTER_MESSAGE_MAX);
	if (prepare(&explain, argv[1]) == 0) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			run_case(&explain, &cases[i]);
		for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
			run_usage(&explain, &usages[i]);
		if (daemon_stop(robust->daemon) != 0)
			(void)robust_fail(
			    robust, "%s", daemon_error(robust->daemon));
	}
	daemon_free(robust->daemon);
	arena_free(robust->arena);
	return (robust->failed ? 1 : 0);
}
