/* OpenDKIM's data sets, and what its two tables say. */
#include "opendkim_tables.h"

#include <string.h>

#include "base/buf.h"
#include "opendkim_listener.h"
#include "support/files.h"
#include "support/unit.h"

static struct opendkim_dataset
parse(enum opendkim_dataset_type type, const char *text,
    const struct opendkim_report *report)
{
	struct opendkim_dataset set = { .type = type, .file = "t" };

	opendkim_dataset_parse(report->arena, span_str(text), 3, report, &set);
	return (set);
}

static void
test_rows(void **state)
{
	struct arena *arena = arena_new();
	struct listener listener = { 0 };
	struct opendkim_report report = listener_report(&listener, arena);
	struct opendkim_dataset set =
	    parse(OPENDKIM_LIST, " a, b = c:d ,,e=", &report);

	(void)state;
	assert_int_equal(set.count, 3);
	assert_string_equal(set.rows[0].key, "a");
	assert_null(set.rows[0].value);
	assert_string_equal(set.rows[1].key, "b");
	assert_string_equal(set.rows[1].value, "c:d");
	assert_int_equal(set.rows[1].line, 3);
	assert_null(set.rows[2].value);

	set = parse(OPENDKIM_FILE, "# x\n\n  a \t b c # y\nd\r\n", &report);
	assert_int_equal(set.count, 2);
	assert_string_equal(set.rows[0].key, "a");
	assert_string_equal(set.rows[0].value, "b c");
	assert_int_equal(set.rows[0].line, 3);
	assert_string_equal(set.rows[1].key, "d");
	assert_int_equal(listener.warnings, 0);

	/* OpenDKIM takes the blank for the end of an empty pattern. */
	set =
	    parse(OPENDKIM_REFILE, " *@a.example k\n*@b.example k\n", &report);
	assert_int_equal(set.count, 1);
	assert_non_null(strstr(listener.warning, "t:1: OpenDKIM does not see"));
	arena_free(arena);
}

static void
test_long_row(void **state)
{
	struct arena *arena = arena_new();
	struct listener listener = { 0 };
	struct opendkim_report report = listener_report(&listener, arena);
	char text[OPENDKIM_DATASET_LINE + 8];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[OPENDKIM_DATASET_LINE] = '\0';
	assert_int_equal(parse(OPENDKIM_FILE, text, &report).count, 1);
	text[OPENDKIM_DATASET_LINE] = 'x';
	text[OPENDKIM_DATASET_LINE + 1] = '\0';
	assert_int_equal(parse(OPENDKIM_FILE, text, &report).count, 0);
	assert_non_null(strstr(listener.warning, "t:1: the row is longer"));
	arena_free(arena);
}

static const struct {
	const char *value;
	const char *error; /* NULL: it is read */
	size_t rows;
} values[] = {
	{ "a.example, b.example", NULL, 2 },
	{ "csl:127.0.0.1,::1", NULL, 2 },
	{ "127.0.0.1, ::1", NULL, 2 },
	{ "@/rows", NULL, 1 },
	{ "file:@/rows", NULL, 1 },
	{ "FILE:rows", NULL, 1 },
	{ "refile:@/rows", NULL, 1 },
	{ "file:@/none", "c:7: Name: ", 0 },
	{ "/etc/keys.db", "is not a list, a file or a refile", 0 },
	{ "db:@/rows", "is not a list, a file or a refile", 0 },
	{ "dsn:mysql://u@h/d", "is not a list, a file or a refile", 0 },
	{ "ldap://host", "is not a list, a file or a refile", 0 },
	{ "lua:@/rows", "is not a list, a file or a refile", 0 },
	{ "::1", "is not a list, a file or a refile", 0 },
};

static const char *
fill_in(struct arena *arena, const char *value, const char *folder)
{
	const char *at = strchr(value, '@');

	if (at == NULL || at[1] != '/')
		return (value);
	return (arena_printf(arena, "%s%s%s",
	    arena_str(arena, span_new(value, (size_t)(at - value))), folder,
	    at + 1));
}

static void
test_load(void **state)
{
	struct arena *arena = arena_new();
	const char *folder = files_folder(arena, "opendkim");
	const struct opendkim_place place = { "c", 7 };

	(void)state;
	assert_int_equal(files_write(arena_printf(arena, "%s/rows", folder),
			     span_str("one 1\n"), 0644),
	    0);
	for (size_t i = 0; i < UNIT_COUNT(values); i++) {
		struct listener listener = { 0 };
		struct opendkim_report report =
		    listener_report(&listener, arena);
		struct opendkim_dataset set;
		int loaded = opendkim_dataset_load("Name",
		    fill_in(arena, values[i].value, folder), &place, folder,
		    &report, &set);

		if (loaded != (values[i].error == NULL ? 0 : -1))
			fail_msg("%s: %d", values[i].value, loaded);
		if (loaded == 0 && set.count != values[i].rows)
			fail_msg("%s: %zu rows", values[i].value, set.count);
		if (loaded != 0 && values[i].error != NULL &&
		    strstr(listener.error, values[i].error) == NULL)
			fail_msg("%s: %s", values[i].value, listener.error);
	}
	files_remove(folder);
	arena_free(arena);
}

static void
test_keys(void **state)
{
	struct arena *arena = arena_new();
	struct listener listener = { 0 };
	struct opendkim_report report = listener_report(&listener, arena);
	struct opendkim_dataset set = parse(OPENDKIM_FILE,
	    "a example.org:s1:/keys/a\n"
	    "b % : s2 : /keys/%/x:y\n"
	    "c example.org:s3\n"
	    "d\n",
	    &report);
	size_t count;
	struct opendkim_key *keys = opendkim_tables_keys(&set, arena, &count);

	(void)state;
	assert_int_equal(count, 4);
	assert_string_equal(keys[0].domain, "example.org");
	assert_string_equal(keys[0].selector, "s1");
	assert_string_equal(keys[0].file, "/keys/a");
	assert_string_equal(keys[1].domain, "%");
	assert_string_equal(keys[1].selector, "s2");
	assert_string_equal(keys[1].file, "/keys/%/x:y");
	assert_string_equal(keys[2].file, "");
	assert_string_equal(keys[2].domain, "");
	assert_int_equal(keys[3].place.line, 4);
	arena_free(arena);
}

/* opendkim.conf(5), SigningTable: the order of the forms. */
static void
test_order(void **state)
{
	static const char text[] = "*			k1\n"
				   "ann@*		k2\n"
				   ".org			k3\n"
				   ".example.org	k4\n"
				   "ann@.example.org	k5:ann@%\n"
				   "ann@.org		k6\n"
				   "example.org		k7\n"
				   "ann@example.org	k8\n"
				   "Example.org		k9\n";
	static const char *const order[] = { "k8", "k7", "k5", "k4", "k6", "k3",
		"k2", "k1" };
	struct arena *arena = arena_new();
	struct listener listener = { 0 };
	struct opendkim_report report = listener_report(&listener, arena);
	struct opendkim_dataset set = parse(OPENDKIM_FILE, text, &report);
	size_t count;
	struct opendkim_signing *signings =
	    opendkim_tables_signings(&set, &report, &count);

	(void)state;
	assert_int_equal(count, UNIT_COUNT(order));
	for (size_t i = 0; i < count; i++)
		assert_string_equal(signings[i].key, order[i]);
	assert_string_equal(signings[2].signer, "ann@%");
	assert_null(signings[0].signer);
	assert_int_equal(listener.warnings, 0);
	arena_free(arena);
}

static const struct {
	enum opendkim_dataset_type type;
	const char *row;
	const char *warning;
} odd_rows[] = {
	{ OPENDKIM_FILE, "*@example.org k", "not named as refile:" },
	{ OPENDKIM_FILE, "@example.org k", "matches no author; the row" },
	{ OPENDKIM_FILE, "exa_mple..org k", "matches no author; the row" },
	{ OPENDKIM_REFILE, "example.org k", "matches no author; the row" },
	{ OPENDKIM_REFILE, "*@(a|b).example k", "is a regular expression" },
};

static void
test_odd_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(odd_rows); i++) {
		struct arena *arena = arena_new();
		struct listener listener = { 0 };
		struct opendkim_report report =
		    listener_report(&listener, arena);
		struct opendkim_dataset set =
		    parse(odd_rows[i].type, odd_rows[i].row, &report);
		size_t count;

		(void)opendkim_tables_signings(&set, &report, &count);
		assert_int_equal(count, 0);
		assert_int_equal(listener.warnings, 1);
		if (strncmp(listener.warning, "t:1: ", 5) != 0 ||
		    strstr(listener.warning, odd_rows[i].warning) == NULL)
			fail_msg("%s: %s", odd_rows[i].row, listener.warning);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long_row), cmocka_unit_test(test_load),
		cmocka_unit_test(test_keys), cmocka_unit_test(test_order),
		cmocka_unit_test(test_odd_rows) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
