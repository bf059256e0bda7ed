/* What the daemon takes for a command, and what it does not. */
#include "console_command.h"

#include <string.h>

#include "support/unit.h"

static const struct {
	const char *line;
	const char *error; /* its beginning; NULL: none */
	enum console_verb verb;
	const char *who;
	const char *limit;
	uint64_t count;
} cases[] = {
	{ "{\"schema\":1,\"command\":\"status\"}", NULL, CONSOLE_STATUS, NULL,
	    NULL, 10 },
	{ "{\"schema\":1,\"command\":\"show\",\"who\":\"Ann@Example.ORG\"}",
	    NULL, CONSOLE_SHOW, "ann@example.org", NULL, 10 },
	{ "{\"schema\":1,\"command\":\"top\",\"limit\":\"A Day\",\"count\":3}",
	    NULL, CONSOLE_TOP, NULL, "A Day", 3 },
	{ "{\"schema\":1,\"command\":\"top\",\"count\":99999999}", NULL,
	    CONSOLE_TOP, NULL, NULL, CONSOLE_COMMAND_MAX_COUNT },
	{ "{\"schema\":1,\"command\":\"top\",\"count\":-1}", NULL, CONSOLE_TOP,
	    NULL, NULL, 10 },
	/* Addresses as keys have them. */
	{ "{\"schema\":1,\"command\":\"block\",\"who\":\"2001:DB8:0:0::1\"}",
	    NULL, CONSOLE_BLOCK, "2001:db8::1", NULL, 10 },
	{ "{\"schema\":1,\"command\":\"block\",\"who\":\"192.0.2.0/24\"}", NULL,
	    CONSOLE_BLOCK, "192.0.2.0/24", NULL, 10 },
	{ "{\"schema\":1,\"command\":\"allow\",\"who\":\"192.0.2.1/32\"}", NULL,
	    CONSOLE_ALLOW, "192.0.2.1/32", NULL, 10 },
	/* Not so. */
	{ "", "this is no object", CONSOLE_STATUS, NULL, NULL, 0 },
	{ "[]", "this is no object", CONSOLE_STATUS, NULL, NULL, 0 },
	{ "{\"schema\":1,\"command\":\"status\"", "this is no object",
	    CONSOLE_STATUS, NULL, NULL, 0 },
	{ "{}", "the daemon speaks", CONSOLE_STATUS, NULL, NULL, 0 },
	{ "{\"schema\":1}", "there is no such", CONSOLE_STATUS, NULL, NULL, 0 },
	{ "{\"schema\":1,\"command\":5}", "there is no such", CONSOLE_STATUS,
	    NULL, NULL, 0 },
	{ "{\"schema\":1,\"command\":\"reset\"}", "name whom", CONSOLE_RESET,
	    NULL, NULL, 0 },
	{ "{\"schema\":1,\"command\":\"reset\",\"who\":\"a b\"}", "who is",
	    CONSOLE_RESET, NULL, NULL, 0 },
	{ "{\"schema\":1,\"command\":\"reset\",\"who\":\"a\\u0000b\"}",
	    "this is no object", CONSOLE_RESET, NULL, NULL, 0 },
	{ "{\"schema\":1,\"command\":\"override\",\"who\":\"a\"}", "name whom",
	    CONSOLE_OVERRIDE, NULL, NULL, 0 },
	{ "{\"schema\":1,\"command\":\"explain\"}", "there is no request",
	    CONSOLE_EXPLAIN, NULL, NULL, 0 },
	{ "{\"schema\":1,\"command\":\"feed\",\"events\":[{}]}", "an event has",
	    CONSOLE_FEED, NULL, NULL, 0 },
	{ "{\"schema\":1,\"command\":\"feed\",\"events\":[{\"kind\":\"spam\","
	  "\"count\":5000}]}",
	    "an event's count", CONSOLE_FEED, NULL, NULL, 0 },
};

static void
same(const char *found, const char *expected)
{
	if (expected == NULL)
		assert_null(found);
	else
		assert_string_equal(found, expected);
}

static void
check_refused(size_t i, const char *error)
{
	if (error == NULL ||
	    strncmp(error, cases[i].error, strlen(cases[i].error)) != 0)
		fail_msg(
		    "%s: %s", cases[i].line, error == NULL ? "taken" : error);
}

static void
check_taken(size_t i, const char *error, const struct console_command *command)
{
	same(error, NULL);
	assert_int_equal(command->verb, cases[i].verb);
	same(command->who, cases[i].who);
	same(command->limit, cases[i].limit);
	assert_int_equal(command->count, cases[i].count);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct console_command command;
		const char *error = console_command_parse(
		    span_str(cases[i].line), arena, &command);

		if (cases[i].error != NULL)
			check_refused(i, error);
		else
			check_taken(i, error, &command);
		arena_free(arena);
	}
}

static void
test_events(void **state)
{
	struct arena *arena = arena_new();
	struct console_command command;

	(void)state;
	assert_null(console_command_parse(
	    span_str("{\"schema\":1,\"command\":\"feed\",\"events\":["
		     "{\"kind\":\"bounced\",\"user\":\"a@example.org\"},"
		     "{\"kind\":\"spam\",\"client\":\"192.0.2.1\","
		     "\"count\":7}]}"),
	    arena, &command));
	assert_int_equal(command.event_count, 2);
	assert_int_equal(command.events[0].kind, CONSOLE_EVENT_BOUNCED);
	assert_int_equal(command.events[0].count, 1);
	assert_true(span_is(command.events[0].user, "a@example.org"));
	assert_int_equal(command.events[1].count, 7);
	assert_true(span_is(command.events[1].client, "192.0.2.1"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_events),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
