/*
 * spf_oracles.c: our SPF beside libspf2's and pyspf's, over both test suites
 * and records of our own.  It prints the table of differences with their
 * causes, and fails when one has no known cause, and when a known one is gone.
 *
 * libspf2 runs in its process, pyspf in one of Python's; both get their DNS
 * answers from the suite.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "receiver/spf2.h"
#include "receiver/spf2_difference.h"
#include "receiver/spf2_facts.h"
#include "support/spf_cases.h"
#include "support/suites.h"

#define MAX_LINE 4096
#define RECEIVER "mx.receiver.example"
#define TIMEOUT_MS 60000

/* A cause and how many differences it has: a part of its text. */
struct cause {
	const char *part;
	int wanted;
	int seen;
};

/* Right are so many, and with their explanations so many. */
struct expected {
	const char *file;
	const char *name;
	int cases;
	int ours;
	int libspf2, libspf2_explained;
	int pyspf, pyspf_explained;
};

static const struct expected suites[] = {
	{ "rfc7208-tests.yml", "RFC 7208", 203, 203, 142, 126, 203, 203 },
	{ "rfc4408-tests.yml", "RFC 4408", 191, 191, 133, 117, 191, 191 },
};
static const struct expected records = { "conformance/spf_records.yml",
	"our records", 63, 63, 49, 47, 62, 62 };

static struct cause causes[] = {
	{ "pass without a look", 1, 0 },
	{ "takes an IPv4-mapped", 7, 0 },
	{ "is no domain name, which is none", 5, 0 },
	{ "goes where redirect= points", 4, 0 },
	{ "refuses the prefix length 0", 37, 0 },
	{ "modifiers with a dot", 5, 0 },
	{ "macro delimiters", 1, 0 },
	{ "does not mind what is malformed", 62, 0 },
	{ "more than two look-ups find nothing", 2, 0 },
	{ "counts them anew", 4, 0 },
	{ "more than ten names in a ptr", 3, 0 },
	{ "names cannot be had, which", 1, 0 },
	{ "leaves open which", 2, 0 },
	{ "do not ask the same questions", 1, 0 },
	/* Of explanations. */
	{ "garbles the explanation", 22, 0 },
	{ "that RFC 7208 6.2 does not allow", 8, 0 },
	{ "%XX of capital macros", 2, 0 },
	{ "does not tell the explanation", 2, 0 },
};

/* Where pyspf differs, and why. */
static struct {
	const char *title;
	const char *why;
	bool seen;
} pyspf_causes[] = {
	{ "multispf1",
	    "two equal records, of which the DNS keeps one (RFC 2181 5)",
	    false },
	{ "dead-reverse",
	    "pyspf calls it temperror when the client's names cannot be had; "
	    "RFC 7208 5.5: no match",
	    false },
};

struct opinion {
	char result[16];
	char explanation[MAX_LINE];
};

struct run {
	const struct expected *expected;
	FILE *answers; /* of pyspf */
	int cases, ours, libspf2, libspf2_explained, pyspf, pyspf_explained;
	int unexplained;
};

static void
set_opinion(struct opinion *out, const char *result, const char *explanation)
{
	(void)snprintf(out->result, sizeof(out->result), "%s", result);
	(void)snprintf(out->explanation, sizeof(out->explanation), "%s",
	    explanation != NULL ? explanation : "DEFAULT");
}

/* What pyspf says of the same case: its lines come in the same order. */
static bool
read_pyspf(FILE *pipe, const char *title, struct opinion *out)
{
	char line[MAX_LINE];
	struct span rest, part[3];

	if (fgets(line, sizeof(line), pipe) == NULL)
		return (false);
	rest = span_trim_end(span_str(line), span_is_space);
	for (size_t i = 0; i < 3; i++)
		(void)span_take_until(&rest, '\t', &part[i]);
	(void)snprintf(out->result, sizeof(out->result), "%.*s",
	    (int)part[1].len, (const char *)part[1].data);
	(void)snprintf(out->explanation, sizeof(out->explanation), "%.*s",
	    (int)part[2].len, (const char *)part[2].data);
	return (span_is(part[0], title));
}

static void
ask_libspf2(const struct spf_case *of, const struct wire_spf *query,
    struct receiver_report *report)
{
	const struct receiver_options options = { .dns = of->dns,
		.timeout_ms = TIMEOUT_MS,
		.dns_timeout_ms = TIMEOUT_MS };
	const char *error;
	struct receiver *receiver = receiver_new(&spf2_library, &error);

	if (receiver == NULL) {
		(void)printf("%s\n", error);
		exit(EXIT_FAILURE);
	}
	receiver_judge_spf(receiver, &options, query, of->arena, report);
	receiver_free(receiver);
}

static const char *
state_name(enum receiver_state state)
{
	switch (state) {
	case RECEIVER_CRASHED:
		return ("(crash)");
	case RECEIVER_INSATIABLE:
		return ("(endless)");
	case RECEIVER_JUDGED:
	case RECEIVER_SLOW:
	case RECEIVER_GARBAGE:
	case RECEIVER_TROUBLE:
		break;
	}
	return ("(trouble)");
}

/* Why libspf2 differs, or NULL when it does not. */
static const char *
find_cause(const struct spf_case *of, const struct wire_spf *query,
    const struct spf_outcome *ours, const struct receiver_report *report,
    bool *known)
{
	struct difference difference;
	struct spf2_facts facts;

	*known = true;
	if (report->state != RECEIVER_JUDGED)
		return (report->reason);
	spf2_facts_find(of->arena, query, report, &facts);
	difference = spf2_difference_find(ours, report->spf, &facts);
	*known = difference.kind != DIFFERENCE_UNKNOWN;
	return (difference.kind != DIFFERENCE_NONE ? difference.text
						   : difference.note);
}

static void
count_cause(struct run *run, const char *cause, bool known)
{
	bool counted = false;

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (strstr(cause, causes[i].part) != NULL) {
			causes[i].seen++;
			counted = true;
		}
	if (!known || !counted)
		run->unexplained++;
}

static const char *
find_pyspf_cause(struct run *run, const char *title)
{
	for (size_t i = 0; i < sizeof(pyspf_causes) / sizeof(pyspf_causes[0]);
	     i++)
		if (strcmp(pyspf_causes[i].title, title) == 0) {
			pyspf_causes[i].seen = true;
			return (pyspf_causes[i].why);
		}
	run->unexplained++;
	return ("it is not known why");
}

static bool
same(const struct opinion *a, const struct opinion *b)
{
	return (strcmp(a->result, b->result) == 0 &&
		(strcmp(a->result, "fail") != 0 ||
		    strcmp(a->explanation, b->explanation) == 0));
}

static void
print_row(const char *title, const struct opinion *ours,
    const struct opinion *libspf2, const struct opinion *pyspf,
    const char *cause)
{
	(void)printf("  %-30s %-10s %-10s %-10s %s\n", title, ours->result,
	    libspf2->result, pyspf->result, cause);
}

static void
count_right(struct run *run, const struct spf_case *of,
    const struct opinion *ours, const struct opinion *libspf2,
    const struct opinion *pyspf)
{
	bool they = spf_case_allows(of, libspf2->result);
	bool python = spf_case_allows(of, pyspf->result);

	run->cases++;
	run->ours += spf_case_allows(of, ours->result) &&
	             spf_case_explains(of, ours->explanation);
	run->libspf2 += they;
	run->libspf2_explained +=
	    they && spf_case_explains(of, libspf2->explanation);
	run->pyspf += python;
	run->pyspf_explained +=
	    python && spf_case_explains(of, pyspf->explanation);
}

static void
ask_ours(const struct spf_case *of, struct spf_outcome *out)
{
	const struct spf_query query = { .identity = SPF_MAIL_FROM,
		.client = of->client,
		.helo = of->helo,
		.mail_from = of->mail_from,
		.receiver = RECEIVER,
		.deadline = clock_monotonic_ms() + TIMEOUT_MS };

	spf_eval(of->dns, &query, of->arena, NULL, out);
}

static void
judge(void *cookie, const struct spf_case *of)
{
	struct run *run = cookie;
	const struct wire_spf query = { of->host, of->helo, of->mail_from,
		RECEIVER };
	struct opinion ours = { 0 }, libspf2 = { 0 }, pyspf = { 0 };
	struct receiver_report report;
	struct spf_outcome out;
	bool known;

	ask_ours(of, &out);
	set_opinion(&ours, spf_result_name(out.result), out.explanation);
	ask_libspf2(of, &query, &report);
	if (report.state == RECEIVER_JUDGED)
		set_opinion(&libspf2, spf_result_name(report.spf->result),
		    report.spf->explanation);
	else
		set_opinion(&libspf2, state_name(report.state), NULL);
	if (!read_pyspf(run->answers, of->title, &pyspf)) {
		(void)printf("%s: pyspf says nothing of it\n", of->title);
		run->unexplained++;
		return;
	}
	count_right(run, of, &ours, &libspf2, &pyspf);
	const char *cause = find_cause(of, &query, &out, &report, &known);

	if (cause != NULL) {
		count_cause(run, cause, known);
		print_row(of->title, &ours, &libspf2, &pyspf, cause);
	}
	if (!same(&ours, &pyspf))
		print_row(of->title, &ours, &libspf2, &pyspf,
		    find_pyspf_cause(run, of->title));
}

static bool
check_counts(const struct run *run)
{
	const struct expected *wanted = run->expected;

	(void)printf("%s: %d cases; right, and with the explanation: "
		     "Mailreeve %d %d, libspf2 %d %d, pyspf %d %d\n\n",
	    wanted->name, run->cases, run->ours, run->ours, run->libspf2,
	    run->libspf2_explained, run->pyspf, run->pyspf_explained);
	if (run->unexplained > 0)
		(void)printf(
		    "%d differences are unexplained\n", run->unexplained);
	return (run->unexplained == 0 && run->cases == wanted->cases &&
		run->ours == wanted->ours && run->libspf2 == wanted->libspf2 &&
		run->libspf2_explained == wanted->libspf2_explained &&
		run->pyspf == wanted->pyspf &&
		run->pyspf_explained == wanted->pyspf_explained);
}

static bool
run_suite(const struct expected *expected, const char *file)
{
	struct run run = { .expected = expected };
	struct arena *arena = arena_new();
	bool good;

	(void)printf("  %-30s %-10s %-10s %-10s %s\n", expected->name,
	    "Mailreeve", "libspf2", "pyspf", "cause");
	(void)fflush(stdout);
	run.answers = popen(
	    arena_printf(arena, "conformance/spf_pyspf.py '%s'", file), "r");
	good = run.answers != NULL && spf_cases_read(file, judge, &run) == 0;
	good = run.answers != NULL && pclose(run.answers) == 0 && good;
	good = check_counts(&run) && good;
	arena_free(arena);
	return (good);
}

/* A cause that is gone, or has spread, is told too. */
static bool
check_causes(void)
{
	bool good = true;

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].seen != causes[i].wanted) {
			(void)printf("\"%s\": %d differences, not %d\n",
			    causes[i].part, causes[i].seen, causes[i].wanted);
			good = false;
		}
	}
	for (size_t i = 0; i < sizeof(pyspf_causes) / sizeof(pyspf_causes[0]);
	     i++)
		if (!pyspf_causes[i].seen) {
			(void)printf("%s: pyspf no longer differs\n",
			    pyspf_causes[i].title);
			good = false;
		}
	return (good);
}

int
main(void)
{
	struct arena *arena = arena_new();
	const char *folder = suites_find(arena, "spf");
	int status = SUITES_SKIPPED;

	(void)signal(SIGPIPE, SIG_IGN);
	if (folder != NULL) {
		bool good = run_suite(&records, records.file);

		for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
			good = run_suite(
				   &suites[i], arena_printf(arena, "%s/%s",
						   folder, suites[i].file)) &&
			       good;
		good = check_causes() && good;
		status = good ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	arena_free(arena);
	return (status);
}
