/* worker.h: each job runs once in some thread, and is done once in the loop's,
 * whatever comes between. */
#include "worker.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "support/unit.h"

#define THREADS 4
#define JOBS 2000
#define MANY ((size_t)WORKER_MAX_WAITING + THREADS + 1)

struct world {
	struct event_base *base;
	struct workers *workers;
	pthread_t loop;
	pthread_mutex_t gate; /* closed while held */
	atomic_uint ran;
	unsigned int done; /* the loop's thread only */
	unsigned int started;
	unsigned int wanted;
	atomic_uint wrong;
};

struct job {
	struct world *world;
	atomic_uint ran;
	unsigned int done;
};

static void
run(void *cookie)
{
	struct job *job = cookie;
	sigset_t blocked;

	if (pthread_equal(pthread_self(), job->world->loop) ||
	    pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0 ||
	    sigismember(&blocked, SIGTERM) != 1)
		atomic_fetch_add(&job->world->wrong, 1);
	(void)pthread_mutex_lock(&job->world->gate);
	(void)pthread_mutex_unlock(&job->world->gate);
	atomic_fetch_add(&job->ran, 1);
	atomic_fetch_add(&job->world->ran, 1);
}

static void
done(void *cookie)
{
	struct job *job = cookie;
	struct world *world = job->world;

	job->done++;
	world->done++;
	if (!pthread_equal(pthread_self(), world->loop))
		atomic_fetch_add(&world->wrong, 1);
	if (world->done == world->wanted)
		(void)event_base_loopbreak(world->base);
}

static void
begin(struct world *world)
{
	*world =
	    (struct world){ .base = event_base_new(), .loop = pthread_self() };
	assert_non_null(world->base);
	(void)pthread_mutex_init(&world->gate, NULL);
	world->workers = workers_new(world->base, THREADS);
	assert_non_null(world->workers);
}

static void
end(struct world *world)
{
	workers_free(world->workers);
	event_base_free(world->base);
	(void)pthread_mutex_destroy(&world->gate);
	assert_int_equal(world->wrong, 0);
}

static void
test_all(void **state)
{
	static struct job jobs[JOBS];
	struct world world;

	(void)state;
	begin(&world);
	for (size_t i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){ .world = &world };
		world.wanted = world.started + 1;
		/* A full queue empties by itself. */
		while (!workers_start(world.workers, run, done, &jobs[i]))
			(void)event_base_loop(world.base, EVLOOP_NONBLOCK);
		world.started++;
	}
	world.wanted = JOBS;
	while (world.done < JOBS)
		(void)event_base_dispatch(world.base);
	for (size_t i = 0; i < JOBS; i++) {
		assert_int_equal(jobs[i].ran, 1);
		assert_int_equal(jobs[i].done, 1);
	}
	end(&world);
}

/* The queue is bounded, and what was taken is done, run or not, at the end. */
static void
test_full_and_end(void **state)
{
	static struct job jobs[MANY];
	struct world world;
	struct worker_load load;

	(void)state;
	begin(&world);
	(void)pthread_mutex_lock(&world.gate);
	for (size_t i = 0; i < MANY; i++)
		jobs[i] = (struct job){ .world = &world };
	/* The threads take the first ones in their own time. */
	do {
		while (workers_start(
		    world.workers, run, done, &jobs[world.started]))
			world.started++;
		workers_load(world.workers, &load);
	} while (load.running < THREADS || load.waiting < WORKER_MAX_WAITING);
	workers_load(world.workers, &load);
	assert_int_equal(load.running, THREADS);
	assert_int_equal(load.waiting, WORKER_MAX_WAITING);
	assert_int_equal(world.started, WORKER_MAX_WAITING + THREADS);
	assert_true(load.refused > 0);
	(void)pthread_mutex_unlock(&world.gate);
	end(&world);
	assert_int_equal(world.done, world.started);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(jobs[i].done, i < world.started ? 1 : 0);
		assert_true(jobs[i].ran <= jobs[i].done);
	}
}

struct chain {
	struct world *world;
	unsigned int left;
};

static void
run_nothing(void *cookie)
{
	struct chain *chain = cookie;

	atomic_fetch_add(&chain->world->ran, 1);
}

/* One job's end begins another; at the end of all it cannot. */
static void
done_again(void *cookie)
{
	struct chain *chain = cookie;

	chain->world->done++;
	if (chain->left-- > 0 && workers_start(chain->world->workers,
				     run_nothing, done_again, chain))
		return;
	(void)event_base_loopbreak(chain->world->base);
}

static void
test_chain(void **state)
{
	struct world world;
	struct chain chain = { &world, 500 };

	(void)state;
	begin(&world);
	assert_true(
	    workers_start(world.workers, run_nothing, done_again, &chain));
	(void)event_base_dispatch(world.base);
	assert_int_equal(world.done, 501);
	chain.left = 5;
	assert_true(
	    workers_start(world.workers, run_nothing, done_again, &chain));
	end(&world);
	assert_int_equal(world.done, 502);
}

static void
test_nothing(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	end(&world);
	workers_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_full_and_end),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_nothing),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
