/* Limits that several machines share: what is asked of the server, and what
 * follows from its answers.  The server stands in here: counters like ours, and
 * answers when the test says so. */
#include "accounting_world.h"
#include "shared.h"

#define USER "${sasl_username}"
#define ALICE "alice@example.org"
#define MAX_QUESTIONS ((size_t)64)

struct shared {
	bool available;
	bool waits; /* until shared_answer() */
	struct table *tables[3];
	unsigned int asked; /* with an answer */
	unsigned int told;  /* without */
	/* What waits. */
	struct arena *arena;
	struct shared_charge charges[MAX_QUESTIONS];
	size_t count;
	int64_t now;
	shared_done *done;
	void *cookie;
};

static struct table *
table_of(struct shared *shared, const struct shared_charge *charge)
{
	return (shared->tables[charge->rule.algorithm]);
}

static struct span
key_of(struct arena *arena, const struct shared_charge *charge)
{
	return (span_str(arena_printf(
	    arena, "%s:%s", charge->limit, arena_str(arena, charge->key))));
}

static void
count_one(struct shared *shared, struct shared_charge *charge, int64_t now)
{
	struct arena *arena = arena_new();
	void *record =
	    table_add(table_of(shared, charge), key_of(arena, charge), now);

	arena_free(arena);
	charge->fits = true;
	if (charge->refund_of != 0) {
		counter_refund(&charge->rule, record, charge->amount,
		    charge->refund_of, now);
		if (charge->again)
			counter_try(&charge->rule, record, charge->amount, now);
		return;
	}
	if (charge->rule.algorithm == COUNTER_DISTINCT) {
		(void)counter_see(&charge->rule, record, charge->amount, now);
	} else {
		charge->fits =
		    counter_fits(&charge->rule, record, charge->amount, now);
		counter_try(&charge->rule, record,
		    charge->again ? 0 : charge->amount, now);
		if (charge->fits || charge->forced)
			counter_add(&charge->rule, record, charge->amount, now);
	}
	counter_read(&charge->rule, record, now, &charge->reading);
}

/* All that are not forced, or none of them. */
static void
count_all(struct shared *shared, struct shared_charge *charges, size_t count,
    int64_t now)
{
	bool all = true;

	for (size_t i = 0; i < count; i++) {
		count_one(shared, &charges[i], now);
		all &= charges[i].fits || charges[i].forced;
	}
	for (size_t i = 0; i < count && !all; i++) {
		struct shared_charge undo = charges[i];

		undo.refund_of = now;
		undo.again = true;
		if (charges[i].fits && !charges[i].forced)
			count_one(shared, &undo, now);
	}
}

static void
shared_answer(struct shared *shared)
{
	count_all(shared, shared->charges, shared->count, shared->now);
	shared->done(
	    shared->cookie, shared->available, shared->charges, shared->count);
}

void
shared_charge(struct shared *shared, const struct shared_charge *charges,
    size_t count, int64_t now, shared_done *done, void *cookie)
{
	assert_true(count > 0 && count <= MAX_QUESTIONS);
	assert_true(shared->available);
	memcpy(shared->charges, charges, count * sizeof(*charges));
	for (size_t i = 0; i < count; i++)
		shared->charges[i].key =
		    arena_dup(shared->arena, charges[i].key);
	shared->count = count;
	shared->now = now;
	shared->done = done;
	shared->cookie = cookie;
	if (done == NULL) {
		shared->told++;
		count_all(shared, shared->charges, count, now);
		return;
	}
	shared->asked++;
	if (!shared->waits)
		shared_answer(shared);
}

bool
shared_is_available(const struct shared *shared)
{
	return (shared->available);
}

uint64_t
shared_nodes(const struct shared *shared)
{
	(void)shared;
	return (2);
}

static int
set_up(void **state)
{
	struct shared *shared = calloc(1, sizeof(*shared));
	struct world *world;

	assert_int_equal(world_set_up(state), 0);
	world = *state;
	for (size_t i = 0; i < UNIT_COUNT(shared->tables); i++) {
		enum counter_algorithm algorithm = (enum counter_algorithm)i;
		const struct table_options options = { .kind = "there",
			.record_size = counter_size(algorithm),
			.max_records = 1000,
			.codec = counter_codec(algorithm) };

		shared->tables[i] = table_new(&options, NULL);
	}
	shared->available = true;
	shared->arena = arena_new();
	world->options.shared = shared;
	return (0);
}

static int
tear_down(void **state)
{
	struct world *world = *state;
	struct shared *shared = world->options.shared;
	int result = world_tear_down(state);

	for (size_t i = 0; i < UNIT_COUNT(shared->tables); i++)
		table_free(shared->tables[i]);
	arena_free(shared->arena);
	free(shared);
	return (result);
}

/* What the server has counted for Alice. */
static struct counter_reading
read_there(struct world *world, const char *limit)
{
	struct shared *shared = world->options.shared;
	struct counter_reading reading = { 0 };
	struct arena *arena = arena_new();

	for (size_t i = 0; i < world->rules.limit_count; i++) {
		const struct shared_charge charge = { .limit = limit,
			.key = span_str(ALICE),
			.rule = world->limits[i].rule };

		if (strcmp(world->limits[i].name, limit) == 0)
			counter_read(&charge.rule,
			    table_get(table_of(shared, &charge),
				key_of(arena, &charge)),
			    world->now, &reading);
	}
	arena_free(arena);
	return (reading);
}

static uint64_t
there(struct world *world, const char *limit)
{
	return (read_there(world, limit).used);
}

static void
expect(struct world *world, const char *limit, uint64_t used)
{
	assert_int_equal(there(world, limit), used);
	assert_int_equal(world_used(world, limit), used);
}

static void
test_one_question(void **state)
{
	struct world *world = *state;
	struct shared *shared = world->options.shared;

	(void)world_limit(world, "messages", USER, LIMIT_MESSAGES, 10);
	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 3);
	world_begin(world);
	assert_int_equal(world_rcpt(world, 1, "a.1", "a@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 2, "a.1", "a@b.c"), LIMIT_PASS);
	assert_int_equal(shared->asked, 1);
	(void)world_rcpt(world, 1, "a.1", "b@b.c");
	(void)world_rcpt(world, 1, "a.1", "c@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.1", "d@b.c"), LIMIT_DEFER);
	assert_string_equal(
	    world->outcome.strongest->limit->name, "recipients");
	expect(world, "messages", 1);
	expect(world, "recipients", 3);
	(void)world_data(world, 1, "a.1", 2);
	expect(world, "recipients", 2);
	(void)world_end(world, 1, "a.1", 2);
	(void)world_rcpt(world, 1, "a.2", "x@b.c");
	expect(world, "messages", 2);
	expect(world, "recipients", 3);
	(void)world_rcpt(world, 1, "a.3", "x@b.c");
	expect(world, "messages", 2);
	expect(world, "recipients", 3);
}

static void
test_all_or_none(void **state)
{
	struct world *world = *state;

	(void)world_limit(world, "wide", USER, LIMIT_RECIPIENTS, 100);
	(void)world_limit(world, "narrow", USER, LIMIT_RECIPIENTS, 1);
	world_limit(world, "kept", USER, LIMIT_RECIPIENTS, 100)->refunds =
	    false;
	world_limit(world, "shadow", USER, LIMIT_RECIPIENTS, 100)->shadow =
	    true;
	world_begin(world);
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.1", "b@b.c"), LIMIT_DEFER);
	expect(world, "wide", 1);
	expect(world, "narrow", 1);
	expect(world, "kept", 2);
	expect(world, "shadow", 1);
}

static void
test_shadow_and_alarm(void **state)
{
	struct world *world = *state;
	struct limit *alarm;

	world_limit(world, "shadow", USER, LIMIT_RECIPIENTS, 1)->shadow = true;
	world->limits[0].rule.most_tenths = 30;
	alarm = world_limit(world, "alarm", USER, LIMIT_RECIPIENTS, 1);
	alarm->steps[0].action = LIMIT_ALARM;
	world_step(alarm, 30, LIMIT_REJECT);
	world_begin(world);
	assert_int_equal(world_rcpt(world, 1, "a.1", "a@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.1", "b@b.c"), LIMIT_ALARM);
	expect(world, "shadow", 1);
	expect(world, "alarm", 2);
	/* What did not fit was tried, though it is taken back there. */
	assert_int_equal(read_there(world, "shadow").tried, 2);
	assert_int_equal(world_read(world, "shadow", ALICE).tried, 2);
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_REJECT);
	expect(world, "shadow", 1);
	expect(world, "alarm", 2);
}

static void
test_distinct(void **state)
{
	struct world *world = *state;
	struct limit *limit =
	    world_limit(world, "networks", USER, LIMIT_CLIENT_NETWORKS, 1);

	limit->rule.algorithm = COUNTER_DISTINCT;
	world_begin(world);
	assert_int_equal(world_rcpt(world, 1, "a.1", "a@b.c"), LIMIT_PASS);
	world->client = "198.51.100.1";
	assert_int_equal(world_rcpt(world, 2, "a.2", "a@b.c"), LIMIT_DEFER);
	expect(world, "networks", 2);
}

/* The answer comes when the mail is over. */
static void
test_late_answer(void **state)
{
	struct world *world = *state;
	struct shared *shared = world->options.shared;
	struct arena *kept;

	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 10);
	world_begin(world);
	shared->waits = true;
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	assert_int_equal(world->answers, 0);
	/* Sent again meanwhile: it is asked once. */
	kept = world->request;
	world->request = arena_new();
	(void)world_rcpt(world, 2, "a.1", "a@b.c");
	assert_int_equal(world->answers, 1);
	assert_int_equal(shared->asked, 1);
	/* RSET; nothing is there to be refunded yet. */
	(void)transactions_follow(accounting_transactions(world->accounting), 1,
	    span_str("a.2"), world->now);
	expect(world, "recipients", 0);
	shared_answer(shared);
	assert_int_equal(world->answers, 2);
	assert_int_equal(world->outcome.action, LIMIT_PASS);
	expect(world, "recipients", 0);
	arena_free(kept);
}

/* A limit is taken away while its question is under way. */
static void
test_reload_meanwhile(void **state)
{
	struct world *world = *state;
	struct shared *shared = world->options.shared;

	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 10);
	world_begin(world);
	shared->waits = true;
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	world->rules.limit_count = 0;
	accounting_follow_rules(world->accounting, &world->rules);
	shared_answer(shared);
	assert_int_equal(world->answers, 1);
	assert_int_equal(world->outcome.action, LIMIT_PASS);
}

/* Half of the limit, for one of two machines. */
static void
test_share(void **state)
{
	struct world *world = *state;
	struct shared *shared = world->options.shared;

	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 4);
	(void)world_limit(world, "one", USER, LIMIT_MESSAGES, 1);
	world_begin(world);
	shared->available = false;
	assert_int_equal(world_rcpt(world, 1, "a.1", "a@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.1", "b@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_DEFER);
	assert_int_equal(world->outcome.strongest->rate, 2);
	assert_int_equal(there(world, "recipients"), 0);
	assert_non_null(strstr(world->lines, "limits_not_shared"));
	assert_null(strstr(&strstr(world->lines, "limits_not_shared")[1],
	    "limits_not_shared"));
	/* It is there again; it did not count those, so that they are not
	 * refunded there. */
	shared->available = true;
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_PASS);
	assert_int_equal(there(world, "recipients"), 1);
	(void)world_rcpt(world, 1, "a.2", "z@b.c");
	assert_int_equal(there(world, "recipients"), 1);
	assert_int_equal(world_used(world, "recipients"), 1);
	/* It goes while it is asked. */
	shared->waits = true;
	(void)world_rcpt(world, 1, "a.2", "y@b.c");
	shared->available = false;
	shared_answer(shared);
	assert_int_equal(world->outcome.action, LIMIT_PASS);
	assert_int_equal(world_used(world, "recipients"), 2);
}

/* A user's networks are his on each machine. */
static void
test_share_of_networks(void **state)
{
	struct world *world = *state;
	struct shared *shared = world->options.shared;
	struct limit *limit =
	    world_limit(world, "networks", USER, LIMIT_CLIENT_NETWORKS, 2);

	limit->rule.algorithm = COUNTER_DISTINCT;
	world_begin(world);
	shared->available = false;
	assert_int_equal(world_rcpt(world, 1, "a.1", "a@b.c"), LIMIT_PASS);
	world->client = "198.51.100.1";
	assert_int_equal(world_rcpt(world, 2, "a.2", "a@b.c"), LIMIT_PASS);
	world->client = "203.0.113.1";
	assert_int_equal(world_rcpt(world, 3, "a.3", "a@b.c"), LIMIT_DEFER);
}

#define SHARED_TEST(test)                                                      \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SHARED_TEST(test_one_question),
		SHARED_TEST(test_all_or_none),
		SHARED_TEST(test_shadow_and_alarm),
		SHARED_TEST(test_distinct),
		SHARED_TEST(test_late_answer),
		SHARED_TEST(test_reload_meanwhile),
		SHARED_TEST(test_share),
		SHARED_TEST(test_share_of_networks),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
