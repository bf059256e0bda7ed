/* support/exposition.h: what is no page of metrics is not taken for one, or
 * tests that rely on it would prove nothing. */
#include "support/unit.h"

#include "support/exposition.h"

#define HEAD "# HELP a_total A.\n# TYPE a_total counter\n"
#define GAUGE "# HELP g G.\n# TYPE g gauge\n"
#define HISTOGRAM "# HELP h H.\n# TYPE h histogram\n"

static const char *const good[] = {
	HEAD "a_total 1\n",
	HEAD "a_total{x=\"1\"} 1\na_total{x=\"2\"} 1.5\n" GAUGE "g 0\n",
	HEAD "a_total{x=\"\\\\\\\"\\n\"} 1\n",
	HISTOGRAM "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n"
		  "h_sum 3\nh_count 2\n",
	HISTOGRAM "h_bucket{x=\"1\",le=\"+Inf\"} 0\nh_sum{x=\"1\"} 0\n"
		  "h_count{x=\"1\"} 0\nh_bucket{x=\"2\",le=\"+Inf\"} 0\n"
		  "h_sum{x=\"2\"} 0\nh_count{x=\"2\"} 0\n",
};

static const char *const bad[] = {
	"a_total 1\n",                         /* no family */
	HEAD,                                  /* no sample */
	HEAD "a_total 1",                      /* no line end */
	HEAD "a_total 1\n" HEAD "a_total 2\n", /* twice */
	HEAD "a_total 1\na_total 1\n",
	HEAD "a_total x\n",
	HEAD "a_total -1\n",
	HEAD "a_total  1\n",
	HEAD "b_total 1\n",
	HEAD "\na_total 1\n",
	HEAD "a_total{x=1} 1\n",
	HEAD "a_total{x=\"1} 1\n",
	HEAD "a_total{x=\"\\t\"} 1\n",
	HEAD "a_total{x=\"1\" 1\n",
	HEAD "a_total{1x=\"1\"} 1\n",
	HEAD "a_total{x=\"1\"} 1\na_total{y=\"1\"} 1\n",
	"# HELP a A.\n# TYPE a counter\na 1\n",
	"# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n",
	"# HELP a A.\n# TYPE b gauge\nb 1\n",
	"# HELP a A\\t.\n# TYPE a gauge\na 1\n",
	"# TYPE a gauge\na 1\n",
	"# HELP a A.\na 1\n",
	HISTOGRAM "h_bucket{le=\"1\"} 1\nh_sum 3\nh_count 1\n",
	HISTOGRAM "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 1\n",
	HISTOGRAM "h_bucket{le=\"+Inf\"} 2\nh_count 2\n",
	HISTOGRAM "h_bucket{le=\"+Inf\"} 2\nh_sum 3\n",
	HISTOGRAM "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n"
		  "h_sum 3\nh_count 1\n",
	HISTOGRAM "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n"
		  "h_bucket{le=\"+Inf\"} 1\nh_sum 3\nh_count 1\n",
	HISTOGRAM "h_bucket 2\nh_sum 3\nh_count 2\n",
	GAUGE "g{le=\"1\"} 2\n",
};

static void
test_cases(void **state)
{
	struct arena *arena = arena_new();
	const char *error = NULL;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(good); i++)
		if (exposition_parse(arena, span_str(good[i]), &error) == NULL)
			fail_msg("%s: %s", good[i], error);
	for (size_t i = 0; i < UNIT_COUNT(bad); i++)
		if (exposition_parse(arena, span_str(bad[i]), &error) != NULL)
			fail_msg("taken: %s", bad[i]);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
