#include "support/unit.h"

#include "mail/authres.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct claims_case {
	const char *authserv_id;
	const char *value;
	size_t len; /* of value, where it holds a NUL */
	bool claims;
	const char *domain; /* NULL: only authserv_id */
};

#define MX "mx.example"
#define UMLAUT "m\xc3\xbcx.example"
#define ASCII "xn--mx-xka.example"
#define ORG "example.org"
#define HOST "mx." ORG

static const struct claims_case cases[] = {
	{ MX, "mx.example; none", 0, true },
	{ MX, " MX.Example.; dkim=pass", 0, true },
	{ "MX.example.", "mx.EXAMPLE;none", 0, true },
	{ MX, "mx.example", 0, true },
	{ MX, "mx.example 1; none", 0, true },
	{ MX, "mx.example 99 (x); none", 0, true },
	{ MX, "mx.example 1x; none", 0, true },
	{ MX, "mx.example/2; none", 0, true },
	{ MX, "\"mx.example\"; none", 0, true },
	{ MX, "\"m\\x.example.\" 1; none", 0, true },
	{ MX, "\"mx\".example; none", 0, true },
	{ MX, "\"mx.example; none", 0, true },
	{ MX, "(x (y\\) ) ) \r\n\t(z) mx.example; none", 0, true },
	{ MX, "(x mx.example; none", 0, true },
	{ MX, "mx (x) .example; none", 0, true },
	{ MX, "mx\r\n .example; none", 0, true },
	{ MX, "mx. example; none", 0, true },
	{ MX, "mx.exam\rple; none", 0, true },
	{ MX, "mx.exam\nple; none", 0, true },
	{ MX,
	    "mx.\x01"
	    "example; none",
	    0, true },
	{ MX, "\x7fmx.example; none", 0, true },
	{ MX, "mx.exa\0mple; none", 17, true },
	{ MX, "mx.example\0.evil.example; none", 30, true },
	{ MX, "\0\0mx.example; none", 18, true },
	{ MX, "mx.example\xff; none", 0, true },
	{ MX, "mx.exa\xffmple; none", 0, true },
	{ MX, "mx.exa\xc2\xadmple; none", 0, true },    /* a soft hyphen */
	{ MX, "\xef\xbd\x8dx.example; none", 0, true }, /* a wide m */
	{ MX,
	    "mx\xe3\x80\x82"
	    "example; none",
	    0, true }, /* a wide dot */
	{ MX, "mx.example'; none", 0, true },
	{ MX, "mx.example, evil.example; none", 0, true },
	{ MX, "evil.example mx.example; none", 0, true },
	{ MX, "evil.example (mx.example); none", 0, true },
	{ MX, "(mx.example;) evil.example; none", 0, true },
	{ MX, "evil.example 1 (MX.exa\\mple); none", 0, true },
	{ MX, "=?utf-8?b?bXguZXhhbXBsZQ==?=; none", 0, true },
	{ MX, "; dkim=pass (mx.example)", 0, true },
	{ MX, "dkim=pass header.d=mx.example", 0, true },
	{ UMLAUT, ASCII "; none", 0, true },
	{ UMLAUT, "M\xc3\xbcX.example.; none", 0, true },
	{ UMLAUT, "M\xc3\x9cX.example; none", 0, true },
	{ ASCII, UMLAUT "; none", 0, true },
	{ ASCII, "\"M\xc3\x9cX\".example; none", 0, true },
	{ "our relay", "\"Our Relay\"; none", 0, true },
	{ "our relay", "our relay; none", 0, true },
	{ ".", ".; none", 0, true },
	/* Others. */
	{ MX, "", 0, false },
	{ MX, "evil.example; none", 0, false },
	{ MX, "evil.example; dkim=pass (mx.example)", 0, false },
	{ MX, "evil.example; dkim=pass header.d=mx.example", 0, false },
	{ MX, "a.mx.example; none", 0, false },
	{ MX, "mx.example.org; none", 0, false },
	{ MX, "amx.example; none", 0, false },
	{ MX, "\"evil.example\" 1 (x); none", 0, false },
	{ MX, "spf=pass smtp.mailfrom=evil.example", 0, false },
	{ MX, "m\xd1\x85.example; none", 0, false }, /* a Cyrillic x */
	{ UMLAUT, "mx.example; none", 0, false },
	{ "our relay", "relay; none", 0, false },
	{ "", "evil.example; none", 0, false },
	/* All of our organization. */
	{ MX, "mx.example; none", 0, true, "mx.example" },
	{ HOST, HOST "; none", 0, true, ORG },
	{ HOST, ORG "; none", 0, true, ORG },
	{ HOST, "Example.ORG.; none", 0, true, ORG },
	{ HOST, "\"example.org\" 99; none", 0, true, ORG },
	{ HOST, "mx2." ORG "; none", 0, true, ORG },
	{ HOST, "a." HOST " 1; none", 0, true, ORG },
	{ HOST, "a.b.c." ORG "; none", 0, true, ORG },
	{ HOST, "(x) mx2 . example.org; none", 0, true, ORG },
	{ HOST, "mx2.exam\0ple.org; none", 23, true, ORG },
	{ HOST, "mx2.example.org\0.evil.example; none", 35, true, ORG },
	{ HOST, "mx2.exa\xc2\xadmple.org; none", 0, true, ORG },
	{ HOST, "m\xc3\xbcx.Example.org; none", 0, true, ORG },
	{ HOST, "evil.example (mx2.example.org); none", 0, true, ORG },
	{ HOST, "mx2.example.org, evil.example; none", 0, true, ORG },
	{ HOST, "mx2.example.org/1; none", 0, true, ORG },
	{ UMLAUT, "a." UMLAUT "; none", 0, true, ASCII },
	{ UMLAUT, "a.M\xc3\x9cX.example; none", 0, true, ASCII },
	{ UMLAUT, "a." ASCII "; none", 0, true, ASCII },
	{ "our relay", "mx2." ORG "; none", 0, true, ORG },
	{ HOST, "org; none", 0, false, ORG },
	{ HOST, "anexample.org; none", 0, false, ORG },
	{ HOST, "example.org.evil.example; none", 0, false, ORG },
	{ HOST, "mx.example.net; none", 0, false, ORG },
	{ HOST, "evil.example; dkim=pass header.d=example.org", 0, false, ORG },
	{ HOST, "mx2." ORG "; none", 0, false, NULL },
	{ HOST, "a." HOST "; none", 0, false, NULL },
	{ HOST, ORG "; none", 0, false, NULL },
};

static const struct {
	const char *name;
	const char *value;
	bool names;
} mentions[] = {
	{ HOST, "pass (mx.example.org: a@b.example may)", true },
	{ HOST, "pass client-ip=192.0.2.1; receiver=MX.Example.org;", true },
	{ HOST, "pass receiver=\"mx.exam\\ple.org\"", true },
	{ HOST, "pass receiver=mx.\r\n example.org", true },
	{ HOST, "pass receiver=mx.(x)example.org", true },
	{ HOST,
	    "pass receiver=mx.ex\x01"
	    "ample.org",
	    true },
	{ UMLAUT, "pass (m\xc3\x9cX.example: yes)", true },
	{ HOST, "pass (mx2.example.org: a@b.example may)", false },
	{ HOST, "pass receiver=example.org", false },
	{ HOST, "", false },
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(mentions); i++)
		if (authres_names(span_str(mentions[i].value),
			mentions[i].name) != mentions[i].names)
			fail_msg("%s", mentions[i].value);
}

static void
test_claims(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		size_t len = cases[i].len;
		struct span value = span_new(
		    cases[i].value, len == 0 ? strlen(cases[i].value) : len);
		bool claims = authres_claims(
		    value, cases[i].authserv_id, cases[i].domain);

		if (claims != cases[i].claims)
			print_error("%zu: %s\n", i, cases[i].value);
		assert_int_equal(claims, cases[i].claims);
		arena_free(arena);
	}
}

/* A field with more names in U-labels than we look at counts as a claim, and
 * the time stays in proportion to a hostile field. */
static void
test_hostile_size(void **state)
{
	static const struct {
		const char *unit;
		bool claims;
	} units[] = { { "(", false }, { "()", false }, { "(a)", false },
		{ "\"", false }, { "\\", false }, { "\xc3\xbc", false },
		{ "\xc3\xbc ", true }, { "a ", false }, { "\"a\" ", false },
		{ "(\"", false }, { "=?", true }, { "\x01", false },
		{ "(\xc3\xbc)", true }, { "\"\xc3\xbc.", false },
		{ "\xc3\xbc.\xc3\xbc \r\n\x01", true } };
	enum {
		SIZE = 100000,
		ROUNDS = 20
	};
	char *text = malloc(SIZE);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < UNIT_COUNT(units); i++) {
		struct span value = span_new(text, SIZE);
		clock_t start = clock();

		for (size_t at = 0; at < SIZE; at++)
			text[at] = units[i].unit[at % strlen(units[i].unit)];
		for (size_t round = 0; round < ROUNDS; round++)
			if (authres_claims(value, MX, MX) != units[i].claims)
				fail_msg("%s", units[i].unit);
		/* A tenth of that in a release build. */
		if (clock() - start > 10 * CLOCKS_PER_SEC)
			fail_msg("%s: too slow", units[i].unit);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hostile_size),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
