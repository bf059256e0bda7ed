/*
 * spf_suite.c: the test suites of RFC 7208 and RFC 4408, explanations included.
 *
 * The suite for RFC 4408 asks for nothing that RFC 7208 forbids: where the two
 * differ, it lists both results.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "spf/spf.h"
#include "support/dkim.h"
#include "support/suites.h"

#define MAX_LINE 16384
#define MAX_ZONE ((size_t)256 * 1024)

struct suite {
	struct arena *arena; /* of the scenario */
	struct buf zone;
	struct dns *dns; /* NULL while the zone grows */
	char title[200]; /* of the case; empty: none under way */
	struct spf_query query;
	struct buf results;      /* that are right, each behind a space */
	const char *explanation; /* that is right; NULL: any */
	int count;
	int good;
	int explanations; /* of the cases, those that look at one */
};

static const char *
explanation(const struct spf_outcome *out)
{
	return (out->explanation == NULL ? "DEFAULT" : out->explanation);
}

static bool
is_right(struct suite *suite, const struct spf_outcome *out)
{
	const char *result =
	    arena_printf(suite->arena, " %s ", spf_result_name(out->result));

	if (strstr(buf_str(&suite->results), result) == NULL)
		return (false);
	if (suite->explanation == NULL)
		return (true);
	suite->explanations++;
	return (strcmp(suite->explanation, explanation(out)) == 0);
}

/* Judge the case that was read, if there is one. */
static void
end_case(struct suite *suite)
{
	struct spf_outcome out;

	if (suite->title[0] == '\0')
		return;
	if (suite->dns == NULL)
		suite->dns = support_dns(suite->arena, buf_str(&suite->zone));
	suite->query.deadline = clock_monotonic_ms() + 20000;
	spf_eval(suite->dns, &suite->query, suite->arena, NULL, &out);
	suite->count++;
	if (is_right(suite, &out))
		suite->good++;
	else
		(void)printf("%s: %s, \"%s\" (%s), but%sexpected, \"%s\"\n",
		    suite->title, spf_result_name(out.result),
		    explanation(&out), out.reason, buf_str(&suite->results),
		    suite->explanation == NULL ? "any" : suite->explanation);
	suite->title[0] = '\0';
}

static void
begin_scenario(struct suite *suite)
{
	dns_free(suite->dns);
	arena_free(suite->arena);
	suite->dns = NULL;
	suite->arena = arena_new();
	buf_init(&suite->zone, suite->arena, MAX_ZONE);
}

static void
begin_case(struct suite *suite, const char *title)
{
	(void)snprintf(suite->title, sizeof(suite->title), "%s", title);
	suite->query = (struct spf_query){ .identity = SPF_MAIL_FROM,
		.receiver = "mx.receiver.example" };
	buf_init(&suite->results, suite->arena, 200);
	buf_add_str(&suite->results, " ");
	suite->explanation = NULL;
}

static int
read_host(struct suite *suite, const char *value)
{
	return (network_address_parse(value, &suite->query.client));
}

/* Return -1 for a line that means nothing. */
static int
take_line(struct suite *suite, const char *word, const char *value)
{
	if (strcmp(word, "scenario") == 0 || strcmp(word, "case") == 0)
		end_case(suite);
	if (strcmp(word, "scenario") == 0)
		begin_scenario(suite);
	else if (suite->arena == NULL)
		return (-1);
	else if (strcmp(word, "zone") == 0)
		buf_printf(&suite->zone, "%s\n", value);
	else if (strcmp(word, "case") == 0)
		begin_case(suite, value);
	else if (strcmp(word, "helo") == 0)
		suite->query.helo = arena_strdup(suite->arena, value);
	else if (strcmp(word, "mail_from") == 0)
		suite->query.mail_from = arena_strdup(suite->arena, value);
	else if (strcmp(word, "result") == 0)
		buf_printf(&suite->results, "%s ", value);
	else if (strcmp(word, "explanation") == 0)
		suite->explanation = arena_strdup(suite->arena, value);
	else
		return (
		    strcmp(word, "host") == 0 ? read_host(suite, value) : -1);
	return (0);
}

/* Run the suite that ${pipe} gives; return -1 when that cannot be read. */
static int
run_lines(struct suite *suite, FILE *pipe)
{
	static char line[MAX_LINE];
	int ret = 0;

	while (ret == 0 && fgets(line, sizeof(line), pipe) != NULL) {
		char *end = strchr(line, '\n');
		char *space = strchr(line, ' ');

		if (end == NULL || space == NULL)
			return (-1);
		*end = '\0';
		*space = '\0';
		/* UNSAFE: a space that was found stands before the value. */
		ret = take_line(suite, line, space + 1);
	}
	end_case(suite);
	return (ret);
}

/* Say whether all ${wanted} cases of the suite ${file} go as they should. */
static bool
run_suite(const char *file, const char *name, int wanted)
{
	struct suite suite = { .arena = NULL };
	struct arena *arena = arena_new();
	const char *command =
	    arena_printf(arena, "python3 conformance/spf_suite.py '%s'", file);
	FILE *pipe = popen(command, "r");
	int ret = pipe == NULL ? -1 : run_lines(&suite, pipe);

	if (pipe != NULL && pclose(pipe) != 0)
		ret = -1;
	(void)printf("%s: %d of %d, %d of them with their explanations\n", name,
	    suite.good, wanted, suite.explanations);
	if (ret != 0)
		(void)printf("%s cannot be read\n", file);
	dns_free(suite.dns);
	arena_free(suite.arena);
	arena_free(arena);
	return (ret == 0 && suite.count == wanted && suite.good == wanted);
}

int
main(void)
{
	struct arena *arena = arena_new();
	const char *folder = suites_find(arena, "spf");
	int status = SUITES_SKIPPED;

	if (folder != NULL) {
		bool new = run_suite(
		    arena_printf(arena, "%s/rfc7208-tests.yml", folder),
		    "RFC 7208", 203);
		bool old = run_suite(
		    arena_printf(arena, "%s/rfc4408-tests.yml", folder),
		    "RFC 4408", 191);

		status = new &&old ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	arena_free(arena);
	return (status);
}
