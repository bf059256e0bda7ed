/*
 * spf_suite.c: the test suites of RFC 7208 and RFC 4408, explanations included.
 *
 * The suite for RFC 4408 asks for nothing that RFC 7208 forbids: where the two
 * differ, it lists both results.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "spf/spf.h"
#include "support/spf_cases.h"
#include "support/suites.h"

struct suite {
	int count;
	int good;
	int explanations; /* of the cases, those that look at one */
};

static void
judge(void *cookie, const struct spf_case *of)
{
	struct suite *suite = cookie;
	const struct spf_query query = { .identity = SPF_MAIL_FROM,
		.client = of->client,
		.helo = of->helo,
		.mail_from = of->mail_from,
		.receiver = "mx.receiver.example",
		.deadline = clock_monotonic_ms() + 20000 };
	struct spf_outcome out;

	spf_eval(of->dns, &query, of->arena, NULL, &out);
	const char *result = spf_result_name(out.result);

	suite->count++;
	suite->explanations += of->explanation != NULL;
	if (spf_case_allows(of, result) &&
	    spf_case_explains(of, out.explanation)) {
		suite->good++;
		return;
	}
	(void)printf("%s: %s, \"%s\" (%s), but%sexpected, \"%s\"\n", of->title,
	    result, out.explanation != NULL ? out.explanation : "DEFAULT",
	    out.reason, of->results,
	    of->explanation != NULL ? of->explanation : "any");
}

/* Say whether all ${wanted} cases of the suite ${file} go as they should. */
static bool
run_suite(const char *file, const char *name, int wanted)
{
	struct suite suite = { 0 };
	int ret = spf_cases_read(file, judge, &suite);

	(void)printf("%s: %d of %d, %d of them with their explanations\n", name,
	    suite.good, wanted, suite.explanations);
	if (ret != 0)
		(void)printf("%s cannot be read\n", file);
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
