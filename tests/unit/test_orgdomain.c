/* Lists that are none, the system's, and names in A-labels. */
#include "mail/orgdomain.h"

#include <string.h>

#include "support/files.h"
#include "support/unit.h"

static void
test_refused(void **state)
{
	static const struct {
		const char *path;
		const char *error;
	} cases[] = {
		{ "/nonexistent/list",
		    "/nonexistent/list: No such file or directory" },
		{ "/", "/: not a regular file" },
		{ "/dev/zero", "/dev/zero: not a regular file" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const char *error = NULL;

		assert_null(orgdomain_new(cases[i].path, arena, &error));
		assert_string_equal(error, cases[i].error);
	}
	arena_free(arena);
}

/* Load a file with ${text}. */
static struct orgdomain *
load(struct arena *arena, const char *text, const char **error)
{
	char *folder = files_folder(arena, "orgdomain");

	assert_non_null(folder);
	char *path = arena_printf(arena, "%s/list", folder);

	assert_int_equal(files_write(path, span_str(text), 0600), 0);
	struct orgdomain *list = orgdomain_new(path, arena, error);

	files_remove(folder);
	return (list);
}

static void
test_empty(void **state)
{
	static const char *const texts[] = { "", "\n\n", "// com\n" };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
		const char *error = NULL;

		assert_null(load(arena, texts[i], &error));
		assert_non_null(strstr(error, "not a public suffix list"));
	}
	arena_free(arena);
}

static const struct {
	const char *domain;
	const char *organization;
} names[] = {
	{ "com", "com" },
	{ "example.com", "example.com" },
	{ "a.b.example.com", "example.com" },
	{ "unlisted", "unlisted" },
	{ "a.b.unlisted", "b.unlisted" },
	{ "x.wild.example", "x.wild.example" },
	{ "a.b.x.wild.example", "b.x.wild.example" },
	{ "a.own.wild.example", "own.wild.example" },
	/* A suffix in U-labels covers names in A-labels. */
	{ "xn--p1ai", "xn--p1ai" },
	{ "a.b.xn--p1ai", "b.xn--p1ai" },
	{ "xn--bcher-kva.com", "xn--bcher-kva.com" },
	{ "a.xn--bcher-kva.com", "xn--bcher-kva.com" },
};

static void
test_names(void **state)
{
	static const char text[] = "com\nexample\n*.wild.example\n"
				   "!own.wild.example\n"
				   "\xd1\x80\xd1\x84\n";
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct orgdomain *list = load(arena, text, &error);

	(void)state;
	assert_non_null(list);
	for (size_t i = 0; i < UNIT_COUNT(names); i++) {
		const char *found = orgdomain_find(list, names[i].domain);

		assert_string_equal(found, names[i].organization);
		/* It is a part of what was asked for. */
		assert_ptr_equal(found,
		    names[i].domain + strlen(names[i].domain) - strlen(found));
	}
	orgdomain_free(list);
	arena_free(arena);
}

/* Whatever of the system's lists there is; one is inside libpsl. */
static void
test_system(void **state)
{
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct orgdomain *list = orgdomain_new(NULL, arena, &error);

	(void)state;
	assert_non_null(list);
	assert_string_equal(
	    orgdomain_find(list, "a.b.example.co.uk"), "example.co.uk");
	assert_string_equal(orgdomain_find(list, "co.uk"), "co.uk");
	orgdomain_free(list);
	orgdomain_free(NULL);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_system),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
