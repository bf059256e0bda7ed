#include "check/policy.h"

#include <string.h>

/* RFC 8461 3.2: max_age is at most a year, of ten digits at most. */
#define MAX_AGE_DIGITS 10
#define MAX_AGE 31557600

static void
take_mode(struct policy *out, struct span value)
{
	if (span_is(value, "enforce"))
		out->mode = POLICY_ENFORCE;
	else if (span_is(value, "testing"))
		out->mode = POLICY_TESTING;
	else if (span_is(value, "none"))
		out->mode = POLICY_NONE;
	else
		out->error = "its mode is none of enforce, testing and none";
}

static void
take_max_age(struct policy *out, struct span value)
{
	uint64_t seconds;

	if (!span_to_u64(value, MAX_AGE_DIGITS, &seconds) || seconds > MAX_AGE)
		out->error = "its max_age is no number of seconds up to a "
			     "year";
	else
		out->max_age = (int64_t)seconds;
}

static void
take_mx(struct policy *out, struct span value, struct arena *arena)
{
	if (out->mx_count == POLICY_MAX_MX) {
		out->error = "it names too many hosts";
		return;
	}
	char *host = arena_str(arena, value);

	for (char *at = host; *at != '\0'; at++)
		*at = (char)span_lower((unsigned char)*at);
	out->mx[out->mx_count++] = host;
}

/* RFC 8461 3.2: of a field that may stand once the first counts. */
struct seen {
	bool version;
	bool mode;
	bool max_age;
};

static void
take_field(struct policy *out, struct span name, struct span value,
    struct arena *arena, struct seen *seen)
{
	if (span_is(name, "version")) {
		seen->version |= span_is(value, "STSv1");
	} else if (span_is(name, "mode") && !seen->mode) {
		seen->mode = true;
		take_mode(out, value);
	} else if (span_is(name, "max_age") && !seen->max_age) {
		seen->max_age = true;
		take_max_age(out, value);
	} else if (span_is(name, "mx")) {
		take_mx(out, value, arena);
	}
}

void
policy_parse(struct span text, struct arena *arena, struct policy *out)
{
	struct seen seen = { 0 };
	struct span line;
	struct span name;

	*out = (struct policy){ 0 };
	while (out->error == NULL && span_take_line(&text, &line)) {
		if (span_trim(line, span_is_space).len == 0)
			continue;
		if (span_take_until(&line, ':', &name))
			take_field(out, span_trim(name, span_is_wsp),
			    span_trim(line, span_is_wsp), arena, &seen);
		else
			out->error = "a line of it has no colon";
	}
	if (out->error != NULL)
		return;
	if (!seen.version)
		out->error = "it has no line \"version: STSv1\"";
	else if (!seen.mode)
		out->error = "it has no mode";
	else if (!seen.max_age)
		out->error = "it has no max_age";
	else if (out->mx_count == 0 && out->mode != POLICY_NONE)
		out->error = "it names no host";
}

static bool
fits(const char *pattern, const char *host)
{
	const char *dot;

	if (pattern[0] != '*' || pattern[1] != '.')
		return (strcmp(pattern, host) == 0);
	dot = strchr(host, '.');
	return (dot != NULL && dot != host && strcmp(&pattern[1], dot) == 0);
}

bool
policy_covers(const struct policy *policy, const char *host)
{
	for (size_t i = 0; i < policy->mx_count; i++)
		if (fits(policy->mx[i], host))
			return (true);
	return (false);
}
