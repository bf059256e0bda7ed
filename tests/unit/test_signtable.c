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
	{ "From: Foo a@example.org\n", NULL, NO_RULE, "malformed" },
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
		.all_from = SIZE_MAX,
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
	signtable_index(&table, arena);
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
		int rule = answer.count == 0 ? NO_RULE
		                             : (int)(answer.rules[0] - rules);

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
	signtable_index(&table, arena);
	assert_ptr_equal(signtable_find(&table, arena, &query).rules[0], &rule);
	arena_free(arena);
}

static struct signtable_answer
find(const struct signtable *table, struct arena *arena, const char *author,
    const char *login)
{
	struct header_list headers;
	struct from from;
	struct signtable_query query = { .from = &from, .login = login };

	header_list_init(&headers, arena);
	header_list_add(&headers, span_str("From"), span_str(author));
	address_from(arena, &headers, &from);
	return (signtable_find(table, arena, &query));
}

/* From a number of the rule on, all rules that match sign, in their order and
 * as many as may; before it, the first alone. */
static void
test_all_that_match(void **state)
{
	static const char *const patterns[] = { "one.example", "*.org",
		"example.org", "*", "shop@example.org", "example.org" };
	struct arena *arena = arena_new();
	struct signtable_rule rules[UNIT_COUNT(patterns) + 30];
	struct signtable table = { .rules = rules, .all_from = 1 };

	(void)state;
	memset(rules, 0, sizeof(rules));
	for (size_t i = 0; i < UNIT_COUNT(patterns); i++)
		rules[i].author = pattern(arena, patterns[i]);
	table.rule_count = UNIT_COUNT(patterns);
	signtable_index(&table, arena);

	struct signtable_answer answer =
	    find(&table, arena, "shop@example.org", NULL);

	assert_int_equal(answer.count, 5);
	for (size_t i = 0; i < answer.count; i++)
		assert_ptr_equal(answer.rules[i], &rules[i + 1]);
	answer = find(&table, arena, "a@one.example", NULL);
	assert_int_equal(answer.count, 1);
	assert_ptr_equal(answer.rules[0], &rules[0]);
	assert_int_not_equal(answer.cause, SIGNTABLE_KEY);

	for (size_t i = table.rule_count; i < UNIT_COUNT(rules); i++)
		rules[i].author = pattern(arena, "*");
	table.rule_count = UNIT_COUNT(rules);
	signtable_index(&table, arena);
	answer = find(&table, arena, "a@example.com", NULL);
	assert_int_equal(answer.count, SIGNTABLE_SIGNATURES);
	arena_free(arena);
}

/* Only from a rule on: authors of earlier rules are for their own users. */
static void
test_any_author_from(void **state)
{
	struct arena *arena = arena_new();
	struct signtable_rule rules[] = {
		{ .author = pattern(arena, "example.org") },
		{ .author = pattern(arena, "*") },
	};
	struct signtable table = { .rules = rules,
		.rule_count = UNIT_COUNT(rules),
		.all_from = SIZE_MAX,
		.any_author = true,
		.any_from = 1 };

	(void)state;
	signtable_index(&table, arena);
	assert_int_equal(
	    find(&table, arena, "ann@example.org", "bob@example.com").cause,
	    SIGNTABLE_USER);
	assert_int_equal(
	    find(&table, arena, "ann@example.org", "bob@example.org").count, 1);
	assert_int_equal(
	    find(&table, arena, "ann@example.net", "bob@example.com").count, 1);
	arena_free(arena);
}

/* What is left of a row counts when nothing else of the row matched, whatever
 * other rows did. */
static void
test_otherwise(void **state)
{
	struct arena *arena = arena_new();
	struct signtable_rule rules[] = {
		{ .author = pattern(arena, "*"), .row = 1 },
		{ .author = pattern(arena, "example.org"), .row = 2 },
		{ .author = pattern(arena, "*"), .row = 2, .otherwise = true },
		{ .author = pattern(arena, "*"), .row = 3, .otherwise = true },
	};
	struct signtable table = { .rules = rules,
		.rule_count = UNIT_COUNT(rules) };

	(void)state;
	signtable_index(&table, arena);
	struct signtable_answer answer =
	    find(&table, arena, "a@example.org", NULL);

	assert_int_equal(answer.count, 3);
	assert_ptr_equal(answer.rules[1], &rules[1]);
	assert_ptr_equal(answer.rules[2], &rules[3]);
	answer = find(&table, arena, "a@example.net", NULL);
	assert_int_equal(answer.count, 3);
	assert_ptr_equal(answer.rules[1], &rules[2]);
	arena_free(arena);
}

/* As OpenDKIM has it: whoever logs in, but for those who have an entry. */
static void
test_any_author(void **state)
{
	struct arena *arena = arena_new();
	struct signtable_rule rule = { .author =
					   pattern(arena, "example.org") };
	struct pattern own = pattern(arena, "bob@example.org");
	struct signtable_user user = {
		.login = "bob", .authors = &own, .count = 1
	};
	struct signtable table = { .rules = &rule,
		.rule_count = 1,
		.users = &user,
		.user_count = 1,
		.any_author = true };

	(void)state;
	signtable_index(&table, arena);
	assert_int_equal(
	    find(&table, arena, "ann@example.org", "carol").count, 1);
	assert_int_equal(
	    find(&table, arena, "ann@example.org", "bob").count, 0);
	assert_int_equal(
	    find(&table, arena, "bob@example.org", "bob").count, 1);
	assert_int_equal(
	    find(&table, arena, "a@example.net", "carol").cause, SIGNTABLE_KEY);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_find),
		cmocka_unit_test(test_any_login),
		cmocka_unit_test(test_all_that_match),
		cmocka_unit_test(test_any_author_from),
		cmocka_unit_test(test_otherwise),
		cmocka_unit_test(test_any_author) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
