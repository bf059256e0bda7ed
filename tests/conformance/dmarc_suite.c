/*
 * dmarc_suite.c: decision vectors for DMARC (RFC 9989), those of the suite and
 * our own, with every question that is asked and its place.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dmarc/dmarc.h"
#include "dns/name.h"
#include "support/command.h"
#include "support/recorder.h"
#include "support/suites.h"

#define MAX_SIGNATURES 16
#define MAX_QUESTIONS 64

struct run {
	struct arena *arena;
	const struct orgdomain *suffixes;
	const char *id;
	struct recorder recorder;
	struct dmarc_identifier spf;
	struct dmarc_identifier dkim[MAX_SIGNATURES];
	struct dmarc_query query;
	struct dmarc_outcome outcome;
	int broken;
};

static const char *
text_of(const json_t *object, const char *key)
{
	return (json_string_value(json_object_get(object, key)));
}

static void
differ(
    struct run *run, const char *what, const char *expected, const char *found)
{
	(void)printf("%s: %s: expected %s, found %s\n", run->id, what, expected,
	    found != NULL ? found : "nothing");
	run->broken = 1;
}

static void
expect_text(
    struct run *run, const json_t *expected, const char *key, const char *found)
{
	const char *text = text_of(expected, key);

	if (text == NULL)
		return;
	if (found == NULL)
		found = "null";
	if (strcmp(text, found) != 0)
		differ(run, key, text, found);
}

static void
expect_bool(
    struct run *run, const json_t *expected, const char *key, bool found)
{
	expect_text(run, expected, key, found ? "true" : "false");
}

/* Is ${question} one for a name at or above an identifier?  The vectors name
 * the questions for the author's domain only, which come first. */
static bool
is_for_identifier(const struct run *run, const char *question)
{
	static const char prefix[] = "TXT _dmarc.";
	const char *domain = question + sizeof(prefix) - 1;

	if (strncmp(question, prefix, sizeof(prefix) - 1) != 0)
		return (false);
	if (run->query.spf != NULL &&
	    name_is_within(run->query.spf->domain, domain))
		return (true);
	for (size_t i = 0; i < run->query.dkim_count; i++)
		if (name_is_within(run->query.dkim[i].domain, domain))
			return (true);
	return (false);
}

static const char *
question(const struct run *run, size_t index)
{
	return (index < run->recorder.count ? run->recorder.questions[index]
					    : "no question");
}

/* All questions, with their types, as our own vectors have them. */
static void
expect_asked(struct run *run, const json_t *asked)
{
	for (size_t i = 0; i < json_array_size(asked); i++) {
		const char *text = json_string_value(json_array_get(asked, i));

		if (strcmp(text, question(run, i)) != 0)
			differ(run, "asked", text, question(run, i));
	}
	if (asked != NULL && run->recorder.count > json_array_size(asked))
		differ(run, "asked", "no more",
		    question(run, json_array_size(asked)));
}

/* The first questions, all for TXT records. */
static void
expect_queries(struct run *run, const json_t *queries)
{
	size_t count = json_array_size(queries);

	for (size_t i = 0; i < count; i++) {
		const char *text = arena_printf(run->arena, "TXT %s",
		    json_string_value(json_array_get(queries, i)));

		if (strcmp(text, question(run, i)) != 0)
			differ(run, "queries", text, question(run, i));
	}
	for (size_t i = count; queries != NULL && i < run->recorder.count; i++)
		if (!is_for_identifier(run, question(run, i)))
			differ(run, "queries", "no more", question(run, i));
}

static void
expect_all(struct run *run, const json_t *expected)
{
	const struct dmarc_outcome *out = &run->outcome;

	expect_text(run, expected, "result", dmarc_result_name(out->result));
	expect_text(run, expected, "org", out->organizational_domain);
	expect_text(run, expected, "record_at", out->record_domain);
	expect_text(run, expected, "tag", out->policy_tag);
	expect_text(run, expected, "policy", dmarc_policy_name(out->policy));
	expect_text(run, expected, "applied", dmarc_policy_name(out->applied));
	expect_text(run, expected, "method", dmarc_discovery_name(out->method));
	expect_bool(run, expected, "spf_aligned", out->spf != NULL);
	expect_bool(run, expected, "dkim_aligned", out->dkim != NULL);
	expect_bool(run, expected, "policy_known", out->policy_known);
	expect_bool(run, expected, "could_fail", out->could_fail);
	expect_queries(run, json_object_get(expected, "queries"));
	expect_asked(run, json_object_get(expected, "asked"));
}

static struct dmarc_identifier
identifier(struct run *run, const char *text)
{
	bool pass = text[0] != '?';
	struct span domain = span_tail(span_str(text), pass ? 0 : 1);

	return ((struct dmarc_identifier){
	    name_to_ascii(run->arena, domain), pass });
}

static void
read_query(struct run *run, const json_t *vector)
{
	const json_t *dkim = json_object_get(vector, "dkim");
	const char *spf = text_of(vector, "spf");
	const char *from = text_of(vector, "from");
	const char *ascii = name_to_ascii(run->arena, span_str(from));

	/* What is no domain name comes through as it is. */
	run->query.author_domain = ascii != NULL ? ascii : from;
	if (spf != NULL && spf[0] != '\0') {
		run->spf = identifier(run, spf);
		run->query.spf = &run->spf;
	}
	for (size_t i = 0; i < json_array_size(dkim); i++)
		run->dkim[i] =
		    identifier(run, json_string_value(json_array_get(dkim, i)));
	run->query.dkim = run->dkim;
	run->query.dkim_count = json_array_size(dkim);
}

static enum dmarc_discovery
discovery_of(const json_t *vector)
{
	const char *text = text_of(vector, "discovery");

	if (text != NULL && strcmp(text, "psl") == 0)
		return (DMARC_PSL);
	if (text != NULL && strcmp(text, "auto") == 0)
		return (DMARC_AUTO);
	return (DMARC_TREEWALK);
}

static void
evaluate(struct run *run, const json_t *vector)
{
	struct dns *dns =
	    recorder_zone(run->arena, text_of(vector, "zone"), &run->recorder);
	struct dmarc_options options = {
		.discovery = discovery_of(vector),
		.suffixes = run->suffixes,
		.deadline = clock_monotonic_ms() + 10000,
	};
	struct trace *trace = trace_new(run->arena);
	struct dmarc *dmarc = dmarc_new(dns, &options, run->arena, trace);
	struct dns_counters counters;

	dmarc_eval(dmarc, &run->query, &run->outcome);
	expect_all(run, json_object_get(vector, "expect"));
	dns_counters(dns, &counters);
	/* Nothing is asked twice, not even of the cache. */
	if (counters.hits + counters.joined > 0)
		differ(run, "questions", "each once", "one twice");
	/* A second evaluation of the same message asks nothing at all but
	 * whether the domain exists. */
	size_t before = run->recorder.count;
	struct dmarc_outcome again;

	dmarc_eval(dmarc, &run->query, &again);
	if (again.result != run->outcome.result ||
	    again.applied != run->outcome.applied)
		differ(run, "again", dmarc_result_name(run->outcome.result),
		    dmarc_result_name(again.result));
	for (size_t i = before; i < run->recorder.count; i++)
		differ(run, "again", "no question", question(run, i));
	for (size_t i = 0; run->broken != 0 && i < trace->count; i++)
		(void)printf("\t%s\n", trace->steps[i].text);
	dns_free(dns);
}

static bool
run_vector(const struct orgdomain *suffixes, const json_t *vector)
{
	struct run run = { .arena = arena_new(),
		.suffixes = suffixes,
		.id = text_of(vector, "id") };

	read_query(&run, vector);
	evaluate(&run, vector);
	arena_free(run.arena);
	return (run.broken == 0);
}

/* Run all vectors of the file ${path}; return 0 when all are as expected. */
static int
run_file(
    struct arena *arena, const struct orgdomain *suffixes, const char *path)
{
	const char *const arguments[] = { "conformance/dmarc_vectors.py", path,
		NULL };
	struct command_result result;
	size_t good = 0;

	if (command_run(arena, arguments, NULL, &result) != 0 ||
	    result.status != 0) {
		(void)printf("%s: cannot be read\n", path);
		return (1);
	}
	json_t *vectors =
	    json_loadb((const char *)result.out.data, result.out.len, 0, NULL);
	size_t count = json_array_size(vectors);

	for (size_t i = 0; i < count; i++)
		if (run_vector(suffixes, json_array_get(vectors, i)))
			good++;
	json_decref(vectors);
	(void)printf("%s: %zu of %zu\n", path, good, count);
	return (count > 0 && good == count ? 0 : 1);
}

int
main(void)
{
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct orgdomain *suffixes =
	    orgdomain_new("conformance/suffixes.dat", arena, &error);
	const char *suite = suites_find(arena, "dmarc/rfc9989-vectors.yml");
	int status = 1;

	if (suffixes == NULL)
		(void)printf("%s\n", error);
	else
		status =
		    run_file(arena, suffixes, "conformance/dmarc_vectors.yml");
	if (status == 0)
		status = suite != NULL ? run_file(arena, suffixes, suite)
		                       : SUITES_SKIPPED;
	orgdomain_free(suffixes);
	arena_free(arena);
	return (status);
}
