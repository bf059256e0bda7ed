#include "support/unit.h"

#include "admit.h"

#define NOW ((int64_t)1000000)
#define DAY ((int64_t)86400)

/* In bytes, or in messages when ${by_count}. */
struct admit_case {
	const char *what;
	int64_t used, held, stale;
	int64_t hard, soft;
	int64_t over_for; /* s; 0: not over */
	int64_t amount, extra;
	enum ledger_result result;
};

static const struct admit_case cases[] = {
	{ "no limit", 1 << 30, 0, 0, 0, 0, 0, 1 << 30, 0, LEDGER_OK },
	{ "the last byte", 900, 0, 0, 1000, 0, 0, 100, 0, LEDGER_OK },
	{ "one more", 900, 0, 0, 1000, 0, 0, 101, 0, LEDGER_HARD },
	{ "what is held counts", 800, 100, 0, 1000, 0, 0, 101, 0, LEDGER_HARD },
	{ "what is stale may not", 800, 100, 100, 1000, 0, 0, 101, 0,
	    LEDGER_UNCERTAIN },
	{ "full without it too", 950, 100, 100, 1000, 0, 0, 51, 0,
	    LEDGER_HARD },
	{ "nothing fits always", 2000, 0, 0, 1000, 0, 0, 0, 0, LEDGER_OK },
	{ "less fits always", 2000, 0, 0, 1000, 0, 0, -5, 0, LEDGER_OK },
	{ "soft", 850, 0, 0, 1000, 900, 0, 100, 0, LEDGER_SOFT },
	{ "under soft", 800, 0, 0, 1000, 900, 0, 100, 0, LEDGER_OK },
	{ "soft, in its period", 950, 0, 0, 1000, 900, DAY - 1, 10, 0,
	    LEDGER_SOFT },
	{ "soft, period over", 950, 0, 0, 1000, 900, DAY, 10, 0,
	    LEDGER_SOFT_EXPIRED },
	{ "hard goes first", 950, 0, 0, 1000, 900, DAY, 100, 0, LEDGER_HARD },
	{ "soft alone", 950, 0, 0, 0, 900, DAY, 100, 0, LEDGER_SOFT_EXPIRED },
	{ "as much as there are numbers", INT64_MAX, INT64_MAX, 0, 1000, 0, 0,
	    INT64_MAX, 0, LEDGER_HARD },
	{ "below nothing", -500, 0, 0, 1000, 0, 0, 1000, 0, LEDGER_OK },
};

static void
set(const struct admit_case *c, bool by_count, struct record_account *account,
    struct record_limits *limits, struct ledger_amount *amount)
{
	*account = (struct record_account){
		.over_since = c->over_for == 0 ? 0 : NOW - c->over_for
	};
	*limits = (struct record_limits){ .period_s = DAY };
	*amount = (struct ledger_amount){ 0, 0 };
	*(by_count ? &account->used.count : &account->used.bytes) = c->used;
	*(by_count ? &account->held.count : &account->held.bytes) = c->held;
	*(by_count ? &account->stale.count : &account->stale.bytes) = c->stale;
	*(by_count ? &limits->hard.count : &limits->hard.bytes) = c->hard;
	*(by_count ? &limits->soft.count : &limits->soft.bytes) = c->soft;
	*(by_count ? &amount->count : &amount->bytes) = c->amount;
}

static void
test_admit(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * UNIT_COUNT(cases); i++) {
		const struct admit_case *c = &cases[i / 2];
		struct record_account account;
		struct record_limits limits;
		struct ledger_amount amount;
		enum ledger_result result;

		set(c, i % 2 == 1, &account, &limits, &amount);
		result = admit(&account, &limits, amount, c->extra, NOW);
		if (result != c->result)
			fail_msg("%s: %d, not %d", c->what, result, c->result);
	}
}

/* Grace is of bytes, and over the hard limit only. */
static void
test_extra(void **state)
{
	const struct record_account account = { .used = { 900, 9 } };
	struct record_limits limits = { .hard = { 1000, 10 } };

	(void)state;
	assert_int_equal(
	    admit(&account, &limits, (struct ledger_amount){ 150, 1 }, 50, NOW),
	    LEDGER_OK);
	assert_int_equal(
	    admit(&account, &limits, (struct ledger_amount){ 151, 1 }, 50, NOW),
	    LEDGER_HARD);
	assert_int_equal(
	    admit(&account, &limits, (struct ledger_amount){ 1, 2 }, 50, NOW),
	    LEDGER_HARD);
	assert_int_equal(admit(&account, &limits,
			     (struct ledger_amount){ 1000, 1 }, INT64_MAX, NOW),
	    LEDGER_OK);
}

struct limit_case {
	int64_t set, told, configured, hard, soft;
};

static const struct limit_case limit_cases[] = {
	{ RECORD_UNSET, 0, RECORD_UNSET, 0, 0 }, { RECORD_UNSET, 0, 7, 7, 7 },
	{ RECORD_UNSET, 5, 7, 5, 7 }, { 3, 5, 7, 3, 3 },
	{ 0, 5, 7, 0, 0 }, /* set to no limit */
};

static void
test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(limit_cases); i++) {
		const struct limit_case *c = &limit_cases[i];
		const struct ledger_amount both = { c->set, c->set };
		const struct ledger_amount conf = { c->configured,
			c->configured };
		const struct record_account account = {
			.told = { c->told, c->told },
			.set = { both, both, c->set },
		};
		const struct record_limits configured = { conf, conf,
			c->configured };
		struct record_limits out;

		admit_limits(&account, &configured, &out);
		assert_int_equal(out.hard.bytes, c->hard);
		assert_int_equal(out.hard.count, c->hard);
		assert_int_equal(out.soft.bytes, c->soft);
		assert_int_equal(out.soft.count, c->soft);
		assert_int_equal(out.period_s, c->soft);
	}
}

static void
test_percent(void **state)
{
	struct record_account account = { .used = { 850, 1 } };
	struct record_limits limits = { .soft = { 1700, 0 } };

	(void)state;
	assert_int_equal(admit_percent(&account, &limits), 50);
	limits.hard = (struct ledger_amount){ 1000, 0 };
	assert_int_equal(admit_percent(&account, &limits), 85);
	limits.hard.count = 1;
	assert_int_equal(admit_percent(&account, &limits), 100);
	account.used.bytes = INT64_MAX;
	assert_true(admit_percent(&account, &limits) > 100);
	account.used = (struct ledger_amount){ -5, -5 };
	assert_int_equal(admit_percent(&account, &limits), 0);
	limits = (struct record_limits){ 0 };
	assert_int_equal(admit_percent(&account, &limits), ADMIT_NO_LIMIT);
}

static void
test_over_since(void **state)
{
	struct record_account account = { .used = { 901, 1 } };
	const struct record_limits limits = { .soft = { 900, 0 } };

	(void)state;
	assert_int_equal(admit_over_since(&account, &limits, NOW), NOW);
	account.over_since = 5;
	assert_int_equal(admit_over_since(&account, &limits, NOW), 5);
	account.used.bytes = 900;
	assert_int_equal(admit_over_since(&account, &limits, NOW), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_admit),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_over_since),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
