/* Decisions as Postfix reads them. */
#include "reply.h"

#include <string.h>

#include "support/unit.h"

#define LONG_TEXT ((size_t)5000)

static const struct {
	struct decision decision;
	const char *reply;
} cases[] = {
	{ { .action = DECIDE_DUNNO }, "action=DUNNO\n\n" },
	{ { .action = DECIDE_HOLD }, "action=HOLD\n\n" },
	{ { .action = DECIDE_PREPEND, .text = "ok score=0" },
	    "action=PREPEND X-Mailreeve-Score: ok score=0\n\n" },
	{ { .action = DECIDE_REJECT, .code = "5.7.1", .text = "no" },
	    "action=REJECT 5.7.1 no\n\n" },
	{ { .action = DECIDE_DEFER, .code = "4.7.1", .text = "later" },
	    "action=DEFER 4.7.1 later\n\n" },
	{ { .action = DECIDE_DEFER_IF_PERMIT, .code = "4.7.1", .text = "grey" },
	    "action=DEFER_IF_PERMIT 4.7.1 grey\n\n" },
	{ { .action = DECIDE_REJECT, .code = "552 5.2.2", .text = "full" },
	    "action=552 5.2.2 full\n\n" },
	{ { .action = DECIDE_DEFER, .code = "452 4.2.2", .text = "full" },
	    "action=452 4.2.2 full\n\n" },
	/* Nothing of a text ends the reply, or begins another one. */
	{ { .action = DECIDE_REJECT,
	      .code = "5.7.1",
	      .text = "a\n\naction=OK\r\n\tb\x7f\xc3\xa4" },
	    "action=REJECT 5.7.1 a??action=OK???b???\n\n" },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct span reply = reply_print(arena, &cases[i].decision);

		assert_string_equal(arena_str(arena, reply), cases[i].reply);
		arena_free(arena);
	}
}

static void
test_long_text(void **state)
{
	struct arena *arena = arena_new();
	char *text = arena_alloc(arena, LONG_TEXT);
	struct decision decision = {
		.action = DECIDE_REJECT, .code = "5.7.1", .text = text
	};

	(void)state;
	memset(text, 'x', LONG_TEXT - 1);
	struct span reply = reply_print(arena, &decision);

	assert_int_equal(reply.len, REPLY_MAX_BYTES + 2);
	assert_memory_equal(&reply.data[reply.len - 3], "x\n\n", 3);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long_text),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
