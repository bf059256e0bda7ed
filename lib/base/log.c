#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "base/arena_impl.h"
#include "base/log_format.h"

/* Room for twenty fields of LOG_VALUE_MAX bytes that all need escapes; a line
 * drops the fields that do not fit and says so. */
#define LINE_MAX_BYTES 65536
#define LINE_END_BYTES 32

/* Where lines go; shared by a log and its children. */
struct target {
	const char *program;
	_Atomic int level;
	_Atomic uint64_t counts[LOG_LEVEL_DEBUG + 1];
	enum log_format format;
	enum log_sink sink;
	log_writer *writer;
	void *cookie;
};

struct log {
	struct target *target;
	const struct log *parent;
	struct log_field field;
};

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

struct log *
log_new(const char *program)
{
	struct log *log = arena_impl_malloc(sizeof(*log));
	struct target *target = arena_impl_malloc(sizeof(*target));

	*target = (struct target){ .program = program,
		.level = LOG_LEVEL_INFO,
		.sink = LOG_SINK_STDERR };
	*log = (struct log){ .target = target };
	return (log);
}

void
log_free(struct log *log)
{
	if (log == NULL)
		return;
	if (log->target->sink == LOG_SINK_SYSLOG)
		closelog();
	free(log->target);
	free(log);
}

/* A service's children inherit JOURNAL_STREAM, whatever their stderr is; so it
 * names the device and inode of the stream that is the journal's. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return (false);
	(void)snprintf(ours, sizeof(ours), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return (strcmp(stream, ours) == 0);
}

void
log_set(struct log *log, enum log_sink sink, enum log_format format,
    enum log_level level)
{
	struct target *target = log->target;

	if (sink == LOG_SINK_AUTO)
		sink =
		    stderr_is_journal() ? LOG_SINK_JOURNALD : LOG_SINK_STDERR;
	if (target->sink == LOG_SINK_SYSLOG)
		closelog();
	if (sink == LOG_SINK_SYSLOG)
		openlog(target->program, LOG_PID | LOG_NDELAY, LOG_MAIL);
	target->sink = sink;
	target->format = format;
	log_set_level(log, level);
}

void
log_set_level(struct log *log, enum log_level level)
{
	atomic_store(&log->target->level, (int)level);
}

void
log_set_writer(struct log *log, log_writer *writer, void *cookie)
{
	log->target->writer = writer;
	log->target->cookie = cookie;
}

const struct log *
log_child(struct arena *arena, const struct log *parent, struct log_field field)
{
	struct log *child = arena_alloc(arena, sizeof(*child));

	child->target = parent->target;
	child->parent = parent;
	child->field = field;
	return (child);
}

bool
log_wants(const struct log *log, enum log_level level)
{
	return ((int)level <= atomic_load(&log->target->level));
}

uint64_t
log_count(const struct log *log, enum log_level level)
{
	return (atomic_load_explicit(
	    &log->target->counts[level], memory_order_relaxed));
}

static void
add_field(
    struct buf *line, enum log_format format, const struct log_field *field)
{
	size_t before = line->len;

	if (field->key == NULL || line->overflow)
		return;
	if (format == LOG_FORMAT_JSON)
		log_format_json(line, field);
	else
		log_format_text(line, field);
	if (line->overflow)
		buf_cut(line, before);
}

/* Whole fields only have been written, so a line stays valid JSON. */
static void
end_line(struct buf *line, bool json)
{
	bool dropped = line->overflow;

	line->overflow = false;
	line->limit += LINE_END_BYTES;
	if (dropped)
		buf_add_str(line, json ? ",\"dropped\":true" : " dropped=true");
	if (json)
		buf_add_byte(line, '}');
}

/* The outermost context comes first. */
static void
add_context(struct buf *line, enum log_format format, const struct log *log)
{
	if (log == NULL)
		return;
	add_context(line, format, log->parent);
	add_field(line, format, &log->field);
}

static void
print_line(struct buf *line, const struct log *log, enum log_level level,
    const char *event, const struct log_field *fields)
{
	enum log_format format = log->target->format;
	bool json = format == LOG_FORMAT_JSON;

	if (json)
		buf_printf(line, "{\"level\":\"%s\",\"event\":\"%s\"",
		    level_names[level], event);
	else if (level <= LOG_LEVEL_WARNING)
		buf_printf(line, "%s: %s", level_names[level], event);
	else
		buf_add_str(line, event);
	add_context(line, format, log);
	for (; fields->key != NULL; fields++)
		add_field(line, format, fields);
	end_line(line, json);
}

static void
write_stderr(const char *program, struct buf *line)
{
	char stamp[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	(void)fprintf(stderr, "%s %s[%ld]: %s\n", stamp, program,
	    (long)getpid(), buf_str(line));
}

void
log_write(const struct log *log, enum log_level level, const char *event,
    const struct log_field *fields)
{
	struct target *target = log->target;

	(void)atomic_fetch_add_explicit(
	    &target->counts[level], 1, memory_order_relaxed);
	if (!log_wants(log, level))
		return;
	struct arena *arena = arena_new();
	struct buf line;

	buf_init(&line, arena, LINE_MAX_BYTES);
	print_line(&line, log, level, event, fields);
	if (target->writer != NULL)
		target->writer(target->cookie, level, buf_str(&line));
	else if (target->sink == LOG_SINK_SYSLOG)
		syslog(priorities[level], "%s", buf_str(&line));
	else if (target->sink == LOG_SINK_JOURNALD)
		(void)sd_journal_send("MESSAGE=%s", buf_str(&line),
		    "PRIORITY=%d", priorities[level], "SYSLOG_IDENTIFIER=%s",
		    target->program, "SYSLOG_FACILITY=%d", LOG_MAIL >> 3,
		    "MAILREEVE_EVENT=%s", event, NULL);
	else
		write_stderr(target->program, &line);
	arena_free(arena);
}
