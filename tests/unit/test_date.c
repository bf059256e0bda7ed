#include "support/unit.h"

#include "mail/date.h"

struct date_case {
	const char *text;
	int64_t seconds; /* NO_DATE: refused */
};

#define NO_DATE INT64_MIN

static const struct date_case cases[] = {
	{ "Thu, 1 Jan 1970 00:00:00 +0000", 0 },
	{ " Thu, 01 Jan 1970 00:00 +0000 ", 0 },
	{ "1 Jan 1970 00:00:00 +0000", 0 },
	{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706 },
	{ "Tue, 29 Feb 2000 23:59:59 +0130", 951863399 },
	{ "Mon, 1 Jan 1900 00:00:00 +0000", -2208988800 },
	{ "Fri, 31 Dec 9999 23:59:59 +0000", 253402300799 },
	{ "tHU, 1 JAN 1970 00:00:00 gmt", 0 },
	{ "Thu, 1 Jan 1970 00:00:00 -0000", 0 },
	{ "1 Jan 1970 00:00:00 +9959", -359940 },
	/* Folds and comments (RFC 5322 4.3). */
	{ "Thu,\r\n 1\tJan\r\n 1970 (a (b) \\) c) 00 : 00 :00 +0000 (UTC)", 0 },
	{ "Thu (x) , 1 (x) Jan (x) 1970(x)00:00(x):(x)01(x)+0000", 1 },
	{ "Thu,1Jan1970 00:00:00 +0000", 0 },
	/* RFC 5322 4.3: years of two and three digits. */
	{ "21 Nov 97 09:55:06 -0600", 880127706 },
	{ "21 Nov 097 09:55:06 -0600", 880127706 },
	{ "1 Jan 70 00:00:00 +0000", 0 },
	{ "1 Jan 49 00:00:00 +0000", 2493072000 },
	{ "1 Jan 50 00:00:00 +0000", -631152000 },
	{ "1 Jan 100 00:00:00 +0000", 946684800 },
	/* RFC 5322 4.3: zones with names. */
	{ "1 Jan 1970 00:00:00 UT", 0 },
	{ "1 Jan 1970 00:00:00 EST", 18000 },
	{ "1 Jan 1970 00:00:00 edt", 14400 },
	{ "1 Jan 1970 00:00:00 CST", 21600 },
	{ "1 Jan 1970 00:00:00 CDT", 18000 },
	{ "1 Jan 1970 00:00:00 MST", 25200 },
	{ "1 Jan 1970 00:00:00 MDT", 21600 },
	{ "1 Jan 1970 00:00:00 PST", 28800 },
	{ "1 Jan 1970 00:00:00 PDT", 25200 },
	{ "1 Jan 1970 00:00:00 A", 0 },
	{ "1 Jan 1970 00:00:00 z", 0 },
	{ "1 Jan 1970 00:00:00 CEST", 0 },
	/* A leap second. */
	{ "Sat, 31 Dec 2016 23:59:60 +0000", 1483228800 },
	/* A day of another week day, or none at all (RFC 5322 3.3). */
	{ "Fri, 1 Jan 1970 00:00:00 +0000", NO_DATE },
	{ "Tue, 29 Feb 1900 00:00:00 +0000", NO_DATE },
	{ "29 Feb 2001 00:00:00 +0000", NO_DATE },
	{ "31 Apr 2001 00:00:00 +0000", NO_DATE },
	{ "0 Jan 2001 00:00:00 +0000", NO_DATE },
	{ "32 Jan 2001 00:00:00 +0000", NO_DATE },
	{ "001 Jan 2001 00:00:00 +0000", NO_DATE },
	{ "", NO_DATE },
	{ "Thu", NO_DATE },
	{ "Thu,", NO_DATE },
	{ "Thu 1 Jan 1970 00:00:00 +0000", NO_DATE },
	{ "Xyz, 1 Jan 1970 00:00:00 +0000", NO_DATE },
	{ "1 January 1970 00:00:00 +0000", NO_DATE },
	{ "1 1 1970 00:00:00 +0000", NO_DATE },
	{ "1 Jan 7 00:00:00 +0000", NO_DATE },
	{ "1 Jan 1899 00:00:00 +0000", NO_DATE },
	{ "1 Jan 19700 00:00:00 +0000", NO_DATE },
	{ "1 Jan 99999999999999999999 00:00:00 +0000", NO_DATE },
	{ "1 Jan -1970 00:00:00 +0000", NO_DATE },
	{ "1 Jan 1970", NO_DATE },
	{ "1 Jan 197000:00:00 +0000", NO_DATE },
	{ "1 Jan 1970 24:00:00 +0000", NO_DATE },
	{ "1 Jan 1970 0:00:00 +0000", NO_DATE },
	{ "1 Jan 1970 00:60:00 +0000", NO_DATE },
	{ "1 Jan 1970 00:00:61 +0000", NO_DATE },
	{ "1 Jan 1970 00:00: +0000", NO_DATE },
	{ "1 Jan 1970 00 00:00 +0000", NO_DATE },
	{ "1 Jan 1970 00:00:00", NO_DATE },
	{ "1 Jan 1970 00:00:00+0000", NO_DATE },
	{ "1 Jan 1970 00:00:00 +000", NO_DATE },
	{ "1 Jan 1970 00:00:00 +00000", NO_DATE },
	{ "1 Jan 1970 00:00:00 +0060", NO_DATE },
	{ "1 Jan 1970 00:00:00 0000", NO_DATE },
	{ "1 Jan 1970 00:00:00 J", NO_DATE },
	{ "1 Jan 1970 00:00:00 ABCDEF", NO_DATE },
	{ "1 Jan 1970 00:00:00 +0000 x", NO_DATE },
	{ "1 Jan 1970 00:00:00 +0000 (x", NO_DATE },
	{ "1 (Jan 1970 00:00:00 +0000", NO_DATE },
	{ "1970-01-01T00:00:00Z", NO_DATE },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		int64_t seconds = NO_DATE;
		int result = date_parse(span_str(cases[i].text), &seconds);

		if (seconds != cases[i].seconds)
			print_error(
			    "%s: %lld\n", cases[i].text, (long long)seconds);
		assert_int_equal(seconds, cases[i].seconds);
		assert_int_equal(result, seconds == NO_DATE ? -1 : 0);
	}
}

static const struct {
	int64_t seconds;
	const char *text;
} print_cases[] = {
	{ 0, "Thu, 1 Jan 1970 00:00:00 +0000" },
	{ 880127706, "Fri, 21 Nov 1997 15:55:06 +0000" },
	{ -1, "Wed, 31 Dec 1969 23:59:59 +0000" },
	{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 +0000" },
	{ INT64_MIN, "Mon, 1 Jan 1900 00:00:00 +0000" },
};

static void
test_print(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(print_cases); i++)
		assert_string_equal(date_print(arena, print_cases[i].seconds),
		    print_cases[i].text);
	arena_free(arena);
}

/* What date_print() writes, date_parse() reads back. */
static void
test_round_trip(void **state)
{
	enum {
		STEP = 86399 * 37
	};
	struct arena *arena = arena_new();

	(void)state;
	for (int64_t time = -2208988800; time < 4102444800; time += STEP) {
		int64_t back = NO_DATE;
		const char *text = date_print(arena, time);

		assert_int_equal(date_parse(span_str(text), &back), 0);
		assert_int_equal(back, time);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_round_trip),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
