/*
 * quota_ask ENDPOINT: ask quota.h for each line of the standard input, a
 * recipient, a blank and a size, and print what it says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "quota.h"

#define PATIENCE 10000

static void
ask(struct quota_source *source, struct span line)
{
	struct arena *arena = arena_new();
	const char *reason = NULL;
	struct span recipient;
	uint64_t size = 0;
	enum quota_result result;

	if (!span_take_until(&line, ' ', &recipient) ||
	    !span_to_u64(line, 18, &size))
		exit(EXIT_FAILURE);
	result = quota_ask(source, recipient, size,
	    clock_monotonic_ms() + PATIENCE, arena, &reason);
	(void)printf("%s %s\n", quota_result_name(result),
	    reason == NULL ? "-" : reason);
	(void)fflush(stdout);
	arena_free(arena);
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	const char *error = "usage: quota_ask ENDPOINT";
	struct quota_source *source =
	    argc == 2 ? quota_open(argv[1], arena, &error) : NULL;
	char line[1000];

	if (source == NULL) {
		(void)fprintf(stderr, "%s\n", error);
		return (EXIT_FAILURE);
	}
	while (fgets(line, sizeof(line), stdin) != NULL)
		ask(source, span_head(span_str(line), strcspn(line, "\n")));
	quota_close(source);
	arena_free(arena);
	return (EXIT_SUCCESS);
}
