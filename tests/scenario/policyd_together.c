/*
 * policyd_together.c: two daemons that share limits in a real Redis, which is
 * killed and comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "policyd.h"
#include "support/files.h"

#define RATE 200
#define PATIENCE_MS 10000
/* No request waits for a server that is gone. */
#define SLOW_MS 2000

struct redis {
	struct policyd *policyd;
	const char *folder;
	const char *socket;
	pid_t pid;
};

/* Start it, with what it had on disk: nothing. */
static int
redis_start(struct redis *redis)
{
	const char *error = "no time";
	int64_t until = clock_monotonic_ms() + PATIENCE_MS;

	redis->pid = fork();
	if (redis->pid == 0) {
		int null = open("/dev/null", O_RDWR);

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!(dup2(null, 0) + dup2(null, 1) + dup2(null, 2));
		execlp("redis-server", "redis-server", "--port", "0",
		    "--unixsocket", redis->socket, "--unixsocketperm", "777",
		    "--save", "", "--dir", redis->folder, NULL);
		_exit(127);
	}
	while (clock_monotonic_ms() < until) {
		struct policy_client *probe =
		    policy_client_open(arena_printf(redis->policyd->arena,
					   "unix:%s", redis->socket),
			&error);

		if (probe != NULL) {
			policy_client_close(probe);
			return (0);
		}
		if (waitpid(redis->pid, NULL, WNOHANG) == redis->pid)
			policyd_skip(
			    redis->policyd, "redis-server does not start");
		(void)poll(NULL, 0, 20);
	}
	return (policyd_fail(redis->policyd, "redis-server: %s", error));
}

static void
redis_kill(struct redis *redis)
{
	if (redis->pid <= 0)
		return;
	(void)kill(redis->pid, SIGKILL);
	(void)waitpid(redis->pid, NULL, 0);
	redis->pid = 0;
	(void)unlink(redis->socket);
}

/* A second machine. */
struct pair {
	struct policyd *one;
	struct policyd two;
	struct redis redis;
};

static int
pair_options(struct pair *pair, struct policyd *policyd)
{
	policyd->socket =
	    policy_daemon_address(policyd->daemon, policyd->arena);
	if (policyd != pair->one)
		policy_daemon_options(policyd->daemon);
	if (files_write(
		daemon_path(policyd->daemon, "zone"), span_str(""), 0644) != 0)
		return (policyd_fail(policyd, "%s", strerror(errno)));
	daemon_option(policyd->daemon,
	    arena_printf(policyd->arena, "shared_server = \"unix:%s\"",
		pair->redis.socket));
	daemon_option(policyd->daemon, "shared_nodes = 2");
	policyd_limit(policyd, RATE, "");
	return (policyd_start(policyd));
}

static int
pair_start(struct pair *pair)
{
	struct policyd *two = &pair->two;

	pair->redis.policyd = pair->one;
	pair->redis.folder = files_folder(pair->one->arena, "redis");
	if (pair->redis.folder == NULL)
		return (policyd_fail(pair->one, "%s", strerror(errno)));
	pair->redis.socket =
	    arena_printf(pair->one->arena, "%s/redis", pair->redis.folder);
	(void)!chmod(pair->redis.folder, 0755);
	two->arena = arena_new();
	two->name = "the second";
	two->program = pair->one->program;
	two->daemon = daemon_new(two->program, "policyd");
	if (two->daemon == NULL)
		return (policyd_fail(pair->one, "%s", strerror(errno)));
	/* Two machines never have the same instances. */
	two->instance = 1U << 20;
	if (redis_start(&pair->redis) != 0 ||
	    pair_options(pair, pair->one) != 0 || pair_options(pair, two) != 0)
		return (-1);
	(void)poll(NULL, 0, 300);
	return (0);
}

static void
pair_stop(struct pair *pair)
{
	redis_kill(&pair->redis);
	if (pair->redis.folder == NULL)
		return;
	files_remove(pair->redis.folder);
	if (pair->two.daemon == NULL)
		return;
	if (daemon_is_running(pair->two.daemon) &&
	    daemon_stop(pair->two.daemon) != 0)
		(void)policyd_fail(
		    pair->one, "%s", daemon_error(pair->two.daemon));
	daemon_free(pair->two.daemon);
	arena_free(pair->two.arena);
	if (pair->two.failed)
		pair->one->failed = true;
}

/* One account sends through one machine until it may not. */
struct sender {
	struct policyd policyd; /* a copy: only its own thread uses it */
	const char *user;
	pthread_t thread;
	atomic_bool stop;
	int passed;
	int64_t slowest;
};

static void *
send_until_refused(void *cookie)
{
	struct sender *sender = cookie;

	sender->policyd.arena = arena_new();
	sender->passed = policyd_left(&sender->policyd, sender->user);
	arena_free(sender->policyd.arena);
	return (NULL);
}

static int
sum_of_both(struct pair *pair, const char *user)
{
	struct sender senders[2] = {
		{ .policyd = *pair->one, .user = user },
		{ .policyd = pair->two, .user = user },
	};

	for (int i = 0; i < 2; i++)
		if (pthread_create(&senders[i].thread, NULL, send_until_refused,
			&senders[i]) != 0)
			return (-1);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(senders[i].thread, NULL);
	pair->one->instance += 10 * RATE;
	pair->two.instance += 10 * RATE;
	if (senders[0].passed < 0 || senders[1].passed < 0)
		return (-1);
	return (senders[0].passed + senders[1].passed);
}

static int
expect_sum(struct pair *pair, const char *user, const char *when)
{
	int sum = sum_of_both(pair, user);

	if (sum == RATE)
		return (0);
	return (policyd_fail(pair->one, "%s: %d of %d pass", when, sum, RATE));
}

/* Both send at once, for one account: all that the limit allows pass, and not
 * one more. */
int
policyd_shared(struct policyd *policyd)
{
	struct pair pair = { .one = policyd };
	int result = pair_start(&pair);

	for (int i = 0; i < 5 && result == 0; i++)
		result = expect_sum(&pair,
		    arena_printf(policyd->arena, "both%d@example.org", i),
		    "together");
	pair_stop(&pair);
	return (result);
}

/* Load while the server goes and comes: each request gets a reply, in time. */
static void *
send_always(void *cookie)
{
	struct sender *sender = cookie;
	struct policy_client *client;

	sender->policyd.arena = arena_new();
	client = policyd_connect(&sender->policyd);
	while (client != NULL && !atomic_load(&sender->stop)) {
		struct policyd_mail mail;
		int64_t began = clock_monotonic_ms();

		policyd_mail(&sender->policyd, client, sender->user, &mail);
		mail.arena = arena_new();
		const char *reply = policyd_say(&mail, "RCPT", 1);

		if (!policyd_passes(reply) && !policyd_defers(reply))
			sender->policyd.failed = true;
		arena_free(mail.arena);
		began = clock_monotonic_ms() - began;
		if (began > sender->slowest)
			sender->slowest = began;
		sender->passed++;
	}
	policy_client_close(client);
	arena_free(sender->policyd.arena);
	return (NULL);
}

/* Alone, each machine allows its part. */
static int
expect_share(struct pair *pair, const char *user)
{
	int one = policyd_left(pair->one, user);
	int two = policyd_left(&pair->two, user);

	if (one == RATE / 2 && two == RATE / 2)
		return (0);
	return (policyd_fail(pair->one,
	    "without the server %d and %d of %d pass", one, two, RATE));
}

static int
come_and_go(struct pair *pair)
{
	int result = 0;

	for (int i = 0; i < 3 && result == 0; i++) {
		struct arena *arena = pair->one->arena;

		(void)poll(NULL, 0, 300);
		redis_kill(&pair->redis);
		(void)poll(NULL, 0, 300);
		result = expect_share(
		    pair, arena_printf(arena, "alone%d@example.org", i));
		if (result != 0 || redis_start(&pair->redis) != 0)
			return (-1);
		/* Both see that it is back. */
		(void)poll(NULL, 0, 3000);
		result = expect_sum(pair,
		    arena_printf(arena, "again%d@example.org", i), "again");
	}
	return (result);
}

int
policyd_redis(struct policyd *policyd)
{
	struct pair pair = { .one = policyd };
	struct sender sender = { .user = "load@example.org" };
	int result = pair_start(&pair);

	if (result == 0) {
		sender.policyd = *policyd;
		sender.policyd.instance = 1U << 24;
		if (pthread_create(
			&sender.thread, NULL, send_always, &sender) != 0)
			return (policyd_fail(policyd, "no thread"));
		result = come_and_go(&pair);
		atomic_store(&sender.stop, true);
		(void)pthread_join(sender.thread, NULL);
		if (sender.policyd.failed)
			result = policyd_fail(policyd, "a reply was missing");
		if (sender.slowest > SLOW_MS && !policyd->sanitized)
			result = policyd_fail(policyd, "a reply took %lld ms",
			    (long long)sender.slowest);
	}
	if (result == 0 &&
	    !daemon_logged(policyd->daemon, "shared_lost", NULL, 0))
		result = policyd_fail(policyd, "the log says nothing");
	pair_stop(&pair);
	return (result);
}

/* The end while a stranger's request waits for a server that hangs: it goes on
 * without, and starts no look-up any more. */
static int
part(struct policyd *policyd, const struct redis *redis)
{
	struct policy_client *client = policyd_connect(policyd);
	struct policyd_mail mail;
	int status;

	if (client == NULL)
		return (-1);
	policyd_mail(policyd, client, "", &mail);
	(void)kill(redis->pid, SIGSTOP);
	if (policy_client_send(client,
		policy_request_print(policyd_request(&mail, "RCPT", 1))) != 0 ||
	    !policy_client_is_silent(client, 200))
		return (policyd_fail(policyd, "nothing was in hand"));
	daemon_signal(policyd->daemon, SIGTERM);
	status = daemon_wait(policyd->daemon, DAEMON_STOP_MS);
	policy_client_close(client);
	if (status == EX_TEMPFAIL)
		return (0);
	return (policyd_fail(policyd, "exit status %d", status));
}

int
policyd_parting(struct policyd *policyd)
{
	struct redis redis = { .policyd = policyd,
		.folder = files_folder(policyd->arena, "redis") };
	int result = -1;

	if (redis.folder == NULL)
		return (policyd_fail(policyd, "%s", strerror(errno)));
	redis.socket = arena_printf(policyd->arena, "%s/redis", redis.folder);
	(void)!chmod(redis.folder, 0755);
	daemon_option(
	    policyd->daemon, arena_printf(policyd->arena,
				 "shared_server = \"unix:%s\"", redis.socket));
	daemon_option(policyd->daemon, "shared_timeout = 5s");
	daemon_option(policyd->daemon, "drain_timeout = 1s");
	daemon_option(policyd->daemon, "default_limits = yes");
	if (redis_start(&redis) == 0 && policyd_start(policyd) == 0) {
		(void)poll(NULL, 0, 500);
		result = part(policyd, &redis);
	}
	redis_kill(&redis);
	files_remove(redis.folder);
	return (result);
}
