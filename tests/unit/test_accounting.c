/* What is counted for a mail, once, and given back when it never arrives. */
#include "accounting.h"

#include "accounting_world.h"

#define USER "${sasl_username}"
#define ALICE "alice@example.org"

/* Messages, recipients and bytes of a user, of none of which there is ever too
 * much. */
static void
count_all(struct world *world)
{
	(void)world_limit(world, "messages", USER, LIMIT_MESSAGES, 1000000);
	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 1000000);
	(void)world_limit(world, "bytes", USER, LIMIT_BYTES, 1000000);
	world_begin(world);
}

static void
expect(
    struct world *world, uint64_t messages, uint64_t recipients, uint64_t bytes)
{
	assert_int_equal(world_used(world, "messages"), messages);
	assert_int_equal(world_used(world, "recipients"), recipients);
	assert_int_equal(world_used(world, "bytes"), bytes);
}

/* Postfix sends the same request again when the answer was late. */
static void
test_same_request_counts_once(void **state)
{
	struct world *world = *state;

	count_all(world);
	world->size = 700;
	for (uint64_t i = 1; i <= 5; i++)
		assert_int_equal(
		    world_rcpt(world, i, "a.1", "bob@example.com"), LIMIT_PASS);
	expect(world, 1, 1, 700);
}

static void
test_fifty_recipients(void **state)
{
	struct world *world = *state;

	count_all(world);
	for (int i = 0; i < 50; i++) {
		char recipient[32];

		(void)snprintf(
		    recipient, sizeof(recipient), "%d@example.com", i);
		(void)world_rcpt(world, 1, "a.1", recipient);
	}
	(void)world_data(world, 1, "a.1", 50);
	world->size = 4711;
	(void)world_end(world, 1, "a.1", 50);
	expect(world, 1, 50, 4711);
}

/* Checks in four restriction lists. */
static void
test_lists_count_once(void **state)
{
	static const char *const contexts[] = { "client", "helo", "sender",
		"recipient" };
	static const char *const recipients[] = { "a@example.com",
		"b@example.com", "c@example.com" };
	struct world *world = *state;

	count_all(world);
	for (size_t i = 0; i < 12; i++) {
		world->context = contexts[i % 4];
		(void)world_rcpt(world, i % 4, "a.1", recipients[i / 4]);
	}
	expect(world, 1, 3, 0);
}

static void
test_abort_refunds(void **state)
{
	struct world *world = *state;

	count_all(world);
	world->size = 100;
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	(void)world_rcpt(world, 1, "a.1", "carol@example.com");
	expect(world, 1, 2, 100);
	/* RSET, and the next mail on the connection. */
	(void)world_rcpt(world, 1, "a.2", "bob@example.com");
	expect(world, 1, 1, 100);
	world->now += HOLD;
	accounting_tick(world->accounting, world->now);
	expect(world, 0, 0, 0);
}

/* Many recipients are given up together, a while after they were reserved: all
 * of the burst is there again, at its first step. */
static void
test_abort_refunds_a_bucket(void **state)
{
	struct world *world = *state;
	struct limit *limit = world_limit(
	    world, "rate", "${sasl_username}", LIMIT_RECIPIENTS, 50);
	char recipient[32];

	limit->rule.algorithm = COUNTER_GCRA;
	limit->rule.rate = 1000;
	limit->rule.burst = 50;
	world_step(limit, 20, LIMIT_REJECT);
	world_begin(world);
	for (int mail = 1; mail < 60; mail++) {
		const char *instance = mail % 2 == 0 ? "a.2" : "a.1";

		for (int i = 0; i < 50; i++) {
			(void)snprintf(
			    recipient, sizeof(recipient), "r%d@b.c", i);
			assert_int_equal(
			    world_rcpt(world, 1, instance, recipient),
			    LIMIT_PASS);
		}
		assert_int_equal(
		    world_rcpt(world, 1, instance, "one@b.c"), LIMIT_DEFER);
		world->now += 10 * SECOND;
		transactions_abort(
		    accounting_transactions(world->accounting), world->now);
		assert_int_equal(world_used(world, "rate"), 0);
	}
	/* Given up in two parts: what drained meanwhile, three recipients, may
	 * be kept of each. */
	for (int i = 0; i < 50; i++) {
		(void)snprintf(recipient, sizeof(recipient), "r%d@b.c", i);
		(void)world_rcpt(world, 1, "a.3", recipient);
	}
	world->now += 10 * SECOND;
	assert_int_equal(world_data(world, 1, "a.3", 20), LIMIT_PASS);
	assert_int_equal(world_used(world, "rate"), 20);
	transactions_abort(
	    accounting_transactions(world->accounting), world->now);
	assert_int_equal(world_used(world, "rate"), 3);
}

static void
test_committed_stays(void **state)
{
	struct world *world = *state;

	count_all(world);
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	world->size = 100;
	(void)world_end(world, 1, "a.1", 1);
	expect(world, 1, 1, 100);
	/* Twice, and over another connection. */
	(void)world_end(world, 1, "a.1", 1);
	(void)world_end(world, 2, "a.1", 1);
	expect(world, 1, 1, 100);
	/* A milter refused it after: it was tried, and stays. */
	(void)world_rcpt(world, 1, "a.2", "bob@example.com");
	accounting_refused(world->accounting,
	    transactions_find(
		accounting_transactions(world->accounting), span_str("a.1")),
	    span_str("bob@example.com"), world->now);
	expect(world, 2, 2, 200);
}

/* A message that takes longer than we wait. */
static void
test_commit_after_refund_charges_again(void **state)
{
	struct world *world = *state;

	count_all(world);
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	(void)world_rcpt(world, 1, "a.1", "carol@example.com");
	(void)world_data(world, 1, "a.1", 2);
	world->now += HOLD;
	accounting_tick(world->accounting, world->now);
	expect(world, 0, 0, 0);
	world->size = 900;
	(void)world_end(world, 1, "a.1", 2);
	expect(world, 1, 2, 900);
	(void)world_end(world, 1, "a.1", 2);
	expect(world, 1, 2, 900);
}

/* Only END-OF-MESSAGE is wired: limits hold all the same. */
static void
test_never_seen_before_the_end(void **state)
{
	struct world *world = *state;

	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 10);
	world_begin(world);
	assert_int_equal(world_end(world, 1, "a.1", 7), LIMIT_PASS);
	assert_int_equal(world_end(world, 1, "a.2", 4), LIMIT_DEFER);
	assert_int_equal(world_end(world, 1, "a.3", 3), LIMIT_PASS);
	assert_int_equal(world_used(world, "recipients"), 10);
}

static void
test_only_data_is_wired(void **state)
{
	struct world *world = *state;

	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 10);
	world_begin(world);
	assert_int_equal(world_data(world, 1, "a.1", 7), LIMIT_PASS);
	assert_int_equal(world_data(world, 1, "a.1", 7), LIMIT_PASS);
	assert_int_equal(world_used(world, "recipients"), 7);
	assert_int_equal(world_end(world, 1, "a.1", 7), LIMIT_PASS);
	assert_int_equal(world_used(world, "recipients"), 7);
	assert_int_equal(world_data(world, 1, "a.2", 4), LIMIT_DEFER);
	assert_int_equal(world_used(world, "recipients"), 7);
}

static void
test_moves_to_another_connection(void **state)
{
	struct world *world = *state;

	count_all(world);
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	transactions_closed(accounting_transactions(world->accounting), 1);
	(void)world_rcpt(world, 2, "a.1", "carol@example.com");
	expect(world, 1, 2, 0);
	(void)world_rcpt(world, 2, "a.2", "carol@example.com");
	expect(world, 1, 1, 0);
}

/* Later restrictions refused some of those that we let pass. */
static void
test_data_fixes_the_number(void **state)
{
	struct world *world = *state;

	count_all(world);
	(void)world_limit(world, "to", "${sasl_username}|${recipient_domain}",
	    LIMIT_RECIPIENTS, 1000);
	world_begin(world);
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	(void)world_rcpt(world, 1, "a.1", "carol@example.com");
	(void)world_rcpt(world, 1, "a.1", "dave@example.com");
	(void)world_data(world, 1, "a.1", 1);
	expect(world, 1, 1, 0);
	/* Who of them it was is not known. */
	assert_int_equal(world_read(world, "to", ALICE "|example.com").used, 3);
	/* Others were let pass before we were asked. */
	(void)world_end(world, 1, "a.1", 4);
	expect(world, 1, 4, 0);
}

static void
test_size_is_corrected(void **state)
{
	struct world *world = *state;

	count_all(world);
	world->limits[2].refunds = false;
	world->size = 5000;
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	(void)world_rcpt(world, 1, "a.1", "carol@example.com");
	expect(world, 1, 2, 5000);
	world->size = 3000;
	(void)world_end(world, 1, "a.1", 2);
	expect(world, 1, 2, 3000);
	(void)world_rcpt(world, 1, "a.2", "bob@example.com");
	world->size = 7000;
	(void)world_end(world, 1, "a.2", 1);
	expect(world, 2, 3, 10000);
}

/* Who declares less than he sends is stopped at the end. */
static void
test_size_that_does_not_fit(void **state)
{
	struct world *world = *state;

	(void)world_limit(world, "bytes", USER, LIMIT_BYTES, 1000);
	(void)world_limit(world, "messages", USER, LIMIT_MESSAGES, 10);
	world_begin(world);
	world->size = 1;
	assert_int_equal(
	    world_rcpt(world, 1, "a.1", "bob@example.com"), LIMIT_PASS);
	world->size = 1001;
	assert_int_equal(world_end(world, 1, "a.1", 1), LIMIT_DEFER);
	assert_string_equal(world->outcome.strongest->limit->name, "bytes");
	assert_int_equal(world_used(world, "bytes"), 1);
	world->size = 0;
	(void)world_rcpt(world, 1, "a.2", "bob@example.com");
	assert_int_equal(world_used(world, "bytes"), 0);
	assert_int_equal(world_used(world, "messages"), 1);
}

static void
test_all_or_none(void **state)
{
	struct world *world = *state;
	struct limit *kept;

	(void)world_limit(world, "wide", USER, LIMIT_RECIPIENTS, 100);
	(void)world_limit(world, "narrow", USER, LIMIT_RECIPIENTS, 2);
	kept = world_limit(world, "kept", USER, LIMIT_RECIPIENTS, 100);
	kept->refunds = false;
	world_begin(world);
	assert_int_equal(world_rcpt(world, 1, "a.1", "a@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.1", "b@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_DEFER);
	assert_int_equal(world_used(world, "wide"), 2);
	assert_int_equal(world_used(world, "narrow"), 2);
	assert_int_equal(world_used(world, "kept"), 3);
	assert_int_equal(world->outcome.count, 1);
	assert_string_equal(world->outcome.strongest->limit->name, "narrow");
	assert_int_equal(world->outcome.strongest->reading.used, 2);
	/* Another reason to refuse one. */
	accounting_refused(world->accounting,
	    transactions_find(
		accounting_transactions(world->accounting), span_str("a.1")),
	    span_str("b@b.c"), world->now);
	assert_int_equal(world_used(world, "wide"), 1);
	assert_int_equal(world_used(world, "narrow"), 1);
	assert_int_equal(world_used(world, "kept"), 3);
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_PASS);
}

/* A mail all of whose recipients were refused is none. */
static void
test_refused_leaves_no_message(void **state)
{
	struct world *world = *state;
	struct transaction *transaction;

	count_all(world);
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	transaction = transactions_find(
	    accounting_transactions(world->accounting), span_str("a.1"));
	transaction_note(transaction)->passed = 0;
	accounting_refused(world->accounting, transaction,
	    span_str("bob@example.com"), world->now);
	expect(world, 0, 0, 0);
	(void)world_rcpt(world, 1, "a.1", "carol@example.com");
	expect(world, 1, 1, 0);
}

static void
test_reload(void **state)
{
	struct world *world = *state;

	count_all(world);
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	/* Another rate, another limit, and one less. */
	world->limits[0].rule.rate = 77;
	(void)world_limit(world, "new", USER, LIMIT_RECIPIENTS, 5);
	accounting_follow_rules(world->accounting, &world->rules);
	assert_int_equal(world_used(world, "messages"), 1);
	assert_int_equal(world_used(world, "new"), 0);
	assert_null(strstr(world->lines, "limit_restarted"));
	world->limits[1].rule.algorithm = COUNTER_GCRA;
	world->rules.limit_count = 2;
	accounting_follow_rules(world->accounting, &world->rules);
	assert_non_null(strstr(world->lines, "limit_restarted"));
	assert_int_equal(world_used(world, "recipients"), 0);
	assert_null(accounting_table(world->accounting, "bytes"));
	assert_null(accounting_table(world->accounting, "new"));
	/* What was charged to what is gone is refunded to nobody. */
	(void)world_rcpt(world, 1, "a.2", "bob@example.com");
	assert_int_equal(world_used(world, "messages"), 1);
	assert_int_equal(world_used(world, "recipients"), 1);
	world->rules.limit_count = 0;
	accounting_follow_rules(world->accounting, &world->rules);
	(void)world_rcpt(world, 1, "a.3", "bob@example.com");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_same_request_counts_once),
		WORLD_TEST(test_fifty_recipients),
		WORLD_TEST(test_lists_count_once),
		WORLD_TEST(test_abort_refunds),
		WORLD_TEST(test_abort_refunds_a_bucket),
		WORLD_TEST(test_committed_stays),
		WORLD_TEST(test_commit_after_refund_charges_again),
		WORLD_TEST(test_never_seen_before_the_end),
		WORLD_TEST(test_only_data_is_wired),
		WORLD_TEST(test_moves_to_another_connection),
		WORLD_TEST(test_data_fixes_the_number),
		WORLD_TEST(test_size_is_corrected),
		WORLD_TEST(test_size_that_does_not_fit),
		WORLD_TEST(test_all_or_none),
		WORLD_TEST(test_refused_leaves_no_message),
		WORLD_TEST(test_reload),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
