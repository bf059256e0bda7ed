#include "dns/name.h"

#include "base/buf.h"
#include "support/unit.h"

struct name_case {
	const char *input;
	const char *ascii; /* NULL: no domain name */
};

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define LABEL_63 A60 "aaa"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." A60 "a"

static const struct name_case cases[] = {
	{ "example.com", "example.com" },
	{ "EXAMPLE.com.", "example.com" },
	{ "selector._domainkey.Example.COM",
	    "selector._domainkey.example.com" },
	{ "a", "a" },
	{ "192.0.2.1", "192.0.2.1" },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ "XN--BCHER-KVA.example", "xn--bcher-kva.example" },
	{ "r3---sn-abc.example", "r3---sn-abc.example" },
	/* U-labels: composed, decomposed, capital, and with a sharp s, which
	 * the non-transitional mapping keeps. */
	{ "b\xc3\xbc"
	  "cher.example",
	    "xn--bcher-kva.example" },
	{ "bu\xcc\x88"
	  "cher.example",
	    "xn--bcher-kva.example" },
	{ "B\xc3\x9c"
	  "CHER.example",
	    "xn--bcher-kva.example" },
	{ "fa\xc3\x9f.example", "xn--fa-hia.example" },
	{ "_dmarc.b\xc3\xbc"
	  "cher.example.",
	    "_dmarc.xn--bcher-kva.example" },
	/* The ideographic full stop parts labels. */
	{ "b\xc3\xbc"
	  "cher\xe3\x80\x82"
	  "example",
	    "xn--bcher-kva.example" },
	{ "example\xef\xbc\x8e"
	  "com\xef\xbd\xa1",
	    "example.com" },
	/* Full-width letters are letters. */
	{ "\xef\xbd\x85xample.com", "example.com" },
	{ NAME_253, NAME_253 },
	{ NAME_253 ".", NAME_253 },
	{ LABEL_63, LABEL_63 },
	{ "", NULL },
	{ ".", NULL },
	{ "..", NULL },
	{ ".example.com", NULL },
	{ "example..com", NULL },
	{ "example.com..", NULL },
	{ "a" NAME_253, NULL },
	{ "a." NAME_253, NULL },
	{ LABEL_63 "a", NULL },
	{ LABEL_63 "a.example", NULL },
	{ "exam ple.com", NULL },
	{ "exam\tple.com", NULL },
	{ "ex*mple.com", NULL },
	{ "exa\\mple.com", NULL },
	{ "-example.com", NULL },
	{ "example-.com", NULL },
	{ "exam/ple.com", NULL },
	/* No UTF-8: a lone byte, an overlong dot, a surrogate. */
	{ "b\xfc"
	  "cher.example",
	    NULL },
	{ "\xc0\xae.example", NULL },
	{ "\xed\xa0\x80.example", NULL },
	/* IDNA's rules: a leading mark, a symbol, a mixed-direction label, an
	 * invisible joiner, a digit with a full stop that would part labels. */
	{ "\xcc\x88"
	  "a.example",
	    NULL },
	{ "\xe2\x9d\xa4.example", NULL },
	{ "a\xd7\x90.example", NULL },
	{ "a\xe2\x80\x8d"
	  "b.example",
	    NULL },
	{ "\xe2\x92\x88"
	  "com.example",
	    NULL },
	/* What STD 3 forbids: full-width underscore, unequal sign, no-break
	 * space, a bracket, a blank.  An underscore is no part of a U-label. */
	{ "b\xc3\xbc\xef\xbc\xbf"
	  "x.example",
	    NULL },
	{ "b\xc3\xbc\xe2\x89\xa0"
	  "x.example",
	    NULL },
	{ "b\xc3\xbc\xc2\xa0"
	  "x.example",
	    NULL },
	{ "b\xc3\xbc"
	  "(x.example",
	    NULL },
	{ "b\xc3\xbc"
	  " x.example",
	    NULL },
	{ "-b\xc3\xbc"
	  "x.example",
	    NULL },
	{ "b\xc3\xbc"
	  "x-.example",
	    NULL },
	{ "_b\xc3\xbc"
	  "cher.example",
	    NULL },
};

static void
test_to_ascii(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		const char *ascii =
		    name_to_ascii(arena, span_str(cases[i].input));

		if (cases[i].ascii == NULL && ascii != NULL)
			fail_msg("%s gave %s", cases[i].input, ascii);
		if (cases[i].ascii != NULL && ascii == NULL)
			fail_msg("%s was refused", cases[i].input);
		if (ascii != NULL)
			assert_string_equal(ascii, cases[i].ascii);
		arena_free(arena);
	}
}

static void
test_nul_byte(void **state)
{
	static const char plain[] = "exa\0mple.com";
	static const char u_label[] = "b\xc3\xbc\0x.com";
	struct arena *arena = arena_new();

	(void)state;
	assert_null(name_to_ascii(arena, span_new(plain, sizeof(plain) - 1)));
	assert_null(
	    name_to_ascii(arena, span_new(u_label, sizeof(u_label) - 1)));
	arena_free(arena);
}

/* Whether a label of ${count} u-umlauts is one. */
static bool
is_u_label(size_t count)
{
	struct arena *arena = arena_new();
	struct buf label;

	buf_init(&label, arena, 2 * count);
	for (size_t i = 0; i < count; i++)
		buf_add_str(&label, "\xc3\xbc");
	bool valid = name_to_ascii(arena, buf_span(&label)) != NULL;

	arena_free(arena);
	return (valid);
}

/* It is the A-label that must fit. */
static void
test_long_u_label(void **state)
{
	(void)state;
	assert_true(is_u_label(20));
	assert_false(is_u_label(60));
	assert_false(is_u_label(NAME_MAX_INPUT));
}

/* What is far too long costs no memory. */
static void
test_huge_input(void **state)
{
	static unsigned char huge[NAME_MAX_INPUT * 64];
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(huge); i++)
		huge[i] = i % 2 == 0 ? 'a' : '.';
	assert_null(name_to_ascii(arena, span_new(huge, sizeof(huge))));
	assert_int_equal(arena_size(arena), 0);
	arena_free(arena);
}

/* Nor does a name that is too long before it ends: 4 bytes become 10. */
static void
test_overlong(void **state)
{
	unsigned char name[NAME_MAX_INPUT];
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = (unsigned char)"\xc3\xbc\xc3\xbc."[i % 5];
	assert_null(name_to_ascii(arena, span_new(name, sizeof(name))));
	assert_true(arena_size(arena) < 2048);
	arena_free(arena);
}

static void
test_is_within(void **state)
{
	static const struct {
		const char *name, *parent;
		bool within;
	} pairs[] = {
		{ "example.com", "example.com", true },
		{ "a.example.com", "example.com", true },
		{ "a.b.example.com", "example.com", true },
		{ "example.com", "a.example.com", false },
		{ "notexample.com", "example.com", false },
		{ "example.org", "example.com", false },
		{ "example.com", "", false },
		{ "", "example.com", false },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(pairs); i++)
		assert_int_equal(name_is_within(pairs[i].name, pairs[i].parent),
		    pairs[i].within);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_ascii),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_long_u_label),
		cmocka_unit_test(test_huge_input),
		cmocka_unit_test(test_overlong),
		cmocka_unit_test(test_is_within),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
