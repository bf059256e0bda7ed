/* quota_reply.h: what a reply of quota-status means for a mailbox. */
#include "quota_reply.h"

#include "support/unit.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *bytes;
	enum quota_reply_status status;
	const char *action;
} replies[] = {
	{ "action=OK\n\n", QUOTA_REPLY_COMPLETE, "OK" },
	{ "action=OK\r\n\r\n", QUOTA_REPLY_COMPLETE, "OK" },
	{ "action=554 5.2.2 Full\n\n\n\n", QUOTA_REPLY_COMPLETE,
	    "554 5.2.2 Full" },
	{ "\n\naction=OK\n\n", QUOTA_REPLY_COMPLETE, "OK" },
	{ "action=a=b\n\n", QUOTA_REPLY_COMPLETE, "a=b" },
	{ "action=\n\n", QUOTA_REPLY_COMPLETE, "" },
	{ "", QUOTA_REPLY_INCOMPLETE, "" },
	{ "\n\n", QUOTA_REPLY_INCOMPLETE, "" },
	{ "act", QUOTA_REPLY_INCOMPLETE, "" },
	{ "action=OK", QUOTA_REPLY_INCOMPLETE, "" },
	{ "action=OK\n", QUOTA_REPLY_INCOMPLETE, "" },
	{ "action=OK\r\n\r", QUOTA_REPLY_INCOMPLETE, "" },
	{ "action\n\n", QUOTA_REPLY_BAD, "" },
	{ "reaction=OK\n\n", QUOTA_REPLY_BAD, "" },
	{ "Action=OK\n\n", QUOTA_REPLY_BAD, "" },
	{ "hello\n", QUOTA_REPLY_BAD, "" },
	{ "action=OK\naction=OK\n\n", QUOTA_REPLY_BAD, "" },
	{ "action=OK\n\naction=OK\n\n", QUOTA_REPLY_BAD, "" },
	{ "action=OK\n\nx", QUOTA_REPLY_BAD, "" },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(replies); i++) {
		struct span action;

		if (quota_reply_parse(span_str(replies[i].bytes), &action) !=
			replies[i].status ||
		    !span_is(action, replies[i].action))
			fail_msg("%zu: %s", i, replies[i].bytes);
	}
	char much[QUOTA_REPLY_MAX];
	struct span action;

	memset(much, 'x', sizeof(much));
	assert_int_equal(
	    quota_reply_parse(span_new(much, sizeof(much) - 1), &action),
	    QUOTA_REPLY_INCOMPLETE);
	assert_int_equal(
	    quota_reply_parse(span_new(much, sizeof(much)), &action),
	    QUOTA_REPLY_BAD);
}

static const struct {
	const char *action;
	enum quota_result result;
	const char *reason;
} actions[] = {
	/* Dovecot's own. */
	{ "OK", QUOTA_UNDER, NULL },
	{ "DUNNO", QUOTA_UNDER, NULL },
	{ "REJECT Unknown user", QUOTA_UNKNOWN, "Unknown user" },
	{ "554 5.2.2 Quota exceeded (mailbox for user is full)", QUOTA_HARD,
	    "Quota exceeded (mailbox for user is full)" },
	{ "DEFER_IF_PERMIT Internal quota calculation error", QUOTA_TEMPFAIL,
	    "Internal quota calculation error" },
	{ "DEFER_IF_PERMIT ", QUOTA_TEMPFAIL, NULL },
	/* Operators'. */
	{ "dunno", QUOTA_UNDER, NULL },
	{ "PERMIT", QUOTA_UNDER, NULL },
	{ "OK welcome", QUOTA_UNDER, "welcome" },
	{ "552 5.2.2 Mailbox is full", QUOTA_HARD, "Mailbox is full" },
	{ "552 sorry", QUOTA_HARD, "sorry" },
	{ "550 5.2.2", QUOTA_HARD, NULL },
	{ "550 Mailbox Full", QUOTA_HARD, "Mailbox Full" },
	{ "554 user is over quota", QUOTA_HARD, "user is over quota" },
	{ "552 5.2.3 too large for him", QUOTA_HARD, "too large for him" },
	{ "552 5.3.4 too large", QUOTA_HARD, "too large" },
	{ "REJECT Mailbox is full", QUOTA_HARD, "Mailbox is full" },
	{ "REJECT 5.2.2 no", QUOTA_HARD, "no" },
	{ "REJECT", QUOTA_UNKNOWN, NULL },
	{ "reject 5.1.1 nobody", QUOTA_UNKNOWN, "nobody" },
	{ "550 5.1.1 no such user", QUOTA_UNKNOWN, "no such user" },
	{ "552 5.1.1 nobody", QUOTA_UNKNOWN, "nobody" },
	{ "550 Unknown user", QUOTA_UNKNOWN, "Unknown user" },
	{ "550 5.2.1 disabled", QUOTA_UNKNOWN, "disabled" },
	{ "452 4.2.2 Mailbox is full", QUOTA_SOFT, "Mailbox is full" },
	{ "450 4.2.2", QUOTA_SOFT, NULL },
	{ "452 later", QUOTA_SOFT, "later" },
	{ "451 over quota", QUOTA_SOFT, "over quota" },
	{ "DEFER_IF_PERMIT 4.2.2 Mailbox is full", QUOTA_SOFT,
	    "Mailbox is full" },
	{ "DEFER 4.2.2 x", QUOTA_SOFT, "x" },
	{ "DEFER is full", QUOTA_TEMPFAIL, "is full" },
	{ "451 4.3.0 Internal quota error", QUOTA_TEMPFAIL,
	    "Internal quota error" },
	/* Odd. */
	{ "", QUOTA_TEMPFAIL, NULL },
	{ " ", QUOTA_TEMPFAIL, NULL },
	{ "PREPEND X: y", QUOTA_TEMPFAIL, "X: y" },
	{ "DEFER_IF_REJECT 4.2.2 x", QUOTA_TEMPFAIL, "x" },
	{ "550 5.7.1 no", QUOTA_TEMPFAIL, "no" },
	{ "250 OK", QUOTA_TEMPFAIL, "OK" },
	{ "5522 x", QUOTA_TEMPFAIL, "x" },
	{ "55x over quota", QUOTA_TEMPFAIL, "over quota" },
	{ "OKAY", QUOTA_TEMPFAIL, NULL },
	{ "554 5.2.22 x", QUOTA_TEMPFAIL, "x" },
	{ "554 5.2.2x y", QUOTA_TEMPFAIL, "5.2.2x y" },
	{ "554 15.2.2 y", QUOTA_TEMPFAIL, "15.2.2 y" },
	{ "554 \x1b[1m\xc3\xa9 is full", QUOTA_HARD, "?[1m?? is full" },
};

static void
test_eval(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(actions); i++) {
		const char *reason = "";
		enum quota_result result = quota_reply_eval(
		    span_str(actions[i].action), arena, &reason);

		if (result != actions[i].result)
			fail_msg("%s: %s", actions[i].action,
			    quota_result_name(result));
		if ((reason == NULL) != (actions[i].reason == NULL) ||
		    (reason != NULL && strcmp(reason, actions[i].reason) != 0))
			fail_msg("%s: %s", actions[i].action, reason);
	}
	char much[4000];
	const char *reason;

	memset(much, 'x', sizeof(much));
	memcpy(much, "552 ", 4);
	assert_int_equal(
	    quota_reply_eval(span_new(much, sizeof(much)), arena, &reason),
	    QUOTA_HARD);
	assert_int_equal(strlen(reason), QUOTA_MAX_REASON);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_eval),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
