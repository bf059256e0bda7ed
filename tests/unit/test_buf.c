/* buf.h: appending up to a limit, whole or not at all. */
#include "support/unit.h"

#include <string.h>

#include "base/buf.h"

static void
it_begins_empty(void **state)
{
	struct arena *arena = arena_new();
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 8);
	assert_string_equal(buf_str(&buf), "");
	assert_int_equal(buf_span(&buf).len, 0);
	buf_add(&buf, span_new(NULL, 0));
	buf_cut(&buf, 0);
	buf_cut(&buf, 5);
	assert_string_equal(buf_str(&buf), "");
	assert_false(buf.overflow);
	arena_free(arena);
}

static void
pieces_are_joined(void **state)
{
	struct arena *arena = arena_new();
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 100);
	buf_add_str(&buf, "one");
	buf_add_byte(&buf, ' ');
	buf_printf(&buf, "%d %s", 2, "three");
	buf_add(&buf, span_new("\0x", 2));
	assert_int_equal(buf_span(&buf).len, 13);
	assert_memory_equal(buf_span(&buf).data, "one 2 three\0x", 14);
	buf_cut(&buf, 5);
	assert_string_equal(buf_str(&buf), "one 2");
	/* What a buffer holds may be appended to it. */
	buf_add(&buf, buf_span(&buf));
	assert_string_equal(buf_str(&buf), "one 2one 2");
	arena_free(arena);
}

static void
what_passes_the_limit_is_dropped_whole(void **state)
{
	struct arena *arena = arena_new();
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 5);
	buf_add_str(&buf, "abcde");
	assert_false(buf.overflow);
	buf_add_byte(&buf, 'f');
	assert_true(buf.overflow);
	assert_string_equal(buf_str(&buf), "abcde");

	buf_init(&buf, arena, 5);
	buf_add_str(&buf, "abc");
	buf_printf(&buf, "%s", "def");
	assert_true(buf.overflow);
	buf_add_byte(&buf, 'g'); /* it would fit, but something is missing */
	assert_string_equal(buf_str(&buf), "abc");

	buf_init(&buf, arena, 0);
	buf_add_byte(&buf, 'a');
	assert_true(buf.overflow);
	assert_string_equal(buf_str(&buf), "");
	arena_free(arena);
}

static void
it_grows(void **state)
{
	struct arena *arena = arena_new();
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 100000);
	for (size_t i = 0; i < 100000; i++)
		buf_add_byte(&buf, (unsigned char)('a' + i % 26));
	assert_false(buf.overflow);
	assert_int_equal(strlen(buf_str(&buf)), 100000);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], 'a' + i % 26);
	/* Doubling: what is left behind is no more than what is held. */
	assert_in_range(arena_size(arena), 100000, 400000);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_empty),
		cmocka_unit_test(pieces_are_joined),
		cmocka_unit_test(what_passes_the_limit_is_dropped_whole),
		cmocka_unit_test(it_grows),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
