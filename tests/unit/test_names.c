/* Domains and selectors as operators write them. */
#include "names.h"

#include <string.h>

#include "support/unit.h"

static const struct {
	const char *text;
	const char *domain;  /* NULL: none */
	const char *problem; /* a part of it */
} domains[] = {
	{ "example.org", "example.org", NULL },
	{ "Example.ORG.", "example.org", NULL },
	{ "b\xc3\xbc"
	  "cher.example",
	    "xn--bcher-kva.example", NULL },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example", NULL },
	{ "123.example", "123.example", NULL },
	{ "", NULL, "no mail domain" },
	{ "example", NULL, "no mail domain" },
	{ "ann@example.org", NULL, "is an address" },
	{ "ann@localhost", NULL, "no mail domain" },
	{ "ann@", NULL, "no mail domain" },
	{ "_dmarc.example.org", NULL, "no mail domain" },
	{ "192.0.2.1", NULL, "no mail domain" },
	{ "../etc", NULL, "no mail domain" },
	{ "..", NULL, "no mail domain" },
	{ "example.org/x", NULL, "no mail domain" },
	{ "example..org", NULL, "no mail domain" },
	{ "exa mple.org", NULL, "no mail domain" },
};

static void
test_domains(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(domains); i++) {
		struct arena *arena = arena_new();
		const char *problem = NULL;
		const char *domain =
		    names_domain(domains[i].text, arena, &problem);

		if (domains[i].domain != NULL)
			assert_string_equal(domain, domains[i].domain);
		else {
			assert_null(domain);
			assert_non_null(strstr(problem, domains[i].problem));
		}
		arena_free(arena);
	}
}

#define LABEL_63                                                               \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text;
	const char *selector; /* NULL: none */
	const char *problem;  /* a part of it, then */
} selectors[] = {
	{ "20261125", "20261125", NULL },
	{ "S1", "s1", NULL },
	{ "mail.2026", "mail.2026", NULL },
	{ LABEL_63, LABEL_63, NULL },
	{ LABEL_63 "a", NULL, "is too long a selector; no part" },
	{ "a." LABEL_63 "a", NULL, "is too long a selector; no part" },
	/* With ._domainkey.example.org it would have 255 bytes. */
	{ LABEL_63 "." LABEL_63 "." LABEL_63 "."
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    NULL, "is too long a selector for a name of 253 bytes" },
	{ "", NULL, "is no selector" },
	{ "a_b", NULL, "is no selector" },
	{ "a b", NULL, "is no selector" },
	{ "a/b", NULL, "is no selector" },
	{ "-a", NULL, "is no selector" },
	{ "..", NULL, "is no selector" },
	{ "a'b", NULL, "is no selector" },
};

static void
test_selectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(selectors); i++) {
		struct arena *arena = arena_new();
		const char *problem = NULL;
		const char *selector = names_selector(
		    selectors[i].text, "example.org", arena, &problem);

		if (selectors[i].selector != NULL)
			assert_string_equal(selector, selectors[i].selector);
		else {
			assert_null(selector);
			assert_non_null(strstr(problem, selectors[i].problem));
		}
		arena_free(arena);
	}
}

static void
test_date(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(names_selector_of_date(0, arena), "19700101");
	assert_string_equal(
	    names_selector_of_date(1795651199, arena), "20261125");
	assert_string_equal(
	    names_selector_of_date(1795651200, arena), "20261126");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_date),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
