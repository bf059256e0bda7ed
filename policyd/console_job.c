#include "console_job.h"

#include <event2/buffer.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "base/log_format.h"
#include "counter.h"

/* A key is shorter; each byte may take four. */
#define TEXT_MAX_BYTES ((size_t)16384)

struct console_job *
console_job_new(void)
{
	struct console_job *job = arena_impl_malloc(sizeof(*job));

	*job = (struct console_job){ .arena = arena_new() };
	return (job);
}

void
console_job_free(struct console_job *job)
{
	if (job == NULL)
		return;
	arena_free(job->arena);
	free(job);
}

static int
add_bytes(const char *bytes, size_t size, void *cookie)
{
	return (evbuffer_add(cookie, bytes, size));
}

void
console_job_line(struct console_job *job, const char *kind, json_t *line)
{
	json_t *whole = json_pack(
	    "{s:i, s:s}", "schema", CONSOLE_COMMAND_SCHEMA, "kind", kind);

	(void)json_object_update(whole, line);
	if (!job->abandoned) {
		(void)json_dump_callback(
		    whole, add_bytes, job->out, JSON_COMPACT);
		(void)evbuffer_add(job->out, "\n", 1);
	}
	json_decref(whole);
	json_decref(line);
}

enum console_progress
console_job_end(struct console_job *job, json_t *line)
{
	console_job_line(job, "end", line != NULL ? line : json_object());
	return (CONSOLE_DONE);
}

enum console_progress
console_job_fail(struct console_job *job, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	const char *text = arena_vprintf(job->arena, format, ap);

	va_end(ap);
	console_job_line(job, "error",
	    json_pack("{s:o}", "text", console_job_text(span_str(text))));
	return (CONSOLE_DONE);
}

bool
console_job_walk(
    struct table *table, size_t *place, table_visit *visit, void *cookie)
{
	const int64_t end = clock_monotonic_us() + CONSOLE_JOB_SLICE_US;
	bool more = true;

	while (more && clock_monotonic_us() < end)
		more =
		    table_walk(table, place, CONSOLE_JOB_SLICE, visit, cookie);
	return (more);
}

json_t *
console_job_text(struct span text)
{
	json_t *string = json_stringn((const char *)text.data, text.len);

	if (string != NULL)
		return (string);
	struct arena *arena = arena_new();
	struct buf printable;

	buf_init(&printable, arena, TEXT_MAX_BYTES);
	log_format_printable(&printable, text);
	string = json_string(buf_str(&printable));
	arena_free(arena);
	return (string != NULL ? string : json_string(""));
}

json_t *
console_job_rate(uint64_t rate)
{
	if (rate == COUNTER_UNLIMITED)
		return (json_null());
	return (json_integer((json_int_t)rate));
}
