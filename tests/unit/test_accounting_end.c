/* Whether END-OF-MESSAGE is wired, and what follows when it is not. */
#include "accounting_world.h"

#define USER "${sasl_username}"

static void
begin(struct world *world, enum accounting_end end)
{
	world->options.end = end;
	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 100000);
	world_begin(world);
}

/* The ${number}th mail; without END-OF-MESSAGE it is over with the next. */
static void
mail(struct world *world, unsigned int number, bool data, bool end)
{
	char instance[32];

	(void)snprintf(instance, sizeof(instance), "m.%u", number);
	(void)world_rcpt(world, 1, instance, "bob@example.com");
	if (data)
		(void)world_data(world, 1, instance, 1);
	if (end)
		(void)world_end(world, 1, instance, 1);
}

static void
test_never_wired(void **state)
{
	struct world *world = *state;
	const char *first;

	begin(world, ACCOUNTING_END_AUTO);
	assert_true(accounting_commits_at_rcpt(world->accounting));
	for (unsigned int i = 0; i < 10; i++)
		mail(world, i, true, false);
	assert_int_equal(world_used(world, "recipients"), 10);
	/* Said once, with what to do. */
	first = strstr(world->lines, "commits_at_rcpt");
	assert_non_null(first);
	assert_non_null(strstr(first, "smtpd_end_of_data_restrictions"));
	assert_null(strstr(&first[1], "commits_at_rcpt"));
}

/* Nobody was let pass: that says nothing about END-OF-MESSAGE. */
static void
test_gave_up_early(void **state)
{
	struct world *world = *state;
	struct transaction *transaction;

	begin(world, ACCOUNTING_END_AUTO);
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	transaction = transactions_find(
	    accounting_transactions(world->accounting), span_str("a.1"));
	transaction_note(transaction)->passed = 0;
	(void)world_rcpt(world, 1, "a.2", "bob@example.com");
	assert_string_equal(world->lines, "");
}

static void
test_seen_once(void **state)
{
	struct world *world = *state;

	begin(world, ACCOUNTING_END_AUTO);
	mail(world, 0, true, true);
	assert_false(accounting_commits_at_rcpt(world->accounting));
	for (unsigned int i = 1; i < 50; i++)
		mail(world, i, false, false);
	(void)world_rcpt(world, 1, "last", "bob@example.com");
	assert_int_equal(world_used(world, "recipients"), 2);
	assert_string_equal(world->lines, "");
}

static void
test_not_wired_any_more(void **state)
{
	struct world *world = *state;

	begin(world, ACCOUNTING_END_AUTO);
	mail(world, 0, true, true);
	for (unsigned int i = 1; i < ACCOUNTING_MAX_MISSED; i++)
		mail(world, i, false, false);
	assert_false(accounting_commits_at_rcpt(world->accounting));
	/* One that arrives: they begin to count anew. */
	mail(world, 1000, true, true);
	for (unsigned int i = 1; i <= ACCOUNTING_MAX_MISSED; i++)
		mail(world, 2000 + i, false, false);
	assert_false(accounting_commits_at_rcpt(world->accounting));
	assert_string_equal(world->lines, "");
	mail(world, 3000, false, false);
	assert_true(accounting_commits_at_rcpt(world->accounting));
	assert_non_null(strstr(world->lines, "commits_at_rcpt"));
	mail(world, 3001, true, true);
	assert_false(accounting_commits_at_rcpt(world->accounting));
}

static void
test_configured(void **state)
{
	struct world *world = *state;

	begin(world, ACCOUNTING_END_NO);
	for (unsigned int i = 0; i < 5; i++)
		mail(world, i, true, false);
	mail(world, 5, true, true);
	assert_int_equal(world_used(world, "recipients"), 6);
	assert_true(accounting_commits_at_rcpt(world->accounting));
	/* DATA knows better all the same. */
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	(void)world_rcpt(world, 1, "a.1", "carol@example.com");
	(void)world_data(world, 1, "a.1", 1);
	assert_int_equal(world_used(world, "recipients"), 7);
	assert_string_equal(world->lines, "");
}

/* Known after a restart. */
static void
test_remembered(void **state)
{
	struct world *world = *state;
	struct span key = span_str("end_of_message");
	struct table *wired;

	begin(world, ACCOUNTING_END_AUTO);
	wired = accounting_wired(world->accounting);
	assert_true(table_load(
	    wired, key, span_str("seen=1764134400000 missed=99"), TABLE_NEVER));
	assert_false(accounting_commits_at_rcpt(world->accounting));
	mail(world, 1, false, false);
	mail(world, 2, false, false);
	assert_true(accounting_commits_at_rcpt(world->accounting));
	assert_false(
	    table_load(wired, key, span_str("seen=1 missed=1 "), TABLE_NEVER));
	assert_false(
	    table_load(wired, key, span_str("seen=-1 missed=1"), TABLE_NEVER));
	assert_false(table_load(wired, key, span_str("seen=1"), TABLE_NEVER));
	assert_false(table_load(accounting_accounts(world->accounting), key,
	    span_str("first=1"), TABLE_NEVER));
	assert_false(table_load(accounting_accounts(world->accounting), key,
	    span_str("first=1 last=4294967296"), TABLE_NEVER));
	assert_true(table_load(accounting_accounts(world->accounting), key,
	    span_str("first=1 last=4294967295"), TABLE_NEVER));
}

/* The next process charges again what arrives then. */
static void
test_stop(void **state)
{
	struct world *world = *state;

	begin(world, ACCOUNTING_END_AUTO);
	mail(world, 0, true, true);
	mail(world, 1, true, false);
	(void)world_rcpt(world, 2, "other", "bob@example.com");
	accounting_stop(world->accounting, world->now);
	assert_int_equal(world_used(world, "recipients"), 1);
	assert_int_equal(
	    transactions_count(accounting_transactions(world->accounting)), 0);
	/* Where that never comes, what is counted stays. */
	world->options.end = ACCOUNTING_END_NO;
	accounting_free(world->accounting);
	world->accounting = NULL;
	world_begin(world);
	mail(world, 1, true, false);
	accounting_stop(world->accounting, world->now);
	assert_int_equal(world_used(world, "recipients"), 1);
	assert_string_equal(world->lines, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_never_wired),
		WORLD_TEST(test_gave_up_early),
		WORLD_TEST(test_seen_once),
		WORLD_TEST(test_not_wired_any_more),
		WORLD_TEST(test_configured),
		WORLD_TEST(test_remembered),
		WORLD_TEST(test_stop),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
