#include "notify.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "base/list.h"
#include "notify_mail.h"
#include "notify_webhook.h"

/* After a failure, until the second and last try. */
#define RETRY_MS 1000

/* Of each of a notice's values. */
#define MAX_VALUE ((size_t)512)

#define MAX_HOST 256

/* A notice that waits. */
struct job {
	struct list link;
	struct arena *arena;
	struct notify_notice notice;
	struct notify_options options; /* as they are when its turn comes */
};

struct notifier {
	const struct log *log;
	char host[MAX_HOST];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Below: under the lock. */
	struct list waiting; /* the oldest first */
	size_t count;
	bool ends;
	int64_t last_moment; /* when it ends: of clock_monotonic_ms() */
	uint64_t dropped;
	struct arena *arena; /* of the options */
	struct notify_options options;
};

typedef const char *send_function(struct arena *arena,
    const struct notify_options *options, const struct notify_notice *notice,
    const char *host, int64_t deadline);

static const char *
copy(struct arena *arena, const char *text)
{
	return (text == NULL ? NULL : arena_strdup(arena, text));
}

static const char *
copy_value(struct arena *arena, const char *text)
{
	return (arena_str(arena, span_head(span_str(text), MAX_VALUE)));
}

static struct notify_options
copy_options(struct arena *arena, const struct notify_options *options)
{
	return ((struct notify_options){ .to = copy(arena, options->to),
	    .from = copy(arena, options->from),
	    .sendmail = copy(arena, options->sendmail),
	    .webhook = copy(arena, options->webhook) });
}

/* When a try that begins now has to end. */
static int64_t
deadline(struct notifier *notifier)
{
	int64_t at = clock_monotonic_ms() + NOTIFY_TIMEOUT_MS;

	(void)pthread_mutex_lock(&notifier->lock);
	if (notifier->ends && notifier->last_moment < at)
		at = notifier->last_moment;
	(void)pthread_mutex_unlock(&notifier->lock);
	return (at);
}

static struct timespec
timespec_at(int64_t ms)
{
	return ((struct timespec){ .tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000 });
}

/* Wait before the second try; return false when there is no time for one. */
static bool
wait_for_retry(struct notifier *notifier)
{
	struct timespec at = timespec_at(clock_monotonic_ms() + RETRY_MS);
	int waited = 0;
	bool goes_on;

	(void)pthread_mutex_lock(&notifier->lock);
	while (!notifier->ends && waited == 0)
		waited = pthread_cond_timedwait(
		    &notifier->changed, &notifier->lock, &at);
	goes_on =
	    !notifier->ends || clock_monotonic_ms() < notifier->last_moment;
	(void)pthread_mutex_unlock(&notifier->lock);
	return (goes_on);
}

static void
count_dropped(struct notifier *notifier)
{
	(void)pthread_mutex_lock(&notifier->lock);
	notifier->dropped++;
	(void)pthread_mutex_unlock(&notifier->lock);
}

static void
try(struct notifier *notifier, struct job *job, const char *way,
    send_function *send)
{
	const struct notify_notice *notice = &job->notice;
	const char *reason = send(job->arena, &job->options, notice,
	    notifier->host, deadline(notifier));

	if (reason != NULL && wait_for_retry(notifier))
		reason = send(job->arena, &job->options, notice, notifier->host,
		    deadline(notifier));
	if (reason == NULL) {
		log_info(notifier->log, "notified", LOG_TEXT("way", way),
		    LOG_TEXT("user", notice->user),
		    LOG_TEXT("what", notice->what));
		return;
	}
	log_error(notifier->log, "notify_failed", LOG_TEXT("way", way),
	    LOG_TEXT("user", notice->user), LOG_TEXT("what", notice->what),
	    LOG_TEXT("reason", reason));
	count_dropped(notifier);
}

static void
send_job(struct notifier *notifier, struct job *job)
{
	if (job->options.to != NULL && job->options.sendmail != NULL)
		try(notifier, job, "mail", notify_mail_send);
	if (job->options.webhook != NULL)
		try(notifier, job, "webhook", notify_webhook_send);
}

/* Wait for the next job; NULL at the end. */
static struct job *
take_job(struct notifier *notifier)
{
	struct job *job = NULL;
	struct list *link;

	(void)pthread_mutex_lock(&notifier->lock);
	while (!notifier->ends && list_is_empty(&notifier->waiting))
		(void)pthread_cond_wait(&notifier->changed, &notifier->lock);
	if (!notifier->ends || clock_monotonic_ms() < notifier->last_moment) {
		link = list_take_first(&notifier->waiting);
		if (link != NULL) {
			job = LIST_VALUE(link, struct job, link);
			notifier->count--;
			job->options =
			    copy_options(job->arena, &notifier->options);
		}
	}
	(void)pthread_mutex_unlock(&notifier->lock);
	return (job);
}

static void *
run(void *cookie)
{
	struct notifier *notifier = cookie;
	struct job *job;

	while ((job = take_job(notifier)) != NULL) {
		send_job(notifier, job);
		arena_free(job->arena);
	}
	return (NULL);
}

/* The thread takes no signals: they are the main thread's. */
static void
start(struct notifier *notifier)
{
	sigset_t all;
	sigset_t before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&notifier->thread, NULL, run, notifier) != 0)
		abort();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Its time-outs are by CLOCK_MONOTONIC. */
static void
init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

struct notifier *
notifier_new(const struct notify_options *options, const struct log *log)
{
	struct notifier *notifier = arena_impl_malloc(sizeof(*notifier));

	memset(notifier, 0, sizeof(*notifier));
	notifier->log = log;
	if (gethostname(notifier->host, sizeof(notifier->host) - 1) != 0)
		memcpy(notifier->host, "localhost", sizeof("localhost"));
	list_init(&notifier->waiting);
	notifier->arena = arena_new();
	notifier->options = copy_options(notifier->arena, options);
	(void)pthread_mutex_init(&notifier->lock, NULL);
	init_condition(&notifier->changed);
	start(notifier);
	return (notifier);
}

void
notifier_follow(struct notifier *notifier, const struct notify_options *options)
{
	struct arena *arena = arena_new();
	struct notify_options copies = copy_options(arena, options);

	(void)pthread_mutex_lock(&notifier->lock);
	struct arena *old = notifier->arena;

	notifier->arena = arena;
	notifier->options = copies;
	(void)pthread_mutex_unlock(&notifier->lock);
	arena_free(old);
}

static struct job *
job_new(const struct notify_notice *notice)
{
	struct arena *arena = arena_new();
	struct job *job = arena_alloc(arena, sizeof(*job));

	job->arena = arena;
	list_init(&job->link);
	job->notice =
	    (struct notify_notice){ .user = copy_value(arena, notice->user),
		    .what = copy_value(arena, notice->what),
		    .action = copy_value(arena, notice->action),
		    .detail = copy_value(arena, notice->detail),
		    .when = notice->when };
	return (job);
}

void
notifier_tell(struct notifier *notifier, const struct notify_notice *notice)
{
	struct job *job = job_new(notice);
	bool full;

	(void)pthread_mutex_lock(&notifier->lock);
	full = notifier->count >= NOTIFY_MAX_WAITING;
	if (full) {
		notifier->dropped++;
	} else {
		list_add_last(&notifier->waiting, &job->link);
		notifier->count++;
		(void)pthread_cond_broadcast(&notifier->changed);
	}
	(void)pthread_mutex_unlock(&notifier->lock);
	if (!full)
		return;
	log_error(notifier->log, "notify_failed",
	    LOG_TEXT("user", notice->user), LOG_TEXT("what", notice->what),
	    LOG_TEXT("reason", "too many notices wait"));
	arena_free(job->arena);
}

uint64_t
notifier_dropped(struct notifier *notifier)
{
	uint64_t dropped;

	(void)pthread_mutex_lock(&notifier->lock);
	dropped = notifier->dropped;
	(void)pthread_mutex_unlock(&notifier->lock);
	return (dropped);
}

/* What did not get its turn. */
static void
drop_waiting(struct notifier *notifier)
{
	struct list *link;

	while ((link = list_take_first(&notifier->waiting)) != NULL) {
		struct job *job = LIST_VALUE(link, struct job, link);

		log_error(notifier->log, "notify_failed",
		    LOG_TEXT("user", job->notice.user),
		    LOG_TEXT("what", job->notice.what),
		    LOG_TEXT("reason", "the daemon ends"));
		arena_free(job->arena);
	}
}

void
notifier_free(struct notifier *notifier)
{
	if (notifier == NULL)
		return;
	(void)pthread_mutex_lock(&notifier->lock);
	notifier->ends = true;
	notifier->last_moment = clock_monotonic_ms() + NOTIFY_TIMEOUT_MS;
	(void)pthread_cond_broadcast(&notifier->changed);
	(void)pthread_mutex_unlock(&notifier->lock);
	(void)pthread_join(notifier->thread, NULL);
	drop_waiting(notifier);
	(void)pthread_mutex_destroy(&notifier->lock);
	(void)pthread_cond_destroy(&notifier->changed);
	arena_free(notifier->arena);
	free(notifier);
	/* The first webhook called curl_global_init(), by curl_easy_init():
	 * where there is none, that is 2 MB of TLS not looked at. */
	curl_global_cleanup();
}
