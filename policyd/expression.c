#include "expression.h"

#include <stdlib.h>

#include "base/arena_impl.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Names are bytes, as they are to postgrey. */
#define OPTIONS                                                                \
	(PCRE2_CASELESS | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |                  \
	    PCRE2_NEVER_BACKSLASH_C)

struct expression {
	pcre2_code *code;
};

struct expression_match {
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

struct expression *
expression_new(struct span text, struct arena *arena, const char **error)
{
	struct expression *expression;
	PCRE2_UCHAR words[160];
	PCRE2_SIZE at = 0;
	pcre2_code *code;
	int why = 0;

	if (text.len > EXPRESSION_MAX) {
		*error = arena_printf(arena,
		    "the expression has %zu bytes, allowed are %zu", text.len,
		    EXPRESSION_MAX);
		return (NULL);
	}
	code = pcre2_compile(text.data, text.len, OPTIONS, &why, &at, NULL);
	if (code == NULL) {
		if (pcre2_get_error_message(why, words, sizeof(words)) < 0)
			words[0] = '\0';
		*error = arena_printf(arena, "after %zu bytes of it: %s",
		    (size_t)at, (const char *)words);
		return (NULL);
	}
	expression = arena_impl_malloc(sizeof(*expression));
	expression->code = code;
	return (expression);
}

void
expression_free(struct expression *expression)
{
	if (expression == NULL)
		return;
	pcre2_code_free(expression->code);
	free(expression);
}

struct expression_match *
expression_match_new(void)
{
	struct expression_match *match = arena_impl_malloc(sizeof(*match));

	match->data = pcre2_match_data_create(1, NULL);
	match->limits = pcre2_match_context_create(NULL);
	if (match->data == NULL || match->limits == NULL)
		abort(); /* no memory */
	(void)pcre2_set_match_limit(match->limits, EXPRESSION_MAX_STEPS);
	(void)pcre2_set_depth_limit(match->limits, EXPRESSION_MAX_STEPS);
	(void)pcre2_set_heap_limit(match->limits, EXPRESSION_MAX_KIB);
	return (match);
}

void
expression_match_free(struct expression_match *match)
{
	if (match == NULL)
		return;
	pcre2_match_data_free(match->data);
	pcre2_match_context_free(match->limits);
	free(match);
}

bool
expression_meets(const struct expression *expression,
    struct expression_match *match, struct span subject)
{
	const unsigned char *bytes =
	    subject.len > 0 ? subject.data : (const unsigned char *)"";

	return (subject.len <= EXPRESSION_MAX_SUBJECT &&
		pcre2_match(expression->code, bytes, subject.len, 0, 0,
		    match->data, match->limits) >= 0);
}
