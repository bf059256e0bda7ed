/* ledger_frame.h: what is written is read back, and nothing else is read. */
#include "support/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_frame.h"

static void
fill(char *text, size_t len)
{
	memset(text, 'x', len);
	text[len] = '\0';
}

static void
check_amount(struct ledger_amount was, struct ledger_amount is)
{
	assert_true(was.bytes == is.bytes && was.count == is.count);
}

static void
check_request(const struct ledger_request *was, const struct ledger_request *is)
{
	assert_int_equal(is->verb, was->verb);
	assert_int_equal(is->tag, was->tag);
	assert_int_equal(is->flags, was->flags);
	assert_true(is->lease == was->lease);
	assert_true(is->sequence == was->sequence);
	assert_true(is->size == was->size);
	assert_string_equal(is->holder, was->holder ? was->holder : "");
	assert_string_equal(is->text, was->text ? was->text : "");
	assert_int_equal(is->root_count, was->root_count);
	for (size_t i = 0; i < was->root_count; i++) {
		assert_string_equal(is->roots[i].key, was->roots[i].key);
		check_amount(was->roots[i].amount, is->roots[i].amount);
		check_amount(was->roots[i].limit, is->roots[i].limit);
		assert_true(is->roots[i].extra == was->roots[i].extra);
	}
}

static void
check_reply(const struct ledger_reply *was, const struct ledger_reply *is)
{
	assert_int_equal(is->result, was->result);
	assert_int_equal(is->tag, was->tag);
	assert_int_equal(is->flags, was->flags);
	assert_int_equal(is->root, was->root);
	assert_true(is->lease == was->lease);
	assert_true(is->sequence == was->sequence);
	assert_string_equal(is->text, was->text ? was->text : "");
	assert_int_equal(is->root_count, was->root_count);
	for (size_t i = 0; i < was->root_count; i++) {
		const struct ledger_reply_root *before = &was->roots[i];
		const struct ledger_reply_root *after = &is->roots[i];

		assert_string_equal(after->key, before->key);
		check_amount(before->used, after->used);
		check_amount(before->held, after->held);
		check_amount(before->hard, after->hard);
		check_amount(before->soft, after->soft);
		assert_true(after->over_since == before->over_since);
	}
}

/* Write it, read it back, and read none of its beginnings. */
static void
pass_request(const struct ledger_request *request)
{
	unsigned char bytes[LEDGER_MAX_FRAME];
	size_t len = ledger_frame_write_request(request, bytes);
	struct ledger_reply none;
	struct ledger_request read;
	size_t used;

	assert_true(len > 0);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(
		    ledger_frame_take(bytes, i, &used), LEDGER_FRAME_PARTIAL);
		assert_int_equal(used, 0);
		assert_int_equal(
		    ledger_frame_read_request(bytes, i, &read), -1);
	}
	assert_int_equal(
	    ledger_frame_take(bytes, sizeof(bytes), &used), LEDGER_FRAME_WHOLE);
	assert_int_equal(used, len);
	assert_int_equal(ledger_frame_read_request(bytes, len, &read), 0);
	check_request(request, &read);
	assert_int_equal(ledger_frame_read_request(bytes, len + 1, &read), -1);
	assert_int_equal(ledger_frame_read_reply(bytes, len, &none), -1);
}

static void
pass_reply(const struct ledger_reply *reply)
{
	unsigned char bytes[LEDGER_MAX_FRAME];
	size_t len = ledger_frame_write_reply(reply, bytes);
	struct ledger_request none;
	struct ledger_reply read;
	size_t used;

	assert_true(len > 0);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(ledger_frame_read_reply(bytes, i, &read), -1);
	assert_int_equal(
	    ledger_frame_take(bytes, len, &used), LEDGER_FRAME_WHOLE);
	assert_int_equal(used, len);
	assert_int_equal(ledger_frame_read_reply(bytes, len, &read), 0);
	check_reply(reply, &read);
	assert_int_equal(ledger_frame_read_reply(bytes, len + 1, &read), -1);
	assert_int_equal(ledger_frame_read_request(bytes, len, &none), -1);
}

static const struct ledger_request requests[] = {
	{ .verb = LEDGER_LOOK },
	{ .verb = LEDGER_RESERVE,
	    .tag = 7,
	    .holder = "al@a.example",
	    .root_count = 2,
	    .roots = { { "user/al@a.example", { 2000, 1 }, { 1 << 20, 0 }, 0 },
		{ "domain/a.example", { 2000, 1 }, { 0, 0 }, 10 } } },
	{ .verb = LEDGER_COMMIT,
	    .lease = UINT64_MAX,
	    .holder = "al",
	    .root_count = 1,
	    .roots = { { "user/al", { -2000, -1 }, { 0, 0 }, 0 } } },
	{ .verb = LEDGER_RECOUNT_END,
	    .tag = UINT32_MAX,
	    .flags = UINT32_MAX,
	    .sequence = UINT64_MAX,
	    .size = UINT64_MAX,
	    .root_count = 1,
	    .roots = { { "k", { INT64_MIN, INT64_MAX },
		{ INT64_MAX, INT64_MIN }, INT64_MIN } } },
	{ .verb = LEDGER_COMMAND, .text = "{\"do\":\"top\"}\n\xff" },
};

static void
test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(requests); i++)
		pass_request(&requests[i]);
	for (int verb = LEDGER_RESERVE; verb <= LEDGER_COMMAND; verb++)
		pass_request(
		    &(struct ledger_request){ .verb = (enum ledger_verb)verb });
}

static const struct ledger_reply replies[] = {
	{ .result = LEDGER_OK },
	{ .result = LEDGER_SOFT,
	    .tag = 1,
	    .flags = LEDGER_IS_DIRTY,
	    .root = 1,
	    .lease = 77,
	    .sequence = 3,
	    .text = "domain a.example: 1.0 of 1.0 GB used",
	    .root_count = 2,
	    .roots = { { "user/al", { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 }, 9 },
		{ "domain/a", { -1, -2 }, { INT64_MIN, INT64_MAX }, { 0, 0 },
		    { 0, 0 }, INT64_MAX } } },
};

static void
test_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(replies); i++)
		pass_reply(&replies[i]);
	for (int result = LEDGER_OK; result <= LEDGER_MORE; result++)
		pass_reply(&(struct ledger_reply){
		    .result = (enum ledger_result)result });
}

/* What fills every limit fits into a frame; a byte more does not. */
static void
test_limits(void **state)
{
	char key[LEDGER_MAX_KEY + 2];
	char text[LEDGER_MAX_TEXT + 2];
	unsigned char bytes[LEDGER_MAX_FRAME];
	struct ledger_request request = { .verb = LEDGER_RESERVE,
		.holder = key,
		.text = text,
		.root_count = LEDGER_MAX_ROOTS };
	struct ledger_reply reply = { .result = LEDGER_HARD,
		.text = text,
		.root_count = LEDGER_MAX_ROOTS };

	(void)state;
	fill(key, LEDGER_MAX_KEY);
	fill(text, LEDGER_MAX_TEXT);
	for (size_t i = 0; i < LEDGER_MAX_ROOTS; i++) {
		request.roots[i].key = key;
		reply.roots[i].key = key;
	}
	pass_request(&request);
	pass_reply(&reply);
	fill(text, LEDGER_MAX_TEXT + 1);
	assert_int_equal(ledger_frame_write_request(&request, bytes), 0);
	assert_int_equal(ledger_frame_write_reply(&reply, bytes), 0);
	fill(text, 1);
	fill(key, LEDGER_MAX_KEY + 1);
	assert_int_equal(ledger_frame_write_request(&request, bytes), 0);
	assert_int_equal(ledger_frame_write_reply(&reply, bytes), 0);
	request.holder = NULL;
	assert_int_equal(ledger_frame_write_request(&request, bytes), 0);
	fill(key, 1);
	request.root_count = LEDGER_MAX_ROOTS + 1;
	reply.root_count = SIZE_MAX;
	assert_int_equal(ledger_frame_write_request(&request, bytes), 0);
	assert_int_equal(ledger_frame_write_reply(&reply, bytes), 0);
}

#define FRAME(bytes, state)                                                    \
	{                                                                      \
		(const unsigned char *)(bytes), sizeof(bytes) - 1, (state)     \
	}

/* What begins a frame; one that nothing can mend is seen as such at once. */
static const struct {
	const unsigned char *bytes;
	size_t len;
	enum ledger_frame_state state;
} heads[] = {
	FRAME("", LEDGER_FRAME_PARTIAL),
	FRAME("\0", LEDGER_FRAME_PARTIAL),
	FRAME("\0\0\0\x10", LEDGER_FRAME_PARTIAL),
	FRAME("\0\0\0\x10\1", LEDGER_FRAME_PARTIAL),
	FRAME("\0\0\0\x04\1\4\0\0", LEDGER_FRAME_WHOLE),
	FRAME("\0\0\0\x04\1\4\0\0more", LEDGER_FRAME_WHOLE),
	FRAME("\0\0\0\x05\1\4\0\0", LEDGER_FRAME_PARTIAL),
	FRAME("\0\0\0\0", LEDGER_FRAME_BROKEN),
	FRAME("\0\0\0\x03", LEDGER_FRAME_BROKEN),
	FRAME("\0\0\0\x10\0", LEDGER_FRAME_BROKEN),
	FRAME("\0\0\0\x10\2", LEDGER_FRAME_BROKEN),
	FRAME("\0\0\x1f\xfc\1", LEDGER_FRAME_PARTIAL),
	FRAME("\0\0\x1f\xfd", LEDGER_FRAME_BROKEN),
	FRAME("\xff\xff\xff\xff\1", LEDGER_FRAME_BROKEN),
	FRAME("GET / HTTP/1.0", LEDGER_FRAME_BROKEN),
};

static void
test_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(heads); i++) {
		size_t used = 99;

		if (ledger_frame_take(heads[i].bytes, heads[i].len, &used) !=
		    heads[i].state)
			fail_msg("%zu", i);
		assert_int_equal(
		    used, heads[i].state == LEDGER_FRAME_WHOLE ? 8 : 0);
	}
}

/* Where the fields of a request of no roots begin. */
#define AT_KIND 5
#define AT_HOLDER 40
#define AT_ROOTS 48 /* after "al" and "" */

/* One byte of a good request, and whether it is still one. */
static const struct {
	size_t at;
	unsigned char byte;
	bool good;
} changes[] = {
	{ AT_KIND, 0, false },
	{ AT_KIND, LEDGER_COMMAND, true },
	{ AT_KIND, LEDGER_COMMAND + 1, false },
	{ AT_KIND, 0x80 + LEDGER_OK, false },
	{ AT_KIND, 0xff, false },
	{ AT_HOLDER, 1, false },     /* longer than what is left */
	{ AT_HOLDER + 1, 0, false }, /* a string has a NUL */
	{ AT_HOLDER + 1, 2, false }, /* at its end */
	{ AT_HOLDER + 1, 4, false },
	{ AT_HOLDER + 2, 0, false }, /* and nowhere else */
	{ AT_HOLDER + 2, 0xff, true },
	{ AT_HOLDER + 4, 'x', false },
	{ AT_ROOTS - 1, 'x', false },
	{ AT_ROOTS, 1, false },
	{ AT_ROOTS, LEDGER_MAX_ROOTS + 1, false },
};

static void
test_changes(void **state)
{
	struct ledger_request request = { .verb = LEDGER_LOOK, .holder = "al" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(changes); i++) {
		unsigned char bytes[LEDGER_MAX_FRAME];
		size_t len = ledger_frame_write_request(&request, bytes);
		struct ledger_request read;

		assert_int_equal(len, AT_ROOTS + 1);
		bytes[changes[i].at] = changes[i].byte;
		if ((ledger_frame_read_request(bytes, len, &read) == 0) !=
		    changes[i].good)
			fail_msg("%zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_changes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
