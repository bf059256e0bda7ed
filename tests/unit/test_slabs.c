/* slabs.h: each thing keeps its bytes, and empty slabs are given back. */
#include "support/unit.h"

#include <string.h>

#include "slabs.h"

static void
slabs_keep_bytes_apart(void **state)
{
	struct slabs *slabs = slabs_new();
	static uint32_t names[20000];
	static const size_t sizes[] = { 1, 8, 9, 60, 64, 1000, SLABS_MAX_SIZE };

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < UNIT_COUNT(names); i++) {
			size_t size = sizes[i % UNIT_COUNT(sizes)];

			if (names[i] != 0)
				continue;
			names[i] = slabs_add(slabs, size);
			memset(slabs_at(slabs, names[i]), (int)i, size);
		}
		for (size_t i = 0; i < UNIT_COUNT(names); i++) {
			size_t size = sizes[i % UNIT_COUNT(sizes)];
			const unsigned char *at = slabs_at(slabs, names[i]);

			assert_int_equal(at[0], i & 0xff);
			assert_int_equal(at[size - 1], i & 0xff);
			if (round < 2 && i % 3 == 1)
				continue;
			slabs_take(slabs, names[i]);
			names[i] = 0;
		}
	}
	/* One slab of each size stays. */
	assert_true(slabs_bytes(slabs) < (UNIT_COUNT(sizes) + 1) * 64 * 1024);
	slabs_free(slabs);
	slabs_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slabs_keep_bytes_apart),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
