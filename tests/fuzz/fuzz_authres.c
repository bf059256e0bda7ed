/*
 * fuzz_authres.c: what is printed parses back, whatever stands in it.
 */
#include "fuzz.h"

#include <string.h>
#include <strings.h>

#include "mail/authres.h"

/* The input holds strings that end with this byte. */
#define SEPARATOR '|'

/* Only folds, and lines that RFC 5322 2.1.1 allows. */
static void
check_lines(const char *printed)
{
	size_t length = 0;

	for (const char *at = printed; *at != '\0'; at++, length++) {
		FUZZ_CHECK(length <= 998);
		if (*at == '\r') {
			FUZZ_CHECK(at[1] == '\n' && at[2] == '\t');
			at += 2;
			length = 0;
			continue;
		}
		FUZZ_CHECK(!span_is_control((unsigned char)*at));
	}
}

/* Who splits at each ";" and knows nothing of quotes or comments finds as many
 * results as there are. */
static void
check_naive(const char *printed, const struct authres *authres)
{
	size_t marks = 0;

	if (strpbrk(authres->authserv_id, ";\"\\") != NULL)
		return;
	for (const char *at = printed; *at != '\0'; at++)
		marks += *at == ';';
	FUZZ_CHECK(marks == (authres->count == 0 ? 1 : authres->count));
	FUZZ_CHECK(strchr(printed, '\\') == NULL);
}

static void
check_same(const struct authres *a, const struct authres *b)
{
	FUZZ_CHECK(strcmp(a->authserv_id, b->authserv_id) == 0);
	FUZZ_CHECK(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct authres_result *x = &a->results[i];
		const struct authres_result *y = &b->results[i];

		FUZZ_CHECK(strcmp(x->method, y->method) == 0);
		FUZZ_CHECK(strcmp(x->result, y->result) == 0);
		FUZZ_CHECK((x->comment == NULL) == (y->comment == NULL));
		FUZZ_CHECK((x->reason == NULL) == (y->reason == NULL));
		FUZZ_CHECK(x->property_count == y->property_count);
		for (size_t j = 0; j < x->property_count; j++)
			FUZZ_CHECK(strcmp(x->properties[j].value,
				       y->properties[j].value) == 0);
	}
}

/* Printing ${authres} gives what parses into as many results; once printed,
 * nothing changes any more. */
static void
check_print(struct arena *arena, const struct authres *authres)
{
	const char *printed = authres_print(arena, authres);
	struct authres first;
	struct authres second;

	check_lines(printed);
	check_naive(printed, authres);
	FUZZ_CHECK(authres_parse(arena, span_str(printed), &first) == 0);
	FUZZ_CHECK(first.count == authres->count);
	for (size_t i = 0; i < first.count; i++)
		FUZZ_CHECK(first.results[i].property_count <=
			   authres->results[i].property_count);
	const char *again = authres_print(arena, &first);

	FUZZ_CHECK(strcmp(again, printed) == 0);
	FUZZ_CHECK(authres_parse(arena, span_str(again), &second) == 0);
	check_same(&first, &second);
	FUZZ_CHECK(authres->authserv_id[0] == '\0' ||
		   strlen(authres->authserv_id) > AUTHRES_MAX_VALUE ||
		   authres_claims(span_str(printed), first.authserv_id, NULL));
}

static const char *
take_string(struct arena *arena, struct span *input)
{
	struct span text;

	(void)span_take_until(input, SEPARATOR, &text);
	return (arena_str(arena, text));
}

/* One result out of the strings in ${input}, with the rest as properties. */
static void
check_strings(struct arena *arena, struct span input)
{
	struct authres_property properties[AUTHRES_MAX_PROPERTIES];
	struct authres_result results[2];
	const struct authres authres = { take_string(arena, &input), results,
		2 };

	results[0] = (struct authres_result){ take_string(arena, &input),
		take_string(arena, &input), take_string(arena, &input),
		take_string(arena, &input), properties, 0 };
	while (
	    input.len > 0 && results[0].property_count < AUTHRES_MAX_PROPERTIES)
		properties[results[0].property_count++] =
		    (struct authres_property){ take_string(arena, &input),
			    take_string(arena, &input),
			    take_string(arena, &input) };
	results[1] = results[0];
	check_print(arena, &authres);
}

/* Whoever is taken for a host is taken for one of its domain, and a readable
 * name below the domain always is. */
static void
check_organization(struct span value, bool is_host)
{
	struct arena *arena = arena_new();
	struct authres authres;
	bool claims = authres_claims(value, "mx.example", "mx.example");

	(void)authres_names(value, "mx.example");
	FUZZ_CHECK(claims || !is_host);
	if (authres_parse(arena, value, &authres) == 0) {
		struct span id = span_str(authres.authserv_id);
		const struct span below = SPAN_LITERAL(".mx.example");

		FUZZ_CHECK(claims || !span_ends_nocase(id, below));
	}
	arena_free(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span value = span_new(data, size);
	struct authres authres;
	bool claims = authres_claims(value, "mx.example", NULL);

	if (authres_parse(arena, value, &authres) == 0) {
		check_print(arena, &authres);
		if (strcasecmp(authres.authserv_id, "mx.example") == 0)
			FUZZ_CHECK(claims);
	}
	check_organization(value, claims);
	check_strings(arena, value);
	arena_free(arena);
	return (0);
}
