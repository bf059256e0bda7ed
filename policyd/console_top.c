#include "console_top.h"

#include <stdlib.h>
#include <string.h>

#include "console_usage.h"
#include "key.h"

/* One that may be among the first. */
struct candidate {
	double share; /* used of the rate */
	uint64_t used;
	const char *limit; /* its name, copied: a reload may come between */
	size_t key_len;
	unsigned char key[KEY_MAX_BYTES + 80]; /* cut keys carry a hash */
};

/* A heap with the least of the best at its top. */
struct top {
	struct console_walk walk;
	struct candidate *heap;
	size_t count;
	size_t limit;
	const char *name; /* of the limit that is walked, copied */
};

static int
compare(const struct candidate *a, const struct candidate *b)
{
	if (a->share != b->share)
		return (a->share < b->share ? -1 : 1);
	if (a->used != b->used)
		return (a->used < b->used ? -1 : 1);
	return (0);
}

static void
swap(struct top *top, size_t a, size_t b)
{
	struct candidate kept = top->heap[a];

	top->heap[a] = top->heap[b];
	top->heap[b] = kept;
}

static void
sift_up(struct top *top, size_t i)
{
	for (; i > 0 && compare(&top->heap[i], &top->heap[(i - 1) / 2]) < 0;
	     i = (i - 1) / 2)
		swap(top, i, (i - 1) / 2);
}

static void
sift_down(struct top *top, size_t i)
{
	for (size_t least = i;; i = least) {
		for (size_t child = 2 * i + 1;
		     child <= 2 * i + 2 && child < top->count; child++)
			if (compare(&top->heap[child], &top->heap[least]) < 0)
				least = child;
		if (least == i)
			return;
		swap(top, i, least);
	}
}

static void
offer(struct top *top, const struct candidate *candidate)
{
	if (top->count < top->limit) {
		top->heap[top->count] = *candidate;
		sift_up(top, top->count++);
	} else if (compare(candidate, &top->heap[0]) > 0) {
		top->heap[0] = *candidate;
		sift_down(top, 0);
	}
}

static void
take(struct console_job *job, const struct limit *limit, struct span key,
    const void *record)
{
	struct top *top = job->state;
	struct candidate candidate = { .used = 0 };
	struct console_usage usage;

	console_usage_read(job, limit, key, record, &usage);
	if (usage.reading.used == 0 && usage.reading.tried == 0)
		return;
	if (top->name == NULL || strcmp(top->name, limit->name) != 0)
		top->name = arena_strdup(job->arena, limit->name);
	candidate.limit = top->name;
	candidate.used = usage.reading.used;
	candidate.share = usage.rule.rate == 0 ? 1
	                                       : (double)usage.reading.used /
	                                             (double)usage.rule.rate;
	candidate.key_len =
	    key.len < sizeof(candidate.key) ? key.len : sizeof(candidate.key);
	memcpy(candidate.key, key.data, candidate.key_len);
	offer(top, &candidate);
}

static int
most_first(const void *a, const void *b)
{
	return (compare(b, a));
}

static bool
is_same(const struct candidate *a, const struct candidate *b)
{
	return (strcmp(a->limit, b->limit) == 0 &&
		span_eq(span_new(a->key, a->key_len),
		    span_new(b->key, b->key_len)));
}

/* As it is now: it was seen a while ago. */
static void
tell(struct console_job *job, const struct candidate *candidate)
{
	const struct limit *limit = console_usage_limit(job, candidate->limit);
	struct span key = span_new(candidate->key, candidate->key_len);
	struct table *table =
	    accounting_table(engine_accounting(job->engine), candidate->limit);
	struct console_usage usage;

	if (limit == NULL || table == NULL)
		return;
	console_usage_read(job, limit, key, table_get(table, key), &usage);
	console_job_line(job, "usage", console_usage_json(&usage));
}

static enum console_progress
finish(struct console_job *job)
{
	struct top *top = job->state;

	qsort(top->heap, top->count, sizeof(*top->heap), most_first);
	/* A record that moved while we looked was seen twice. */
	for (size_t i = 0; i < top->count; i++)
		if (i == 0 || !is_same(&top->heap[i], &top->heap[i - 1]))
			tell(job, &top->heap[i]);
	return (console_job_end(job, NULL));
}

enum console_progress
console_top(struct console_job *job)
{
	struct top *top = job->state;

	if (top == NULL) {
		const char *limit = job->command.limit;

		if (limit != NULL && console_usage_limit(job, limit) == NULL)
			return (console_job_fail(job,
			    "there is no limit \"%s\"; see all, with: "
			    "mailreeve-policyctl show",
			    limit));
		top = arena_alloc(job->arena, sizeof(*top));
		top->limit = job->command.count;
		top->heap =
		    arena_array(job->arena, top->limit + 1, sizeof(*top->heap));
		job->state = top;
	}
	if (top->limit > 0 && console_usage_walk(job, &top->walk, take))
		return (CONSOLE_MORE);
	return (finish(job));
}
