#include "console_command.h"

#include <jansson.h>
#include <string.h>

#include "base/network.h"

static const char *const verbs[CONSOLE_VERBS] = {
	[CONSOLE_STATUS] = "status",
	[CONSOLE_SHOW] = "show",
	[CONSOLE_TOP] = "top",
	[CONSOLE_RESET] = "reset",
	[CONSOLE_ALLOW] = "allow",
	[CONSOLE_BLOCK] = "block",
	[CONSOLE_LISTED] = "listed",
	[CONSOLE_RELEASE] = "release",
	[CONSOLE_OVERRIDE] = "override",
	[CONSOLE_OVERRIDES] = "overrides",
	[CONSOLE_EXPLAIN] = "explain",
	[CONSOLE_FEED] = "feed",
};

static const char *const event_kinds[CONSOLE_EVENT_KINDS] = {
	[CONSOLE_EVENT_DELIVERED] = "delivered",
	[CONSOLE_EVENT_BOUNCED] = "bounced",
	[CONSOLE_EVENT_SPAM] = "spam",
	[CONSOLE_EVENT_GOOD] = "good",
	[CONSOLE_EVENT_UNKNOWN_RECIPIENT] = "unknown_recipient",
};

const char *
console_command_verb(enum console_verb verb)
{
	return (verbs[verb]);
}

const char *
console_command_event(enum console_event_kind kind)
{
	return (event_kinds[kind]);
}

/* The index of ${word}; ${count} when it is none of ${words}. */
static size_t
find_word(const char *const words[], size_t count, const char *word)
{
	size_t i = 0;

	while (i < count && (word == NULL || strcmp(words[i], word) != 0))
		i++;
	return (i);
}

static struct span
member(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return (span_str(""));
	return (span_new(json_string_value(value), json_string_length(value)));
}

/* A name without bytes that could break a line or a key: they stand in keys
 * with a blank between. */
static bool
is_name(struct span text)
{
	if (text.len > CONSOLE_COMMAND_MAX_NAME)
		return (false);
	for (size_t i = 0; i < text.len; i++)
		if (span_is_control(text.data[i]) || text.data[i] == ' ')
			return (false);
	return (true);
}

/* A limit's name is a section's title; blanks may stand in it. */
static bool
is_title(struct span text)
{
	if (text.len > CONSOLE_COMMAND_MAX_NAME)
		return (false);
	for (size_t i = 0; i < text.len; i++)
		if (span_is_control(text.data[i]))
			return (false);
	return (true);
}

/* An address or network as keys have it, else ${text} in lower case. */
static const char *
canonical(struct arena *arena, struct span text)
{
	char *plain = arena_str(arena, text);
	struct network network;

	for (char *byte = plain; *byte != '\0'; byte++)
		*byte = (char)span_lower((unsigned char)*byte);
	if (network_parse(plain, &network) != 0)
		return (plain);
	const char *address = network_address_print(arena, &network.address);

	if (strchr(plain, '/') == NULL)
		return (address);
	return (arena_printf(arena, "%s/%u", address, network.prefix));
}

static uint64_t
number(const json_t *object, const char *name, uint64_t otherwise)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return (otherwise);
	return ((uint64_t)json_integer_value(value));
}

static const char *
parse_names(
    const json_t *object, struct arena *arena, struct console_command *out)
{
	struct span who = member(object, "who");
	struct span limit = member(object, "limit");

	if (!is_name(who))
		return ("who is too long, or has blanks in it");
	if (!is_title(limit))
		return ("limit is too long, or has control bytes in it");
	out->who = who.len > 0 ? canonical(arena, who) : NULL;
	out->written = who.len > 0 ? arena_str(arena, who) : NULL;
	out->limit = limit.len > 0 ? arena_str(arena, limit) : NULL;
	return (NULL);
}

static const char *
parse_event(
    const json_t *object, struct arena *arena, struct console_event *out)
{
	size_t kind = find_word(event_kinds, CONSOLE_EVENT_KINDS,
	    json_string_value(json_object_get(object, "kind")));

	if (kind == CONSOLE_EVENT_KINDS)
		return ("an event has no kind that is known");
	*out = (struct console_event){ .kind = (enum console_event_kind)kind,
		.count = number(object, "count", 1),
		.user = arena_dup(arena, member(object, "user")),
		.client = arena_dup(arena, member(object, "client")),
		.domain = arena_dup(arena, member(object, "domain")) };
	if (!is_name(out->user) || !is_name(out->client) ||
	    !is_name(out->domain))
		return ("an event has a name that is too long");
	if (out->count > CONSOLE_COMMAND_MAX_COUNT)
		return ("an event's count is too large");
	return (NULL);
}

static const char *
parse_events(
    const json_t *object, struct arena *arena, struct console_command *out)
{
	const json_t *list = json_object_get(object, "events");
	size_t count = json_array_size(list);

	if (count > CONSOLE_COMMAND_MAX_EVENTS)
		return ("too many events");
	struct console_event *events =
	    arena_array(arena, count + 1, sizeof(*events));

	out->events = events;
	for (size_t i = 0; i < count; i++) {
		const char *error =
		    parse_event(json_array_get(list, i), arena, &events[i]);

		if (error != NULL)
			return (error);
		out->event_count++;
	}
	return (NULL);
}

static const char *
parse_object(
    const json_t *object, struct arena *arena, struct console_command *out)
{
	size_t verb = find_word(verbs, CONSOLE_VERBS,
	    json_string_value(json_object_get(object, "command")));

	if (number(object, "schema", 0) != CONSOLE_COMMAND_SCHEMA)
		return ("the daemon speaks schema 1");
	if (verb == CONSOLE_VERBS)
		return ("there is no such command");
	*out = (struct console_command){ .verb = (enum console_verb)verb,
		.count = number(object, "count", 10),
		.rate = number(object, "rate", UINT64_MAX),
		.remove = json_is_true(json_object_get(object, "remove")),
		.request = arena_dup(arena, member(object, "request")) };
	if (out->count > CONSOLE_COMMAND_MAX_COUNT)
		out->count = CONSOLE_COMMAND_MAX_COUNT;
	const char *error = parse_names(object, arena, out);

	return (error != NULL ? error : parse_events(object, arena, out));
}

/* What a command cannot do without. */
static const char *
check(const struct console_command *command)
{
	switch (command->verb) {
	case CONSOLE_SHOW:
	case CONSOLE_RESET:
	case CONSOLE_ALLOW:
	case CONSOLE_BLOCK:
	case CONSOLE_RELEASE:
		return (command->who == NULL ? "name whom" : NULL);
	case CONSOLE_OVERRIDE:
		return (command->who == NULL || command->limit == NULL
			    ? "name whom and which limit"
			    : NULL);
	case CONSOLE_EXPLAIN:
		return (
		    command->request.len == 0 ? "there is no request" : NULL);
	case CONSOLE_STATUS:
	case CONSOLE_TOP:
	case CONSOLE_LISTED:
	case CONSOLE_OVERRIDES:
	case CONSOLE_FEED:
	case CONSOLE_VERBS:
		break;
	}
	return (NULL);
}

const char *
console_command_parse(
    struct span line, struct arena *arena, struct console_command *out)
{
	json_error_t where;
	json_t *object = json_loadb(
	    (const char *)line.data, line.len, JSON_REJECT_DUPLICATES, &where);

	if (!json_is_object(object)) {
		json_decref(object);
		return ("this is no object in JSON");
	}
	const char *error = parse_object(object, arena, out);

	json_decref(object);
	return (error != NULL ? error : check(out));
}
