/* shared_script.h: the script counts as counter.h does, in a real server. */
#include "support/unit.h"

#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/buf.h"
#include "counter.h"
#include "counter_impl.h"
#include "shared_script.h"
#include "support/redisserver.h"

#define ROUNDS 6000
#define START 1800000000000
#define DAY 86400000
#define KEYS 5
#define TOGETHER 4

struct fixture {
	struct arena *arena;
	struct redisserver *server;
	redisContext *connection;
	const char *script; /* with a clock of ours, and keys that stay */
	uint64_t random;
};

union record {
	struct counter_gcra gcra;
	struct counter_window window;
	struct counter_distinct distinct;
};

static uint64_t
draw(struct fixture *fixture, uint64_t below)
{
	fixture->random = fixture->random * 6364136223846793005ULL + 1;
	return ((fixture->random >> 33) % below);
}

/* ${text} with ${new} instead of the only ${old}. */
static const char *
replace(struct arena *arena, const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);

	assert_non_null(at);
	assert_null(strstr(at + 1, old));
	return (arena_printf(
	    arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)));
}

static int
setup(void **state)
{
	static struct fixture fixture;
	struct arena *arena = arena_new();
	const char *script = shared_script_text();

	fixture = (struct fixture){ .arena = arena, .random = 11 };
	script = replace(arena, script, "redis.call('TIME')",
	    "{ ARGV[#ARGV - 1], ARGV[#ARGV] }");
	script = replace(arena, script, "if lives > 0 then", "if true then");
	script = replace(arena, script, ", 'PX', int(lives)", "");
	fixture.script = script;
	fixture.server = redisserver_new(arena);
	redisserver_option(fixture.server, "save \"\"");
	*state = &fixture;
	if (redisserver_start(fixture.server, false) != 0)
		return (-1);
	fixture.connection =
	    redisConnectUnix(redisserver_socket(fixture.server));
	return (fixture.connection == NULL || fixture.connection->err != 0);
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	redisFree(fixture->connection);
	redisserver_free(fixture->server);
	arena_free(fixture->arena);
	return (0);
}

/* Run the script at ${now} and store its answers in ${charges}. */
static void
ask(struct fixture *fixture, struct shared_charge *charges, size_t count,
    int64_t now)
{
	struct arena *arena = arena_new();
	struct shared_script_command command;
	const char **words;
	redisReply *reply;
	int words_count;

	shared_script_command(
	    "EVAL", fixture->script, charges, count, now, arena, &command);
	words_count = command.count + 2;
	words = arena_array(arena, (size_t)words_count, sizeof(*words));
	size_t *lengths =
	    arena_array(arena, (size_t)words_count, sizeof(*lengths));

	memcpy(words, command.words, (size_t)command.count * sizeof(*words));
	memcpy(
	    lengths, command.lengths, (size_t)command.count * sizeof(*lengths));
	words[command.count] =
	    arena_printf(arena, "%lld", (long long)now / 1000);
	words[command.count + 1] =
	    arena_printf(arena, "%lld", (long long)now % 1000 * 1000 + 7);
	lengths[command.count] = strlen(words[command.count]);
	lengths[command.count + 1] = strlen(words[command.count + 1]);
	reply =
	    redisCommandArgv(fixture->connection, words_count, words, lengths);
	assert_non_null(reply);
	if (reply->type != REDIS_REPLY_ARRAY)
		fail_msg("%s", reply->str);
	assert_int_equal(reply->elements, 1 + 2 * count);
	assert_string_equal(reply->element[0]->str,
	    arena_printf(arena, "%lld", (long long)now));
	for (size_t i = 0; i < count; i++) {
		const redisReply *text = reply->element[2 + 2 * i];

		if (!shared_script_answer(&charges[i],
			reply->element[1 + 2 * i]->integer != 0,
			span_new(text->str, (size_t)text->len), now))
			fail_msg("malformed: %s", text->str);
	}
	freeReplyObject(reply);
	arena_free(arena);
}

/* What counter.h makes of it: the part before it is known whether all fit. */
static bool
try_locally(struct shared_charge *charge, union record *record, int64_t now)
{
	const struct counter_rule *rule = &charge->rule;
	struct counter_reading reading;

	if (charge->refund_of != 0) {
		counter_refund(
		    rule, record, charge->amount, charge->refund_of, now);
		return (true);
	}
	if (rule->algorithm == COUNTER_DISTINCT) {
		(void)counter_see(rule, record, charge->amount, now);
		counter_read(rule, record, now, &reading);
		return (rule->rate == COUNTER_UNLIMITED ||
			reading.used <= rule->rate);
	}
	counter_try(rule, record, charge->again ? 0 : charge->amount, now);
	return (counter_fits(rule, record, charge->amount, now));
}

static void
assert_same(const struct shared_charge *charge, bool fits,
    const union record *record, int64_t now, size_t round)
{
	struct counter_reading local;
	const struct counter_reading *there = &charge->reading;

	counter_read(&charge->rule, record, now, &local);
	if (charge->fits == fits && local.used == there->used &&
	    local.tried == there->tried && local.left == there->left &&
	    local.reset_ms == there->reset_ms &&
	    local.retry_ms == there->retry_ms)
		return;
	fail_msg("round %zu: algorithm %d rate %llu period %lld burst %llu "
		 "amount %llu: fits %d %d, used %llu %llu, tried %llu %llu, "
		 "left %llu %llu, reset %lld %lld, retry %lld %lld",
	    round, charge->rule.algorithm,
	    (unsigned long long)charge->rule.rate,
	    (long long)charge->rule.period_ms,
	    (unsigned long long)charge->rule.burst,
	    (unsigned long long)charge->amount, fits, charge->fits,
	    (unsigned long long)local.used, (unsigned long long)there->used,
	    (unsigned long long)local.tried, (unsigned long long)there->tried,
	    (unsigned long long)local.left, (unsigned long long)there->left,
	    (long long)local.reset_ms, (long long)there->reset_ms,
	    (long long)local.retry_ms, (long long)there->retry_ms);
}

static struct counter_rule
random_rule(struct fixture *fixture, enum counter_algorithm algorithm)
{
	static const uint64_t rates[] = { 0, 1, 3, 10, 60, 1000, 1000000,
		1073741824, COUNTER_UNLIMITED };
	static const int64_t periods[] = { 1000, 7001, 60000, 3600000, DAY,
		31 * (int64_t)DAY };
	static const uint64_t bursts[] = { 0, 0, 1, 5, 20 };
	static const uint64_t tenths[] = { 0, 10, 20, 55 };

	return ((struct counter_rule){ .algorithm = algorithm,
	    .rate = rates[draw(fixture, UNIT_COUNT(rates))],
	    .period_ms = periods[draw(fixture, UNIT_COUNT(periods))],
	    .burst = bursts[draw(fixture, UNIT_COUNT(bursts))],
	    .most_tenths = tenths[draw(fixture, UNIT_COUNT(tenths))] });
}

static uint64_t
random_amount(struct fixture *fixture, const struct counter_rule *rule)
{
	if (rule->algorithm == COUNTER_DISTINCT)
		return (draw(fixture, 90) * 0x0123456789abcdefULL);
	if (rule->rate >= 1000 && rule->rate != COUNTER_UNLIMITED &&
	    draw(fixture, 3) > 0)
		return (draw(fixture, rule->rate / 2));
	return (draw(fixture, 10) == 0 ? draw(fixture, 100) : draw(fixture, 3));
}

/* Mostly on, by nothing up to several periods; now and then back. */
static int64_t
random_step(struct fixture *fixture, int64_t period_ms)
{
	switch (draw(fixture, 12)) {
	case 0:
		return ((int64_t)draw(fixture, (uint64_t)period_ms * 3));
	case 1:
	case 2:
		return ((int64_t)draw(fixture, (uint64_t)period_ms / 5));
	case 3:
		return (-(int64_t)draw(fixture, (uint64_t)period_ms * 3 / 2));
	case 4:
	case 5:
		return (0);
	default:
		return ((int64_t)draw(fixture, (uint64_t)period_ms / 50 + 2));
	}
}

static struct shared_charge
random_charge(struct fixture *fixture, const struct counter_rule *rule,
    size_t number, int64_t now)
{
	struct shared_charge charge = { .limit = "limit",
		.key =
		    span_str(arena_printf(fixture->arena, "key %zu", number)),
		.rule = *rule,
		.amount = random_amount(fixture, rule) };
	uint64_t what = draw(fixture, 10);

	charge.forced = what == 0;
	charge.again = draw(fixture, 10) == 0;
	if (what == 1 || what == 2) {
		int64_t age = (int64_t)draw(fixture, (uint64_t)rule->period_ms);

		/* Most give up at once. */
		charge.refund_of =
		    now - (draw(fixture, 2) == 0 ? age : age / 1000);
		charge.again = false;
	}
	return (charge);
}

/* One key at a time, whose rule changes now and then. */
static void
compare(struct fixture *fixture, enum counter_algorithm algorithm)
{
	static union record records[KEYS];
	static struct counter_rule rules[KEYS];
	int64_t now = START;

	memset(records, 0, sizeof(records));
	freeReplyObject(redisCommand(fixture->connection, "FLUSHALL"));
	for (size_t i = 0; i < KEYS; i++)
		rules[i] = random_rule(fixture, algorithm);
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t i = draw(fixture, KEYS);
		struct shared_charge charge;
		bool fits;

		if (draw(fixture, 300) == 0)
			rules[i] = random_rule(fixture, algorithm);
		now += random_step(fixture, rules[i].period_ms);
		charge = random_charge(fixture, &rules[i], i, now);
		fits = try_locally(&charge, &records[i], now);
		if (charge.refund_of == 0 && (fits || charge.forced))
			counter_add(
			    &charge.rule, &records[i], charge.amount, now);
		ask(fixture, &charge, 1, now);
		assert_same(&charge, fits, &records[i], now, round);
	}
}

static void
gcra_is_the_same(void **state)
{
	compare(*state, COUNTER_GCRA);
}

static void
window_is_the_same(void **state)
{
	compare(*state, COUNTER_WINDOW);
}

static void
distinct_is_the_same(void **state)
{
	compare(*state, COUNTER_DISTINCT);
}

/* Several keys of all kinds at once: all that need not, or none. */
static void
all_or_nothing(void **state)
{
	struct fixture *fixture = *state;
	static union record records[TOGETHER];
	struct counter_rule rules[TOGETHER];
	int64_t now = START;

	memset(records, 0, sizeof(records));
	freeReplyObject(redisCommand(fixture->connection, "FLUSHALL"));
	for (size_t i = 0; i < TOGETHER; i++)
		rules[i] = (struct counter_rule){ .algorithm = i % 3,
			.rate = 3 + i * 2,
			.period_ms = 60000,
			.most_tenths = 30 };
	for (size_t round = 0; round < ROUNDS; round++) {
		struct shared_charge charges[TOGETHER];
		bool fits[TOGETHER];
		bool all = true;

		now += random_step(fixture, 20000);
		for (size_t i = 0; i < TOGETHER; i++) {
			charges[i] = random_charge(fixture, &rules[i], i, now);
			fits[i] = try_locally(&charges[i], &records[i], now);
			all = all && (fits[i] || charges[i].forced ||
					 charges[i].refund_of != 0);
		}
		for (size_t i = 0; i < TOGETHER; i++) {
			if (charges[i].refund_of == 0 &&
			    (charges[i].forced || all))
				counter_add(&rules[i], &records[i],
				    charges[i].amount, now);
		}
		ask(fixture, charges, TOGETHER, now);
		for (size_t i = 0; i < TOGETHER; i++)
			assert_same(
			    &charges[i], fits[i], &records[i], now, round);
	}
}

/* One key twice in a request counts twice, also when it is undone. */
static void
same_key_twice(void **state)
{
	struct fixture *fixture = *state;

	freeReplyObject(redisCommand(fixture->connection, "FLUSHALL"));
	for (int algorithm = COUNTER_GCRA; algorithm <= COUNTER_WINDOW;
	     algorithm++) {
		struct shared_charge charges[3];

		for (size_t i = 0; i < 3; i++)
			charges[i] = (struct shared_charge){ .limit = "a",
				.key = span_str("k"),
				.amount = 1,
				.rule = { .algorithm =
					      (enum counter_algorithm)algorithm,
				    .rate = 2,
				    .period_ms = 60000 } };
		ask(fixture, charges, 3, START);
		assert_true(charges[0].fits && charges[1].fits);
		assert_false(charges[2].fits);
		assert_int_equal(charges[2].reading.used, 0);
		ask(fixture, charges, 2, START);
		assert_true(charges[0].fits && charges[1].fits);
		assert_int_equal(charges[1].reading.used, 2);
		/* What is given back makes room in the same request. */
		charges[0].refund_of = START;
		ask(fixture, charges, 2, START);
		assert_true(charges[1].fits);
		assert_int_equal(charges[1].reading.used, 2);
	}
}

/* What others wrote there counts for nothing. */
static void
foreign_values(void **state)
{
	static const char *const values[] = { "", "x",
		"passed=1 tried=", "head=9 period=0 tried=1 slots=1,2",
		"head=1 period=60 tried=5 slots=,,,", "zz@1",
		"passed=99999999999999999999999999 tried=1" };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < UNIT_COUNT(values); i++) {
		for (int algorithm = COUNTER_GCRA;
		     algorithm <= COUNTER_DISTINCT; algorithm++) {
			struct shared_charge charge = { .limit = "a",
				.key = span_str("k"),
				.amount = 1,
				.rule = { .algorithm =
					      (enum counter_algorithm)algorithm,
				    .rate = 5,
				    .period_ms = 60000 } };
			struct span key =
			    shared_script_key(charge.rule.algorithm, "a",
				charge.key, fixture->arena);

			freeReplyObject(redisCommand(fixture->connection,
			    "SET %b %s", key.data, key.len, values[i]));
			ask(fixture, &charge, 1, START);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcra_is_the_same),
		cmocka_unit_test(window_is_the_same),
		cmocka_unit_test(distinct_is_the_same),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(same_key_twice),
		cmocka_unit_test(foreign_values),
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}
