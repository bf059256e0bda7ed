/*
 * soak_leak.c: reloads with nobody connected leave nothing behind.
 */
#include <stdio.h>

#include "soak.h"

/* The allocator has found its size after so many. */
#define WARM_UP 10
#define RELOADS 20
#define RELOADS_FULL 200
/* A leak of so much in each reload is found.  The rest is what the process may
 * have grown by anyway: its heap is not the same after each. */
#define LEAK_KB 25
#define SPARE_KB 256
/* Nothing that a reload opens may stay. */
#define SPARE_THREADS 0
#define SPARE_FILES 0

static int
reload(struct soak *soak, unsigned int times)
{
	for (unsigned int i = 0; i < times && !soak->failed; i++)
		soak_reload(soak);
	return (soak->failed ? -1 : 0);
}

int
soak_leak_check(struct soak *soak)
{
	unsigned int times = soak->full ? RELOADS_FULL : RELOADS;
	long bound = (long)times * LEAK_KB + SPARE_KB;
	struct soak_sample before, after, limit;

	if (reload(soak, WARM_UP) != 0)
		return (-1);
	before = soak_meter_idle(soak, NULL);
	limit = (struct soak_sample){ .threads = before.threads + SPARE_THREADS,
		.files = before.files + SPARE_FILES };
	if (reload(soak, times) != 0)
		return (-1);
	after = soak_meter_idle(soak, &limit);
	printf("%s: %u reloads more: %ld kB, %ld threads and %ld files before "
	       "them, %ld, %ld and %ld after them\n",
	    soak->name, times, before.rss, before.threads, before.files,
	    after.rss, after.threads, after.files);
	if (after.threads > limit.threads || after.files > limit.files)
		return (soak_fail(soak, "reloads leave threads or files"));
	if (!soak->sanitized && after.rss - before.rss > bound)
		return (soak_fail(soak, "%u reloads took %ld kB, more than %ld",
		    times, after.rss - before.rss, bound));
	return (0);
}
