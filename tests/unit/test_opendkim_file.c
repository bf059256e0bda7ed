/* opendkim.conf: names, values, comments, places, Include. */
#include "opendkim_file.h"

#include <string.h>

#include "base/buf.h"
#include "opendkim_listener.h"
#include "support/files.h"
#include "support/unit.h"

static void
test_parse(void **state)
{
	static const char text[] =
	    "# a comment\n"
	    "\n"
	    "Mode\tsv\r\n"
	    "  Canonicalization   relaxed/simple  # both\n"
	    "Domain a.example, b.example \n"
	    "mode v\n"
	    "KeyFile #nothing\n"
	    "SubDomains Yes";
	struct arena *arena = arena_new();
	struct opendkim_file file = { 0 };
	const struct opendkim_setting *found;

	(void)state;
	opendkim_file_parse(arena, span_str(text), "f", &file);
	assert_int_equal(file.count, 6);
	assert_string_equal(file.settings[1].value, "relaxed/simple");
	assert_int_equal(file.settings[1].place.line, 4);
	assert_string_equal(file.settings[2].value, "a.example, b.example");
	assert_string_equal(file.settings[4].value, "");
	/* The last line for a setting counts, whatever the case. */
	found = opendkim_file_get(&file, "MODE");
	assert_string_equal(found->value, "v");
	assert_int_equal(found->place.line, 6);
	assert_null(opendkim_file_get(&file, "Selector"));
	assert_true(
	    opendkim_file_is_yes(opendkim_file_get(&file, "SubDomains")));
	assert_false(opendkim_file_is_yes(NULL));
	assert_false(opendkim_file_is_yes(found));
	arena_free(arena);
}

static const char *
write_file(
    struct arena *arena, const char *folder, const char *name, const char *text)
{
	const char *path = arena_printf(arena, "%s/%s", folder, name);

	assert_int_equal(files_write(path, span_str(text), 0644), 0);
	return (path);
}

static int
load(const char *path, const struct opendkim_report *report,
    struct opendkim_file *out)
{
	const struct opendkim_setting from = {
		.name = "opendkim_conf", .value = path, .place = { "ours", 3 }
	};

	return (opendkim_file_load(&from, report, out));
}

static void
test_include(void **state)
{
	struct arena *arena = arena_new();
	const char *folder = files_folder(arena, "opendkim");
	struct listener listener = { 0 };
	struct opendkim_report report = listener_report(&listener, arena);
	struct opendkim_file file;
	const char *inner =
	    write_file(arena, folder, "inner", "\nSelector two\n");
	const char *outer = write_file(arena, folder, "outer",
	    arena_printf(arena, "Selector one\nInclude %s\nMode s\n", inner));

	(void)state;
	assert_int_equal(load(outer, &report, &file), 0);
	assert_int_equal(file.count, 3);
	assert_string_equal(opendkim_file_get(&file, "selector")->value, "two");
	assert_string_equal(
	    opendkim_file_get(&file, "selector")->place.file, inner);
	assert_int_equal(opendkim_file_get(&file, "selector")->place.line, 2);

	/* A file that includes itself ends where OpenDKIM does. */
	outer = write_file(arena, folder, "outer",
	    arena_printf(arena, "Include %s/outer\n", folder));
	assert_int_equal(load(outer, &report, &file), -1);
	assert_non_null(
	    strstr(listener.error, "/outer:1: Include: files nest"));

	/* Of many such lines the first is told of. */
	listener.errors = 0;
	outer = write_file(arena, folder, "outer",
	    arena_printf(arena, "%1$s%1$s%1$s%1$s",
		arena_printf(arena, "Include %s/outer\n", folder)));
	assert_int_equal(load(outer, &report, &file), -1);
	assert_int_equal(listener.errors, 1);
	outer = write_file(arena, folder, "outer", "\nInclude /nowhere/y\n");
	assert_int_equal(load(outer, &report, &file), -1);
	assert_non_null(
	    strstr(listener.error, "/outer:2: Include: /nowhere/y: "));

	outer = write_file(arena, folder, "outer", "Mode\n");
	assert_int_equal(load(outer, &report, &file), -1);
	assert_non_null(strstr(listener.error, "/outer:1: Mode has no value"));
	assert_int_equal(load("/nowhere/x", &report, &file), -1);
	assert_non_null(
	    strstr(listener.error, "ours:3: opendkim_conf: /nowhere/x: "));
	assert_int_equal(load(folder, &report, &file), -1);
	assert_non_null(strstr(listener.error, "not a regular file"));
	files_remove(folder);
	arena_free(arena);
}

static void
test_limit(void **state)
{
	struct arena *arena = arena_new();
	const char *folder = files_folder(arena, "opendkim");
	struct listener listener = { 0 };
	struct opendkim_report report = listener_report(&listener, arena);
	struct opendkim_file file;
	struct buf text;

	(void)state;
	buf_init(&text, arena, 1 << 20);
	for (int i = 0; i <= OPENDKIM_FILE_SETTINGS; i++)
		buf_add_str(&text, "Mode sv\n");
	const char *path = write_file(arena, folder, "many", buf_str(&text));

	assert_int_equal(load(path, &report, &file), -1);
	assert_non_null(strstr(listener.error, "more than 1999 settings"));
	files_remove(folder);
	arena_free(arena);
}

/* Files are counted, however they nest. */
static void
test_many_files(void **state)
{
	struct arena *arena = arena_new();
	const char *folder = files_folder(arena, "opendkim");
	struct listener listener = { 0 };
	struct opendkim_report report = listener_report(&listener, arena);
	struct opendkim_file file;
	struct buf text;
	const char *line = arena_printf(arena, "Include %s/inner\n", folder);

	(void)state;
	(void)write_file(arena, folder, "inner", "Mode s\n");
	buf_init(&text, arena, 1 << 20);
	for (int i = 1; i < OPENDKIM_FILE_FILES; i++)
		buf_add_str(&text, line);
	const char *path = write_file(arena, folder, "many", buf_str(&text));

	assert_int_equal(load(path, &report, &file), 0);
	buf_add_str(&text, line);
	path = write_file(arena, folder, "many", buf_str(&text));
	assert_int_equal(load(path, &report, &file), -1);
	assert_int_equal(listener.errors, 1);
	assert_non_null(
	    strstr(listener.error, "/many:100: Include: more than 100 files"));
	files_remove(folder);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_parse),
		cmocka_unit_test(test_include), cmocka_unit_test(test_limit),
		cmocka_unit_test(test_many_files) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
