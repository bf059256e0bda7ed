/*
 * accounting_world.h: limits and a Postfix that asks about them.
 */
#ifndef UNIT_ACCOUNTING_WORLD_H
#define UNIT_ACCOUNTING_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounting.h"
#include "base/log.h"
#include "support/unit.h"

#define NOW ((int64_t)1764134400000)
#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define HOLD (300 * SECOND)
#define WORLD_MAX_LIMITS ((size_t)8)

struct world {
	struct arena *arena; /* of the rules */
	struct log *log;
	char lines[8192];
	struct accounting_options options;
	struct accounting *accounting;
	struct limit limits[WORLD_MAX_LIMITS];
	struct accounting_rules rules;
	struct facts_rules facts_rules;
	struct arena *request; /* of the last one that was asked */
	struct accounting_outcome outcome;
	unsigned int answers;
	int64_t now;
	/* What the next requests say. */
	const char *login;
	const char *client;
	const char *context;
	uint64_t size;
	bool known; /* whether the user wrote to whomever before */
};

static inline void
world_write(void *cookie, enum log_level level, const char *line)
{
	struct world *world = cookie;

	(void)level;
	(void)strncat(world->lines, line,
	    sizeof(world->lines) - strlen(world->lines) - 2);
	(void)strcat(world->lines, "\n");
}

static inline bool
world_known(void *cookie, struct span user, struct span recipient, int64_t now)
{
	const struct world *world = cookie;

	(void)user;
	(void)recipient;
	(void)now;
	return (world->known);
}

static inline void
world_done(void *cookie, const struct accounting_outcome *outcome)
{
	struct world *world = cookie;

	world->outcome = *outcome;
	world->answers++;
}

/* A limit with one step, deferring, that refunds. */
static inline struct limit *
world_limit(struct world *world, const char *name, const char *key,
    enum limit_unit unit, uint64_t rate)
{
	struct limit *limit = &world->limits[world->rules.limit_count++];
	const char *error;

	assert_true(world->rules.limit_count <= WORLD_MAX_LIMITS);
	*limit = (struct limit){
		.name = name,
		.key = key_parse(key, world->arena, &error),
		.unit = unit,
		.direction = LIMIT_BOTH,
		.rule = { .algorithm = COUNTER_WINDOW,
		    .rate = rate,
		    .period_ms = HOUR,
		    .most_tenths = 10 },
		.steps = { { 10, LIMIT_DEFER } },
		.step_count = 1,
		.refunds = true,
	};
	assert_non_null(limit->key);
	world->rules.limits = world->limits;
	return (limit);
}

static inline void
world_step(struct limit *limit, uint64_t tenths, enum limit_action action)
{
	limit->steps[limit->step_count++] =
	    (struct limit_step){ tenths, action };
	limit->rule.most_tenths = tenths;
}

/* All limits are there. */
static inline void
world_begin(struct world *world)
{
	if (world->accounting == NULL)
		world->accounting = accounting_new(&world->options);
	accounting_follow_rules(world->accounting, &world->rules);
}

static inline int
world_set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world->arena = arena_new();
	world->request = arena_new();
	world->log = log_new("test");
	log_set_writer(world->log, world_write, world);
	world->now = NOW;
	world->login = "alice@example.org";
	world->client = "192.0.2.1";
	world->context = "";
	world->options = (struct accounting_options){ .log = world->log,
		.end = ACCOUNTING_END_YES,
		.hold_ms = HOLD,
		.learning_since = NOW,
		.known = world_known,
		.known_cookie = world };
	world->facts_rules = (struct facts_rules){ .client_net_ipv4 = 24,
		.client_net_ipv6 = 64,
		.recipient_delimiter = '+' };
	world->rules = (struct accounting_rules){ .new_account_ms = 7 * DAY,
		.new_account_divisor = 5,
		.max_keys = 1000 };
	*state = world;
	return (0);
}

static inline int
world_tear_down(void **state)
{
	struct world *world = *state;

	accounting_free(world->accounting);
	arena_free(world->request);
	arena_free(world->arena);
	log_free(world->log);
	free(world);
	return (0);
}

static inline void
world_request(struct world *world, enum request_state at, const char *instance,
    const char *recipient, uint64_t count, struct request *out)
{
	*out = (struct request){
		.state = at, .size = world->size, .recipient_count = count
	};
	out->attributes[REQUEST_INSTANCE] = span_str(instance);
	out->attributes[REQUEST_RECIPIENT] = span_str(recipient);
	out->attributes[REQUEST_SENDER] = span_str("alice@example.org");
	out->attributes[REQUEST_SASL_USERNAME] = span_str(world->login);
	out->attributes[REQUEST_POLICY_CONTEXT] = span_str(world->context);
	out->attributes[REQUEST_CLIENT_ADDRESS] = span_str(world->client);
	assert_int_equal(network_address_parse(world->client, &out->client), 0);
}

/* Ask as Postfix does, and return the answer. */
static inline enum limit_action
world_ask(struct world *world, uint64_t connection, enum request_state at,
    const char *instance, const char *recipient, uint64_t count)
{
	struct transaction *transaction;
	struct request request;
	struct facts facts;
	unsigned int before = world->answers;

	arena_free(world->request);
	world->request = arena_new();
	world_request(world, at, instance, recipient, count, &request);
	facts_init(&facts, &request, &world->facts_rules, world->request);
	facts.outbound = world->login[0] != '\0';
	facts.now = world->now;
	transaction =
	    transactions_follow(accounting_transactions(world->accounting),
		connection, span_str(instance), world->now);
	accounting_ask(world->accounting, &world->rules, &facts, transaction,
	    NULL, world_done, world);
	if (world->options.shared == NULL)
		assert_int_equal(world->answers, before + 1);
	/* As the engine notes it. */
	if (transaction != NULL && at == REQUEST_STATE_RCPT &&
	    world->outcome.action <= LIMIT_ALARM)
		transaction_note(transaction)->passed++;
	return (world->outcome.action);
}

static inline enum limit_action
world_rcpt(struct world *world, uint64_t connection, const char *instance,
    const char *recipient)
{
	return (world_ask(
	    world, connection, REQUEST_STATE_RCPT, instance, recipient, 0));
}

static inline enum limit_action
world_data(struct world *world, uint64_t connection, const char *instance,
    uint64_t count)
{
	return (world_ask(
	    world, connection, REQUEST_STATE_DATA, instance, "", count));
}

static inline enum limit_action
world_end(struct world *world, uint64_t connection, const char *instance,
    uint64_t count)
{
	return (world_ask(world, connection, REQUEST_STATE_END_OF_MESSAGE,
	    instance, "", count));
}

/* How things stand with ${key} of ${limit}. */
static inline struct counter_reading
world_read(struct world *world, const char *limit, const char *key)
{
	struct counter_reading reading = { 0 };
	struct table *table = accounting_table(world->accounting, limit);

	assert_non_null(table);
	for (size_t i = 0; i < world->rules.limit_count; i++)
		if (strcmp(world->limits[i].name, limit) == 0)
			counter_read(&world->limits[i].rule,
			    table_get(table, span_str(key)), world->now,
			    &reading);
	return (reading);
}

static inline uint64_t
world_used(struct world *world, const char *limit)
{
	return (world_read(world, limit, "alice@example.org").used);
}

#define WORLD_TEST(test)                                                       \
	cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

#endif
