#include "support/unit.h"

#include "receiver/spf2_difference.h"

#include <string.h>

#include "receiver/spf2.h"

struct difference_case {
	struct spf_outcome ours;
	struct wire_spf_opinion theirs;
	struct spf2_facts facts;
	enum difference_kind kind;
	const char *text; /* a part of it, or NULL */
	const char *note; /* likewise */
};

#define SAYS(word) .result = SPF_##word

static const struct difference_case cases[] = {
	{ { SAYS(PASS) }, { SAYS(PASS) }, { 0 }, DIFFERENCE_NONE, NULL, NULL },
	/* What could explain a difference does not make one. */
	{ { SAYS(PASS) }, { SAYS(PASS) },
	    { .malformed = true, .zero_prefix = true, .mapped = true },
	    DIFFERENCE_NONE, NULL, NULL },
	{ { SAYS(PASS) }, { SAYS(FAIL) }, { 0 }, DIFFERENCE_UNKNOWN,
	    "report it", NULL },
	{ { SAYS(FAIL) }, { SAYS(PASS) }, { .loopback = true },
	    DIFFERENCE_KNOWN, "own addresses pass", NULL },
	{ { SAYS(PASS) }, { SAYS(FAIL) }, { .loopback = true },
	    DIFFERENCE_UNKNOWN, NULL, NULL },
	{ { SAYS(NONE) }, { SAYS(TEMPERROR), .code = SPF2_DNS_ERROR },
	    { .no_domain = true }, DIFFERENCE_KNOWN, "no domain name", NULL },
	{ { SAYS(PASS) }, { SAYS(PERMERROR), .code = SPF2_INVALID_CIDR },
	    { .zero_prefix = true }, DIFFERENCE_KNOWN, "length 0", NULL },
	/* It is another prefix that they refuse. */
	{ { SAYS(PASS) }, { SAYS(PERMERROR), .code = SPF2_INVALID_CIDR }, { 0 },
	    DIFFERENCE_UNKNOWN, NULL, NULL },
	{ { SAYS(PERMERROR) }, { SAYS(NEUTRAL) }, { .malformed = true },
	    DIFFERENCE_KNOWN, "what is malformed", NULL },
	{ { SAYS(PASS) }, { SAYS(NEUTRAL) }, { .malformed = true },
	    DIFFERENCE_UNKNOWN, NULL, NULL },
	{ { SAYS(SOFTFAIL) }, { SAYS(PASS) }, { .early_redirect = true },
	    DIFFERENCE_KNOWN, "write it last", NULL },
	{ { SAYS(PASS) }, { SAYS(PERMERROR), .code = SPF2_INVALID_CHAR },
	    { .dotted_modifier = true }, DIFFERENCE_KNOWN, "a dot", NULL },
	{ { SAYS(PASS) }, { SAYS(PERMERROR), .code = SPF2_INVALID_DELIM },
	    { 0 }, DIFFERENCE_KNOWN, "delimiters", NULL },
	{ { SAYS(PERMERROR), .voids = 3 }, { SAYS(FAIL) }, { 0 },
	    DIFFERENCE_KNOWN, "find nothing", NULL },
	{ { SAYS(PERMERROR), .voids = 2 }, { SAYS(FAIL) }, { 0 },
	    DIFFERENCE_UNKNOWN, NULL, NULL },
	{ { SAYS(PERMERROR), .terms = 10 }, { SAYS(PASS) }, { 0 },
	    DIFFERENCE_KNOWN, "ten look-ups", NULL },
	{ { SAYS(PERMERROR), .terms = 9 }, { SAYS(PASS) }, { 0 },
	    DIFFERENCE_UNKNOWN, NULL, NULL },
	{ { SAYS(NEUTRAL) }, { SAYS(PERMERROR), .code = SPF2_BIG_DNS },
	    { .many_names = true }, DIFFERENCE_KNOWN, "first ten", NULL },
	{ { SAYS(FAIL) }, { SAYS(TEMPERROR), .code = SPF2_DNS_ERROR },
	    { .failed_ptr = true }, DIFFERENCE_KNOWN, "is no match", NULL },
	{ { SAYS(PASS) }, { SAYS(NEUTRAL) }, { .mapped = true },
	    DIFFERENCE_KNOWN, "IPv4-mapped", NULL },
	{ { SAYS(PASS) }, { SAYS(SOFTFAIL) }, { .several_names = true },
	    DIFFERENCE_KNOWN, "several names", NULL },
	{ { SAYS(TEMPERROR) }, { SAYS(PASS) }, { 0 }, DIFFERENCE_KNOWN,
	    "the DNS failed", NULL },
	/* Explanations. */
	{ { SAYS(FAIL), .explanation = "No." },
	    { SAYS(FAIL), .explanation = "No." }, { 0 }, DIFFERENCE_NONE, NULL,
	    NULL },
	{ { SAYS(FAIL), .explanation = "No you." },
	    { SAYS(FAIL), .explanation = "No%you." }, { 0 }, DIFFERENCE_NONE,
	    NULL, "garbles" },
	{ { SAYS(FAIL), .explanation = "%3D" },
	    { SAYS(FAIL), .explanation = "%3d" }, { 0 }, DIFFERENCE_NONE, NULL,
	    "lower case" },
	{ { SAYS(FAIL) }, { SAYS(FAIL), .explanation = "x" }, { 0 },
	    DIFFERENCE_NONE, NULL, "does not allow" },
	{ { SAYS(FAIL), .explanation = "x" }, { SAYS(FAIL) }, { 0 },
	    DIFFERENCE_NONE, NULL, "does not tell" },
};

static void
check_text(size_t number, const char *found, const char *wanted)
{
	if (wanted != NULL && (found == NULL || strstr(found, wanted) == NULL))
		fail_msg("case %zu: \"%s\" is not in \"%s\"", number, wanted,
		    found != NULL ? found : "");
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct difference found = spf2_difference_find(
		    &cases[i].ours, &cases[i].theirs, &cases[i].facts);

		if (found.kind != cases[i].kind)
			fail_msg("case %zu: %s, %s", i,
			    difference_name(found.kind),
			    found.text != NULL ? found.text : "");
		check_text(i, found.text, cases[i].text);
		check_text(i, found.note, cases[i].note);
		if (cases[i].kind == DIFFERENCE_NONE && cases[i].note == NULL)
			assert_null(found.note);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
