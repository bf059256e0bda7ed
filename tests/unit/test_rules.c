/* Which rule of the configuration a message meets. */
#include "rules.h"

#include <sys/socket.h>

#include "support/unit.h"

static const struct pattern partner = { .domain = "partner.example" };
static const struct pattern below_partner = { .domain = "partner.example",
	.below = true };
static const struct pattern ann = { .local_part = "ann",
	.domain = "example.org" };
static const struct pattern anybody = { 0 };
static const struct pattern two[] = { { .domain = "partner.example" },
	{ .domain = "example.net" } };
static const struct network networks[] = {
	{ { AF_INET, { 192, 0, 2, 0 } }, 24 },
	{ { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8 } }, 32 },
};

static const struct network_address inside = { AF_INET, { 192, 0, 2, 7 } };
static const struct network_address inside_v6 = { AF_INET6,
	{ 0x20, 0x01, 0x0d, 0xb8, 1 } };
static const struct network_address outside = { AF_INET, { 192, 0, 3, 7 } };
static const struct network_address nowhere = { AF_UNSPEC, { 0 } };

static const char *of_partner[] = { "bob@partner.example" };
static const char *below[] = { "bob@mail.partner.example" };
static const char *alike[] = { "bob@notpartner.example" };
static const char *both[] = { "bob@partner.example", "ann@example.org" };
static const char *nets[] = { "bob@partner.example", "bob@example.net" };
static const char *anns[] = { "Ann@example.org" };
static const char *no_domain[] = { "postmaster" };
static const char *const lists[] = { "example.com", "partner.example" };
static const char *const list_below[] = { "mail.partner.example" };

/* clang-format off */
#define FROM(authors)                                                          \
	.from = &(const struct from){ .addresses = (authors),                  \
		.address_count = UNIT_COUNT(authors) }
#define TO(addresses)                                                          \
	.recipients = (addresses), .recipient_count = UNIT_COUNT(addresses)
#define SIGNED(domains)                                                        \
	.signed_by = (domains), .signed_by_count = UNIT_COUNT(domains),        \
	.dkim = DKIM_PASS
#define ONE_FROM(pattern) .from = &(pattern), .from_count = 1
#define ONE_RECIPIENT(pattern) .recipients = &(pattern), .recipient_count = 1
#define ONE_SIGNED_BY(pattern) .signed_by = &(pattern), .signed_by_count = 1
#define ONE_MAIL_FROM(pattern) .mail_from = &(pattern), .mail_from_count = 1
/* clang-format on */

static const struct {
	const char *name;
	struct rule rule;
	struct rules_facts facts;
	bool matches;
} cases[] = {
	{ "an empty rule", { 0 }, { .client = &nowhere }, true },
	/* Authors. */
	{ "from", { ONE_FROM(partner) }, { FROM(of_partner) }, true },
	{ "from, not below", { ONE_FROM(partner) }, { FROM(below) }, false },
	{ "from, below", { ONE_FROM(below_partner) }, { FROM(below) }, true },
	{ "from, below is not itself", { ONE_FROM(below_partner) },
	    { FROM(of_partner) }, false },
	{ "from, only the end is alike", { ONE_FROM(partner) }, { FROM(alike) },
	    false },
	{ "from, one author more", { ONE_FROM(partner) }, { FROM(both) },
	    false },
	{ "from, each author by another pattern",
	    { .from = two, .from_count = 2 }, { FROM(nets) }, true },
	{ "from, an address without case", { ONE_FROM(ann) }, { FROM(anns) },
	    true },
	{ "from, another address", { ONE_FROM(ann) }, { FROM(of_partner) },
	    false },
	{ "from, no author that can be told", { ONE_FROM(anybody) },
	    { .from = &(const struct from){ .status = FROM_MALFORMED } },
	    false },
	{ "from, no From", { ONE_FROM(anybody) }, { 0 }, false },
	/* Clients. */
	{ "client", { .clients = networks, .client_count = 2 },
	    { .client = &inside }, true },
	{ "client, second network", { .clients = networks, .client_count = 2 },
	    { .client = &inside_v6 }, true },
	{ "client, elsewhere", { .clients = networks, .client_count = 2 },
	    { .client = &outside }, false },
	{ "client, without address", { .clients = networks, .client_count = 2 },
	    { .client = &nowhere }, false },
	/* Recipients. */
	{ "recipient", { ONE_RECIPIENT(partner) }, { TO(of_partner) }, true },
	{ "recipient, one more", { ONE_RECIPIENT(partner) }, { TO(both) },
	    false },
	{ "recipient, all", { .recipients = two, .recipient_count = 2 },
	    { TO(nets) }, true },
	{ "recipient, too many to look at", { ONE_RECIPIENT(anybody) },
	    { .recipients = NULL, .recipient_count = 1001 }, false },
	{ "recipient, none", { ONE_RECIPIENT(anybody) },
	    { .recipients = both, .recipient_count = 0 }, false },
	{ "recipient, without domain", { ONE_RECIPIENT(partner) },
	    { TO(no_domain) }, false },
	/* Lists that sign. */
	{ "signed_by", { ONE_SIGNED_BY(partner) }, { SIGNED(lists) }, true },
	{ "signed_by, below", { ONE_SIGNED_BY(partner) },
	    { SIGNED(list_below) }, false },
	{ "signed_by, a pattern for below", { ONE_SIGNED_BY(below_partner) },
	    { SIGNED(list_below) }, true },
	{ "signed_by, nobody", { ONE_SIGNED_BY(partner) },
	    { .dkim = DKIM_FAIL }, false },
	/* Forwarders. */
	{ "mail_from", { ONE_MAIL_FROM(partner) },
	    { .spf = SPF_PASS, .mail_from = "partner.example" }, true },
	{ "mail_from, another", { ONE_MAIL_FROM(partner) },
	    { .spf = SPF_PASS, .mail_from = "example.net" }, false },
	{ "mail_from, softfail", { ONE_MAIL_FROM(partner) },
	    { .spf = SPF_SOFTFAIL, .mail_from = "partner.example" }, false },
	{ "mail_from, none", { ONE_MAIL_FROM(partner) },
	    { .spf = SPF_NONE, .mail_from = "partner.example" }, false },
	{ "mail_from, no domain", { ONE_MAIL_FROM(partner) },
	    { .spf = SPF_PASS }, false },
	/* Results. */
	{ "spf=fail", { .spf = 1U << SPF_FAIL }, { .spf = SPF_FAIL }, true },
	{ "spf=fail, softfail", { .spf = 1U << SPF_FAIL },
	    { .spf = SPF_SOFTFAIL }, false },
	{ "spf=fail or softfail",
	    { .spf = 1U << SPF_FAIL | 1U << SPF_SOFTFAIL },
	    { .spf = SPF_SOFTFAIL }, true },
	{ "spf=none", { .spf = 1U << SPF_NONE }, { .spf = SPF_NONE }, true },
	{ "dkim=pass", { .dkim = 1U << DKIM_PASS }, { .dkim = DKIM_PASS },
	    true },
	{ "dkim=pass, none", { .dkim = 1U << DKIM_PASS }, { .dkim = DKIM_NONE },
	    false },
	{ "dmarc=fail", { .dmarc = 1U << DMARC_FAIL }, { .dmarc = DMARC_FAIL },
	    true },
	{ "dmarc=fail, pass", { .dmarc = 1U << DMARC_FAIL },
	    { .dmarc = DMARC_PASS }, false },
	{ "spf=fail and dmarc=fail",
	    { .spf = 1U << SPF_FAIL, .dmarc = 1U << DMARC_FAIL },
	    { .spf = SPF_PASS, .dmarc = DMARC_FAIL }, false },
	/* All conditions together, and each alone is missing. */
	{ "all",
	    { ONE_FROM(partner), ONE_RECIPIENT(ann), ONE_SIGNED_BY(partner),
		.clients = networks, .client_count = 1,
		.dmarc = 1U << DMARC_FAIL },
	    { FROM(of_partner), TO(anns), SIGNED(lists), .client = &inside,
		.dmarc = DMARC_FAIL },
	    true },
	{ "all but from",
	    { ONE_FROM(partner), ONE_RECIPIENT(ann), ONE_SIGNED_BY(partner),
		.clients = networks, .client_count = 1,
		.dmarc = 1U << DMARC_FAIL },
	    { FROM(anns), TO(anns), SIGNED(lists), .client = &inside,
		.dmarc = DMARC_FAIL },
	    false },
	{ "all but recipient",
	    { ONE_FROM(partner), ONE_RECIPIENT(ann), ONE_SIGNED_BY(partner),
		.clients = networks, .client_count = 1,
		.dmarc = 1U << DMARC_FAIL },
	    { FROM(of_partner), TO(nets), SIGNED(lists), .client = &inside,
		.dmarc = DMARC_FAIL },
	    false },
	{ "all but client",
	    { ONE_FROM(partner), ONE_RECIPIENT(ann), ONE_SIGNED_BY(partner),
		.clients = networks, .client_count = 1,
		.dmarc = 1U << DMARC_FAIL },
	    { FROM(of_partner), TO(anns), SIGNED(lists), .client = &outside,
		.dmarc = DMARC_FAIL },
	    false },
};

static void
test_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct rules_facts facts = cases[i].facts;

		if (facts.client == NULL)
			facts.client = &nowhere;
		if ((rules_find(&cases[i].rule, 1, &facts, NULL) != NULL) !=
		    cases[i].matches)
			fail_msg("%s", cases[i].name);
	}
}

static void
test_first(void **state)
{
	(void)state;
	const struct rule rules[] = { { .dmarc = 1U << DMARC_PASS },
		{ .dmarc = 1U << DMARC_FAIL }, { .dmarc = 0 } };
	struct rules_facts facts = { .client = &nowhere, .dmarc = DMARC_FAIL };

	assert_ptr_equal(rules_find(rules, 3, &facts, NULL), &rules[1]);
	facts.dmarc = DMARC_NONE;
	assert_ptr_equal(rules_find(rules, 3, &facts, NULL), &rules[2]);
	assert_null(rules_find(rules, 2, &facts, NULL));
	assert_null(rules_find(NULL, 0, &facts, NULL));
}

/* Without what no result changes, the same rule is found. */
static void
test_reduced(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct rules_facts facts = cases[i].facts;
		size_t count;

		if (facts.client == NULL)
			facts.client = &nowhere;
		const struct rule *reduced =
		    rules_reduce(&cases[i].rule, 1, &facts, arena, &count);

		if ((rules_find(reduced, count, &facts, NULL) != NULL) !=
		    cases[i].matches)
			fail_msg("%s", cases[i].name);
		/* Nobody need be told of any more. */
		facts.client = NULL;
		facts.from = NULL;
		facts.recipients = NULL;
		facts.recipient_count = 0;
		if ((rules_find(reduced, count, &facts, NULL) != NULL) !=
		    cases[i].matches)
			fail_msg("%s, told no more", cases[i].name);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_match),
		cmocka_unit_test(test_first), cmocka_unit_test(test_reduced) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
