/* A table is looked at in slices while it changes. */
#include <stdio.h>

#include "support/unit.h"
#include "table.h"

#define KEYS 4000

static void
print_number(const void *record, struct buf *text)
{
	buf_printf(text, "%d", *(const uint64_t *)record != 0);
}

static bool
parse_number(struct span text, void *record)
{
	return (span_to_u64(text, 9, record));
}

static const struct table_codec codec = { print_number, parse_number };
static const struct table_options options = { "test", sizeof(uint64_t),
	(size_t)100 * KEYS, &codec };

static bool
mark(void *cookie, struct span key, void *record, int64_t expires)
{
	(void)cookie;
	(void)key;
	(void)expires;
	*(uint64_t *)record = 1;
	return (true);
}

static bool
is_marked(void *cookie, struct span key, void *record, int64_t expires)
{
	uint64_t number;

	(void)expires;
	assert_true(span_to_u64(key, 9, &number));
	if (number < KEYS)
		assert_int_equal(*(uint64_t *)record, 1);
	return (*(bool *)cookie = true);
}

/* A table that grows under a walk hides none that was there. */
static void
a_walk_misses_none(void **state)
{
	struct table *table = table_new(&options, NULL);
	size_t place = 0;
	size_t number = 0;
	bool seen = false;
	char key[20];

	(void)state;
	for (; number < KEYS; number++)
		(void)table_add(table,
		    span_new(
			key, (size_t)snprintf(key, sizeof(key), "%zu", number)),
		    1);
	for (; table_walk(table, &place, 5, mark, NULL); number++)
		(void)table_add(table,
		    span_new(
			key, (size_t)snprintf(key, sizeof(key), "%zu", number)),
		    1);
	table_each(table, is_marked, &seen);
	assert_true(seen);
	table_free(table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_misses_none),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
