/* TXT records in the form of zone files. */
#include "txt.h"

#include <string.h>

#include "support/unit.h"

/* ${len} letters, cut into ${strings}. */
static const struct {
	size_t len;
	size_t strings;
} cases[] = { { 0, 1 }, { 1, 1 }, { 254, 1 }, { 255, 1 }, { 256, 2 },
	{ 510, 2 }, { 511, 3 }, { 736, 3 } };

/* Count the strings of ${zone} and join them again. */
static size_t
join(const char *zone, char *out)
{
	size_t strings = 0;
	struct span rest = span_str(zone);
	struct span part;

	while (span_take_until(&rest, '"', &part) &&
	       span_take_until(&rest, '"', &part)) {
		assert_true(part.len <= 255);
		memcpy(out, part.data, part.len);
		out += part.len;
		strings++;
	}
	*out = '\0';
	return (strings);
}

static void
test_strings(void **state)
{
	char text[1024];
	char joined[1024];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();

		for (size_t j = 0; j < cases[i].len; j++)
			text[j] = (char)('a' + (int)(j % 26));
		text[cases[i].len] = '\0';
		const char *zone =
		    txt_print("s._domainkey.a.example", text, arena);

		assert_int_equal(join(zone, joined), cases[i].strings);
		assert_string_equal(joined, text);
		arena_free(arena);
	}
}

static void
test_form(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(txt_print("a.example", "v=DKIM1; p=", arena),
	    "a.example. IN TXT \"v=DKIM1; p=\"");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_form),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
