/* quota_map.h: under which keys Postfix looks a recipient up. */
#include "support/unit.h"

#include "quota_map.h"

struct map_case {
	const char *address;
	char delimiter;
	const char *keys[6];
};

static const struct map_case cases[] = {
	{ "al@a.example", '+', { "al@a.example", "al", "@a.example" } },
	{ "al+x@a.example", '+',
	    { "al+x@a.example", "al@a.example", "al+x", "al", "@a.example" } },
	{ "al+x@a.example", '\0', { "al+x@a.example", "al+x", "@a.example" } },
	{ "+al@a.example", '+', { "+al@a.example", "+al", "@a.example" } },
	{ "al", '+', { "al" } },
	{ "al+x", '+', { "al+x", "al" } },
	{ "a@b@a.example", '+', { "a@b@a.example", "a@b", "@a.example" } },
};

static void
test_keys(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const struct map_case *c = &cases[i];
		struct span keys[5];
		size_t count = quota_map_keys(
		    span_str(c->address), c->delimiter, arena, keys);

		for (size_t j = 0; j < count; j++) {
			assert_non_null(c->keys[j]);
			assert_true(span_is(keys[j], c->keys[j]));
		}
		assert_null(c->keys[count]);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
