/* conf_changes(): what two configurations differ in. */
#include "conf/conf.h"

#include <stdbool.h>

#include "support/unit.h"

struct settings {
	bool flag;
	int word;
	int64_t number;
	const char *text;
	struct conf_list list;
	struct conf_sections sections;
};

static const char *const words[] = { "one", "other", NULL };

static const struct conf_option table[] = {
	{ .name = "flag",
	    .type = CONF_BOOL,
	    .offset = offsetof(struct settings, flag) },
	{ .name = "word",
	    .type = CONF_WORD,
	    .offset = offsetof(struct settings, word),
	    .words = words },
	{ .name = "number",
	    .type = CONF_INTEGER,
	    .offset = offsetof(struct settings, number) },
	{ .name = "text",
	    .type = CONF_STRING,
	    .offset = offsetof(struct settings, text) },
	{ .name = "list",
	    .type = CONF_LIST,
	    .offset = offsetof(struct settings, list) },
	{ .name = "section",
	    .type = CONF_SECTION,
	    .offset = offsetof(struct settings, sections) },
	{ .name = NULL },
};

static const char *const all[] = { "section", "list", "text", "number", "word",
	"flag", NULL };
static const char *const two[] = { "text", "flag", NULL };

static const char *const ab[] = { "a", "b" };
static const char *const ac[] = { "a", "c" };

static const struct settings base = {
	.number = 1, .text = "x", .list = { ab, 2 }
};

static const struct {
	struct settings other;
	const char *of_all;
	const char *of_two;
} cases[] = {
	{ { .number = 1, .text = "x", .list = { ab, 2 } }, NULL, NULL },
	{ { .flag = true, .number = 1, .text = "x", .list = { ab, 2 } }, "flag",
	    "flag" },
	{ { .number = 2, .text = "x", .list = { ac, 2 } }, "number, list",
	    NULL },
	{ { .number = 1, .list = { ab, 1 } }, "text, list", "text" },
	{ { .word = 1, .number = 1, .text = "y", .list = { ab, 2 } },
	    "word, text", "text" },
	/* Sections are never compared. */
	{ { .number = 1,
	      .text = "x",
	      .list = { ab, 2 },
	      .sections = { .count = 1 } },
	    NULL, NULL },
};

static void
assert_text(const char *text, const char *wanted)
{
	if (wanted == NULL)
		assert_null(text);
	else
		assert_string_equal(text, wanted);
}

static void
names_what_differs(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct settings *other = &cases[i].other;

		assert_text(conf_changes(arena, table, all, &base, other),
		    cases[i].of_all);
		assert_text(conf_changes(arena, table, all, other, &base),
		    cases[i].of_all);
		assert_text(conf_changes(arena, table, two, &base, other),
		    cases[i].of_two);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_differs),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
