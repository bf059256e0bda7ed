#include "explain_steps.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/log_format.h"

/* Of one step, escaped. */
#define STEP_MAX_BYTES ((size_t)16 * 1024)

/* The parts by the names that people know them by, in the order of a message's
 * path; any other comes after these. */
static const struct {
	const char *part;
	const char *title;
} titles[] = {
	{ "iprev", "The client's name" },
	{ "spf", "SPF" },
	{ "dkim", "DKIM" },
	{ "dmarc", "DMARC" },
	{ "rule", "Rules" },
};
#define TITLES (sizeof(titles) / sizeof(titles[0]))

/* What a stranger wrote must not command a terminal. */
static void
print_step(FILE *stream, const struct trace_step *step)
{
	struct arena *arena = arena_new();
	struct buf text;

	buf_init(&text, arena, STEP_MAX_BYTES);
	log_format_printable(&text, span_str(step->text));
	(void)fprintf(
	    stream, "  %*s%s\n", 2 * (int)step->depth, "", buf_str(&text));
	arena_free(arena);
}

static void
print_part(FILE *stream, const struct trace *trace, size_t title)
{
	bool began = false;

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_step *step = &trace->steps[i];

		if (strcmp(step->part, titles[title].part) != 0)
			continue;
		if (!began)
			(void)fprintf(stream, "%s\n", titles[title].title);
		began = true;
		print_step(stream, step);
	}
}

void
explain_steps_text(FILE *stream, const struct trace *trace)
{
	for (size_t i = 0; i < TITLES; i++)
		print_part(stream, trace, i);
	if (trace->dropped > 0)
		(void)fprintf(
		    stream, "(%zu more steps are left out)\n", trace->dropped);
}

json_t *
explain_steps_json(const struct trace *trace)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_step *step = &trace->steps[i];
		json_t *text = json_string(step->text);

		if (text == NULL)
			text = json_string("(not UTF-8)");
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:i, s:o}", "part", step->part,
			      "depth", (int)step->depth, "text", text));
	}
	return (list);
}
