#include "check/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

struct work {
	parallel_task *task;
	void *cookie;
	size_t count;
	atomic_size_t next;
	struct finding_list *lists; /* one for each index */
};

static void *
run(void *cookie)
{
	struct work *work = cookie;
	size_t index;

	while ((index = atomic_fetch_add(&work->next, 1)) < work->count)
		work->task(work->cookie, index, &work->lists[index]);
	return (NULL);
}

void
parallel_run(parallel_task *task, void *cookie, size_t count,
    struct finding_list *findings)
{
	pthread_t threads[PARALLEL_MAX_THREADS];
	struct work work = { .task = task,
		.cookie = cookie,
		.count = count,
		.lists =
		    arena_array(findings->arena, count, sizeof(*work.lists)) };
	size_t started = 0;

	for (size_t i = 0; i < count; i++)
		work.lists[i].arena = arena_new();
	while (started + 1 < count && started < PARALLEL_MAX_THREADS &&
	       pthread_create(&threads[started], NULL, run, &work) == 0)
		started++;
	(void)run(&work);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < work.lists[i].count; j++)
			finding_add(findings, &work.lists[i].items[j]);
		arena_free(work.lists[i].arena);
	}
}
