#include "support/unit.h"

#include "receiver/permit.h"

#include <string.h>

#include "receiver/receiver.h"

#define TOO_LONG 5000

/* What a field permits: names, blanks between them, in this order. */
static const struct {
	struct span field;
	const char *names;
} cases[] = {
	{ SPAN_LITERAL(" v=1; d=example.com; s=s; h=from"),
	    "s._domainkey.example.com" },
	{ SPAN_LITERAL(" d = Example.COM ;\r\n\ts =\r\n S.Two ;"),
	    "s.two._domainkey.example.com" },
	/* libopendkim drops blanks anywhere. */
	{ SPAN_LITERAL(" d=exam\r\n ple.\vcom; s=a b"),
	    "ab._domainkey.example.com" },
	/* What our parser refuses. */
	{ SPAN_LITERAL("s=s;d=example.com;v=0.5;;x=%%;a"),
	    "s._domainkey.example.com" },
	{ SPAN_LITERAL("s=1;d=a.example;s=2;d=b.example"),
	    "1._domainkey.a.example 1._domainkey.b.example "
	    "2._domainkey.a.example 2._domainkey.b.example" },
	{ SPAN_LITERAL("s=1;s=2;s=3;d=a.example"),
	    "1._domainkey.a.example 3._domainkey.a.example" },
	{ SPAN_LITERAL("s=s;d=b\xc3\xbc"
		       "cher.example"),
	    "s._domainkey.xn--bcher-kva.example" },
	{ SPAN_LITERAL("s=s;d=a.example\0;d=b.example"),
	    "s._domainkey.a.example" },
	{ SPAN_LITERAL("s=;s=s;d=a.example"), "s._domainkey.a.example" },
	/* Nobody can have these. */
	{ SPAN_LITERAL(""), "" },
	{ SPAN_LITERAL(" a"), "" },
	{ SPAN_LITERAL("s=s"), "" },
	{ SPAN_LITERAL("d=a.example"), "" },
	{ SPAN_LITERAL("S=s;D=a.example"), "" },
	{ SPAN_LITERAL("s=s;d=a..example"), "" },
	{ SPAN_LITERAL("s=s;d=-"), "" },
};

static const char *
join(struct arena *arena, const struct permit *permit)
{
	const char *text = "";

	for (size_t i = 0; i < permit->count; i++)
		text = arena_printf(
		    arena, "%s%s%s", text, i > 0 ? " " : "", permit->names[i]);
	return (text);
}

static void
test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct header_list headers;
		struct permit permit;

		header_list_init(&headers, arena);
		header_list_add(
		    &headers, span_str("X"), span_str(" d=example.net; s=x"));
		header_list_add(
		    &headers, span_str("dkim-signature "), cases[i].field);
		permit_find(arena, &headers, &permit);
		if (strcmp(join(arena, &permit), cases[i].names) != 0)
			fail_msg("case %zu: %s", i, join(arena, &permit));
		arena_free(arena);
	}
}

static void
test_name(void **state)
{
	struct arena *arena = arena_new();
	struct header_list headers;
	struct permit permit;

	(void)state;
	header_list_init(&headers, arena);
	header_list_add(
	    &headers, span_str("DKIM-Signature"), span_str("d=a.example; s=s"));
	header_list_add(
	    &headers, span_str("DKIM-Signature"), span_str("d=b.example; s=t"));
	permit_find(arena, &headers, &permit);
	assert_string_equal(
	    permit_name(&permit, arena, "T._domainkey.B.example."),
	    "t._domainkey.b.example");
	/* Each of its own field. */
	assert_null(permit_name(&permit, arena, "s._domainkey.b.example"));
	assert_null(permit_name(&permit, arena, "a.example"));
	assert_null(permit_name(&permit, arena, ""));
	arena_free(arena);
}

/* However many fields and however long, the names are few. */
static void
test_limits(void **state)
{
	struct arena *arena = arena_new();
	struct header_list headers;
	struct permit permit;
	const char *longest =
	    arena_printf(arena, "d=a.example; s=%0*d", TOO_LONG, 1);

	(void)state;
	header_list_init(&headers, arena);
	for (int i = 0; i < 2 * RECEIVER_MAX_SIGNATURES; i++)
		header_list_add(&headers, span_str("DKIM-Signature"),
		    span_str(i % 2 == 0 ? longest : "d=a.example; s=s"));
	permit_find(arena, &headers, &permit);
	assert_int_equal(permit.count, RECEIVER_MAX_SIGNATURES / 2);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_limits),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
