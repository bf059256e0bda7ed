/* The policy daemon's configuration: good ones, and what is said of bad ones.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "support/files.h"
#include "support/unit.h"

struct heard {
	struct arena *arena;
	const char *error; /* the first one */
	const char *warning;
};

static void
hear_error(void *cookie, const char *text)
{
	struct heard *heard = cookie;

	if (heard->error == NULL)
		heard->error = arena_strdup(heard->arena, text);
}

static void
hear_warning(void *cookie, const char *text)
{
	struct heard *heard = cookie;

	if (heard->warning == NULL)
		heard->warning = arena_strdup(heard->arena, text);
}

/* Load a file with ${text}. */
static struct config *
load(const char *text, struct heard *heard, const char **path)
{
	const char *folder = files_folder(heard->arena, "policyd_config");
	struct config_reader reader = {
		.error = hear_error, .warning = hear_warning, .cookie = heard
	};

	assert_non_null(folder);
	*path = arena_printf(heard->arena, "%s/policyd.conf", folder);
	assert_int_equal(files_write(*path, span_str(text), 0600), 0);
	struct config *config = config_load(*path, &reader);

	files_remove(folder);
	return (config);
}

static const struct {
	const char *text;
	const char *error; /* after the place */
} bad[] = {
	{ "sockets = {inet:1}\n", "sockets: \"inet:1\"" },
	{ "limit \"a\" {\nkey = \"${sasl_usrname}\"\n}\n", "sasl_username" },
	{ "limit \"a\" {\nrate = 5\nsteps = {\"2 hold\"}\n}\n",
	    "steps: the first is at 1" },
	{ "limit \"a\" {\nrate = 5\nsteps = {\"1 hold\", \"1 defer\"}\n}\n",
	    "each later one higher" },
	{ "limit \"a\" {\nsteps = {\"1 explode\"}\n}\n",
	    "\"1 explode\" is no multiple and action" },
	{ "limit \"a\" {\nsteps = {\"1. hold\"}\n}\n", "is no multiple" },
	{ "limit \"a\" {\nsteps = {}\n}\n", "steps: one to 8" },
	{ "limit \"a\" {\nburst = 3\n}\n", "burst is for algorithm = gcra" },
	{ "limit \"a\" {\nof = client_networks\nrate = 100\n}\n",
	    "no more than 64 different values" },
	{ "override \"ann@example.org\" {\nlimits = {\"user-hours=5\"}\n}\n",
	    "there is no limit \"user-hours\"" },
	{ "override \"ann@example.org\" {\nlimits = {\"user-hour=many\"}\n}\n",
	    "user-hour" },
	{ "list \"bl.example\" {\nanswers = {\"127.0.0.2\"}\n}\n",
	    "is no answer and points" },
	{ "list \"bl.example\" {\nof = {mail_from}\n}\n",
	    "\"mail_from\" is not client" },
	{ "exempt_networks = {192.0.2.1/24}\n", "write 192.0.2.0/24" },
	{ "trusted_networks = {home}\n", "is no network" },
	{ "recipient_delimiter = \"+-\"\n", "one character" },
	{ "webhook = \"ftp://example.org\"\n", "must begin with https://" },
	{ "metrics = \"inet:9000@192.0.2.1\"\n", "is no loopback address" },
	{ "shared_server = \"inet:1@127.0.0.1\"\n"
	  "shared_sentinels = {\"inet:2@127.0.0.1\"}\n",
	    "keep one of both" },
	{ "shared_password_file = \"/nowhere\"\n", "cannot read /nowhere" },
	{ "whitelist_clients = {\"/nowhere\"}\n", "/nowhere" },
	{ "country_database = \"/nowhere\"\n", "/nowhere" },
	{ "public_suffix_list = \"/nowhere\"\n", "/nowhere" },
	{ "quota = \"here\"\n", "quota: \"here\"" },
	{ "lookup_timeout = 1500\n", "1500ms" },
	{ "nonsense = 1\n", "nonsense" },
};

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
		struct heard heard = { .arena = arena_new() };
		const char *path;
		struct config *config = load(bad[i].text, &heard, &path);

		if (config != NULL || heard.error == NULL ||
		    strstr(heard.error, bad[i].error) == NULL)
			fail_msg("%s: %s", bad[i].text,
			    heard.error == NULL ? "no error" : heard.error);
		if (strncmp(heard.error, path, strlen(path)) != 0 &&
		    strncmp(heard.error, "/nowhere:", 9) != 0)
			fail_msg("no place in: %s", heard.error);
		arena_free(heard.arena);
	}
}

static const struct limit *
find(const struct config *config, const char *name)
{
	const struct accounting_rules *rules = &config->accounting;

	for (size_t i = 0; i < rules->limit_count; i++)
		if (strcmp(rules->limits[i].name, name) == 0)
			return (&rules->limits[i]);
	return (NULL);
}

/* An empty file is a good configuration. */
static void
test_defaults(void **state)
{
	struct heard heard = { .arena = arena_new() };
	const char *path;
	struct config *config = load("", &heard, &path);

	(void)state;
	if (config == NULL)
		fail_msg("%s", heard.error);
	const struct limit *hour = find(config, "user-hour");
	const struct limit *client = find(config, "client-messages");
	const struct limit *server = find(config, "server-day");

	assert_non_null(hour);
	assert_int_equal(hour->rule.rate, 300);
	assert_int_equal(hour->rule.period_ms, 3600000);
	assert_int_equal(hour->rule.algorithm, COUNTER_WINDOW);
	assert_int_equal(hour->step_count, 2);
	assert_int_equal(hour->rule.most_tenths, 20);
	assert_int_equal(hour->steps[1].action, LIMIT_HOLD);
	assert_true(hour->refunds);
	assert_true(hour->new_accounts);
	assert_false(find(config, "user-networks")->new_accounts);
	assert_false(find(config, "user-countries")->new_accounts);
	assert_non_null(client);
	assert_int_equal(client->direction, LIMIT_INBOUND);
	assert_int_equal(client->rule.algorithm, COUNTER_GCRA);
	assert_false(client->refunds);
	assert_true(server->rule.rate == COUNTER_UNLIMITED);
	assert_int_equal(
	    find(config, "user-networks")->rule.algorithm, COUNTER_DISTINCT);
	assert_true(config->list_count > 0);
	config_free(config);
	arena_free(heard.arena);
}

/* A counter that many share is not divided because one of them is new. */
static void
test_new_accounts(void **state)
{
	struct heard heard = { .arena = arena_new() };
	const char *path;
	struct config *config = load("limit \"server-day\" {\nkey = \"all\"\n"
				     "rate = 5000\nperiod = 1d\n}\n"
				     "limit \"domain\" {\n"
				     "key = \"${sasl_domain}\"\nrate = 5\n}\n"
				     "limit \"pair\" {\nrate = 5\n"
				     "key = \"${sasl_username} ${client_net}\""
				     "\n}\n",
	    &heard, &path);

	(void)state;
	if (config == NULL)
		fail_msg("%s", heard.error);
	assert_false(find(config, "server-day")->new_accounts);
	assert_false(find(config, "domain")->new_accounts);
	assert_true(find(config, "pair")->new_accounts);
	config_free(config);
	arena_free(heard.arena);
}

/* A section replaces the default of its name, and the file can do without. */
static void
test_replaced(void **state)
{
	struct heard heard = { .arena = arena_new() };
	const char *path;
	struct config *config =
	    load("limit \"user-hour\" {\nof = messages\nrate = 7\n"
		 "steps = {\"1 alarm\", \"1.5 lock\"}\nmode = shadow\n}\n"
		 "default_lists = no\n"
		 "list \"bl.example\" {\nof = {client, helo}\n"
		 "answers = {\"127.0.0.4-7=5\", \"127.0.0.2=-1\"}\n"
		 "mode = shadow\n}\n",
		&heard, &path);

	(void)state;
	if (config == NULL)
		fail_msg("%s", heard.error);
	const struct limit *hour = find(config, "user-hour");

	assert_int_equal(hour->rule.rate, 7);
	assert_int_equal(hour->steps[1].tenths, 15);
	assert_int_equal(hour->steps[1].action, LIMIT_LOCK);
	assert_true(hour->shadow);
	assert_non_null(find(config, "user-day"));
	assert_int_equal(config->list_count, 1);
	assert_int_equal(config->lists[0].subjects, LIST_CLIENT | LIST_HELO);
	assert_int_equal(config->lists[0].code_count, 2);
	assert_string_equal(config->lists[0].group, "bl.example");
	assert_string_equal(config->lists[0].must_be_listed, "2.0.0.127");
	assert_true(config->lists[0].shadow);
	config_free(config);
	arena_free(heard.arena);
}

/* What -P prints is read again, and then printed alike. */
static void
test_print(void **state)
{
	struct heard heard = { .arena = arena_new() };
	const char *path;
	struct config *config =
	    load("limit \"mine\" {\nrate = 3\n}\n", &heard, &path);
	char *first = NULL;
	char *second = NULL;
	size_t len;

	(void)state;
	FILE *stream = open_memstream(&first, &len);

	config_print(config, stream);
	(void)fclose(stream);
	config_free(config);
	config = load(first, &heard, &path);
	if (config == NULL)
		fail_msg("%s", heard.error);
	stream = open_memstream(&second, &len);
	config_print(config, stream);
	(void)fclose(stream);
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "limit \"user-hour\" {"));
	assert_non_null(strstr(first, "limit \"mine\" {"));
	config_free(config);
	free(first);
	free(second);
	arena_free(heard.arena);
}

static void
test_restart(void **state)
{
	struct heard heard = { .arena = arena_new() };
	const char *path;
	struct config *one = load("", &heard, &path);
	struct config *other =
	    load("score_junk = 4\nworkers = 3\nsockets = {inet:99@127.0.0.1}\n",
		&heard, &path);

	(void)state;
	assert_string_equal(
	    config_restart_needed(one, other), "sockets, workers");
	assert_null(config_restart_needed(one, one));
	config_free(one);
	config_free(other);
	arena_free(heard.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_new_accounts),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_restart),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
