/*
 * fuzz_console.c: a line of JSON from whoever may connect: it is a command that
 * is whole and within its limits, or refused with a reason.
 */
#include <string.h>

#include "console_command.h"
#include "fuzz.h"

static void
check_name(const char *name)
{
	if (name != NULL)
		FUZZ_CHECK(strlen(name) > 0 &&
			   strlen(name) <= CONSOLE_COMMAND_MAX_NAME);
}

static void
check(const struct console_command *command)
{
	FUZZ_CHECK(command->verb < CONSOLE_VERBS);
	FUZZ_CHECK(command->count <= CONSOLE_COMMAND_MAX_COUNT);
	FUZZ_CHECK(command->event_count <= CONSOLE_COMMAND_MAX_EVENTS);
	check_name(command->who);
	check_name(command->limit);
	for (size_t i = 0; i < command->event_count; i++) {
		FUZZ_CHECK(command->events[i].kind < CONSOLE_EVENT_KINDS);
		FUZZ_CHECK(
		    command->events[i].count <= CONSOLE_COMMAND_MAX_COUNT);
	}
	if (command->verb == CONSOLE_OVERRIDE)
		FUZZ_CHECK(command->who != NULL && command->limit != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct console_command command;
	const char *error =
	    console_command_parse(span_new(data, size), arena, &command);

	if (error == NULL)
		check(&command);
	else
		FUZZ_CHECK(strlen(error) > 0);
	arena_free(arena);
	return (0);
}
