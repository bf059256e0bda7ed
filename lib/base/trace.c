#include "base/trace.h"

#include <stdarg.h>

struct trace *
trace_new(struct arena *arena)
{
	struct trace *trace = arena_alloc(arena, sizeof(*trace));

	trace->arena = arena;
	return (trace);
}

void
trace_add(struct trace *trace, const char *part, unsigned int depth,
    const char *format, ...)
{
	va_list ap;

	if (trace == NULL)
		return;
	if (trace->count == TRACE_MAX_STEPS) {
		trace->dropped++;
		return;
	}
	trace->steps = arena_room(
	    trace->arena, trace->steps, trace->count, sizeof(*trace->steps));
	va_start(ap, format);
	trace->steps[trace->count++] = (struct trace_step){ .part = part,
		.depth = depth,
		.text = arena_vprintf(trace->arena, format, ap) };
	va_end(ap);
}
