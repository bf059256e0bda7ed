/* conf.h: what a file may say, what it gets, and what is said of mistakes. */
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"

struct key {
	struct conf_place place;
	const char *domain;
	int64_t bits;
	struct conf_list users;
};

struct settings {
	bool sign;
	int64_t workers;
	int64_t header_size;
	int64_t timeout;
	const char *hostname;
	const char *socket;
	int mode;
	int extra;
	struct conf_list networks;
	struct conf_list selectors;
	struct conf_sections keys;
};

static const char *const modes[] = { "sign", "verify", "both", NULL };

static const struct conf_option key_table[] = {
	{ "domain", CONF_STRING, NULL, .help = "The d= of signatures.",
	    .offset = offsetof(struct key, domain) },
	{ "bits", CONF_INTEGER, "2048", 1024, 8192,
	    .help = "The least bits of an RSA key.",
	    .offset = offsetof(struct key, bits) },
	{ "users", CONF_LIST, "{a, b}", .help = "Who may sign.",
	    .offset = offsetof(struct key, users) },
	{ NULL },
};

static const struct conf_option table[] = {
	{ "sign", CONF_BOOL, "yes", .help = "Whether to sign.",
	    .offset = offsetof(struct settings, sign) },
	{ "workers", CONF_INTEGER, "-2", -5, 64, .help = "Threads.",
	    .offset = offsetof(struct settings, workers) },
	{ "header_size", CONF_SIZE, "90k", 1024, 1048576,
	    .help = "The largest header.",
	    .offset = offsetof(struct settings, header_size) },
	{ "timeout", CONF_DURATION, "90s", 0, 604800,
	    .help = "How long to wait.",
	    .offset = offsetof(struct settings, timeout) },
	{ "hostname", CONF_STRING, NULL, .help = "Our name.",
	    .offset = offsetof(struct settings, hostname) },
	{ "socket", CONF_STRING, "unix:/run/sock", .help = "Where to listen.",
	    .offset = offsetof(struct settings, socket) },
	{ "mode", CONF_WORD, "both", .words = modes, .help = "What to do.",
	    .offset = offsetof(struct settings, mode) },
	{ "extra", CONF_WORD, NULL, .words = modes, .help = "What else.",
	    .offset = offsetof(struct settings, extra) },
	{ "networks", CONF_LIST, "{127.0.0.0/8, \"::1\"}", .help = "Ours.",
	    .offset = offsetof(struct settings, networks) },
	{ "selectors", CONF_LIST, NULL, .help = "Selectors.",
	    .offset = offsetof(struct settings, selectors) },
	{ "key", CONF_SECTION, .help = "A key.", .section = key_table,
	    .section_size = sizeof(struct key),
	    .offset = offsetof(struct settings, keys) },
	{ NULL },
};

struct world {
	char folder[64];
	struct arena *arena;
	unsigned int told;
	char last[1024];
	struct settings settings;
	const struct conf_places *places;
};

static void
on_complaint(void *cookie, const char *text)
{
	struct world *world = cookie;

	world->told++;
	(void)snprintf(world->last, sizeof(world->last), "%s", text);
}

static int
setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	strcpy(world->folder, "/tmp/test_conf.XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	world->arena = arena_new();
	*state = world;
	return (0);
}

static int
teardown(void **state)
{
	struct world *world = *state;
	char *command = arena_printf(world->arena, "rm -rf %s", world->folder);
	int rc = system(command);

	arena_free(world->arena);
	free(world);
	return (rc);
}

static const char *
path_of(struct world *world, const char *name)
{
	return (arena_printf(world->arena, "%s/%s", world->folder, name));
}

static void
write_bytes(struct world *world, const char *name, struct span text)
{
	FILE *stream = fopen(path_of(world, name), "w");

	assert_non_null(stream);
	assert_int_equal(fwrite(text.data, 1, text.len, stream), text.len);
	assert_int_equal(fclose(stream), 0);
}

static void
write_file(struct world *world, const char *name, const char *text)
{
	write_bytes(world, name, span_str(text));
}

static int
load(struct world *world, const char *name)
{
	world->told = 0;
	world->last[0] = '\0';
	return (conf_load(world->arena, table, path_of(world, name),
	    on_complaint, world, &world->settings, &world->places));
}

/* Load ${text} as the file c. */
static int
load_text(struct world *world, const char *text)
{
	write_file(world, "c", text);
	return (load(world, "c"));
}

static void
assert_defaults(const struct settings *settings)
{
	assert_true(settings->sign);
	assert_int_equal(settings->workers, -2);
	assert_int_equal(settings->header_size, 90 * 1024);
	assert_int_equal(settings->timeout, 90);
	assert_null(settings->hostname);
	assert_string_equal(settings->socket, "unix:/run/sock");
	assert_int_equal(settings->mode, 2);
	assert_int_equal(settings->extra, -1);
	assert_int_equal(settings->networks.count, 2);
	assert_string_equal(settings->networks.items[1], "::1");
	assert_int_equal(settings->selectors.count, 0);
	assert_int_equal(settings->keys.count, 0);
}

static void
defaults_come_from_the_table(void **state)
{
	struct world *world = *state;

	conf_defaults(world->arena, table, &world->settings);
	assert_defaults(&world->settings);
	memset(&world->settings, 0xff, sizeof(world->settings));
	assert_int_equal(load_text(world, ""), 0);
	assert_defaults(&world->settings);
}

static void
every_type_is_read(void **state)
{
	struct world *world = *state;
	const struct settings *got = &world->settings;

	assert_int_equal(
	    load_text(world,
		"# a comment\r\n"
		"/* and\n another */ sign = off // more\n"
		"workers=7 header_size = 1M timeout = 2h\n"
		"hostname = \"a \\\"b\\\" \\\\ ${HOME}\"\n"
		"socket = 'raw \\n ${HOME} #'\n"
		"mode = Verify extra = sign\n"
		"networks = { 10.0.0.0/8, # one\n \"a,b\" }\n"
		"networks += {c}\nselectors = http://one\n"
		"key \"example.org\" { domain = example.org }\n"
		"\nkey 'other title' {\n bits = 4096 users += {c}\n}\n"),
	    0);
	assert_false(got->sign);
	assert_int_equal(got->workers, 7);
	assert_int_equal(got->header_size, 1024 * 1024);
	assert_int_equal(got->timeout, 7200);
	assert_string_equal(got->hostname, "a \"b\" \\ ${HOME}");
	assert_string_equal(got->socket, "raw \\n ${HOME} #");
	assert_int_equal(got->mode, 1);
	assert_int_equal(got->extra, 0);
	assert_int_equal(got->networks.count, 3);
	assert_string_equal(got->networks.items[1], "a,b");
	assert_string_equal(got->networks.items[2], "c");
	assert_int_equal(got->selectors.count, 1);
	assert_string_equal(got->selectors.items[0], "http://one");
	assert_int_equal(got->keys.count, 2);

	const struct key *keys = got->keys.items;

	assert_string_equal(keys[0].domain, "example.org");
	assert_int_equal(keys[0].bits, 2048);
	assert_int_equal(keys[0].users.count, 2);
	assert_string_equal(keys[0].place.title, "example.org");
	assert_string_equal(keys[0].place.file, path_of(world, "c"));
	assert_int_equal(keys[0].place.line, 12);
	assert_null(keys[1].domain);
	assert_int_equal(keys[1].bits, 4096);
	assert_int_equal(keys[1].users.count, 3);
	assert_int_equal(keys[1].place.line, 14);
}

/* The text, and what must stand behind the folder's name in the complaint. */
struct error_case {
	const char *text;
	const char *complaint;
};

static const struct error_case errors[] = {
	{ "\n\nsing = yes", "/c:3: unknown option `sing'; the nearest name is "
			    "`sign'" },
	{ "# one\n# two\nquite_different = 1",
	    "/c:3: unknown option `quite_different'" },
	{ "sign = maybe",
	    "/c:1: option `sign': found `maybe', allowed is yes or no" },
	{ "workers = 65", "/c:1: option `workers': found `65', allowed is a "
			  "whole number from -5 to 64" },
	{ "workers = -6", "allowed is a whole number from -5 to 64" },
	{ "workers = 1x", "found `1x'" },
	{ "workers = \"\"", "found `'" },
	{ "workers = 99999999999999999999", "found `999" },
	{ "\nheader_size = 2M",
	    "/c:2: option `header_size': found `2M', allowed is a size such "
	    "as 512, 90k, 1M or 1G from 1k to 1M" },
	{ "header_size = 1kb", "found `1kb'" },
	{ "header_size = -1", "found `-1'" },
	{ "timeout = 5y", "found `5y', allowed is a duration such as 30s, 5m, "
			  "2h or 7d" },
	{ "timeout = 999999999999999999d", "found `999" },
	{ "\ntimeout = 7", "/c:2: option `timeout': `7' has no unit: 7d, 7h, "
			   "7m or 7s?" },
	{ "timeout = 700000",
	    "found `700000', allowed is a duration such as 30s, "
	    "5m, 2h or 7d from 0 to 7d" },
	{ "mode = none", "/c:1: option `mode': found `none', allowed is sign, "
			 "verify or both" },
	{ "mode = {sign}", "/c:1: found `{' where" },
	{ "mode sign", "/c:1: option `mode': = should follow" },
	{ "mode += sign", "/c:1: option `mode' is no list: write = in place "
			  "of +=" },
	{ "networks = {a, }}", "/c:1: " },
	{ "networks = {a b}", "/c:1: found `b' where" },
	{ "networks = {a\n", "/c:1: this line's { has no }" },
	{ "key { }", "/c:1: section `key': a title in quotes should follow" },
	{ "key \"a\" bits = 1024", "/c:1: section `key': { should follow" },
	{ "key \"a\" {\n bits = 1\n}", "/c:2: option `bits': found `1', "
				       "allowed is a whole number from 1024 "
				       "to 8192" },
	{ "key \"a\" {\n domian = x\n}",
	    "/c:2: unknown option `domian'; the nearest name is `domain'" },
	{ "key \"a\" {}\nkey b {}\nkey \"a\" {}",
	    "/c:3: a section with the title `a' stands above already" },
	{ "key \"a\" {\n", "/c:1: this line's { has no }" },
	{ "}", "/c:1: this } closes nothing" },
	{ "hostname =", "/c:1: the file ends inside" },
	{ "\nkey \"a\" { # {\n }\n}", "/c:4: this } closes nothing" },
	{ "hostname = \"a", "/c:1: this line's string has no end" },
	{ "hostname = 'a\n'", "/c:1: this line's string has no end" },
	{ "hostname = ${HOME}", "/c:1: write a value that holds" },
	{ "hostname = *", "/c:1: write a value that holds" },
	{ "hostname = a+b", "/c:1: write a value that holds" },
	{ "hostname = a|b", "/c:1: write a value that holds" },
	{ "hostname = \"\\101\"", "/c:1: a backslash stands only before" },
	{ "hostname = a/*b*/", "/c:1: a comment begins inside a word" },
	{ "hostname = a#b", "/c:1: a comment begins inside a word" },
	{ "hostname = \"a\033b\"", "/c:1: a string holds a control byte" },
	{ "hostname = a\033b", "/c:1: the file holds a control byte" },
	{ "\n/* a\n", "/c:2: this comment has no end" },
	{ "include()", "/c:1: one file name in quotes" },
	{ "include(\"a\" \"b\")", "/c:1: one file name in quotes" },
	{ "include(\n\"a\"", "/c:2: one file name in quotes" },
	{ "include(a)", "/c:1: one file name in quotes" },
	{ "include = a", "/c:1: option `include': ( should follow" },
	{ "include )", "/c:1: option `include': ( should follow" },
	{ "include(\"\")", "/c:1: include: the file name is empty" },
	{ "\ninclude(\"absent\")",
	    "/c:2: include: absent: there is no such file" },
	{ "include(\"/\")", "/c:1: include: /: this is no regular file" },
	{ "include(\"c\")", "/c:1: include: files include each other more "
			    "than 8 deep" },
};

static void
errors_name_file_line_and_remedy(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
		const char *text = errors[i].text;

		if (load_text(world, text) != -1)
			fail_msg("accepted: %s", text);
		if (world->told != 1 ||
		    strncmp(world->last, world->folder,
			strlen(world->folder)) != 0 ||
		    strstr(world->last, errors[i].complaint) == NULL)
			fail_msg("%u told of %s: %s", world->told, text,
			    world->last);
		/* Nothing of the mistake stays behind in the scanner. */
		assert_int_equal(load_text(world, "workers = 1"), 0);
		assert_int_equal(world->settings.workers, 1);
	}
}

static void
a_path_into_a_section_is_no_way_around_its_checks(void **state)
{
	static const char *const texts[] = {
		"key \"a\" {}\n\"key|bits\" = 1",
		"key \"a\" {}\n\"key=a|bits\" = 1",
		"key \"a\" {}\n\"key=a|domain\" = x",
		"\"key|bits\" = 2000",
		"\"key=\" = 2000",
	};
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
		assert_int_equal(load_text(world, texts[i]), -1);
		assert_int_equal(world->told, 1);
	}
}

static void
files_that_cannot_be_read_are_named(void **state)
{
	struct world *world = *state;

	assert_int_equal(load(world, "absent"), -1);
	assert_non_null(
	    strstr(world->last, "/absent: there is no such file; "));
	assert_int_equal(load(world, "."), -1);
	assert_non_null(strstr(world->last, "/.: this is no regular file"));
	write_bytes(world, "c", span_new("sign\0= yes", 10));
	assert_int_equal(load(world, "c"), -1);
	assert_non_null(strstr(world->last, "/c:1: the file holds a control"));
}

static void
a_file_has_a_size_limit(void **state)
{
	struct world *world = *state;
	size_t size = CONF_FILE_SIZE_MAX + 1;
	unsigned char *blanks = arena_alloc(world->arena, size);

	memset(blanks, ' ', size);
	write_bytes(world, "c", span_new(blanks, size - 1));
	assert_int_equal(load(world, "c"), 0);
	write_bytes(world, "c", span_new(blanks, size));
	assert_int_equal(load(world, "c"), -1);
	assert_non_null(strstr(world->last, "1048577 bytes, allowed are 1048"));
}

static void
includes_are_relative_sorted_and_nest(void **state)
{
	struct world *world = *state;
	const struct settings *got = &world->settings;

	assert_int_equal(mkdir(path_of(world, "conf.d"), 0700), 0);
	write_file(world, "conf.d/2.conf", "workers = 2\nnetworks += {two}");
	write_file(world, "conf.d/1.conf",
	    "workers = 1\nnetworks = {one}\ninclude(\"deep/*.inc\")\n"
	    "key one {}");
	assert_int_equal(mkdir(path_of(world, "conf.d/deep"), 0700), 0);
	write_file(world, "conf.d/deep/a.inc", "\n\nkey \"deep\" {}\n");
	write_file(world, "key.inc", "bits = 4000");
	assert_int_equal(
	    load_text(world,
		"include(\"conf.d/*.conf\")\ninclude(\"none.d/*.conf\")\n"
		"key \"last\" {\n include(\"key.inc\") domain = x }\n"),
	    0);
	assert_int_equal(got->workers, 2);
	assert_int_equal(got->networks.count, 2);
	assert_string_equal(got->networks.items[1], "two");

	const struct key *keys = got->keys.items;

	assert_int_equal(got->keys.count, 3);
	assert_string_equal(
	    keys[0].place.file, path_of(world, "conf.d/deep/a.inc"));
	assert_int_equal(keys[0].place.line, 3);
	assert_int_equal(keys[1].place.line, 4);
	assert_string_equal(keys[2].place.file, path_of(world, "c"));
	assert_int_equal(keys[2].place.line, 3);
	assert_int_equal(keys[2].bits, 4000);

	write_file(world, "conf.d/3.conf", "\nworkers = x");
	assert_int_equal(load(world, "c"), -1);
	assert_non_null(
	    strstr(world->last, "/conf.d/3.conf:2: option `workers'"));
}

static void
values_remember_where_they_stand(void **state)
{
	static const struct {
		const char *name;
		size_t index;
		const char *file; /* NULL: nowhere */
		int line;
	} cases[] = {
		{ "workers", 0, "c", 5 },
		{ "networks", 0, "c", 2 },
		{ "networks", 1, "c", 3 },
		{ "networks", 2, "more", 2 },
		{ "networks", 3, NULL, 0 },
		{ "selectors", 0, "c", 6 },
		{ "timeout", 0, NULL, 0 },
		{ "bits", 0, NULL, 0 },
	};
	struct world *world = *state;

	write_file(world, "more", "\nnetworks += {c}\n");
	assert_int_equal(
	    load_text(world,
		"workers = 1\nnetworks = {a,\n b}\ninclude(\"more\")\n"
		"workers = 2\nselectors = {s}\nkey k { bits = 4000 }\n"),
	    0);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const struct conf_place *place =
		    conf_place_of(world->places, cases[i].name, cases[i].index);

		assert_int_equal(place == NULL, cases[i].file == NULL);
		if (place == NULL)
			continue;
		assert_string_equal(place->file, path_of(world, cases[i].file));
		assert_int_equal(place->line, cases[i].line);
	}
}

static void
a_folder_with_wildcards_in_its_name_is_meant_literally(void **state)
{
	struct world *world = *state;

	assert_int_equal(mkdir(path_of(world, "[a]*"), 0700), 0);
	write_file(world, "[a]*/c", "include(\"d\")");
	write_file(world, "[a]*/d", "workers = 3");
	assert_int_equal(load(world, "[a]*/c"), 0);
	assert_int_equal(world->settings.workers, 3);
}

static char *
print(struct world *world, const struct settings *settings)
{
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	assert_non_null(stream);
	conf_print(stream, table, settings);
	assert_int_equal(fclose(stream), 0);
	char *copy = arena_strdup(world->arena, text);

	free(text);
	return (copy);
}

static void
what_is_printed_reads_back_the_same(void **state)
{
	static const char *const texts[] = {
		"",
		"sign = no workers = -5 header_size = 1025 timeout = 0 "
		"hostname = '$\"\\\\\\'${X} #' mode = sign extra = verify "
		"networks = {} selectors = {a, \"b c\", '{}'} "
		"key \"t \\\"1\\\"\" { domain = \"\" users = {} } key \"2\" {}",
	};
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
		assert_int_equal(load_text(world, texts[i]), 0);
		char *first = print(world, &world->settings);

		assert_int_equal(load_text(world, first), 0);
		assert_string_equal(print(world, &world->settings), first);
	}
	assert_string_equal(world->settings.hostname, "$\"\\'${X} #");
	assert_int_equal(world->settings.header_size, 1025);
	assert_string_equal(world->settings.selectors.items[2], "{}");
	assert_int_equal(world->settings.networks.count, 0);

	const struct key *keys = world->settings.keys.items;

	assert_string_equal(keys[0].place.title, "t \"1\"");
	assert_string_equal(keys[0].domain, "");
	assert_int_equal(keys[0].users.count, 0);
	assert_int_equal(keys[1].users.count, 2);
}

static void
help_stands_above_each_option(void **state)
{
	struct world *world = *state;

	conf_defaults(world->arena, table, &world->settings);
	const char *text = print(world, &world->settings);

	assert_non_null(strstr(text,
	    "# The largest header.\n"
	    "# (a size such as 512, 90k, 1M or 1G from 1k to 1M; default "
	    "90k)\n"
	    "header_size = 90k\n"));
	assert_non_null(strstr(text, "\n#hostname =\n"));
	assert_non_null(strstr(text, "\n#key \"title\" { }\n"));
}

static void
names_are_listed(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	(void)state;
	assert_non_null(stream);
	conf_names(stream, table);
	assert_int_equal(fclose(stream), 0);
	assert_string_equal(text,
	    "sign\nworkers\nheader_size\ntimeout\nhostname\nsocket\nmode\n"
	    "extra\nnetworks\nselectors\nkey.domain\nkey.bits\nkey.users\n");
	free(text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(defaults_come_from_the_table),
		CASE(every_type_is_read),
		CASE(errors_name_file_line_and_remedy),
		CASE(a_path_into_a_section_is_no_way_around_its_checks),
		CASE(files_that_cannot_be_read_are_named),
		CASE(a_file_has_a_size_limit),
		CASE(includes_are_relative_sorted_and_nest),
		CASE(values_remember_where_they_stand),
		CASE(a_folder_with_wildcards_in_its_name_is_meant_literally),
		CASE(what_is_printed_reads_back_the_same),
		CASE(help_stands_above_each_option),
		CASE(names_are_listed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
