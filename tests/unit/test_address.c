#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

#include "mail/address.h"

#define MAX_MAILBOXES 4

struct list_case {
	const char *text;
	int result;
	bool has_group;
	struct {
		const char *display_name;
		const char *local_part;
		const char *domain;
	} mailboxes[MAX_MAILBOXES];
};

/* RFC 5322 3.4 and 4.4; at a failure, the mailboxes before it. */
static const struct list_case list_cases[] = {
	{ "", 0, false, { { 0 } } },
	{ " \r\n (nobody) ", 0, false, { { 0 } } },
	{ "a@b", 0, false, { { "", "a", "b" } } },
	{ "<a@b>", 0, false, { { "", "a", "b" } } },
	{ " Ann Lee <ann@example.org> ", 0, false,
	    { { "Ann Lee", "ann", "example.org" } } },
	{ "Ann  Q. Lee\r\n <ann@example.org>", 0, false,
	    { { "Ann Q. Lee", "ann", "example.org" } } },
	{ "\"Lee, Ann\" <ann@example.org>", 0, false,
	    { { "Lee, Ann", "ann", "example.org" } } },
	{ "\"'Lee, Ann' via List\" <list@example.org>", 0, false,
	    { { "'Lee, Ann' via List", "list", "example.org" } } },
	{ "\"a \\\"b\\\" \\\\\" <a@b>", 0, false,
	    { { "a \"b\" \\", "a", "b" } } },
	{ "\"a\r\n b\" <a@b>", 0, false, { { "a b", "a", "b" } } },
	{ "=?utf-8?q?Ann?= <a@b>", 0, false,
	    { { "=?utf-8?q?Ann?=", "a", "b" } } },
	{ "a@b (Ann Lee)", 0, false, { { "", "a", "b" } } },
	{ "(c (n\\)) ) Ann(x)Lee (y) < (z) a@b (z) > (c)", 0, false,
	    { { "Ann Lee", "a", "b" } } },
	{ "a@b, c@d , <e@f>", 0, false,
	    { { "", "a", "b" }, { "", "c", "d" }, { "", "e", "f" } } },
	{ ",, a@b ,,(x), c@d,", 0, false,
	    { { "", "a", "b" }, { "", "c", "d" } } },
	{ "\"a b\"@c", 0, false, { { "", "a b", "c" } } },
	{ "\"a\\@b\"@c", 0, false, { { "", "a@b", "c" } } },
	{ "\"a\".b.\"c\"@d", 0, false, { { "", "a.b.c", "d" } } },
	{ "a.b (x) . c @ d (y) . e", 0, false, { { "", "a.b.c", "d.e" } } },
	{ "a@[192.0.2.1]", 0, false, { { "", "a", "[192.0.2.1]" } } },
	{ "<a@ [ IPv6:2001:db8::1 ] >", 0, false,
	    { { "", "a", "[IPv6:2001:db8::1]" } } },
	{ "<@x,@y.z:a@b>", 0, false, { { "", "a", "b" } } },
	{ "<,, @x , ,@y (c) : a@b>", 0, false, { { "", "a", "b" } } },
	{ "Team: a@b, Ann <c@d>;", 0, true,
	    { { "", "a", "b" }, { "Ann", "c", "d" } } },
	{ "Nobody:;", 0, true, { { 0 } } },
	{ "Nobody (x) : (y) , ; (z)", 0, true, { { 0 } } },
	{ "a@b, T:c@d;, e@f", 0, true,
	    { { "", "a", "b" }, { "", "c", "d" }, { "", "e", "f" } } },
	{ "o'brien+x=!#$%&*/?^_`{|}~-@b", 0, false,
	    { { "", "o'brien+x=!#$%&*/?^_`{|}~-", "b" } } },
	/* RFC 6532 3.2. */
	{ "J\xc3\xbcrgen <j\xc3\xbcrgen@m\xc3\xbcnchen.example>", 0, false,
	    { { "J\xc3\xbcrgen", "j\xc3\xbcrgen",
		"m\xc3\xbcnchen.example" } } },
	/* No address lists. */
	{ "a", -1, false, { { 0 } } },
	{ "a b", -1, false, { { 0 } } },
	{ "@b", -1, false, { { 0 } } },
	{ "a@", -1, false, { { 0 } } },
	{ "<a>", -1, false, { { 0 } } },
	{ "<>", -1, false, { { 0 } } },
	{ "<@b>", -1, false, { { 0 } } },
	{ "<@x:>", -1, false, { { 0 } } },
	{ "<@x a@b>", -1, false, { { 0 } } },
	{ "a b@c", -1, false, { { 0 } } },
	{ "a..b@c", -1, false, { { 0 } } },
	{ ".a@c", -1, false, { { 0 } } },
	{ "a.@c", -1, false, { { 0 } } },
	{ "a@b..c", -1, false, { { 0 } } },
	{ "a@b.", -1, false, { { 0 } } },
	{ "a@.b", -1, false, { { 0 } } },
	{ "a@b@c", -1, false, { { "", "a", "b" } } },
	{ "a@b c@d", -1, false, { { "", "a", "b" } } },
	{ "a@b c", -1, false, { { "", "a", "b" } } },
	{ "a@b>", -1, false, { { "", "a", "b" } } },
	{ "<a@b", -1, false, { { "", "a", "b" } } },
	{ "<<a@b>>", -1, false, { { 0 } } },
	{ "<a@b> x", -1, false, { { "", "a", "b" } } },
	{ "<a@b> <c@d>", -1, false, { { "", "a", "b" } } },
	{ "<a@b><c@d>", -1, false, { { "", "a", "b" } } },
	{ "a@b <c@d>", -1, false, { { "", "a", "b" } } },
	{ ". x <a@b>", -1, false, { { 0 } } },
	{ "a@[1", -1, false, { { 0 } } },
	{ "a@[1[2]", -1, false, { { 0 } } },
	{ "a@b[1]", -1, false, { { "", "a", "b" } } },
	{ "a@[1].b", -1, false, { { "", "a", "[1]" } } },
	{ "a@b.[1]", -1, false, { { 0 } } },
	{ "a@b, \"x", -1, false, { { "", "a", "b" } } },
	{ "a@b (x", -1, false, { { 0 } } },
	{ "a@b, (x", -1, false, { { "", "a", "b" } } },
	{ "a@b; c@d", -1, false, { { "", "a", "b" } } },
	{ "T:", -1, true, { { 0 } } },
	{ "T:a@b", -1, true, { { "", "a", "b" } } },
	{ "T:a@b, U:c@d;;", -1, true, { { "", "a", "b" } } },
	{ "T:; a@b", -1, true, { { 0 } } },
	{ ":a@b;", -1, false, { { 0 } } },
	{ "'Lee, Ann' via List <list@b>", -1, false, { { 0 } } },
	{ "\\<a@b>", -1, false, { { 0 } } },
	{ "a\x01@b", -1, false, { { 0 } } },
};

static void
check_list(const struct list_case *wanted)
{
	struct arena *arena = arena_new();
	struct address_list list;
	int result = address_parse_list(arena, span_str(wanted->text), &list);
	size_t count = 0;

	while (count < MAX_MAILBOXES && wanted->mailboxes[count].domain != NULL)
		count++;
	if (result != wanted->result || list.count != count)
		print_error("%s: %d, %zu\n", wanted->text, result, list.count);
	assert_int_equal(result, wanted->result);
	assert_int_equal(list.count, count);
	assert_int_equal(list.has_group, wanted->has_group);
	for (size_t i = 0; i < count; i++) {
		const struct mailbox *mailbox = &list.mailboxes[i];

		assert_true(span_is(
		    mailbox->display_name, wanted->mailboxes[i].display_name));
		assert_true(span_is(
		    mailbox->local_part, wanted->mailboxes[i].local_part));
		assert_true(
		    span_is(mailbox->domain, wanted->mailboxes[i].domain));
	}
	arena_free(arena);
}

static void
test_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(list_cases); i++)
		check_list(&list_cases[i]);
}

/* ADDRESS_MAX mailboxes are read, one more is refused. */
static void
test_list_limit(void **state)
{
	struct arena *arena = arena_new();
	struct address_list list;
	char text[(ADDRESS_MAX + 1) * 4 + 1] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = "a@b,"[i % 4];
	assert_int_equal(address_parse_list(arena,
			     span_new(text, (size_t)ADDRESS_MAX * 4), &list),
	    0);
	assert_int_equal(list.count, ADDRESS_MAX);
	assert_int_equal(address_parse_list(arena, span_str(text), &list), -1);
	assert_int_equal(list.count, ADDRESS_MAX);
	arena_free(arena);
}

/* What holds no mailboxes costs little memory, however much of it there is. */
static void
test_memory(void **state)
{
	static const char *const units[] = { "a:;,", "<@a,@b", ",@a", ",", "a ",
		"\"\" ", "a@[1],", "(a)a\r\n " };
	enum {
		SIZE = 100000
	};
	char *text = malloc(SIZE);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < UNIT_COUNT(units); i++) {
		struct arena *arena = arena_new();
		struct address_list list;

		for (size_t at = 0; at < SIZE; at++)
			text[at] = units[i][at % strlen(units[i])];
		text[0] = units[i][0] == ',' ? '<' : text[0];
		(void)address_parse_list(arena, span_new(text, SIZE), &list);
		if (arena_size(arena) > 8UL * SIZE)
			fail_msg("%s: %zu", units[i], arena_size(arena));
		arena_free(arena);
	}
	free(text);
}

static const struct {
	const char *path;
	const char *local_part; /* NULL: no path */
	const char *domain;
} path_cases[] = {
	{ "", "", "" },
	{ "<>", "", "" },
	{ "<a@b>", "a", "b" },
	{ "a@b", "a", "b" },
	{ "<a.b+c@Example.ORG>", "a.b+c", "Example.ORG" },
	{ "<\"a b\\\"\"@c>", "a b\"", "c" },
	{ "<\"\"@c>", "", "c" },
	{ "<a@[192.0.2.1]>", "a", "[192.0.2.1]" },
	{ "<a@[IPv6:2001:db8::1]>", "a", "[IPv6:2001:db8::1]" },
	{ "<@x,@y.z:a@b>", "a", "b" },
	{ "<PostMaster>", "PostMaster", "" },
	{ "postmaster", "postmaster", "" },
	{ "<\xc3\xbc@\xc3\xbc.example>", "\xc3\xbc", "\xc3\xbc.example" },
	{ "<", NULL, NULL },
	{ ">", NULL, NULL },
	{ "<a@b", NULL, NULL },
	{ "a@b>", NULL, NULL },
	{ "<a@b> ", NULL, NULL },
	{ "< a@b>", NULL, NULL },
	{ "<a@b >", NULL, NULL },
	{ "<a@b>x>", NULL, NULL },
	{ "<(any@example.org>", NULL, NULL },
	{ "<any@example.org(.a.example>", NULL, NULL },
	{ "<any@example.org'@any.a.example>", NULL, NULL },
	{ "<a>", NULL, NULL },
	{ "<a@>", NULL, NULL },
	{ "<@b>", NULL, NULL },
	{ "<@x:>", "", "" },
	{ "<@x,y:a@b>", NULL, NULL },
	{ "<@x a@b>", NULL, NULL },
	{ "@x:a@b", NULL, NULL },
	{ "<a@b..c>", NULL, NULL },
	{ "<a@b.>", NULL, NULL },
	{ "<a..b@c>", NULL, NULL },
	{ "<\"a@c>", NULL, NULL },
	{ "<\"a\"b@c>", NULL, NULL },
	{ "<a@[]>", NULL, NULL },
	{ "<a@[x>", NULL, NULL },
	{ "<a@[x]y>", NULL, NULL },
	{ "<a@[x y]>", NULL, NULL },
	{ "<\xff@b>", NULL, NULL },
	{ "<a\x01@b>", NULL, NULL },
};

static void
test_path(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(path_cases); i++) {
		bool valid = path_cases[i].local_part != NULL;
		struct mailbox mailbox;
		int result = address_parse_path(
		    arena, span_str(path_cases[i].path), &mailbox);

		if (result != (valid ? 0 : -1))
			print_error("%s: %d\n", path_cases[i].path, result);
		assert_int_equal(result, valid ? 0 : -1);
		if (!valid)
			continue;
		assert_true(
		    span_is(mailbox.local_part, path_cases[i].local_part));
		assert_true(span_is(mailbox.domain, path_cases[i].domain));
	}
	assert_int_equal(address_parse_path(arena, span_new("<a@b\0c>", 7),
			     &(struct mailbox){ 0 }),
	    -1);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_limit),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_path),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
