#include "support/unit.h"

#include "receiver/spf2_facts.h"

#include <string.h>

struct facts_case {
	const char *record; /* NULL: the DNS fails */
	enum dns_type type;
	unsigned int count; /* so often the same */
	struct spf2_facts facts;
};

static const struct facts_case cases[] = {
	{ "v=spf1 a mx/24 ip4:192.0.2.0/24 a:x.test/20//60 -all exp=e.test",
	    DNS_TYPE_TXT, 1, { 0 } },
	{ "v=spf1 moo -all", DNS_TYPE_TXT, 1, { .malformed = true } },
	{ "v=spf1 exp=a.test exp=b.test -all", DNS_TYPE_TXT, 1,
	    { .malformed = true } },
	{ "v=spf1 ip4:0.0.0.0/0 -all", DNS_TYPE_TXT, 1,
	    { .zero_prefix = true } },
	{ "v=spf1 a/0//64 -all", DNS_TYPE_TXT, 1, { .zero_prefix = true } },
	{ "v=spf1 mx//0", DNS_TYPE_TXT, 1, { .zero_prefix = true } },
	{ "v=spf1 a/20 -all", DNS_TYPE_TXT, 1, { 0 } },
	{ "v=spf1 x=1/0 -all", DNS_TYPE_TXT, 1, { 0 } },
	{ "v=spf1 redirect=a.test ~all", DNS_TYPE_TXT, 1,
	    { .early_redirect = true } },
	{ "v=spf1 REDIRECT=a.test   a", DNS_TYPE_TXT, 1,
	    { .early_redirect = true } },
	{ "v=spf1 a redirect=a.test", DNS_TYPE_TXT, 1, { 0 } },
	{ "v=spf1 a redirect=a.test exp=a.test ", DNS_TYPE_TXT, 1, { 0 } },
	{ "v=spf1 a.b=c -all", DNS_TYPE_TXT, 1, { .dotted_modifier = true } },
	{ "v=spf1 a-b=c -all", DNS_TYPE_TXT, 1, { 0 } },
	/* Not about SPF. */
	{ "v=spf10 moo redirect=a.test a/0", DNS_TYPE_TXT, 1, { 0 } },
	{ "", DNS_TYPE_TXT, 1, { 0 } },
	{ NULL, DNS_TYPE_TXT, 0, { 0 } },
	{ NULL, DNS_TYPE_PTR, 0, { .failed_ptr = true } },
	{ "", DNS_TYPE_PTR, 1, { 0 } },
	{ "", DNS_TYPE_PTR, 10, { .several_names = true } },
	{ "", DNS_TYPE_PTR, 11, { .several_names = true, .many_names = true } },
	{ "", DNS_TYPE_MX, 11, { .many_names = true } },
	{ "", DNS_TYPE_A, 11, { 0 } },
};

/* Of several character-strings, the first is long. */
static struct span
txt(struct arena *arena, const char *text)
{
	struct span rest = span_str(text);
	struct buf out;

	buf_init(&out, arena, 1000);
	while (rest.len > 0) {
		struct span part = span_head(rest, 7);

		buf_add_byte(&out, (unsigned char)part.len);
		buf_add(&out, part);
		span_skip(&rest, part.len);
	}
	return (buf_span(&out));
}

static void
check_facts(size_t number, const struct spf2_facts *found,
    const struct spf2_facts *wanted)
{
	if (found->malformed != wanted->malformed ||
	    found->zero_prefix != wanted->zero_prefix ||
	    found->early_redirect != wanted->early_redirect ||
	    found->dotted_modifier != wanted->dotted_modifier ||
	    found->many_names != wanted->many_names ||
	    found->several_names != wanted->several_names ||
	    found->failed_ptr != wanted->failed_ptr ||
	    found->no_domain != wanted->no_domain ||
	    found->loopback != wanted->loopback ||
	    found->mapped != wanted->mapped)
		fail_msg("case %zu", number);
}

static void
test_records(void **state)
{
	const struct wire_spf query = { "192.0.2.1", "h.test", "j@a.test", "" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct span rdata[11];
		struct receiver_question question = { .name = "a.test",
			.type = cases[i].type,
			.answer = { .status = cases[i].record == NULL
			                          ? DNS_SERVFAIL
			                          : DNS_OK,
			    .count = cases[i].count,
			    .rdata = rdata } };
		const struct receiver_report report = { .questions = &question,
			.question_count = 1 };
		struct spf2_facts facts;

		for (size_t n = 0; n < cases[i].count; n++)
			rdata[n] = txt(arena, cases[i].record);
		spf2_facts_find(arena, &query, &report, &facts);
		check_facts(i, &facts, &cases[i].facts);
		arena_free(arena);
	}
}

static const struct {
	struct wire_spf query;
	struct spf2_facts facts;
} queries[] = {
	{ { "192.0.2.1", "h.test", "j@a.test", "" }, { 0 } },
	{ { "192.0.2.1", "h.test", "a.test", "" }, { 0 } },
	{ { "192.0.2.1", "h.test", "", "" }, { 0 } },
	{ { "192.0.2.1", "h", "", "" }, { .no_domain = true } },
	{ { "192.0.2.1", "h.test", "j@a..test", "" }, { .no_domain = true } },
	{ { "192.0.2.1", "h.test", "j@a@b.test", "" }, { 0 } },
	{ { "192.0.2.1", "h.test", "j@", "" }, { .no_domain = true } },
	{ { "127.0.0.1", "h.test", "", "" }, { .loopback = true } },
	{ { "::1", "h.test", "", "" }, { .loopback = true } },
	{ { "2001:db8::1", "h.test", "", "" }, { 0 } },
	{ { "::FFFF:192.0.2.1", "h.test", "", "" }, { .mapped = true } },
	{ { "no address", "h.test", "", "" }, { 0 } },
};

static void
test_queries(void **state)
{
	const struct receiver_report report = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(queries); i++) {
		struct arena *arena = arena_new();
		struct spf2_facts facts;

		spf2_facts_find(arena, &queries[i].query, &report, &facts);
		check_facts(i, &facts, &queries[i].facts);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_queries),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
