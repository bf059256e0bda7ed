/*
 * scenario_expect.c: the expect lines.
 */
#include <regex.h>
#include <string.h>

#include "support/scenario.h"

/* How a set of fields looks in an error message. */
#define SHOWN_FIELDS 20

static int
compile(struct scenario *scenario, const char *pattern, regex_t *regex)
{
	char text[128];
	int error = regcomp(regex, pattern, REG_EXTENDED | REG_NOSUB);

	if (error == 0)
		return (0);
	regerror(error, regex, text, sizeof(text));
	return (scenario_fail(scenario, "%s: %s", pattern, text));
}

static bool
matches(const regex_t *regex, const char *text)
{
	return (regexec(regex, text, 0, NULL, 0) == 0);
}

/* The values of the fields called ${name}, one a line. */
static const char *
show_fields(struct scenario *scenario, const char *name)
{
	const struct milter_message *message = scenario->sent;
	size_t shown = 0;
	struct buf out;

	buf_init(&out, scenario->arena, MILTER_MESSAGE_MAX);
	for (size_t i = 0; i < message->count && shown < SHOWN_FIELDS; i++) {
		if (!milter_message_is_called(&message->fields[i], name))
			continue;
		shown++;
		buf_printf(&out, "\n    [%zu] %s:%s", i, name,
		    milter_message_unfold(
			scenario->arena, &message->fields[i]));
	}
	return (shown > 0 ? buf_str(&out) : " none");
}

/* How many fields called ${name} match ${pattern}; NULL: any. */
static int
count_matches(struct scenario *scenario, const char *name, const char *pattern,
    size_t *count)
{
	const struct milter_message *message = scenario->sent;
	regex_t regex;

	*count = 0;
	if (compile(scenario, pattern == NULL ? "" : pattern, &regex) != 0)
		return (-1);
	for (size_t i = 0; i < message->count; i++)
		if (milter_message_is_called(&message->fields[i], name) &&
		    matches(&regex, milter_message_unfold(
					scenario->arena, &message->fields[i])))
			(*count)++;
	regfree(&regex);
	return (0);
}

static int
need_message(struct scenario *scenario)
{
	if (scenario->sent != NULL)
		return (0);
	return (scenario_fail(scenario, "nothing was sent yet"));
}

/* expect header NAME count N | expect header NAME ~ REGEX */
static int
expect_header(struct scenario *scenario, struct span rest)
{
	char *name = scenario_string(scenario, scenario_word(&rest));
	struct span how = scenario_word(&rest);
	char *what = scenario_string(scenario, rest);
	uint64_t wanted = 0;
	size_t count;

	if (need_message(scenario) != 0)
		return (-1);
	if (span_is(how, "count") && span_to_u64(rest, 9, &wanted)) {
		count = milter_message_count(scenario->sent, name);
		if (count != wanted)
			(void)scenario_fail(scenario,
			    "expected %s %s times, found%s", name, what,
			    show_fields(scenario, name));
		return (0);
	}
	if (!span_is(how, "~"))
		return (scenario_fail(scenario, "header NAME ~ REGEX"));
	if (count_matches(scenario, name, what, &count) != 0)
		return (-1);
	if (count == 0)
		(void)scenario_fail(scenario, "expected %s ~ %s, found%s", name,
		    what, show_fields(scenario, name));
	return (0);
}

/* expect no header NAME [~ REGEX] */
static int
expect_no_header(struct scenario *scenario, struct span rest)
{
	char *name = scenario_string(scenario, scenario_word(&rest));
	bool is_pattern = span_is(scenario_word(&rest), "~");
	char *what = is_pattern ? scenario_string(scenario, rest) : NULL;
	size_t count;

	if (need_message(scenario) != 0 ||
	    count_matches(scenario, name, what, &count) != 0)
		return (-1);
	if (count > 0)
		(void)scenario_fail(scenario, "expected no %s%s%s, found%s",
		    name, is_pattern ? " ~ " : "", is_pattern ? what : "",
		    show_fields(scenario, name));
	return (0);
}

/* expect header-at INDEX NAME ~ REGEX; 0 is the top. */
static int
expect_header_at(struct scenario *scenario, struct span rest)
{
	struct span number = scenario_word(&rest);
	char *name = scenario_string(scenario, scenario_word(&rest));
	struct span how = scenario_word(&rest);
	const struct milter_field *field;
	uint64_t index;
	regex_t regex;
	char *value;
	bool good;

	if (need_message(scenario) != 0)
		return (-1);
	if (!span_to_u64(number, 6, &index) || !span_is(how, "~"))
		return (
		    scenario_fail(scenario, "header-at INDEX NAME ~ REGEX"));
	if (index >= scenario->sent->count) {
		(void)scenario_fail(scenario, "expected %s, found %zu fields",
		    name, scenario->sent->count);
		return (0);
	}
	field = &scenario->sent->fields[index];
	value = milter_message_unfold(scenario->arena, field);
	if (compile(scenario, scenario_string(scenario, rest), &regex) != 0)
		return (-1);
	good = milter_message_is_called(field, name) && matches(&regex, value);
	regfree(&regex);
	if (!good)
		(void)scenario_fail(scenario,
		    "expected %s ~ %s at %d, found %s: %s", name,
		    scenario_string(scenario, rest), (int)index,
		    scenario_string(scenario, field->name), value);
	return (0);
}

/* expect reply TEXT: the filter's last word begins so. */
static int
expect_reply(struct scenario *scenario, struct span rest)
{
	char *wanted = scenario_string(scenario, rest);

	if (scenario->reply == NULL ||
	    strncmp(scenario->reply, wanted, strlen(wanted)) != 0)
		(void)scenario_fail(scenario, "expected reply %s, found %s",
		    wanted, scenario->reply == NULL ? "none" : scenario->reply);
	return (0);
}

/* expect log EVENT [~ REGEX] */
static int
expect_log(struct scenario *scenario, struct span rest)
{
	char *event = scenario_string(scenario, scenario_word(&rest));
	bool is_pattern = span_is(scenario_word(&rest), "~");
	const char *pattern = is_pattern ? scenario_string(scenario, rest) : "";
	regex_t regex;

	if (compile(scenario, pattern, &regex) != 0)
		return (-1);
	regfree(&regex);
	if (!daemon_logged(scenario->daemon, event, pattern, SCENARIO_LOG_MS))
		(void)scenario_fail(scenario,
		    "expected log %s ~ %s, found no such line", event, pattern);
	return (0);
}

/* expect no log EVENT [~ REGEX]: looked at when all is over. */
static int
expect_no_log(struct scenario *scenario, struct span rest)
{
	struct scenario_denial *denial =
	    &scenario->denials[scenario->denial_count];

	if (scenario->denial_count == SCENARIO_DENIALS)
		return (scenario_fail(scenario, "too many of these"));
	denial->line = scenario->line;
	denial->event = scenario_string(scenario, scenario_word(&rest));
	denial->pattern = span_is(scenario_word(&rest), "~")
	                      ? scenario_string(scenario, rest)
	                      : "";
	scenario->denial_count++;
	return (0);
}

/* expect unchanged */
static int
expect_unchanged(struct scenario *scenario, struct span rest)
{
	(void)rest;
	if (need_message(scenario) != 0)
		return (-1);
	if (scenario->sent->edits != 0)
		(void)scenario_fail(scenario,
		    "expected an unchanged message, found %zu changes",
		    scenario->sent->edits);
	return (0);
}

/* expect quarantine ~ REGEX */
static int
expect_quarantine(struct scenario *scenario, struct span rest)
{
	const char *reason;
	regex_t regex;
	bool good;

	if (need_message(scenario) != 0)
		return (-1);
	if (!span_is(scenario_word(&rest), "~"))
		return (scenario_fail(scenario, "quarantine ~ REGEX"));
	if (compile(scenario, scenario_string(scenario, rest), &regex) != 0)
		return (-1);
	reason = scenario->sent->quarantine;
	good = reason != NULL && matches(&regex, reason);
	regfree(&regex);
	if (!good)
		(void)scenario_fail(scenario,
		    "expected quarantine ~ %s, found %s",
		    scenario_string(scenario, rest),
		    reason == NULL ? "none" : reason);
	return (0);
}

int
scenario_expect(struct scenario *scenario, struct span rest)
{
	struct span what = scenario_word(&rest);
	bool no = span_is(what, "no");

	if (no)
		what = scenario_word(&rest);
	if (span_is(what, "header"))
		return (no ? expect_no_header(scenario, rest)
			   : expect_header(scenario, rest));
	if (span_is(what, "log"))
		return (no ? expect_no_log(scenario, rest)
			   : expect_log(scenario, rest));
	if (!no && span_is(what, "header-at"))
		return (expect_header_at(scenario, rest));
	if (!no && span_is(what, "reply"))
		return (expect_reply(scenario, rest));
	if (!no && span_is(what, "unchanged"))
		return (expect_unchanged(scenario, rest));
	if (!no && span_is(what, "quarantine"))
		return (expect_quarantine(scenario, rest));
	return (scenario_fail(scenario, "nothing of that name to expect"));
}
