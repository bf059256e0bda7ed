/* Names as words of a shell: what sh makes of them is the name again. */
#include "base/shell.h"

#include <stdio.h>
#include <string.h>

#include "support/unit.h"

#define WORD_MAX_BYTES 2048

static const struct {
	const char *text;
	const char *word;
} cases[] = {
	{ "/var/lib/mailreeve/keys", "/var/lib/mailreeve/keys" },
	{ "20261125b", "20261125b" },
	{ "a.b_c-d+e=f:g@h%i,j", "a.b_c-d+e=f:g@h%i,j" },
	{ "", "''" },
	{ "/a b", "'/a b'" },
	{ "it's", "'it'\\''s'" },
	{ "'", "''\\'''" },
	{ "''", "''\\'''\\'''" },
	{ "$(x)", "'$(x)'" },
	{ "`x`", "'`x`'" },
	{ "~", "'~'" },
	{ "a\\", "'a\\'" },
	{ "a\"b", "'a\"b'" },
	{ "*", "'*'" },
	{ "a\nb", "'a\nb'" },
	{ "b\xc3\xbc", "'b\xc3\xbc'" },
	{ "/x with: rm", "'/x with:'' rm'" },
	{ "a && b", "'a &''& b'" },
	{ "&&&", "'&''&''&'" },
	{ ": ", "':'' '" },
	{ "/with:", "'/with:'" },
	{ ":'", "':'\\'''" },
};

static void
test_words(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const char *word = shell_word(arena, cases[i].text);

		assert_string_equal(word, cases[i].word);
		assert_null(strstr(arena_printf(arena, "%s ", word), ": "));
		assert_null(strstr(word, "&&"));
	}
	arena_free(arena);
}

/* What the shell of this system takes ${word} for. */
static void
ask_shell(struct arena *arena, const char *word, char *out)
{
	const char *command = arena_printf(arena, "printf %%s %s", word);
	FILE *shell = popen(command, "r");

	assert_non_null(shell);
	size_t len = fread(out, 1, WORD_MAX_BYTES - 1, shell);

	out[len] = '\0';
	assert_int_equal(pclose(shell), 0);
}

static void
test_shell(void **state)
{
	struct arena *arena = arena_new();
	char found[WORD_MAX_BYTES];
	char text[3] = "";
	char every[256];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		ask_shell(arena, shell_word(arena, cases[i].text), found);
		assert_string_equal(found, cases[i].text);
	}
	for (int byte = 1; byte < 256; byte++) {
		every[byte - 1] = (char)byte;
		text[0] = (char)byte;
		ask_shell(arena, shell_word(arena, text), found);
		assert_string_equal(found, text);
	}
	every[255] = '\0';
	ask_shell(arena, shell_word(arena, every), found);
	assert_string_equal(found, every);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_shell),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
