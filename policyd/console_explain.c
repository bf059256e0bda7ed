#include "console_explain.h"

#include "base/trace.h"
#include "request.h"

static void
tell_steps(struct console_job *job, const struct trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		console_job_line(job, "step",
		    json_pack("{s:s, s:i, s:o}", "part", trace->steps[i].part,
			"depth", (int)trace->steps[i].depth, "text",
			console_job_text(span_str(trace->steps[i].text))));
}

/* At once, or when workers have asked around; whoever asked may have gone. */
static void
explained(void *cookie, const struct trace *trace, struct span reply)
{
	struct console_job *job = cookie;

	job->waits = false;
	if (job->abandoned) {
		console_job_free(job);
		return;
	}
	tell_steps(job, trace);
	job->step = NULL;
	(void)console_job_end(
	    job, json_pack("{s:o, s:I}", "reply",
		     console_job_text(span_trim_end(reply, span_is_space)),
		     "dropped", (json_int_t)trace->dropped));
	job->wake(job->cookie);
}

enum console_progress
console_explain(struct console_job *job)
{
	/* The empty line at the end is easily forgotten. */
	struct span bytes = span_str(arena_printf(job->arena, "%s\n\n",
	    arena_str(job->arena,
		span_trim_end(job->command.request, span_is_space))));
	struct request *request = arena_alloc(job->arena, sizeof(*request));
	const char *error;
	size_t used;

	switch (request_parse(bytes, request, &used, &error)) {
	case REQUEST_COMPLETE:
		break;
	case REQUEST_INCOMPLETE:
		return (console_job_fail(job, "the request is too long"));
	case REQUEST_BAD:
		return (console_job_fail(job, "no request: %s", error));
	}
	job->waits = true;
	engine_explain(job->engine, request, job->now, explained, job);
	return (job->waits ? CONSOLE_WAIT : CONSOLE_DONE);
}
