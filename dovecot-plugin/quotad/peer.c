#include "peer.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer_users {
	uid_t *trusted;
	size_t trusted_count;
	uid_t *asking;
	size_t asking_count;
	bool system_users;
};

/* Mailboxes may belong to a number that has no name. */
static bool
find_user(const char *name, uid_t *out)
{
	const struct passwd *entry = getpwnam(name);
	char *rest;
	unsigned long number = strtoul(name, &rest, 10);

	if (entry != NULL) {
		*out = entry->pw_uid;
		return (true);
	}
	*out = (uid_t)number;
	return (isdigit((unsigned char)name[0]) && *rest == '\0' &&
		number < UINT32_MAX);
}

/* Users that there are not cannot connect. */
static size_t
look_up(const struct conf_list *names, uid_t *out)
{
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++)
		count += find_user(names->items[i], &out[count]);
	return (count);
}

struct peer_users *
peer_users_new(const struct config_settings *settings, struct arena *arena)
{
	static const char *const dovecot[] = { "root", "dovecot" };
	const struct conf_list always = { dovecot, 2 };
	struct peer_users *users = arena_alloc(arena, sizeof(*users));

	users->trusted = arena_array(
	    arena, settings->trusted_users.count + 2, sizeof(*users->trusted));
	users->trusted_count = look_up(&always, users->trusted);
	users->trusted_count += look_up(
	    &settings->trusted_users, &users->trusted[users->trusted_count]);
	users->asking = arena_array(
	    arena, settings->asking_users.count + 1, sizeof(*users->asking));
	users->asking_count = look_up(&settings->asking_users, users->asking);
	users->system_users = settings->system_users;
	return (users);
}

static bool
has(const uid_t *users, size_t count, uid_t user)
{
	for (size_t i = 0; i < count; i++)
		if (users[i] == user)
			return (true);
	return (false);
}

static const char *
login_of(uid_t user, struct arena *arena)
{
	const struct passwd *entry = getpwuid(user);

	return (entry != NULL ? arena_strdup(arena, entry->pw_name) : NULL);
}

int
peer_of(int fd, const struct peer_users *users, struct arena *arena,
    struct peer *out)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return (-1);
	*out = (struct peer){ .pid = who.pid };
	out->may.uid = who.uid;
	out->may.may_book = has(users->trusted, users->trusted_count, who.uid);
	out->may.may_ask = has(users->asking, users->asking_count, who.uid);
	out->may_command = who.uid == 0 || who.uid == geteuid();
	if (users->system_users && !out->may.may_book)
		out->may.login = login_of(who.uid, arena);
	return (0);
}
