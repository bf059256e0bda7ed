/* Which files of keys are safe where they lie, and what mends the others. */
#include "dkim/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unit.h"

#define OURS ((uid_t)-1)
#define FOREIGN 54321
#define PRIVATE KEYFILE_PRIVATE
#define LIST KEYFILE_LIST

static const struct {
	enum keyfile_kind kind;
	mode_t file;
	mode_t folder;
	uid_t file_user; /* only root can give files away */
	gid_t file_group;
	uid_t folder_user;
	gid_t folder_group;
	const char *error; /* a part of it; NULL: none */
} cases[] = {
	{ PRIVATE, 0600, 0700, OURS, OURS, OURS, OURS, NULL },
	{ PRIVATE, 0640, 0755, OURS, OURS, OURS, OURS, NULL },
	{ PRIVATE, 0640, 0770, OURS, OURS, OURS, OURS, NULL },
	{ PRIVATE, 0640, 0750, 0, OURS, 0, OURS, NULL },
	{ PRIVATE, 0640, 0770, OURS, 0, OURS, 0, NULL },
	{ PRIVATE, 0644, 0700, OURS, OURS, OURS, OURS, "chmod o= " },
	{ PRIVATE, 0602, 0700, OURS, OURS, OURS, OURS, "chmod o= " },
	{ PRIVATE, 0640, 0777, OURS, OURS, OURS, OURS, "chmod o-w " },
	{ PRIVATE, 0640, 01777, OURS, OURS, OURS, OURS, "chmod o-w " },
	{ PRIVATE, 0640, 0700, OURS, FOREIGN, OURS, OURS, "chgrp " },
	{ PRIVATE, 0600, 0700, OURS, FOREIGN, OURS, OURS, NULL },
	{ PRIVATE, 0600, 0700, FOREIGN, OURS, OURS, OURS, "chown root:" },
	{ PRIVATE, 0640, 0770, OURS, OURS, OURS, FOREIGN, "chmod g-w " },
	{ PRIVATE, 0640, 0750, OURS, OURS, OURS, FOREIGN, NULL },
	{ PRIVATE, 0640, 0700, OURS, OURS, FOREIGN, OURS, "chown root " },
	{ LIST, 0644, 0755, OURS, OURS, OURS, OURS, NULL },
	{ LIST, 0644, 0755, OURS, FOREIGN, OURS, OURS, NULL },
	{ LIST, 0646, 0755, OURS, OURS, OURS, OURS, "chmod o-w " },
	{ LIST, 0664, 0755, OURS, FOREIGN, OURS, OURS, "chgrp " },
	{ LIST, 0644, 0755, FOREIGN, OURS, OURS, OURS, "chown root:" },
	{ LIST, 0644, 0757, OURS, OURS, OURS, OURS, "chmod o-w " },
};

struct world {
	struct arena *arena;
	char folder[64];
	char *path;
	struct keyfile_owner owner;
};

static int
setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->arena = arena_new();
	strcpy(world->folder, "/tmp/test_keyfile.XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	world->path = arena_printf(world->arena, "%s/s1.pem", world->folder);
	world->owner = (struct keyfile_owner){ geteuid(), getegid() };
	int fd = open(world->path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "key", 3), 3);
	(void)close(fd);
	*state = world;
	return (0);
}

static int
teardown(void **state)
{
	struct world *world = *state;

	(void)unlink(world->path);
	assert_int_equal(rmdir(world->folder), 0);
	arena_free(world->arena);
	free(world);
	return (0);
}

/* Whether the file and its folder could be made those of case ${i}. */
static bool
arrange(const struct world *world, size_t i)
{
	bool given =
	    chown(world->path,
		cases[i].file_user == OURS ? geteuid() : cases[i].file_user,
		cases[i].file_group == OURS ? getegid()
					    : cases[i].file_group) == 0 &&
	    chown(world->folder,
		cases[i].folder_user == OURS ? geteuid() : cases[i].folder_user,
		cases[i].folder_group == OURS ? getegid()
					      : cases[i].folder_group) == 0;

	assert_true(given || geteuid() != 0);
	return (given && chmod(world->path, cases[i].file) == 0 &&
		chmod(world->folder, cases[i].folder) == 0);
}

static void
test_owners_and_modes(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const char *error = NULL;

		if (!arrange(world, i))
			continue;
		int fd = keyfile_open(world->path, &world->owner, cases[i].kind,
		    world->arena, &error);

		if ((fd >= 0) != (cases[i].error == NULL) ||
		    (fd < 0 && strstr(error, cases[i].error) == NULL))
			fail_msg("case %zu: %s", i,
			    error != NULL ? error : "opened");
		if (fd >= 0)
			(void)close(fd);
	}
}

static void
test_what_is_no_key(void **state)
{
	struct world *world = *state;
	struct arena *arena = world->arena;
	char *absent = arena_printf(arena, "%s/absent", world->folder);
	char *ed25519 = arena_printf(arena, "%s/a.ed25519.pem", world->folder);
	const char *error;

	assert_int_equal(
	    keyfile_open(world->folder, &world->owner, PRIVATE, arena, &error),
	    -1);
	assert_string_equal(error, "not a regular file");
	assert_int_equal(
	    keyfile_open(absent, &world->owner, PRIVATE, arena, &error), -1);
	assert_non_null(strstr(error, "openssl genpkey -algorithm RSA"));
	assert_non_null(
	    strstr(error, arena_printf(arena, "chmod 640 %s", absent)));
	assert_int_equal(
	    keyfile_open(ed25519, &world->owner, PRIVATE, arena, &error), -1);
	assert_non_null(strstr(error, "-algorithm ED25519"));
	/* One that never answers. */
	assert_int_equal(mkfifo(absent, 0600), 0);
	assert_int_equal(
	    keyfile_open(absent, &world->owner, PRIVATE, arena, &error), -1);
	assert_string_equal(error, "not a regular file");
	assert_int_equal(unlink(absent), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_owners_and_modes, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_what_is_no_key, setup, teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
