/*
 * psl_suite.c: the public suffix list's own tests, with that list: what is
 * registered, and that a suffix is its own organizational domain.
 */
#include <stdio.h>
#include <string.h>

#include "dns/name.h"
#include "mail/orgdomain.h"
#include "support/files.h"
#include "support/suites.h"

/* The tests have names with a leading dot, which are no domain names and no
 * input of ours. */
static bool
check(struct arena *arena, const struct orgdomain *list, struct span input,
    struct span expected)
{
	const char *domain = name_to_ascii(arena, input);

	if (domain == NULL)
		return (span_is(expected, "null"));
	const char *found = orgdomain_find(list, domain);
	const char *wanted =
	    span_is(expected, "null") ? domain : name_to_ascii(arena, expected);

	if (wanted != NULL && strcmp(found, wanted) == 0)
		return (true);
	(void)printf("%s: expected %s, found %s\n", domain,
	    wanted != NULL ? wanted : "?", found);
	return (false);
}

static int
run(struct arena *arena, const struct orgdomain *list, struct span text)
{
	size_t good = 0, count = 0;
	struct span line, input;

	while (span_take_line(&text, &line)) {
		line = span_trim(line, span_is_space);
		if (line.len == 0 || span_starts(line, "//"))
			continue;
		(void)span_take_until(&line, ' ', &input);
		/* A null pointer: callers of ours have a name. */
		if (span_is(input, "null"))
			continue;
		count++;
		good += check(arena, list, input, line) ? 1 : 0;
	}
	(void)printf("psl: %zu of %zu\n", good, count);
	return (count > 0 && good == count ? 0 : 1);
}

int
main(void)
{
	struct arena *arena = arena_new();
	const char *path = suites_find(arena, "psl/public_suffix_list.dat");
	const char *tests = suites_find(arena, "psl/tests.txt");
	const char *error = NULL;
	struct span text;
	int status = 1;

	if (path == NULL || tests == NULL) {
		arena_free(arena);
		return (SUITES_SKIPPED);
	}
	struct orgdomain *list = orgdomain_new(path, arena, &error);

	if (list == NULL || files_read(arena, tests, &text) != 0)
		(void)printf("%s: %s\n", tests, error != NULL ? error : "");
	else
		status = run(arena, list, text);
	orgdomain_free(list);
	arena_free(arena);
	return (status);
}
