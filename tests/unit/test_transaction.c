/* One mail on its way: what is remembered of it, and when it is over. */
#include "transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

#define NOW ((int64_t)1764134400000)
#define HOLD ((int64_t)300000)

/* What was told of transactions that ended. */
struct world {
	struct transactions *set;
	size_t told;
	uint64_t amount;
	uint64_t aborted_with; /* recipients that were let pass */
};

static void
ended(void *cookie, struct transaction *transaction,
    const struct charge *charges, size_t count, int64_t now)
{
	struct world *world = cookie;

	(void)now;
	assert_true(count > 0);
	world->told++;
	world->aborted_with = transaction_note(transaction)->passed;
	for (size_t i = 0; i < count; i++)
		world->amount += charges[i].amount;
}

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world->set = transactions_new(HOLD, ended, world);
	*state = world;
	return (0);
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	transactions_free(world->set);
	free(world);
	return (0);
}

static struct transaction *
follow(
    struct world *world, uint64_t connection, const char *instance, int64_t now)
{
	return (transactions_follow(
	    world->set, connection, span_str(instance), now));
}

static void
charge(struct transaction *transaction, const char *limit, const char *key,
    uint64_t recipient, uint64_t amount)
{
	const struct charge made = { .limit = limit,
		.key = span_str(key),
		.amount = amount,
		.recipient = recipient,
		.when = NOW,
		.refunds = true };

	assert_true(transaction_charge(transaction, &made));
}

static void
test_follow(void **state)
{
	struct world *world = *state;
	struct transaction *first = follow(world, 1, "a", NOW);

	assert_non_null(first);
	assert_ptr_equal(follow(world, 1, "a", NOW), first);
	assert_ptr_equal(follow(world, 2, "a", NOW), first);
	assert_int_equal(transactions_count(world->set), 1);
	assert_null(follow(world, 1, "", NOW));
	assert_null(follow(
	    world, 1, "123456789012345678901234567890123456789012345678", NOW));
	assert_int_equal(transactions_count(world->set), 1);
	charge(first, "l", "k", 1, 1);
	/* Either connection with another instance ends it. */
	assert_ptr_not_equal(follow(world, 2, "b", NOW), first);
	assert_int_equal(world->told, 1);
	assert_int_equal(transactions_count(world->set), 1);
	assert_int_equal(transactions_aborted(world->set), 1);
	assert_int_equal(
	    span_eq(transaction_instance(follow(world, 2, "b", NOW)),
		span_str("b")),
	    true);
}

/* Postfix goes on over another connection when one was closed. */
static void
test_moves(void **state)
{
	struct world *world = *state;
	struct transaction *moved = follow(world, 1, "a", NOW);

	charge(moved, "l", "k", 1, 1);
	transactions_closed(world->set, 1);
	transactions_closed(world->set, 77);
	assert_int_equal(world->told, 0);
	assert_ptr_equal(follow(world, 2, "a", NOW + HOLD - 1), moved);
	assert_true(transaction_has(moved, "l", span_str("k"), 1));
	/* The number that was closed shows another one: that is no news. */
	(void)follow(world, 1, "b", NOW + HOLD);
	assert_int_equal(world->told, 0);
	(void)follow(world, 2, "b", NOW + HOLD);
	assert_int_equal(world->told, 1);
}

/* What was followed last is found faster, and forgotten as any other. */
static void
test_last(void **state)
{
	struct world *world = *state;
	struct transaction *last = follow(world, 1, "a", NOW);

	charge(last, "l", "k", 1, 1);
	transactions_closed(world->set, 1);
	assert_ptr_equal(follow(world, 1, "a", NOW), last);
	(void)follow(world, 1, "b", NOW);
	assert_int_equal(world->told, 1);
	transactions_sweep(world->set, NOW + HOLD);
	transactions_sweep(world->set, NOW + 2 * HOLD);
	transactions_sweep(world->set, NOW + 3 * HOLD);
	last = follow(world, 1, "b", NOW + 3 * HOLD);
	assert_ptr_equal(transactions_find(world->set, span_str("b")), last);
	/* Aborted by another connection, and again. */
	charge(last, "l", "k", 1, 1);
	(void)follow(world, 2, "b", NOW + 3 * HOLD);
	(void)follow(world, 1, "b", NOW + 3 * HOLD);
	(void)follow(world, 2, "c", NOW + 3 * HOLD);
	assert_int_equal(world->told, 2);
	assert_ptr_equal(follow(world, 1, "b", NOW + 3 * HOLD), last);
	assert_ptr_equal(transactions_find(world->set, span_str("b")), last);
}

static void
test_time(void **state)
{
	struct world *world = *state;
	struct transaction *slow = follow(world, 1, "slow", NOW);

	charge(slow, "l", "k", 1, 5);
	(void)follow(world, 2, "empty", NOW);
	transactions_sweep(world->set, NOW + HOLD - 1);
	assert_int_equal(transactions_count(world->set), 2);
	(void)follow(world, 1, "slow", NOW + 1000);
	transactions_sweep(world->set, NOW + HOLD);
	assert_int_equal(transactions_count(world->set), 1);
	assert_int_equal(world->told, 0);
	transactions_sweep(world->set, NOW + 1000 + HOLD);
	assert_int_equal(transactions_count(world->set), 0);
	assert_int_equal(world->told, 1);
	assert_int_equal(world->amount, 5);
	assert_false(transaction_has(slow, "l", span_str("k"), 1));
	assert_null(transactions_find(world->set, span_str("slow")));
	/* It begins again. */
	assert_ptr_equal(follow(world, 1, "slow", NOW + 2 * HOLD), slow);
	assert_ptr_equal(transactions_find(world->set, span_str("slow")), slow);
	charge(slow, "l", "k", 1, 5);
	transaction_commit(slow);
	assert_true(transaction_is_committed(slow));
	assert_ptr_equal(transactions_find(world->set, span_str("slow")), slow);
	transactions_sweep(world->set, NOW + 4 * HOLD);
	assert_null(transactions_find(world->set, span_str("slow")));
	assert_int_equal(world->told, 1);
}

static void
test_clock_set_back(void **state)
{
	struct world *world = *state;

	charge(follow(world, 1, "a", NOW), "l", "k", 1, 5);
	transactions_sweep(world->set, 1000);
	assert_int_equal(transactions_count(world->set), 1);
	transactions_sweep(world->set, 1000 + HOLD - 1);
	assert_int_equal(transactions_count(world->set), 1);
	transactions_sweep(world->set, 1000 + HOLD);
	assert_int_equal(transactions_count(world->set), 0);
	assert_int_equal(world->told, 1);
}

static void
test_committed(void **state)
{
	struct world *world = *state;
	struct transaction *done = follow(world, 1, "a", NOW);
	const struct charge late = { .limit = "l", .amount = 1 };

	charge(done, "l", "k", 1, 1);
	transaction_commit(done);
	transaction_commit(done);
	assert_false(transaction_charge(done, &late));
	assert_int_equal(transactions_count(world->set), 0);
	assert_ptr_equal(follow(world, 1, "a", NOW + 5), done);
	assert_true(transaction_is_committed(done));
	(void)follow(world, 1, "b", NOW + 6);
	transactions_sweep(world->set, NOW + 3 * HOLD);
	assert_int_equal(world->told, 0);
}

static void
test_charges(void **state)
{
	static const size_t counts[] = { 1, 4, 8, 9, 17, 100, 1500 };
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(counts); i++) {
		char name[16];
		size_t count;
		struct transaction *transaction;

		(void)snprintf(name, sizeof(name), "%zu", i);
		transaction = follow(world, 1, name, NOW);
		for (uint64_t r = 1; r <= counts[i]; r++) {
			assert_false(transaction_has(
			    transaction, "a", span_str("k"), r));
			charge(transaction, "a", "k", r, 1);
			charge(transaction, "b", "k", r, 2);
			assert_true(transaction_has(
			    transaction, "a", span_str("k"), r));
			assert_false(transaction_has(
			    transaction, "a", span_str("q"), r));
			assert_false(transaction_has(
			    transaction, "c", span_str("k"), r));
		}
		(void)transaction_charges(transaction, &count);
		assert_int_equal(count, counts[i] * 2);
		assert_int_equal(
		    transaction_sum(transaction, "b", span_str("k"), false),
		    counts[i] * 2);
		world->amount = 0;
		/* Every other one is refused after all. */
		for (uint64_t r = 1; r <= counts[i]; r += 2)
			transaction_uncharge(transaction, r, ended, world, NOW);
		assert_int_equal(world->amount, (counts[i] + 1) / 2 * 3);
		for (uint64_t r = 1; r <= counts[i]; r++) {
			assert_int_equal(
			    transaction_has(transaction, "a", span_str("k"), r),
			    r % 2 == 0);
			assert_int_equal(
			    transaction_has(transaction, "b", span_str("k"), r),
			    r % 2 == 0);
		}
		/* And comes again. */
		for (uint64_t r = 1; r <= counts[i]; r += 2)
			charge(transaction, "a", "k", r, 1);
		assert_int_equal(
		    transaction_sum(transaction, "a", span_str("k"), false),
		    counts[i]);
	}
}

static void
test_refused_and_kept(void **state)
{
	struct world *world = *state;
	struct transaction *transaction = follow(world, 1, "a", NOW);
	struct charge kept = { .limit = "kept",
		.key = span_str("k"),
		.amount = 3,
		.recipient = 9 };
	struct charge refused = kept;
	struct charge pending = kept;

	refused.limit = "refused";
	refused.refused = refused.held = refused.refunds = true;
	pending.limit = "pending";
	pending.pending = pending.refunds = true;
	assert_true(transaction_charge(transaction, &kept));
	assert_true(transaction_charge(transaction, &refused));
	assert_true(transaction_charge(transaction, &pending));
	transaction_uncharge(transaction, 9, ended, world, NOW);
	assert_int_equal(world->told, 0);
	assert_true(transaction_has(transaction, "kept", span_str("k"), 9));
	assert_false(transaction_has(transaction, "refused", span_str("k"), 9));
	assert_true(transaction_find(transaction, "refused", span_str("k"), 9)
			->refused);
	assert_int_equal(
	    transaction_sum(transaction, "refused", span_str("k"), true), 3);
	assert_int_equal(
	    transaction_sum(transaction, "refused", span_str("k"), false), 0);
	transaction_forget(transaction,
	    transaction_find(transaction, "pending", span_str("k"), 9));
	assert_false(transaction_has(transaction, "pending", span_str("k"), 9));
}

static void
test_release(void **state)
{
	struct world *world = *state;
	struct transaction *transaction = follow(world, 1, "a", NOW);

	charge(transaction, "bytes", "k", 0, 1000);
	for (uint64_t r = 1; r <= 5; r++)
		charge(transaction, "rcpt", "k", r, 1);
	transaction_release(
	    transaction, "bytes", span_str("k"), 300, ended, world, NOW);
	assert_int_equal(world->amount, 300);
	assert_int_equal(
	    transaction_sum(transaction, "bytes", span_str("k"), false), 700);
	world->amount = 0;
	transaction_release(
	    transaction, "rcpt", span_str("k"), 2, ended, world, NOW);
	assert_int_equal(world->amount, 2);
	assert_true(transaction_has(transaction, "rcpt", span_str("k"), 1));
	transaction_release(
	    transaction, "rcpt", span_str("k"), UINT64_MAX, ended, world, NOW);
	assert_int_equal(world->amount, 5);
	transaction_release(
	    transaction, "rcpt", span_str("other"), 1, ended, world, NOW);
	assert_int_equal(world->amount, 5);
}

/* Past the limits nothing is remembered, and nothing breaks. */
static void
test_limits(void **state)
{
	struct world *world = *state;
	struct transaction *transaction = follow(world, 1, "a", NOW);
	struct charge more = { .limit = "l", .amount = 1, .refunds = true };
	size_t count;

	for (size_t i = 0; i < TRANSACTION_MAX_CHARGES; i++) {
		char key[300];

		(void)snprintf(key, sizeof(key), "%0256zu", i);
		charge(transaction, "l", key, i, 1);
	}
	assert_false(transaction_charge(transaction, &more));
	(void)transaction_charges(transaction, &count);
	assert_int_equal(count, TRANSACTION_MAX_CHARGES);
	for (size_t i = 0; i < TRANSACTION_MAX_CHARGES; i++) {
		char key[300];

		(void)snprintf(key, sizeof(key), "%0256zu", i);
		assert_true(
		    transaction_has(transaction, "l", span_str(key), i));
	}
	(void)follow(world, 1, "b", NOW);
	assert_int_equal(world->amount, TRANSACTION_MAX_CHARGES);
}

/* However many there are, and however much they hold: those without news for
 * the longest go. */
static void
test_room(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < TRANSACTION_MAX * 2; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "%zx.1", i);
		charge(follow(world, i, name, NOW), "l", "k", 1, 1);
	}
	assert_int_equal(transactions_count(world->set), TRANSACTION_MAX);
	assert_int_equal(world->told, TRANSACTION_MAX);
	/* 1,000 large ones: each of about 1.5 MB. */
	for (size_t i = 0; i < 100; i++) {
		char name[32];
		struct transaction *large;

		(void)snprintf(name, sizeof(name), "%zx.2", i);
		large = follow(world, i, name, NOW);
		for (size_t n = 0; n < TRANSACTION_MAX_CHARGES; n++) {
			const struct charge made = { .limit = "l",
				.recipient = n };

			assert_true(transaction_charge(large, &made));
		}
	}
	assert_true(transactions_count(world->set) < 100);
	assert_true(transactions_count(world->set) > 30);
}

static struct request
request_of(enum request_state at, const char *recipient, const char *context)
{
	struct request request = { .state = at };

	request.attributes[REQUEST_RECIPIENT] = span_str(recipient);
	request.attributes[REQUEST_POLICY_CONTEXT] = span_str(context);
	return (request);
}

static void
expect(struct transaction *transaction, uint64_t connection,
    const struct request *request, enum transaction_repeat repeat,
    const char *reply)
{
	struct span answer = span_str("?");

	assert_int_equal(
	    transaction_repeat(transaction, connection, request, &answer),
	    repeat);
	if (repeat != TRANSACTION_NEW)
		assert_true(span_is(answer, reply));
}

static void
test_replies(void **state)
{
	struct world *world = *state;
	struct transaction *transaction = follow(world, 1, "a", NOW);
	const struct request requests[] = {
		request_of(REQUEST_STATE_RCPT, "a@example.org", ""),
		request_of(REQUEST_STATE_RCPT, "b@example.org", ""),
		request_of(REQUEST_STATE_RCPT, "a@example.org", "in"),
		request_of(REQUEST_STATE_DATA, "a@example.org", ""),
		request_of(REQUEST_STATE_DATA, "", ""),
		request_of(REQUEST_STATE_END_OF_MESSAGE, "", ""),
	};

	for (size_t i = 0; i < UNIT_COUNT(requests); i++) {
		char reply[32];

		(void)snprintf(reply, sizeof(reply), "action=%zu\n\n", i);
		expect(transaction, 1, &requests[i], TRANSACTION_NEW, NULL);
		transaction_answered(
		    transaction, 1, &requests[i], span_str(reply));
		expect(transaction, 1, &requests[i], TRANSACTION_AGAIN, reply);
		expect(transaction, 2, &requests[i], TRANSACTION_RESENT, reply);
	}
	expect(transaction, 1, &requests[0], TRANSACTION_AGAIN, "action=0\n\n");
	transaction_answered(
	    transaction, 3, &requests[0], span_str("action=DUNNO\n\n"));
	expect(transaction, 3, &requests[0], TRANSACTION_AGAIN,
	    "action=DUNNO\n\n");
	/* After END-OF-MESSAGE, too. */
	transaction_commit(transaction);
	expect(
	    transaction, 2, &requests[5], TRANSACTION_RESENT, "action=5\n\n");
}

static void
test_many_replies(void **state)
{
	struct world *world = *state;
	struct transaction *transaction = follow(world, 1, "a", NOW);

	for (size_t i = 0; i < TRANSACTION_MAX_RECIPIENTS + 10; i++) {
		char recipient[32];
		struct request request;

		(void)snprintf(
		    recipient, sizeof(recipient), "%zu@example.org", i);
		request = request_of(REQUEST_STATE_RCPT, recipient, "");
		expect(transaction, 1, &request, TRANSACTION_NEW, NULL);
		transaction_answered(
		    transaction, 1, &request, span_str("action=DUNNO\n\n"));
		expect(transaction, 1, &request,
		    i < TRANSACTION_MAX_RECIPIENTS ? TRANSACTION_AGAIN
						   : TRANSACTION_NEW,
		    "action=DUNNO\n\n");
	}
}

static void
test_note(void **state)
{
	struct world *world = *state;
	struct transaction *transaction = follow(world, 1, "a", NOW);
	struct transaction_note *note = transaction_note(transaction);

	assert_false(note->scored);
	note->header = strdup("3.1");
	note->reason = strdup("listed");
	note->passed = 7;
	assert_false(transaction_had_data(transaction));
	transaction_saw_data(transaction);
	assert_true(transaction_had_data(transaction));
	charge(transaction, "l", "k", 1, 1);
	(void)follow(world, 1, "b", NOW);
	assert_int_equal(world->aborted_with, 7);
	assert_ptr_equal(follow(world, 2, "a", NOW), transaction);
	/* It is the same mail, which has its header. */
	assert_string_equal(transaction_note(transaction)->header, "3.1");
	assert_int_equal(transaction_note(transaction)->passed, 7);
	assert_false(transaction_had_data(transaction));
}

/* What was charged for an answer was given back: it is no answer any more. */
static void
test_aborted_answers(void **state)
{
	struct world *world = *state;
	struct transaction *transaction = follow(world, 1, "a", NOW);
	struct request request =
	    request_of(REQUEST_STATE_RCPT, "bob@example.org", "");

	transaction_answered(
	    transaction, 1, &request, span_str("action=DUNNO\n\n"));
	charge(transaction, "l", "k", 1, 1);
	transactions_sweep(world->set, NOW + HOLD);
	assert_ptr_equal(follow(world, 1, "a", NOW + HOLD), transaction);
	expect(transaction, 1, &request, TRANSACTION_NEW, NULL);
}

/* Two restriction lists, one recipient. */
static void
test_passed_once(void **state)
{
	static const char *const recipients[] = { "a@b.c", "a@b.c", "a@b.c",
		"d@b.c", "d@b.c" };
	struct world *world = *state;
	struct transaction *transaction = follow(world, 1, "a", NOW);

	for (size_t i = 0; i < sizeof(recipients) / sizeof(recipients[0]); i++)
		transaction_passed(transaction, span_str(recipients[i]));
	assert_int_equal(transaction_note(transaction)->passed, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_follow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_moves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_last, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_clock_set_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_committed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_charges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_refused_and_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_release, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_replies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_many_replies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_aborted_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_passed_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_note, set_up, tear_down),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
