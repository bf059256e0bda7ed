/*
 * soak_log.c: the milter's log tells of each message once.
 */
#include <stdlib.h>
#include <string.h>

#include "soak.h"

/* Queue IDs are a letter and a number in hexadecimal. */
#define NUMBER_DIGITS 8

/* What happened to inbound messages. */
static const struct {
	const char *action;
	enum soak_count what;
} verdicts[] = {
	{ "none", SOAK_INBOUND },
	{ "tag", SOAK_TAGGED },
	{ "reject", SOAK_REFUSED },
	{ "tempfail", SOAK_DEFERRED },
};
#define VERDICTS (sizeof(verdicts) / sizeof(verdicts[0]))

/* What the log says. */
struct tale {
	unsigned char *sent;     /* how often each message is told of */
	unsigned char *verified; /* the same after it was signed */
	unsigned int inbound[VERDICTS];
	unsigned int outbound;
	unsigned int aborted;
	unsigned int reloads;
	unsigned int broken;
	unsigned int troubles;
};

/* What must not be there. */
static const char *const troubles[] = { "unsigned", "dns_broken", "dns_trouble",
	"never_negotiated", "restart_needed", NULL };

/* Return the string at ${key} of the JSON ${line}, or an empty span. */
static struct span
value_of(struct arena *arena, const char *line, const char *key)
{
	const char *mark = arena_printf(arena, "\"%s\":\"", key);
	const char *at = strstr(line, mark);
	struct span rest = span_str(at == NULL ? "" : at + strlen(mark));
	struct span value;

	(void)span_take_until(&rest, '"', &value);
	return (value);
}

/* Return the index of ${action} in verdicts, or VERDICTS. */
static size_t
find_verdict(struct span action)
{
	size_t i = 0;

	while (i < VERDICTS && !span_is(action, verdicts[i].action))
		i++;
	return (i);
}

static int
take_message(
    struct soak *soak, struct arena *arena, const char *line, struct tale *tale)
{
	struct span id = value_of(arena, line, "queue_id");
	struct span direction = value_of(arena, line, "direction");
	const char *text = arena_str(arena, id);
	unsigned long number =
	    id.len == NUMBER_DIGITS + 1 ? strtoul(text + 1, NULL, 16) : 0;
	bool outbound = span_is(direction, "outbound");
	size_t verdict = find_verdict(value_of(arena, line, "action"));

	if (id.len != NUMBER_DIGITS + 1 || number >= soak->messages ||
	    strchr("STV", text[0]) == NULL || verdict == VERDICTS ||
	    (outbound && verdict > 0) ||
	    (!outbound && !span_is(direction, "inbound")))
		return (soak_fail(soak, "an odd line in the log: %s", line));
	if (text[0] == 'S')
		tale->sent[number]++;
	else if (text[0] == 'V')
		tale->verified[number]++;
	*(outbound ? &tale->outbound : &tale->inbound[verdict]) += 1;
	return (0);
}

static int
take_line(
    struct soak *soak, struct arena *arena, const char *line, struct tale *tale)
{
	struct span event = value_of(arena, line, "event");

	if (span_is(event, "message"))
		return (take_message(soak, arena, line, tale));
	tale->aborted += span_is(event, "aborted");
	tale->reloads += span_is(event, "reloaded");
	tale->broken += span_is(event, "reload_failed");
	for (size_t i = 0; troubles[i] != NULL; i++)
		if (span_is(event, troubles[i]))
			return (soak_fail(soak, "the log: %s", line));
	return (0);
}

static int
same(struct soak *soak, const char *what, unsigned int told,
    unsigned int expected)
{
	if (told == expected)
		return (0);
	return (soak_fail(soak, "%s: the log tells of %u, there were %u", what,
	    told, expected));
}

/* Every message once, and of those that were verified as many as were. */
static int
each_once(struct soak *soak, const struct tale *tale)
{
	unsigned int verified = 0;

	for (uint32_t i = 0; i < soak->messages; i++) {
		if (tale->sent[i] != 1 || tale->verified[i] > 1)
			return (soak_fail(soak,
			    "the log tells of S%08X %u times, of V%08X %u", i,
			    tale->sent[i], i, tale->verified[i]));
		verified += tale->verified[i];
	}
	return (same(soak, "messages verified after signing", verified,
	    soak->counts[SOAK_VERIFIED]));
}

/* libmilter looks no more at what was on its way over a connection that is
 * gone: of a message that was cut off the milter may have seen the envelope
 * only, which is a debug line. */
static int
aborted_in_bounds(struct soak *soak, const struct tale *tale)
{
	unsigned int least = soak->counts[SOAK_ABORTED];
	unsigned int most = least + soak->counts[SOAK_VANISHED];

	if (tale->aborted >= least && tale->aborted <= most)
		return (0);
	return (soak_fail(soak,
	    "messages given up: the log tells of %u, there were %u, and %u "
	    "cut off",
	    tale->aborted, least, most - least));
}

static int
same_verdicts(struct soak *soak, const struct tale *tale)
{
	for (size_t i = 0; i < VERDICTS; i++)
		if (same(soak, verdicts[i].action, tale->inbound[i],
			soak->counts[verdicts[i].what]) != 0)
			return (-1);
	return (0);
}

int
soak_log_check(struct soak *soak)
{
	struct span log = daemon_log(soak->daemon, soak->arena);
	struct tale tale = { 0 };
	const atomic_uint *counts = soak->counts;
	struct span line;
	int result = 0;

	tale.sent = arena_array(soak->arena, soak->messages, 1);
	tale.verified = arena_array(soak->arena, soak->messages, 1);
	while (result == 0 && span_take_line(&log, &line)) {
		struct arena *arena = arena_new();

		result = take_line(soak, arena, arena_str(arena, line), &tale);
		arena_free(arena);
	}
	if (result != 0 || each_once(soak, &tale) != 0 ||
	    same(soak, "signed messages", tale.outbound, counts[SOAK_SIGNED]) !=
		0 ||
	    same_verdicts(soak, &tale) != 0 ||
	    aborted_in_bounds(soak, &tale) != 0 ||
	    same(soak, "reloads", tale.reloads, counts[SOAK_RELOADS]) != 0)
		return (-1);
	return (same(
	    soak, "broken configurations", tale.broken, counts[SOAK_BROKEN]));
}
