/* report_spf.h: Received-SPF, whatever a stranger's names hold. */
#include "support/unit.h"

#include <string.h>

#include "base/buf.h"
#include "report_spf.h"

struct spf_case {
	const char *client;
	const char *mail_from;
	const char *helo;
	struct spf_outcome spf;
	const char *field; /* with ~ for each fold */
};

static const struct spf_case cases[] = {
	{ "192.0.2.1", "ann@example.com", "out.example.com",
	    { .result = SPF_PASS,
		.domain = "example.com",
		.mechanism = "ip4:192.0.2.0/24",
		.reason = "it matches" },
	    " pass~(it matches)~client-ip=\"192.0.2.1\";"
	    "~envelope-from=\"ann@example.com\";~helo=\"out.example.com\";"
	    "~receiver=\"mx.example\";~identity=\"mailfrom\";"
	    "~mechanism=\"ip4:192.0.2.0/24\"" },
	{ "2001:db8::1", "", "out.example.com",
	    { .result = SPF_NEUTRAL, .reason = "nothing matches" },
	    " neutral~(nothing matches)~client-ip=\"2001:db8::1\";"
	    "~envelope-from=\"\";~helo=\"out.example.com\";"
	    "~receiver=\"mx.example\";~identity=\"helo\";"
	    "~mechanism=\"default\"" },
	{ "192.0.2.1", "ann@example.com", NULL,
	    { .result = SPF_PERMERROR, .reason = "no \"term\" (1)" },
	    " permerror~(no 'term' [1])~client-ip=\"192.0.2.1\";"
	    "~envelope-from=\"ann@example.com\";~receiver=\"mx.example\";"
	    "~identity=\"mailfrom\";"
	    "~problem=\"no 'term' [1]\"" },
	/* Nothing in it ends a value, for whatever reader. */
	{ "192.0.2.1", "\"a\\\"b\"@x.example", "h\";\r\n identity=x",
	    { .result = SPF_PASS,
		.mechanism = "include:\";dmarc=pass",
		.reason = "(no record\\" },
	    " pass~([no record/)~client-ip=\"192.0.2.1\";"
	    "~envelope-from=\"@x.example\";~receiver=\"mx.example\";"
	    "~identity=\"mailfrom\";~mechanism=\"include:',dmarc:pass\"" },
	{ "192.0.2.1", "ann@x.example\r\nX: y", "b c",
	    { .result = SPF_NONE, .reason = "" },
	    " none~()~client-ip=\"192.0.2.1\";~helo=\"b c\";"
	    "~receiver=\"mx.example\";~identity=\"mailfrom\"" },
	/* EAI stays, what is no UTF-8 does not. */
	{ "192.0.2.1", "b\xc3\xbc@x.example", "x\xff.example",
	    { .result = SPF_FAIL, .mechanism = "-all", .reason = "" },
	    " fail~()~client-ip=\"192.0.2.1\";"
	    "~envelope-from=\"b\xc3\xbc@x.example\";~helo=\"x?.example\";"
	    "~receiver=\"mx.example\";~identity=\"mailfrom\";"
	    "~mechanism=\"-all\"" },
};

static const char *
field_of(struct arena *arena, const struct spf_case *test)
{
	struct mail_session session = { .helo = test->helo };
	const struct mail mail = { .arena = arena,
		.session = &session,
		.mail_from = test->mail_from,
		.authserv_id = "mx.example" };

	assert_int_equal(
	    network_address_parse(test->client, &session.client), 0);
	return (report_spf(&mail, &test->spf));
}

/* Return ${text} with ~ for each CRLF and tab; no other control byte is in
 * it. */
static const char *
with_folds(struct arena *arena, const char *text)
{
	struct span rest = span_str(text);
	struct span line;
	struct buf out;

	buf_init(&out, arena, 100000);
	while (span_take_until(&rest, '\r', &line)) {
		buf_add(&out, line);
		assert_true(span_take_byte(&rest, '\n'));
		assert_true(span_take_byte(&rest, '\t'));
		buf_add_byte(&out, '~');
	}
	buf_add(&out, line);
	for (size_t i = 0; i < out.len; i++)
		assert_false(span_is_control(out.data[i]));
	return (buf_str(&out));
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();

		assert_string_equal(
		    with_folds(arena, field_of(arena, &cases[i])),
		    cases[i].field);
		arena_free(arena);
	}
}

/* A name that is too long is left out, not cut, and the field ends well. */
static void
test_long(void **state)
{
	char name[REPORT_SPF_MAX_VALUE + 2];
	struct spf_case test = { "192.0.2.1", name, name,
		{ .result = SPF_NONE, .reason = name }, NULL };

	(void)state;
	for (size_t len = REPORT_SPF_MAX_VALUE; len < sizeof(name); len++) {
		struct arena *arena = arena_new();
		const char *field;

		memset(name, '?', sizeof(name));
		name[len] = '\0';
		field = with_folds(arena, field_of(arena, &test));
		if (len > REPORT_SPF_MAX_VALUE)
			assert_string_equal(field,
			    " none~client-ip=\"192.0.2.1\";"
			    "~receiver=\"mx.example\";"
			    "~identity=\"mailfrom\"");
		else
			assert_int_equal(strlen(field),
			    strlen(" none~()~client-ip=\"192.0.2.1\";"
				   "~envelope-from=\"\";~helo=\"\";"
				   "~receiver=\"mx.example\";"
				   "~identity=\"mailfrom\"") +
				3 * len);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
