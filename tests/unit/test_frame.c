#include "support/unit.h"

#include "receiver/frame.h"

#include <string.h>

#include "receiver/wire.h"

struct frame_case {
	const char *bytes;
	size_t len;
	enum frame_status status;
	size_t payload; /* its length, FRAME_WHOLE */
};

#define CASE(bytes, status, payload)                                           \
	{                                                                      \
		bytes, sizeof(bytes) - 1, status, payload                      \
	}

static const struct frame_case cases[] = {
	CASE("", FRAME_PARTIAL, 0),
	CASE("\1", FRAME_PARTIAL, 0),
	CASE("\1\5", FRAME_PARTIAL, 0),
	CASE("\1\5\0\0\0", FRAME_PARTIAL, 0),
	CASE("\1\5\0\0\0\0", FRAME_WHOLE, 0),
	CASE("\1\5\0\0\0\3ab", FRAME_PARTIAL, 0),
	CASE("\1\5\0\0\0\3abc", FRAME_WHOLE, 3),
	CASE("\1\5\0\0\0\3abcd", FRAME_WHOLE, 3),
	CASE("\1\x9\0\0\0\1a", FRAME_WHOLE, 1),
	/* Another version, or a type that is none, is seen at once. */
	CASE("\2", FRAME_BROKEN, 0),
	CASE("hello", FRAME_BROKEN, 0),
	CASE("\1\xb\0\0\0\1a", FRAME_WHOLE, 1),
	CASE("\1\xc", FRAME_BROKEN, 0),
	CASE("\1\xff\0\0\0\0", FRAME_BROKEN, 0),
	/* More than 16 bytes of payload, the limit below. */
	CASE("\1\5\0\0\0\x11", FRAME_BROKEN, 0),
	CASE("\1\5\xff\xff\xff\xff", FRAME_BROKEN, 0),
};

static void
test_take(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct span cursor = span_new(cases[i].bytes, cases[i].len);
		struct frame frame;

		assert_int_equal(
		    frame_take(&cursor, 16, &frame), cases[i].status);
		if (cases[i].status != FRAME_WHOLE) {
			assert_int_equal(cursor.len, cases[i].len);
			continue;
		}
		assert_int_equal(frame.payload.len, cases[i].payload);
		assert_int_equal(cursor.len,
		    cases[i].len - cases[i].payload - FRAME_HEADER_BYTES);
	}
}

/* What one side writes the other reads. */
static void
test_round_trip(void **state)
{
	struct arena *arena = arena_new();
	struct buf buf;
	struct frame frame;

	(void)state;
	buf_init(&buf, arena, 1000);
	frame_add(&buf, FRAME_HELLO, span_str("2.11.0"));
	frame_add(&buf, FRAME_READY, span_str(""));
	struct span cursor = buf_span(&buf);

	assert_int_equal(frame_take(&cursor, 100, &frame), FRAME_WHOLE);
	assert_int_equal(frame.type, FRAME_HELLO);
	assert_true(span_is(frame.payload, "2.11.0"));
	assert_int_equal(frame_take(&cursor, 100, &frame), FRAME_WHOLE);
	assert_int_equal(frame.type, FRAME_READY);
	assert_int_equal(cursor.len, 0);
	arena_free(arena);
}

static const struct wire_opinion opinion = {
	.field = 7,
	.result = WIRE_POLICY,
	.code = 0xffffffff,
	.bits = 2048,
	.domain = "example.com",
	.reason = "it is \033[31m red\n",
};

static struct span
print_opinion(struct arena *arena)
{
	struct buf buf;

	buf_init(&buf, arena, 10000);
	wire_add_opinion(&buf, &opinion);
	return (buf_span(&buf));
}

static void
test_opinion(void **state)
{
	struct arena *arena = arena_new();
	struct wire_opinion out;

	(void)state;
	assert_true(wire_take_opinion(print_opinion(arena), arena, &out));
	assert_int_equal(out.field, 7);
	assert_int_equal(out.result, WIRE_POLICY);
	assert_int_equal(out.code, 0xffffffff);
	assert_int_equal(out.bits, 2048);
	assert_string_equal(out.domain, "example.com");
	assert_null(out.selector);
	/* No terminal obeys it. */
	assert_string_equal(out.reason, "it is ?[31m red?");
	arena_free(arena);
}

/* Every prefix is refused, and so is a byte more. */
static void
test_opinion_cut(void **state)
{
	struct arena *arena = arena_new();
	struct span whole = print_opinion(arena);
	struct wire_opinion out;
	struct buf more;

	(void)state;
	for (size_t len = 0; len < whole.len; len++)
		assert_false(
		    wire_take_opinion(span_head(whole, len), arena, &out));
	buf_init(&more, arena, 10000);
	buf_add(&more, whole);
	buf_add_byte(&more, 0);
	assert_false(wire_take_opinion(buf_span(&more), arena, &out));
	arena_free(arena);
}

static void
test_opinion_bounds(void **state)
{
	struct arena *arena = arena_new();
	struct wire_opinion out, long_one = { .result = WIRE_PASS };
	char *reason = arena_alloc(arena, 5000);
	struct buf buf;

	(void)state;
	/* No such result. */
	buf_init(&buf, arena, 10000);
	frame_add_number(&buf, 0);
	frame_add_number(&buf, WIRE_PERMERROR + 1);
	for (int i = 0; i < 6; i++)
		frame_add_number(&buf, 0);
	assert_false(wire_take_opinion(buf_span(&buf), arena, &out));
	/* The writer cuts what the reader would refuse. */
	memset(reason, 'a', 4999);
	long_one.reason = reason;
	buf_init(&buf, arena, 10000);
	wire_add_opinion(&buf, &long_one);
	assert_true(wire_take_opinion(buf_span(&buf), arena, &out));
	assert_int_equal(strlen(out.reason), WIRE_MAX_TEXT);
	buf_init(&buf, arena, 10000);
	for (int i = 0; i < 7; i++)
		frame_add_number(&buf, 0);
	frame_add_bytes(&buf, span_head(span_str(reason), WIRE_MAX_TEXT + 1));
	assert_false(wire_take_opinion(buf_span(&buf), arena, &out));
	arena_free(arena);
}

static struct span
print_spf_opinion(struct arena *arena)
{
	static const struct wire_spf_opinion said = {
		.result = SPF_SOFTFAIL,
		.code = 26,
		.explanation = "see\a http://example.com/",
	};
	struct buf buf;

	buf_init(&buf, arena, 10000);
	wire_add_spf_opinion(&buf, &said);
	return (buf_span(&buf));
}

static void
test_spf_opinion(void **state)
{
	struct arena *arena = arena_new();
	struct span whole = print_spf_opinion(arena);
	struct wire_spf_opinion out;
	struct buf more;

	(void)state;
	assert_true(wire_take_spf_opinion(whole, arena, &out));
	assert_int_equal(out.result, SPF_SOFTFAIL);
	assert_int_equal(out.code, 26);
	assert_null(out.reason);
	assert_string_equal(out.explanation, "see? http://example.com/");
	for (size_t len = 0; len < whole.len; len++)
		assert_false(
		    wire_take_spf_opinion(span_head(whole, len), arena, &out));
	buf_init(&more, arena, 10000);
	buf_add(&more, whole);
	buf_add_byte(&more, 0);
	assert_false(wire_take_spf_opinion(buf_span(&more), arena, &out));
	/* No such result. */
	buf_init(&more, arena, 10000);
	frame_add_number(&more, SPF_PERMERROR + 1);
	for (int i = 0; i < 3; i++)
		frame_add_number(&more, 0);
	assert_false(wire_take_spf_opinion(buf_span(&more), arena, &out));
	arena_free(arena);
}

/* What is asked arrives as it is, bytes above 0x7f too. */
static void
test_spf(void **state)
{
	static const struct wire_spf query = { "2001:db8::1", "mail",
		"j\xc3\xb6@example.com", "" };
	struct arena *arena = arena_new();
	struct wire_spf out;
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 10000);
	wire_add_spf(&buf, &query);
	assert_true(wire_take_spf(buf_span(&buf), arena, &out));
	assert_string_equal(out.client, query.client);
	assert_string_equal(out.helo, query.helo);
	assert_string_equal(out.mail_from, query.mail_from);
	assert_string_equal(out.receiver, "");
	for (size_t len = 0; len < buf.len; len++)
		assert_false(
		    wire_take_spf(span_head(buf_span(&buf), len), arena, &out));
	arena_free(arena);
}

static void
test_question(void **state)
{
	struct arena *arena = arena_new();
	const struct wire_question asked = { "s._domainkey.example.com", 16 };
	struct wire_question out;
	struct buf buf;
	char name[WIRE_MAX_TEXT + 1];

	(void)state;
	buf_init(&buf, arena, 1000);
	wire_add_question(&buf, &asked);
	assert_true(wire_take_question(buf_span(&buf), arena, &out));
	assert_string_equal(out.name, asked.name);
	assert_int_equal(out.type, 16);
	memset(name, 'a', sizeof(name));
	buf_init(&buf, arena, 2 * sizeof(name));
	frame_add_number(&buf, 16);
	frame_add_bytes(&buf, span_new(name, 256));
	assert_true(wire_take_question(buf_span(&buf), arena, &out));
	buf_init(&buf, arena, 2 * sizeof(name));
	frame_add_number(&buf, 16);
	frame_add_bytes(&buf, span_new(name, sizeof(name)));
	assert_false(wire_take_question(buf_span(&buf), arena, &out));
	buf_init(&buf, arena, 1000);
	frame_add_number(&buf, 16);
	frame_add_bytes(&buf, span_new("a\0b", 3));
	assert_false(wire_take_question(buf_span(&buf), arena, &out));
	arena_free(arena);
}

static void
test_answer(void **state)
{
	struct arena *arena = arena_new();
	struct span rdata[] = { SPAN_LITERAL("\3abc"), SPAN_LITERAL("") };
	const struct dns_answer answer = { .status = DNS_OK,
		.security = DNS_SECURE,
		.ttl = 300,
		.count = 2,
		.rdata = rdata };
	struct dns_answer out;
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 1000);
	wire_add_answer(&buf, &answer);
	struct span whole = buf_span(&buf);

	assert_true(wire_take_answer(whole, arena, &out));
	assert_int_equal(out.status, DNS_OK);
	assert_int_equal(out.security, DNS_SECURE);
	assert_int_equal(out.ttl, 300);
	assert_int_equal(out.count, 2);
	assert_true(span_eq(out.rdata[0], rdata[0]));
	for (size_t len = 0; len < whole.len; len++)
		assert_false(
		    wire_take_answer(span_head(whole, len), arena, &out));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_opinion),
		cmocka_unit_test(test_opinion_cut),
		cmocka_unit_test(test_opinion_bounds),
		cmocka_unit_test(test_spf_opinion),
		cmocka_unit_test(test_spf),
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_answer),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
