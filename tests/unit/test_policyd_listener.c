/* Our own sockets, and those that systemd passes. */
#include "listener.h"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/files.h"
#include "support/unit.h"

#define FIRST_PASSED 3 /* SD_LISTEN_FDS_START */

struct world {
	struct arena *arena;
	char *folder;
	const char *where[2];
	const char *paths[2];
	const char *group;
	struct log *log;
	const char *warning; /* the last one */
};

static void
hear(void *cookie, enum log_level level, const char *line)
{
	struct world *world = cookie;

	if (level == LOG_LEVEL_WARNING)
		world->warning = arena_strdup(world->arena, line);
}

static int
set_up(void **state)
{
	struct arena *arena = arena_new();
	struct world *world = arena_alloc(arena, sizeof(*world));
	const struct group *group = getgrgid(getegid());

	world->arena = arena;
	world->folder = files_folder(arena, "listener");
	assert_int_equal(chmod(world->folder, 0750), 0);
	for (int i = 0; i < 2; i++) {
		world->paths[i] =
		    arena_printf(arena, "%s/%d", world->folder, i);
		world->where[i] =
		    arena_printf(arena, "unix:%s", world->paths[i]);
	}
	world->group =
	    group == NULL ? "root" : arena_strdup(arena, group->gr_name);
	world->log = log_new("test");
	log_set_writer(world->log, hear, world);
	*state = world;
	return (0);
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	log_free(world->log);
	files_remove(world->folder);
	arena_free(world->arena);
	return (0);
}

static const char *
open_two(const struct world *world, struct listeners *out)
{
	const struct conf_list sockets = { world->where, 2 };

	return (listener_open(
	    &sockets, world->group, "root", 10, world->log, world->arena, out));
}

static void
test_own(void **state)
{
	const struct world *world = *state;
	struct listeners listeners;
	struct listeners second;

	assert_null(open_two(world, &listeners));
	assert_int_equal(listeners.count, 2);
	assert_non_null(open_two(world, &second));
	assert_int_equal(second.count, 0);
	/* Another program's socket under our name is not ours to remove. */
	assert_int_equal(rename(world->paths[0], world->paths[1]), 0);
	listener_close(&listeners);
	assert_int_equal(access(world->paths[0], F_OK), -1);
	assert_int_equal(access(world->paths[1], F_OK), 0);
}

/* The first one is closed again when the second one fails. */
static void
test_second_fails(void **state)
{
	struct world *world = *state;
	struct listeners listeners;

	world->where[1] = "unix:/nonexistent/x";
	assert_non_null(open_two(world, &listeners));
	assert_int_equal(listeners.count, 0);
	assert_int_equal(access(world->paths[0], F_OK), -1);
}

static int
make_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 5) != 0)
		_exit(10);
	return (fd);
}

static int
make_tcp(void)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 5) != 0)
		_exit(11);
	return (fd);
}

/* As systemd would: the descriptors, whose they are, and how many. */
static void
pass(int first, int second)
{
	char pid[16];

	/* Out of the way first. */
	first = fcntl(first, F_DUPFD, 20);
	second = fcntl(second, F_DUPFD, 20);
	if (dup2(first, FIRST_PASSED) < 0 || dup2(second, FIRST_PASSED + 1) < 0)
		_exit(12);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "2", 1);
}

_Noreturn static void
check_passed(const struct world *world, bool good)
{
	struct listeners listeners;
	int nodelay = 0;
	socklen_t len = sizeof(nodelay);

	pass(make_unix(world->paths[0]),
	    good ? make_tcp() : socket(AF_INET, SOCK_DGRAM, 0));
	const char *error = open_two(world, &listeners);

	if (!good)
		_exit(error != NULL && strstr(error, "descriptor 4") != NULL
			  ? 0
			  : 1);
	if (error != NULL || listeners.count != 2 ||
	    listeners.items[0].fd != FIRST_PASSED ||
	    getenv("LISTEN_FDS") != NULL)
		_exit(2);
	if (getsockopt(listeners.items[1].fd, IPPROTO_TCP, TCP_NODELAY,
		&nodelay, &len) != 0 ||
	    nodelay == 0)
		_exit(3);
	/* Nobody listens at the second one of the configuration. */
	if (world->warning == NULL ||
	    strstr(world->warning, world->where[1]) == NULL)
		_exit(6);
	for (size_t i = 0; i < 2; i++)
		if ((fcntl(listeners.items[i].fd, F_GETFL) & O_NONBLOCK) == 0)
			_exit(4);
	listener_close(&listeners);
	/* The name is systemd's. */
	_exit(access(world->paths[0], F_OK) == 0 ? 0 : 5);
}

static void
run_passed(const struct world *world, bool good)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		check_passed(world, good);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
test_passed(void **state)
{
	run_passed(*state, true);
}

static void
test_passed_wrong(void **state)
{
	run_passed(*state, false);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_own),
		TEST(test_second_fails), TEST(test_passed),
		TEST(test_passed_wrong) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
