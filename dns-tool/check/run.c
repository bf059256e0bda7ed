#include "check/run.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "check/parallel.h"

#define MAX_PROBES 64

struct run {
	const struct check *check;
	const struct probe *chosen[MAX_PROBES];
	size_t count;
	bool progress;
	atomic_size_t done;
};

static bool
is_in(const char *only, const char *name)
{
	struct span rest = span_str(only);
	struct span word;
	bool more = true;

	while (more) {
		more = span_take_until(&rest, ',', &word);
		if (span_is(word, name))
			return (true);
	}
	return (false);
}

const char *
run_unknown(const char *only, struct arena *arena)
{
	struct span rest = span_str(only);
	struct span word;
	bool more = true;

	while (more) {
		const struct probe *probe = probes;

		more = span_take_until(&rest, ',', &word);
		while (probe->name != NULL && !span_is(word, probe->name))
			probe++;
		if (probe->name == NULL)
			return (arena_str(arena, word));
	}
	return (NULL);
}

static void
show_progress(const struct run *run, size_t done)
{
	if (!run->progress)
		return;
	(void)fprintf(
	    stderr, "\rchecking: %zu of %zu probes", done, run->count);
	/* Back to the start, and nothing to the right of it. */
	if (done == run->count)
		(void)fputs("\r\033[K", stderr);
}

static void
task(void *cookie, size_t index, struct finding_list *findings)
{
	struct run *run = cookie;

	run->chosen[index]->run(run->check, findings);
	show_progress(run, atomic_fetch_add(&run->done, 1) + 1);
}

void
run_probes(const struct check *check, const char *only, bool progress,
    struct finding_list *findings)
{
	struct run run = { .check = check, .progress = progress };

	for (const struct probe *probe = probes; probe->name != NULL; probe++)
		if (only == NULL || is_in(only, probe->name))
			run.chosen[run.count++] = probe;
	show_progress(&run, 0);
	parallel_run(task, &run, run.count, findings);
}

/* "ID", or "ID SUBJECT". */
static bool
is_meant(const char *title, const struct finding *finding)
{
	size_t len = strlen(finding->id);

	if (strncmp(title, finding->id, len) != 0)
		return (false);
	return (title[len] == '\0' ||
		(title[len] == ' ' &&
		    strcmp(&title[len + 1], finding->subject) == 0));
}

void
run_accept(
    const struct config_settings *settings, struct finding_list *findings)
{
	const struct config_accepted *accepted = settings->accepted.items;

	for (size_t i = 0; i < findings->count; i++)
		for (size_t j = 0; j < settings->accepted.count; j++)
			if (findings->items[i].severity > FINDING_OK &&
			    is_meant(
				accepted[j].place.title, &findings->items[i]))
				findings->items[i].accepted =
				    accepted[j].reason;
}
