/*
 * milter_driver.c: bring messages to a milter as Postfix does, and print how
 * long they took, what they cost the filter, and its memory, as one line of
 * JSON.  See usage() below; README.md says what the figures mean.
 */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "session.h"
#include "support/files.h"

#define CONNECTIONS_MAX 100
#define MESSAGES_MAX 10000000

/* How long a filter may take to forget its last connections. */
#define SETTLE_NS 20000000L

struct run {
	struct session_plan plan;
	const char *save;
	pid_t pid; /* of the filter */
	size_t connections;
	size_t sessions;
	const struct session *session;
	uint64_t *took; /* for each message */
	atomic_size_t next;
	_Atomic(const char *) error;
};

static _Noreturn void
usage(void)
{
	(void)fprintf(stderr,
	    "usage: milter_driver --socket=unix:PATH --message=FILE\n"
	    "    [--client=ADDRESS] [--expect=TEXT] [--save=FILE]\n"
	    "    [--pid=PID --messages=N --connections=N "
	    "--per-connection=N]\n");
	exit(64);
}

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "milter_driver: %s\n", what);
	exit(EXIT_FAILURE);
}

static size_t
number(const char *text, size_t max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || value == 0 || value > max)
		usage();
	return (value);
}

static void
read_message(struct run *run, struct arena *arena, const char *path)
{
	if (files_read(arena, path, &run->plan.message) != 0)
		die("cannot read the message");
}

static void
read_options(struct run *run, struct arena *arena, int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "message", required_argument, NULL, 'm' },
		{ "client", required_argument, NULL, 'a' },
		{ "expect", required_argument, NULL, 'e' },
		{ "save", required_argument, NULL, 'o' },
		{ "pid", required_argument, NULL, 'p' },
		{ "messages", required_argument, NULL, 'n' },
		{ "connections", required_argument, NULL, 'c' },
		{ "per-connection", required_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	size_t messages = 1;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 's':
			run->plan.socket = optarg;
			break;
		case 'm':
			read_message(run, arena, optarg);
			break;
		case 'a':
			run->plan.client = optarg;
			break;
		case 'e':
			run->plan.expect = optarg;
			break;
		case 'o':
			run->save = optarg;
			break;
		case 'p':
			run->pid = (pid_t)number(optarg, INT32_MAX);
			break;
		case 'n':
			messages = number(optarg, MESSAGES_MAX);
			break;
		case 'c':
			run->connections = number(optarg, CONNECTIONS_MAX);
			break;
		case 'k':
			run->plan.messages = number(optarg, MESSAGES_MAX);
			break;
		default:
			usage();
		}
	if (run->plan.socket == NULL || run->plan.message.len == 0 ||
	    strncmp(run->plan.socket, "unix:", 5) != 0)
		usage();
	run->sessions =
	    (messages + run->plan.messages - 1) / run->plan.messages;
}

static void
save(const struct session *session, struct arena *arena, const char *path)
{
	struct buf text;

	buf_init(&text, arena, MILTER_MESSAGE_MAX);
	milter_message_print(session_message(session), &text);
	if (files_write(path, buf_span(&text), 0644) != 0)
		die("cannot save the message");
}

static double
seconds(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time) != 0)
		die("the filter is gone");
	return ((double)time.tv_sec + (double)time.tv_nsec / 1e9);
}

/* The resident memory of ${pid} in kB. */
static long
resident(pid_t pid)
{
	char path[64];
	char line[256];
	long kb = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "r");

	if (file == NULL)
		die("the filter is gone");
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	(void)fclose(file);
	return (kb);
}

/* One connection after another, until all sessions are played. */
static void *
play_sessions(void *cookie)
{
	struct run *run = cookie;
	size_t number;

	while ((number = atomic_fetch_add(&run->next, 1)) < run->sessions) {
		const char *error = session_play(
		    run->session, run->took + number * run->plan.messages);

		if (error == NULL)
			continue;
		atomic_store(&run->error, error);
		return (NULL);
	}
	return (NULL);
}

static void
play(struct run *run)
{
	pthread_t threads[CONNECTIONS_MAX];

	for (size_t i = 0; i < run->connections; i++)
		if (pthread_create(&threads[i], NULL, play_sessions, run) != 0)
			die("cannot make a thread");
	for (size_t i = 0; i < run->connections; i++)
		(void)pthread_join(threads[i], NULL);
	const char *error = atomic_load(&run->error);

	if (error != NULL)
		die(error);
}

static int
compare(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a;
	uint64_t second = *(const uint64_t *)b;

	return ((first > second) - (first < second));
}

static void
measure(struct run *run, struct arena *arena)
{
	const struct timespec settle = { .tv_nsec = SETTLE_NS };
	size_t messages = run->sessions * run->plan.messages;
	clockid_t clock;

	run->took = arena_array(arena, messages, sizeof(*run->took));
	if (clock_getcpuclockid(run->pid, &clock) != 0)
		die("no such filter");
	double cpu = seconds(clock);
	double start = seconds(CLOCK_MONOTONIC);

	play(run);
	double took = seconds(CLOCK_MONOTONIC) - start;

	(void)nanosleep(&settle, NULL);
	cpu = seconds(clock) - cpu;
	size_t half = messages / 2;
	size_t most = messages * 99 / 100;

	qsort(run->took, messages, sizeof(*run->took), compare);
	(void)printf("{\"messages\":%zu,\"rate\":%.1f,\"p50_ms\":%.3f,"
		     "\"p99_ms\":%.3f,\"cpu_us\":%.2f,\"rss_kb\":%ld}\n",
	    messages, (double)messages / took, (double)run->took[half] / 1e6,
	    (double)run->took[most] / 1e6, cpu / (double)messages * 1e6,
	    resident(run->pid));
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct run run = { .connections = 1,
		.plan = { .client = "192.0.2.25", .messages = 1 } };
	const char *error;

	read_options(&run, arena, argc, argv);
	run.session = session_record(&run.plan, arena, &error);
	if (run.session == NULL)
		die(error);
	if (run.save != NULL)
		save(run.session, arena, run.save);
	if (run.pid != 0)
		measure(&run, arena);
	arena_free(arena);
	return (EXIT_SUCCESS);
}
