/* arena.h: zeroed, aligned, separate memory that all dies at once. */
#include "support/unit.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

static void
memory_is_zeroed_aligned_and_separate(void **state)
{
	/* About the sizes at which chunks and blocks of their own begin. */
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 4080, 4095, 4096,
		4097, 8191, 8192, 8193, 131072, 262144, 262145, 1000000 };
	struct arena *arena = arena_new();
	unsigned char *blocks[4 * UNIT_COUNT(sizes)];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(blocks); i++) {
		size_t size = sizes[i % UNIT_COUNT(sizes)];

		blocks[i] = arena_alloc(arena, size);
		assert_non_null(blocks[i]);
		assert_int_equal(
		    (uintptr_t)blocks[i] % alignof(max_align_t), 0);
		for (size_t j = 0; j < size; j++)
			assert_int_equal(blocks[i][j], 0);
		memset(blocks[i], (int)i + 1, size);
	}
	for (size_t i = 0; i < UNIT_COUNT(blocks); i++)
		for (size_t j = 0; j < sizes[i % UNIT_COUNT(sizes)]; j++)
			assert_int_equal(blocks[i][j], i + 1);
	arena_free(arena);
}

static void
empty_allocations_differ(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_ptr_not_equal(arena_alloc(arena, 0), arena_alloc(arena, 0));
	assert_non_null(arena_array(arena, 0, 8));
	assert_non_null(arena_array(arena, 8, 0));
	arena_free(arena);
	arena_free(NULL);
}

static void
growing_keeps_the_beginning(void **state)
{
	struct arena *arena = arena_new();
	char *old = arena_strdup(arena, "abc");
	char *grown = arena_grow(arena, old, 3, 6);

	(void)state;
	assert_memory_equal(grown, "abc\0\0\0", 6);
	assert_string_equal(old, "abc");
	assert_memory_equal(arena_grow(arena, grown, 6, 2), "ab", 2);
	assert_memory_equal(arena_grow(arena, NULL, 0, 2), "\0\0", 2);
	arena_free(arena);
}

static void
room_is_made_one_by_one(void **state)
{
	struct arena *arena = arena_new();
	size_t *numbers = NULL;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		numbers = arena_room(arena, numbers, i, sizeof(*numbers));
		numbers[i] = i;
	}
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(numbers[i], i);
	arena_free(arena);
}

static void
copies_end_with_nul(void **state)
{
	struct arena *arena = arena_new();
	struct span copy = arena_dup(arena, span_new("a\0b", 3));

	(void)state;
	assert_int_equal(copy.len, 3);
	assert_memory_equal(copy.data, "a\0b", 4);
	assert_int_equal(arena_dup(arena, span_new(NULL, 0)).len, 0);
	assert_string_equal(arena_str(arena, span_new("a\0b", 3)), "a");
	assert_string_equal(arena_str(arena, span_new("abc", 2)), "ab");
	assert_string_equal(arena_str(arena, span_new(NULL, 0)), "");
	assert_string_equal(arena_strdup(arena, ""), "");
	assert_string_equal(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
	assert_string_equal(arena_printf(arena, "%s", ""), "");
	arena_free(arena);
}

static void
size_counts_what_was_handed_out(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_int_equal(arena_size(arena), 0);
	(void)arena_alloc(arena, 1000);
	assert_in_range(arena_size(arena), 1000, 1016);
	(void)arena_alloc(arena, 1000000);
	assert_in_range(arena_size(arena), 1001000, 1001040);
	arena_free(arena);
}

static void
array_overflows(struct arena *arena)
{
	(void)arena_array(arena, SIZE_MAX / 8 + 2, 8);
}

static void
dup_overflows(struct arena *arena)
{
	(void)arena_dup(arena, span_new("", SIZE_MAX));
}

static void
str_overflows(struct arena *arena)
{
	(void)arena_str(arena, span_new("", SIZE_MAX));
}

/* In a child: an impossible size must end the process, with a word. */
static void
assert_dies(void (*allocate)(struct arena *))
{
	int ends[2];
	char text[128] = "";
	int status;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		allocate(arena_new());
		_exit(0);
	}
	(void)close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
	assert_non_null(strstr(text, "mailreeve: allocation size overflows"));
}

static void
overflow_ends_the_process(void **state)
{
	(void)state;
	assert_dies(array_overflows);
	assert_dies(dup_overflows);
	assert_dies(str_overflows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_separate),
		cmocka_unit_test(empty_allocations_differ),
		cmocka_unit_test(growing_keeps_the_beginning),
		cmocka_unit_test(room_is_made_one_by_one),
		cmocka_unit_test(copies_end_with_nul),
		cmocka_unit_test(size_counts_what_was_handed_out),
		cmocka_unit_test(overflow_ends_the_process),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
