/* Who is signed for, by which rule, and who is not. */
#include "signtable.h"

#include <string.h>

#include "support/unit.h"

/* The rules of the table below, by number. */
enum {
	NO_RULE = -1,
	SHOP_RULE,
	BELOW_RULE,
	ORG_RULE
};

static const struct {
	const char *from; /* the whole header section */
	const char *login;
	int rule;
	const char *refusal; /* a part of it */
} cases[] = {
	{ "From: a@example.org\n", NULL, ORG_RULE, NULL },
	{ "From: a@example.org\n", "b@example.org", ORG_RULE, NULL },
	{ "From: a@example.org\n", "b@EXAMPLE.ORG", ORG_RULE, NULL },
	{ "From: a@example.org\n", "bob", ORG_RULE, NULL },
	{ "From: shop@example.org\n", NULL, SHOP_RULE, NULL },
	{ "From: a@news.example.org\n", NULL, BELOW_RULE, NULL },
	{ "From: a@example.org\n", "b@example.net", NO_RULE,
	    "user b@example.net may not write as a@example.org" },
	{ "From: a@news.example.org\n", "b@example.org", NO_RULE,
	    "may not write as" },
	{ "From: press@example.org\n", "carol@example.net", ORG_RULE, NULL },
	{ "From: other@example.org\n", "carol@example.net", NO_RULE,
	    "may not write as" },
	/* A section takes the place of the default. */
	{ "From: carol@example.net\n", "carol@example.net", NO_RULE,
	    "may not write as" },
	/* Both authors must be allowed. */
	{ "From: press@example.org, boss@example.org\n", "carol@example.net",
	    NO_RULE, "may not write as boss@example.org" },
	{ "From: a@news.example.org\n", "root", BELOW_RULE, NULL },
	{ "From: x@example.org\n", "z@staff.example", ORG_RULE, NULL },
	{ "From: a@example.com\n", NULL, NO_RULE, "no key for example.com" },
	{ "Subject: x\n", NULL, NO_RULE, "no From field" },
	{ "From: a@example.org\nFrom: a@example.org\n", NULL, NO_RULE,
	    "several From fields" },
	{ "From: a@example.org, b@example.com\n", NULL, NO_RULE,
	    "several domains in From" },
	{ "From: undisclosed:;\n", NULL, NO_RULE, "no address in From" },
	{ "From: <a@example.org\n", NULL, NO_RULE, "malformed" },
};

static struct pattern
pattern(struct arena *arena, const char *text)
{
	struct pattern out;

	assert_int_equal(pattern_parse(arena, text, &out), 0);
	return (out);
}

static void
fill(struct arena *arena, struct signtable *table,
    struct signtable_rule rules[3], struct signtable_user users[3],
    struct pattern authors[3])
{
	rules[SHOP_RULE].author = pattern(arena, "shop@example.org");
	rules[BELOW_RULE].author = pattern(arena, "*.example.org");
	rules[ORG_RULE].author = pattern(arena, "example.org");
	authors[0] = pattern(arena, "press@example.org");
	authors[1] = pattern(arena, "*");
	authors[2] = pattern(arena, "example.org");
	users[0] = (struct signtable_user){
		.login = "Carol@example.net", .authors = &authors[0], .count = 1
	};
	users[1] = (struct signtable_user){
		.login = "root", .authors = &authors[1], .count = 1
	};
	users[2] = (struct signtable_user){ .logins = pattern(
						arena, "*@staff.example"),
		.authors = &authors[2],
		.count = 1 };
	*table = (struct signtable){ .rules = rules,
		.rule_count = 3,
		.users = users,
		.user_count = 3,
		.login_domain = "example.org" };
}

static void
test_find(void **state)
{
	struct arena *arena = arena_new();
	struct signtable_rule rules[3] = { 0 };
	struct signtable_user users[3];
	struct pattern authors[3];
	struct signtable table;

	(void)state;
	fill(arena, &table, rules, users, authors);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct header_list headers;
		struct from from;

		header_list_init(&headers, arena);
		(void)header_parse(&headers, span_str(cases[i].from));
		address_from(arena, &headers, &from);

		struct signtable_query query = { .from = &from,
			.login = cases[i].login };
		struct signtable_answer answer =
		    signtable_find(&table, arena, &query);
		int rule =
		    answer.rule == NULL ? NO_RULE : (int)(answer.rule - rules);

		if (rule != cases[i].rule)
			fail_msg(
			    "case %zu: rule %d, %s", i, rule, answer.refusal);
		if (rule == NO_RULE &&
		    strstr(answer.refusal, cases[i].refusal) == NULL)
			fail_msg("case %zu: %s", i, answer.refusal);
	}
	arena_free(arena);
}

/* "*" also means logins that have no domain. */
static void
test_any_login(void **state)
{
	struct arena *arena = arena_new();
	struct pattern author = pattern(arena, "example.org");
	struct signtable_rule rule = { .author = author };
	struct signtable_user user = {
		.logins = pattern(arena, "*"), .authors = &author, .count = 1
	};
	struct signtable table = {
		.rules = &rule, .rule_count = 1, .users = &user, .user_count = 1
	};
	struct header_list headers;
	struct from from;
	struct signtable_query query = { .from = &from, .login = "ann" };

	(void)state;
	header_list_init(&headers, arena);
	header_list_add(&headers, span_str("From"), span_str(" a@example.org"));
	address_from(arena, &headers, &from);
	assert_ptr_equal(signtable_find(&table, arena, &query).rule, &rule);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_find),
		cmocka_unit_test(test_any_login) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
