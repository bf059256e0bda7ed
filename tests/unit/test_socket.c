/* Sockets for Postfix: made with their group, never in the place of one that
 * somebody serves. */
#include "daemon/socket.h"

#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/files.h"
#include "support/unit.h"

struct world {
	struct arena *arena;
	char *folder;
	char *path;
	struct socket_place place;
};

static int
set_up(void **state)
{
	struct arena *arena = arena_new();
	struct world *world = arena_alloc(arena, sizeof(*world));
	const struct group *group = getgrgid(getegid());

	world->arena = arena;
	world->folder = files_folder(arena, "socket");
	assert_int_equal(chmod(world->folder, 0750), 0);
	world->path = arena_printf(arena, "%s/test.sock", world->folder);
	world->place = (struct socket_place){ .option = "sockets",
		.where = arena_printf(arena, "unix:%s", world->path),
		.group = group == NULL ? "root"
		                       : arena_strdup(arena, group->gr_name),
		.user = "nobody",
		.unit = "mailreeve-test",
		.file = "test.sock" };
	if (geteuid() == 0)
		world->place.user = "root";
	*state = world;
	return (0);
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	files_remove(world->folder);
	arena_free(world->arena);
	return (0);
}

static void
test_unix(void **state)
{
	const struct world *world = *state;
	struct stat status;
	const char *error;
	int fd = socket_open(&world->place, 10, world->arena, &error);

	assert_null(error);
	assert_true(fd >= 0);
	assert_int_equal(lstat(world->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0660);
	assert_int_equal(status.st_gid, getegid());
	assert_true(socket_is_served(world->path));

	/* It is ours as long as we listen, and anybody's after. */
	assert_int_equal(
	    socket_open(&world->place, 10, world->arena, &error), -1);
	assert_non_null(strstr(error, "sockets: another program already"));
	assert_null(socket_check(&world->place, world->arena));
	(void)close(fd);
	assert_false(socket_is_served(world->path));
	fd = socket_open(&world->place, 10, world->arena, &error);
	assert_true(fd >= 0);
	(void)close(fd);
}

static void
test_full(void **state)
{
	const struct world *world = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *error;
	int fd = socket_open(&world->place, 0, world->arena, &error);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, world->path, strlen(world->path));
	assert_int_equal(
	    connect(client, (const struct sockaddr *)&address, sizeof(address)),
	    0);
	/* Its queue is full, and it serves still. */
	assert_true(socket_is_served(world->path));
	(void)close(client);
	(void)close(fd);
}

static void
test_refused(void **state)
{
	struct world *world = *state;
	struct socket_place place = world->place;
	const char *error;

	assert_int_equal(files_write(world->path, span_str("x"), 0600), 0);
	assert_int_equal(socket_open(&place, 10, world->arena, &error), -1);
	assert_non_null(strstr(error, "exists and is no socket"));
	assert_int_equal(unlink(world->path), 0);
	place.where = arena_printf(world->arena, "unix:%s", world->folder);
	assert_int_equal(socket_open(&place, 10, world->arena, &error), -1);
	assert_non_null(
	    strstr(error, "is a folder; name a socket in it, such"));
	assert_non_null(strstr(error, "/test.sock"));
	place.where = "unix:/nonexistent/socket";
	assert_int_equal(socket_open(&place, 10, world->arena, &error), -1);
	assert_non_null(strstr(error, "install -d -o"));
	place.where = "elsewhere";
	assert_int_equal(socket_open(&place, 10, world->arena, &error), -1);
	assert_non_null(strstr(error, "sockets: write unix:PATH"));
	place = world->place;
	place.group = "no such group";
	assert_int_equal(socket_open(&place, 10, world->arena, &error), -1);
	assert_non_null(strstr(error, "there is no group"));
	assert_int_equal(access(world->path, F_OK), -1);
}

static void
test_tcp(void **state)
{
	const struct world *world = *state;
	struct socket_place place = world->place;
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	const char *error;

	place.where = "inet:48731@127.3.2.1";
	int fd = socket_open(&place, 10, world->arena, &error);

	assert_true(fd >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(address.ss_family, AF_INET);
	assert_int_equal(socket_open(&place, 10, world->arena, &error), -1);
	assert_non_null(strstr(error, "cannot listen on inet:48731@127.3.2.1"));
	place.where = "inet:48731@192.0.2.1";
	assert_int_equal(socket_open(&place, 10, world->arena, &error), -1);
	assert_non_null(strstr(error, "name an address of this host"));
	(void)close(fd);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_unix), TEST(test_full),
		TEST(test_refused), TEST(test_tcp) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
