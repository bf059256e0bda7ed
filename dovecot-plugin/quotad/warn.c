#include "warn.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "base/list.h"
#include "daemon/program.h"
#include "warn_mail.h"

#define SENDMAIL "/usr/sbin/sendmail"

/* A warning that waits, with what is to be done about it. */
struct job {
	struct list link;
	struct arena *arena;
	const char *command;   /* or NULL */
	struct warn_text text; /* text.to NULL: no mail */
};

struct warn {
	const struct log *log;
	struct meter *meter;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Below: under the lock. */
	struct list waiting;
	size_t count;
	bool ends;
	/* Below: the loop's thread alone. */
	struct arena *arena;
	const char *command, *from, *domain_owner;
	bool mail;
};

static char *
variable(struct arena *arena, const char *name, int64_t value)
{
	return (arena_printf(
	    arena, "MAILREEVE_QUOTA_%s=%lld", name, (long long)value));
}

static const char *
run_command(const struct job *job)
{
	struct arena *arena = job->arena;
	const struct warn_text *text = &job->text;
	char *const arguments[] = { arena_strdup(arena, job->command),
		arena_strdup(arena, text->key),
		arena_printf(arena, "%lld", (long long)text->level), NULL };
	char *const environment[] = { arena_strdup(arena,
					  "PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
		arena_printf(arena, "MAILREEVE_QUOTA_ACCOUNT=%s", text->key),
		variable(arena, "PERCENT", text->level),
		variable(arena, "USED_BYTES", text->used.bytes),
		variable(arena, "USED_MESSAGES", text->used.count),
		variable(arena, "HARD_BYTES", text->limits.hard.bytes),
		variable(arena, "HARD_MESSAGES", text->limits.hard.count),
		variable(arena, "SOFT_BYTES", text->limits.soft.bytes),
		variable(arena, "SOFT_MESSAGES", text->limits.soft.count),
		variable(arena, "OVER_SINCE", text->over_since), NULL };
	const struct program program = { arguments, environment, span_str("") };

	return (program_run(
	    arena, &program, clock_monotonic_ms() + WARN_TIMEOUT_MS));
}

static const char *
send_mail(const struct job *job)
{
	struct arena *arena = job->arena;
	char *const arguments[] = { arena_strdup(arena, SENDMAIL),
		arena_strdup(arena, "-i"), arena_strdup(arena, "-f"),
		arena_strdup(arena, job->text.from), arena_strdup(arena, "--"),
		arena_strdup(arena, job->text.to), NULL };
	char *const environment[] = {
		arena_strdup(arena, "PATH=/usr/sbin:/usr/bin:/sbin:/bin"), NULL
	};
	const struct program program = { arguments, environment,
		warn_mail_compose(&job->text, arena) };

	return (program_run(
	    arena, &program, clock_monotonic_ms() + WARN_TIMEOUT_MS));
}

static void
report(struct warn *warn, const struct job *job, const char *way,
    const char *error)
{
	if (error == NULL) {
		meter_count(warn->meter, METER_WARNING);
		log_info(warn->log, "warned", LOG_TEXT("way", way),
		    LOG_TEXT("account", job->text.key),
		    LOG_NUMBER("percent", job->text.level));
		return;
	}
	log_error(warn->log, "warn_failed", LOG_TEXT("way", way),
	    LOG_TEXT("account", job->text.key), LOG_TEXT("reason", error));
}

static void
do_job(struct warn *warn, const struct job *job)
{
	if (job->command != NULL)
		report(warn, job, "command", run_command(job));
	if (job->text.to != NULL)
		report(warn, job, "mail", send_mail(job));
}

/* Wait for the next job; NULL at the end. */
static struct job *
take_job(struct warn *warn)
{
	struct job *job = NULL;

	(void)pthread_mutex_lock(&warn->lock);
	while (!warn->ends && list_is_empty(&warn->waiting))
		(void)pthread_cond_wait(&warn->changed, &warn->lock);
	if (!warn->ends) {
		job = LIST_VALUE(
		    list_take_first(&warn->waiting), struct job, link);
		warn->count--;
	}
	(void)pthread_mutex_unlock(&warn->lock);
	return (job);
}

static void *
run(void *cookie)
{
	struct warn *warn = cookie;
	struct job *job;

	while ((job = take_job(warn)) != NULL) {
		do_job(warn, job);
		arena_free(job->arena);
	}
	return (NULL);
}

/* The thread takes no signals: they are the loop's. */
static void
start(struct warn *warn)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&warn->thread, NULL, run, warn) != 0)
		abort();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct warn *
warn_new(
    const struct config *config, const struct log *log, struct meter *meter)
{
	struct warn *warn = arena_impl_malloc(sizeof(*warn));

	*warn = (struct warn){ .log = log, .meter = meter };
	(void)pthread_mutex_init(&warn->lock, NULL);
	(void)pthread_cond_init(&warn->changed, NULL);
	list_init(&warn->waiting);
	warn_configure(warn, config);
	start(warn);
	return (warn);
}

void
warn_configure(struct warn *warn, const struct config *config)
{
	const struct config_settings *settings = &config->settings;

	arena_free(warn->arena);
	warn->arena = arena_new();
	warn->mail = settings->warn_mail;
	warn->command = settings->warn_command == NULL
	                    ? NULL
	                    : arena_strdup(warn->arena, settings->warn_command);
	warn->from = arena_strdup(warn->arena, settings->warn_from);
	warn->domain_owner = arena_strdup(warn->arena, settings->domain_owner);
}

static struct job *
make_job(struct warn *warn, const struct record_account *account,
    const struct record_limits *limits, int64_t level)
{
	struct arena *arena = arena_new();
	struct job *job = arena_alloc(arena, sizeof(*job));

	job->arena = arena;
	job->command =
	    warn->command == NULL ? NULL : arena_strdup(arena, warn->command);
	job->text = (struct warn_text){ .from = arena_strdup(arena, warn->from),
		.key = arena_strdup(arena, account->key),
		.level = level,
		.now = clock_now(&clock_system),
		.used = account->used,
		.limits = *limits,
		.over_since = account->over_since };
	if (warn->mail)
		job->text.to =
		    warn_mail_to(job->text.key, warn->domain_owner, arena);
	return (job);
}

bool
warn_tell(struct warn *warn, const struct record_account *account,
    const struct record_limits *limits, int64_t level)
{
	struct job *job = make_job(warn, account, limits, level);
	bool wanted = job->command != NULL || job->text.to != NULL;
	bool taken = false;

	(void)pthread_mutex_lock(&warn->lock);
	if (wanted && warn->count < WARN_MAX_WAITING) {
		list_add_last(&warn->waiting, &job->link);
		warn->count++;
		taken = true;
		(void)pthread_cond_signal(&warn->changed);
	}
	(void)pthread_mutex_unlock(&warn->lock);
	if (!taken)
		arena_free(job->arena);
	return (taken);
}

void
warn_free(struct warn *warn)
{
	if (warn == NULL)
		return;
	(void)pthread_mutex_lock(&warn->lock);
	warn->ends = true;
	(void)pthread_cond_signal(&warn->changed);
	(void)pthread_mutex_unlock(&warn->lock);
	(void)pthread_join(warn->thread, NULL);
	while (!list_is_empty(&warn->waiting))
		arena_free(LIST_VALUE(
		    list_take_first(&warn->waiting), struct job, link)
			       ->arena);
	arena_free(warn->arena);
	(void)pthread_mutex_destroy(&warn->lock);
	(void)pthread_cond_destroy(&warn->changed);
	free(warn);
}
