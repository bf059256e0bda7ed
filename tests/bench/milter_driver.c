/*
 * milter_driver.c: bring messages to a milter, or to several, one after
 * another, as Postfix does, and print how long they took, what they cost the
 * filters, and their memory, as one line of JSON.  See usage() below; README.md
 * says what the figures mean.
 */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "dkim/dkim.h"
#include "fresh.h"
#include "player.h"
#include "session.h"
#include "support/files.h"

#define CONNECTIONS_MAX 100
#define MESSAGES_MAX 10000000
#define PROCESSES_MAX 16

/* How long a filter may take to forget its last connections. */
#define SETTLE_NS 20000000L

struct run {
	struct session_plan plans[PLAYER_STAGES_MAX];
	struct player_plan player;
	struct span message;
	const char *client;
	const char *save;
	const char *key;           /* of fresh messages; NULL: all are one */
	size_t fresh;              /* the number of the first */
	pid_t pids[PROCESSES_MAX]; /* of the filters */
	size_t pid_count;
	size_t connections;
	size_t per_connection;
	size_t messages;
	size_t sessions;
	uint64_t *took; /* for each message */
	atomic_size_t next;
	_Atomic(const char *) error;
};

static _Noreturn void
usage(void)
{
	(void)fprintf(stderr,
	    "usage: milter_driver --socket=unix:PATH [--expect=TEXT ...]\n"
	    "    [--socket=unix:PATH [--expect=TEXT ...]] --message=FILE\n"
	    "    [--client=ADDRESS] [--save=FILE] [--key=FILE --fresh=N]\n"
	    "    [--pid=PID ... --messages=N --connections=N "
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
	if (files_read(arena, path, &run->message) != 0)
		die("cannot read the message");
}

/* A filter, which the message passes after those before it. */
static void
add_stage(struct run *run, const char *socket)
{
	if (run->player.stage_count == PLAYER_STAGES_MAX ||
	    strncmp(socket, "unix:", 5) != 0)
		usage();
	run->plans[run->player.stage_count++].socket = socket;
}

/* What the last filter shall do. */
static void
add_expect(struct run *run, const char *text)
{
	struct session_plan *plan;

	if (run->player.stage_count == 0)
		usage();
	plan = &run->plans[run->player.stage_count - 1];
	if (plan->expect_count == SESSION_EXPECTS_MAX)
		usage();
	plan->expects[plan->expect_count++] = text;
}

static void
add_process(struct run *run, const char *pid)
{
	if (run->pid_count == PROCESSES_MAX)
		usage();
	run->pids[run->pid_count++] = (pid_t)number(pid, INT32_MAX);
}

/* Take one option; return false for one that there is not. */
static bool
take_option(struct run *run, struct arena *arena, int option, const char *value)
{
	switch (option) {
	case 's':
		add_stage(run, value);
		return (true);
	case 'm':
		read_message(run, arena, value);
		return (true);
	case 'a':
		run->client = value;
		return (true);
	case 'e':
		add_expect(run, value);
		return (true);
	case 'o':
		run->save = value;
		return (true);
	case 'y':
		run->key = value;
		return (true);
	case 'f':
		run->fresh = number(value, FRESH_MAX);
		return (true);
	case 'p':
		add_process(run, value);
		return (true);
	case 'n':
		run->messages = number(value, MESSAGES_MAX);
		return (true);
	case 'c':
		run->connections = number(value, CONNECTIONS_MAX);
		return (true);
	case 'k':
		run->per_connection = number(value, MESSAGES_MAX);
		return (true);
	default:
		return (false);
	}
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
		{ "key", required_argument, NULL, 'y' },
		{ "fresh", required_argument, NULL, 'f' },
		{ "pid", required_argument, NULL, 'p' },
		{ "messages", required_argument, NULL, 'n' },
		{ "connections", required_argument, NULL, 'c' },
		{ "per-connection", required_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(run, arena, option, optarg))
			usage();
	if (run->player.stage_count == 0 || run->message.len == 0 ||
	    (run->key == NULL) != (run->fresh == 0))
		usage();
	run->sessions =
	    (run->messages + run->per_connection - 1) / run->per_connection;
	run->messages = run->sessions * run->per_connection;
}

/* Make as many messages as are sent, and number 0, from which the filters'
 * sessions are recorded. */
static void
make_mails(struct run *run, struct arena *arena)
{
	struct fresh_mail *mails =
	    arena_array(arena, 1 + run->messages, sizeof(*mails));

	dkim_prepare();
	struct dkim_private *key = fresh_key(arena, run->key);

	if (key == NULL)
		die("cannot read the key");
	for (size_t i = 0; i <= run->messages; i++)
		if (fresh_make(arena, key, run->message,
			i == 0 ? 0 : run->fresh + i - 1, &mails[i]) != 0)
			die("cannot sign the message");
	dkim_private_free(key);
	run->player.mails = mails;
}

/* Record a session with each filter; the next one gets what this one made of
 * the message. */
static void
record(struct run *run, struct arena *arena)
{
	struct span message = run->message;
	const char *error;

	if (run->player.mails != NULL)
		message = fresh_message(arena, message, &run->player.mails[0]);
	for (size_t i = 0; i < run->player.stage_count; i++) {
		struct session_plan *plan = &run->plans[i];
		struct buf text;

		plan->client = run->client;
		plan->domain = run->player.mails == NULL
		                   ? FRESH_TEMPLATE
		                   : run->player.mails[0].domain;
		plan->messages = run->per_connection;
		plan->message = message;
		struct session *session = session_record(plan, arena, &error);

		if (session == NULL)
			die(error);
		run->player.stages[i] = session;
		buf_init(&text, arena, MILTER_MESSAGE_MAX);
		milter_message_print(session->message, &text);
		message = buf_span(&text);
	}
	if (run->save != NULL && files_write(run->save, message, 0644) != 0)
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

/* The CPU time of all filters, with all their threads. */
static double
filters_seconds(const struct run *run)
{
	double sum = 0;

	for (size_t i = 0; i < run->pid_count; i++) {
		clockid_t clock;

		if (clock_getcpuclockid(run->pids[i], &clock) != 0)
			die("no such filter");
		sum += seconds(clock);
	}
	return (sum);
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

/* How many UDP packets came in on this network namespace so far: a question and
 * an answer for each that a filter asks the DNS. */
static unsigned long
packets(void)
{
	unsigned long count = 0;
	char line[1024];
	FILE *file = fopen("/proc/self/net/snmp", "r");

	if (file == NULL)
		die("cannot read /proc/self/net/snmp");
	/* The line with the names has no number there. */
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "Udp: ", 5) == 0)
			count = strtoul(line + 5, NULL, 10);
	(void)fclose(file);
	return (count);
}

/* One connection after another, until all sessions are played. */
static void *
play_sessions(void *cookie)
{
	struct run *run = cookie;
	size_t number;

	while ((number = atomic_fetch_add(&run->next, 1)) < run->sessions) {
		size_t first = number * run->per_connection;
		const char *error =
		    player_play(&run->player, 1 + first, run->took + first);

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
	size_t messages = run->messages;
	long memory = 0;

	run->took = arena_array(arena, messages, sizeof(*run->took));
	unsigned long udp = packets();
	double cpu = filters_seconds(run);
	double start = seconds(CLOCK_MONOTONIC);

	play(run);
	double took = seconds(CLOCK_MONOTONIC) - start;

	(void)nanosleep(&settle, NULL);
	cpu = filters_seconds(run) - cpu;
	udp = packets() - udp;
	for (size_t i = 0; i < run->pid_count; i++)
		memory += resident(run->pids[i]);
	size_t half = messages / 2;
	size_t most = messages * 99 / 100;

	qsort(run->took, messages, sizeof(*run->took), compare);
	(void)printf("{\"messages\":%zu,\"rate\":%.1f,\"p50_ms\":%.3f,"
		     "\"p99_ms\":%.3f,\"cpu_us\":%.2f,\"rss_kb\":%ld,"
		     "\"udp\":%lu}\n",
	    messages, (double)messages / took, (double)run->took[half] / 1e6,
	    (double)run->took[most] / 1e6, cpu / (double)messages * 1e6, memory,
	    udp);
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct run run = { .client = "192.0.2.25",
		.connections = 1,
		.per_connection = 1,
		.messages = 1 };

	read_options(&run, arena, argc, argv);
	if (run.key != NULL)
		make_mails(&run, arena);
	record(&run, arena);
	if (run.pid_count > 0)
		measure(&run, arena);
	arena_free(arena);
	return (EXIT_SUCCESS);
}
