/* Who is at the other end of a socket, and what he may. */
#include "support/unit.h"

#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

#define TRUSTED 12345
#define ASKING 12346
#define STRANGER 12347

static const struct {
	uid_t uid;
	bool may_book, may_ask, may_command;
} cases[] = {
	{ 0, true, false, true },
	{ TRUSTED, true, false, false },
	{ ASKING, false, true, false },
	{ STRANGER, false, false, false },
};

/* The kernel says who made the pair. */
static int
peer_as(uid_t uid, const struct peer_users *users, struct arena *arena,
    struct peer *out)
{
	int pair[2], result;

	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(seteuid(0), 0);
	result = peer_of(pair[0], users, arena, out);
	(void)close(pair[0]);
	(void)close(pair[1]);
	return (result);
}

static struct config_settings
settings_of(bool system_users)
{
	/* A name that nobody has connects to nothing. */
	static const char *const trusted[] = { "nobody-has-this", "12345" };
	static const char *const asking[] = { "12346" };

	return ((struct config_settings){ .trusted_users = { trusted, 2 },
	    .asking_users = { asking, 1 },
	    .system_users = system_users });
}

static void
test_rights(void **state)
{
	struct arena *arena = arena_new();
	struct config_settings settings = settings_of(false);
	struct peer_users *users = peer_users_new(&settings, arena);
	struct peer peer;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		assert_int_equal(peer_as(cases[i].uid, users, arena, &peer), 0);
		assert_int_equal(peer.may.uid, cases[i].uid);
		assert_int_equal(peer.may.may_book, cases[i].may_book);
		assert_int_equal(peer.may.may_ask, cases[i].may_ask);
		assert_int_equal(peer.may_command, cases[i].may_command);
		assert_null(peer.may.login);
		assert_int_equal(peer.pid, getpid());
	}
	assert_int_equal(peer_of(-1, users, arena, &peer), -1);
	arena_free(arena);
}

static void
test_system_users(void **state)
{
	struct arena *arena = arena_new();
	struct config_settings settings = settings_of(true);
	struct peer_users *users = peer_users_new(&settings, arena);
	const struct passwd *nobody = getpwnam("nobody");
	struct peer peer;

	(void)state;
	assert_non_null(nobody);
	if (geteuid() != 0)
		skip();
	assert_int_equal(peer_as(nobody->pw_uid, users, arena, &peer), 0);
	assert_string_equal(peer.may.login, "nobody");
	assert_false(peer.may.may_book);
	assert_int_equal(peer_as(STRANGER, users, arena, &peer), 0);
	assert_null(peer.may.login);
	/* Who may book for all needs no name. */
	assert_int_equal(peer_as(TRUSTED, users, arena, &peer), 0);
	assert_null(peer.may.login);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_system_users),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
