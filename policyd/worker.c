#include "worker.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/list.h"

struct job {
	struct list link;
	worker_run *run;
	worker_done *done;
	void *argument;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t wake; /* there is a job, or it is the end */
	struct list waiting;
	struct list finished;
	struct worker_load load;
	bool stopping;
	int bell; /* an eventfd: something finished */
	struct event *event;
	pthread_t *threads;
	size_t count;
};

/* Take the next job, waiting for one; NULL at the end.  Under the lock. */
static struct job *
next_job(struct workers *workers)
{
	while (!workers->stopping && list_is_empty(&workers->waiting))
		(void)pthread_cond_wait(&workers->wake, &workers->lock);
	if (workers->stopping)
		return (NULL);
	workers->load.waiting--;
	workers->load.running++;
	return (
	    LIST_VALUE(list_take_first(&workers->waiting), struct job, link));
}

static void
ring(struct workers *workers)
{
	const uint64_t one = 1;

	/* Full at 2^64 - 1 rings without an answer: it rings anyhow. */
	while (write(workers->bell, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
}

static void *
work(void *cookie)
{
	struct workers *workers = cookie;
	struct job *job;

	(void)pthread_mutex_lock(&workers->lock);
	while ((job = next_job(workers)) != NULL) {
		(void)pthread_mutex_unlock(&workers->lock);
		job->run(job->argument);
		(void)pthread_mutex_lock(&workers->lock);
		workers->load.running--;
		list_add_last(&workers->finished, &job->link);
		ring(workers);
	}
	(void)pthread_mutex_unlock(&workers->lock);
	return (NULL);
}

/* Take the first job of ${jobs}, or NULL. */
static struct job *
take(struct workers *workers, struct list *jobs)
{
	struct list *link;

	(void)pthread_mutex_lock(&workers->lock);
	link = list_take_first(jobs);
	(void)pthread_mutex_unlock(&workers->lock);
	return (link == NULL ? NULL : LIST_VALUE(link, struct job, link));
}

static void
finish_all(struct workers *workers, struct list *jobs)
{
	struct job *job;

	while ((job = take(workers, jobs)) != NULL) {
		job->done(job->argument);
		free(job);
	}
}

static void
on_bell(evutil_socket_t bell, short what, void *cookie)
{
	struct workers *workers = cookie;
	uint64_t rings;

	(void)what;
	if (read(bell, &rings, sizeof(rings)) < 0)
		return;
	finish_all(workers, &workers->finished);
}

/* Start the threads with all signals blocked: they belong to the loop. */
static int
start_threads(struct workers *workers, size_t count)
{
	sigset_t all;
	sigset_t before;
	int ret = 0;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (workers->count < count && ret == 0) {
		ret = pthread_create(
		    &workers->threads[workers->count], NULL, work, workers);
		if (ret == 0)
			workers->count++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ret == 0)
		return (0);
	errno = ret;
	return (-1);
}

static int
hear_bell(struct workers *workers, struct event_base *base)
{
	workers->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (workers->bell < 0)
		return (-1);
	workers->event = event_new(
	    base, workers->bell, EV_READ | EV_PERSIST, on_bell, workers);
	return (workers->event == NULL ? -1 : event_add(workers->event, NULL));
}

struct workers *
workers_new(struct event_base *base, size_t count)
{
	struct workers *workers = arena_impl_malloc(sizeof(*workers));

	*workers = (struct workers){ .bell = -1 };
	(void)pthread_mutex_init(&workers->lock, NULL);
	(void)pthread_cond_init(&workers->wake, NULL);
	list_init(&workers->waiting);
	list_init(&workers->finished);
	workers->threads =
	    arena_impl_malloc((count + 1) * sizeof(*workers->threads));
	if (hear_bell(workers, base) != 0 ||
	    start_threads(workers, count) != 0) {
		int reason = errno;

		workers_free(workers);
		errno = reason;
		return (NULL);
	}
	return (workers);
}

bool
workers_start(
    struct workers *workers, worker_run *run, worker_done *done, void *job)
{
	struct job *taken = NULL;

	(void)pthread_mutex_lock(&workers->lock);
	if (workers->stopping || workers->load.waiting >= WORKER_MAX_WAITING) {
		workers->load.refused++;
	} else {
		taken = arena_impl_malloc(sizeof(*taken));
		*taken =
		    (struct job){ .run = run, .done = done, .argument = job };
		list_add_last(&workers->waiting, &taken->link);
		workers->load.waiting++;
		(void)pthread_cond_signal(&workers->wake);
	}
	(void)pthread_mutex_unlock(&workers->lock);
	return (taken != NULL);
}

void
workers_load(struct workers *workers, struct worker_load *out)
{
	(void)pthread_mutex_lock(&workers->lock);
	*out = workers->load;
	(void)pthread_mutex_unlock(&workers->lock);
}

void
workers_free(struct workers *workers)
{
	if (workers == NULL)
		return;
	(void)pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	(void)pthread_cond_broadcast(&workers->wake);
	(void)pthread_mutex_unlock(&workers->lock);
	for (size_t i = 0; i < workers->count; i++)
		(void)pthread_join(workers->threads[i], NULL);
	finish_all(workers, &workers->finished);
	finish_all(workers, &workers->waiting);
	if (workers->event != NULL)
		event_free(workers->event);
	if (workers->bell >= 0)
		(void)close(workers->bell);
	(void)pthread_cond_destroy(&workers->wake);
	(void)pthread_mutex_destroy(&workers->lock);
	free(workers->threads);
	free(workers);
}
