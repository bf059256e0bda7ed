#include "support/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BESIDE_PROJECT "../../shared/suites"

const char *
suites_find(struct arena *arena, const char *path)
{
	const char *root = getenv("MAILREEVE_SUITES");

	if (root == NULL || root[0] == '\0')
		root = BESIDE_PROJECT;
	const char *full = arena_printf(arena, "%s/%s", root, path);

	if (access(full, R_OK) == 0)
		return (full);
	(void)printf("skipped: %s is not there\n", full);
	return (NULL);
}
