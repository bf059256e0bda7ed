/*
 * policyd_soak.c: days of mail in minutes: the engine of mailreeve-policyd with
 * the clock held.  Beside each request stands a model that keeps a list of all
 * that was let through.  Each answer must be one that the model allows; at the
 * end of each hour, when all is quiet, the counters must be what the model
 *says; and memory must not grow.
 *
 *	policyd_soak HOURS MAILS-A-SECOND HOURS-OF-A-SOAK MAILS [sanitized]
 *
 * MAILREEVE_SOAK in the environment chooses the second pair.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "accounting.h"
#include "config.h"
#include "engine.h"
#include "policyd_soak.h"
#include "support/files.h"
#include "table.h"

#define MINUTE (60 * POLICYD_SOAK_SECOND)
#define HOUR (60 * MINUTE)
#define TICK (POLICYD_SOAK_SECOND / 10)
/* At the end of each hour, until everything is over. */
#define QUIET (7 * MINUTE)
#define USERS_PER_MAIL 100
/* What is not growth, but a table of another size. */
#define GROWTH ((size_t)2 * 1024 * 1024)

static const char *const limits[POLICYD_SOAK_COUNTED] = { "user-hour",
	"user-day", "user-bytes" };
static const int64_t periods[POLICYD_SOAK_COUNTED] = { HOUR, 24 * HOUR, HOUR };

/* What the counter of a user says. */
static uint64_t
counted(struct policyd_soak *soak, const struct policyd_soak_user *user,
    enum policyd_soak_counted what)
{
	struct table *table =
	    accounting_table(engine_accounting(soak->engine), limits[what]);
	const struct accounting_rules *rules = &soak->config->accounting;
	struct counter_reading reading;
	const struct limit *limit = NULL;

	for (size_t i = 0; i < rules->limit_count; i++)
		if (strcmp(rules->limits[i].name, limits[what]) == 0)
			limit = &rules->limits[i];
	if (table == NULL || limit == NULL) {
		policyd_soak_problem(
		    soak, "there is no limit %s", limits[what]);
		return (0);
	}
	counter_read(&limit->rule, table_get(table, span_str(user->name)),
	    soak->now, &reading);
	return (reading.used);
}

/* No drift: all counters are what the model says. */
static void
compare(struct policyd_soak *soak)
{
	for (size_t i = 0; i < soak->user_count; i++)
		for (int what = 0; what < POLICYD_SOAK_COUNTED; what++) {
			struct policyd_soak_user *user = &soak->users[i];
			struct policyd_soak_list *list = &user->lists[what];
			uint64_t used = counted(
			    soak, user, (enum policyd_soak_counted)what);

			policyd_soak_forget(list, soak->now);
			uint64_t least = policyd_soak_least(list, soak->now);
			uint64_t most = policyd_soak_most(list, soak->now);

			if (used < least || used > most)
				policyd_soak_problem(soak,
				    "%s: %s counts %" PRIu64 ", not %" PRIu64
				    " to %" PRIu64,
				    user->name, limits[what], used, least,
				    most);
		}
}

static void
tick(struct policyd_soak *soak)
{
	soak->now += TICK;
	engine_tick(soak->engine, soak->now);
	policyd_soak_take_late(soak);
}

/* Whatever is under way at the end of the hour comes to nothing. */
static void
be_quiet(struct policyd_soak *soak)
{
	policyd_soak_hang_up(soak);
	for (int64_t until = soak->now + QUIET; soak->now < until;)
		tick(soak);
}

static size_t
memory(const struct policyd_soak *soak)
{
	size_t ours = 0;

	/* A sanitizer has a malloc() of its own. */
	if (soak->sanitized)
		return (0);
	for (size_t i = 0; i < soak->user_count; i++)
		for (int what = 0; what < POLICYD_SOAK_COUNTED; what++)
			ours += policyd_soak_bytes(&soak->users[i].lists[what]);
	return (mallinfo2().uordblks - ours);
}

/* An hour: ${rate} mails a second, that is about eight requests for each. */
static void
hour(struct policyd_soak *soak, unsigned int rate)
{
	int64_t until = soak->now + HOUR - QUIET;

	while (soak->now < until) {
		tick(soak);
		for (unsigned int i = 0; i < rate * 8; i++)
			if (policyd_soak_random(soak,
				(uint64_t)(POLICYD_SOAK_SECOND / TICK)) == 0)
				policyd_soak_advance(
				    soak, policyd_soak_random(
					      soak, POLICYD_SOAK_CONNECTIONS));
		for (unsigned int i = 0; i < rate; i++)
			if (policyd_soak_random(soak,
				(uint64_t)(POLICYD_SOAK_SECOND / TICK)) == 0)
				policyd_soak_stranger(soak);
	}
	be_quiet(soak);
	compare(soak);
}

static void
complain(void *cookie, const char *message)
{
	(void)cookie;
	fprintf(stderr, "%s\n", message);
}

static const char config_text[] =
    "state = \"none\"\n"
    "score = no\n"
    "greylist = no\n"
    "default_limits = no\n"
    "default_lists = no\n"
    "end_of_message = yes\n"
    "jump_factor = 0\n"
    "resolvers = {\"127.0.0.1\"}\n"
    "limit \"user-hour\" { rate = 300\n period = 1h\n new_accounts = no }\n"
    "limit \"user-day\" { of = messages\n rate = 2000\n period = 1d\n"
    " new_accounts = no }\n"
    "limit \"user-bytes\" { of = bytes\n rate = 0\n period = 1h }\n"
    "limit \"user-burst\" { algorithm = gcra\n rate = 60\n period = 5m\n"
    " mode = shadow }\n"
    "limit \"client\" { key = \"${client_net}\"\n direction = inbound\n"
    " rate = 100\n period = 1h }\n";

static struct config *
load_config(const char *folder, struct arena *arena)
{
	const struct config_reader reader = {
		.error = complain,
		.warning = complain,
	};
	const char *path = arena_printf(arena, "%s/conf", folder);

	if (files_write(path, span_str(config_text), 0600) != 0)
		return (NULL);
	return (config_load(path, &reader));
}

static void
make_users(struct policyd_soak *soak, size_t count)
{
	soak->user_count = count;
	soak->users = calloc(count, sizeof(*soak->users));
	if (soak->users == NULL)
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(soak->users[i].name, sizeof(soak->users[i].name),
		    "user%zu@example.org", i);
		for (int what = 0; what < POLICYD_SOAK_COUNTED; what++) {
			soak->users[i].lists[what].period = periods[what];
			soak->users[i].lists[what].slot =
			    periods[what] / COUNTER_SLOTS;
		}
	}
}

/* Hours, one after another.  After the first day of mail nothing is new: memory
 * must stay as it is. */
static void
run(struct policyd_soak *soak, unsigned int hours, unsigned int rate)
{
	size_t early = 0;
	size_t end = 0;

	for (unsigned int i = 1; i <= hours && soak->problems == 0; i++) {
		hour(soak, rate);
		end = memory(soak);
		/* By then each table has been as full as it gets. */
		if (i == 3)
			early = end;
		printf("hour %u: %" PRIu64 " mails, %" PRIu64
		       " requests, %" PRIu64
		       " of their recipients passed, %" PRIu64
		       " were deferred; %zu kB\n",
		    i, soak->mails, soak->requests, soak->passed,
		    soak->deferred, end / 1024);
	}
	if (soak->passed == 0 || soak->deferred == 0)
		policyd_soak_problem(soak, "nothing was tried");
	if (hours > 3 && end > early + GROWTH)
		policyd_soak_problem(
		    soak, "memory grows: %zu, then %zu bytes", early, end);
}

static void
free_users(struct policyd_soak *soak)
{
	for (size_t i = 0; i < soak->user_count; i++)
		for (int what = 0; what < POLICYD_SOAK_COUNTED; what++)
			free(soak->users[i].lists[what].events);
	free(soak->users);
}

static int
start(struct policyd_soak *soak, const char *folder, struct log *log,
    struct arena *arena)
{
	struct engine_options options = { .base = NULL, .log = log };
	const char *error = "the configuration is wrong";

	soak->config = load_config(folder, arena);
	if (soak->config != NULL) {
		options.config = config_ref(soak->config);
		options.now = soak->now;
		soak->engine = engine_new(&options, arena, &error);
	}
	if (soak->engine == NULL)
		fprintf(stderr, "%s\n", error);
	return (soak->engine != NULL ? 0 : -1);
}

int
main(int argc, char **argv)
{
	static struct policyd_soak soak = {
		.random = UINT64_C(0x9e3779b97f4a7c15),
		.now = INT64_C(1764000000000),
	};
	int first = getenv("MAILREEVE_SOAK") != NULL ? 3 : 1;
	struct arena *arena = arena_new();
	struct log *log = log_new("policyd_soak");
	const char *folder;

	if (argc < 5) {
		fprintf(stderr, "usage: policyd_soak HOURS MAILS HOURS MAILS "
				"[sanitized]\n");
		return (EX_USAGE);
	}
	unsigned int hours = (unsigned int)strtoul(argv[first], NULL, 10);
	unsigned int rate = (unsigned int)strtoul(argv[first + 1], NULL, 10);

	soak.sanitized = argc > 5;
	log_set(log, LOG_SINK_STDERR, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	folder = files_folder(arena, "policyd-soak");
	if (folder == NULL || start(&soak, folder, log, arena) != 0)
		return (EXIT_FAILURE);
	make_users(&soak, (size_t)rate * USERS_PER_MAIL);
	policyd_soak_hang_up(&soak);
	run(&soak, hours, rate);
	engine_free(soak.engine);
	config_free(soak.config);
	free_users(&soak);
	files_remove(folder);
	log_free(log);
	arena_free(arena);
	return (soak.problems == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
