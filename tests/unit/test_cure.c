/* Commands that a sudoer can paste. */
#include "daemon/cure.h"

#include "support/unit.h"

static const struct {
	const char *text;
	const char *sudo;
} cases[] = {
	{ "no command", "no command" },
	{ "mend it with: chmod o= /a", "mend it with: sudo chmod o= /a" },
	{ "mend it with: chgrp g /a && chmod 640 /a",
	    "mend it with: sudo chgrp g /a && sudo chmod 640 /a" },
	/* The last mark counts; what stands before it is no command. */
	{ "a && b with: c && d, with: e && f",
	    "a && b with: c && d, with: sudo e && sudo f" },
	/* Names that shell_word() wrote look like no command. */
	{ "mend it with: rm '/a with:'' b &''& c'",
	    "mend it with: sudo rm '/a with:'' b &''& c'" },
	{ "'/a with:'' rm b': no command", "'/a with:'' rm b': no command" },
	{ "with: ", "with: sudo " },
	{ "", "" },
};

static void
test_sudo(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();

		assert_string_equal(
		    cure_with_sudo(cases[i].text, arena), cases[i].sudo);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sudo),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
