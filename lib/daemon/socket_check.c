#include "daemon/socket.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/shell.h"
#include "daemon/endpoint.h"
#include "daemon/socket_owner.h"

/* Groups of one user that we look at. */
#define GROUPS_MAX 64

static bool
is_in_group(const char *user, gid_t group)
{
	const struct passwd *entry = getpwnam(user);
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (entry == NULL ||
	    getgrouplist(user, entry->pw_gid, groups, &count) < 0)
		return (false);
	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return (true);
	return (false);
}

/* Whether a member of the group ${one} but ${user} is in the other group, too:
 * Postfix, as a rule.  A group's own entry does not name those whose first
 * group it is. */
static bool
have_common_member(gid_t one, gid_t other, const char *user)
{
	const struct group *group = getgrgid(one);

	for (char **name = group == NULL ? NULL : group->gr_mem;
	     name != NULL && *name != NULL; name++)
		if (strcmp(*name, user) != 0 && is_in_group(*name, other))
			return (true);
	return (false);
}

/* Whether the owner of a folder is in ${group}, but not ${user}. */
static bool
is_owner_in(const struct stat *status, gid_t group, const char *user)
{
	const struct passwd *entry = getpwuid(status->st_uid);
	const char *name = entry == NULL || strcmp(entry->pw_name, user) == 0
	                       ? NULL
	                       : strdupa(entry->pw_name);

	return (name != NULL && is_in_group(name, group));
}

/* Whether ${group} can pass ${folder} to the socket in it.  What an access
 * control list says we leave to the operator who made it. */
static bool
can_search(const char *folder, const struct stat *status, gid_t group,
    const char *user)
{
	if (getxattr(folder, "system.posix_acl_access", NULL, 0) > 0)
		return (true);
	if ((status->st_mode & S_IXUSR) != 0 &&
	    is_owner_in(status, group, user))
		return (true);
	if (status->st_gid == group)
		return ((status->st_mode & S_IXGRP) != 0);
	if ((status->st_mode & S_IXOTH) != 0)
		return (true);
	return ((status->st_mode & S_IXGRP) != 0 &&
		(have_common_member(status->st_gid, group, user) ||
		    have_common_member(group, status->st_gid, user)));
}

/* Our own user, as whom we listen. */
static uid_t
listener(const struct socket_place *place)
{
	const struct passwd *entry = getpwnam(place->user);

	return (geteuid() != 0 || entry == NULL ? geteuid() : entry->pw_uid);
}

/* The command that makes ${folder} right, also when it is there.  One that has
 * folders in it, or is another service's, is not ours to change. */
static const char *
cure(const char *folder, const struct stat *status,
    const struct socket_place *place, struct arena *arena)
{
	if (status != NULL && status->st_uid != 0 &&
	    status->st_uid != listener(place))
		return (arena_printf(arena,
		    "it is another user's: take a folder of our own, such as "
		    "unix:%s/%s/%s",
		    dirname(arena_strdup(arena, folder)), place->unit,
		    place->file));
	if (status != NULL && status->st_nlink > 2)
		return (arena_printf(arena,
		    "give it a folder of its own, such as unix:%s/mailreeve/%s",
		    folder, place->file));
	return (arena_printf(arena,
	    "%s it with: install -d -o %s -g %s -m 2750 %s",
	    status == NULL ? "make" : "mend", shell_word(arena, place->user),
	    shell_word(arena, place->group), shell_word(arena, folder)));
}

static bool
is_stranger(const char *user)
{
	const struct passwd *entry = getpwnam(user);

	return (geteuid() != 0 && entry != NULL && entry->pw_uid != geteuid());
}

/* Why we cannot make a file in ${folder}, with its cure. */
static const char *
explain_access(int error, const char *folder, const struct stat *status,
    const struct socket_place *place, struct arena *arena)
{
	if (is_stranger(place->user))
		return ("run it with sudo");
	if (error == EROFS)
		return (arena_printf(arena,
		    "under systemd add ReadWritePaths=%s to [Service] with: "
		    "systemctl edit %s",
		    folder, place->unit));
	return (cure(folder, status, place, arena));
}

/* Why ${folder}, above that of the socket, lets us or Postfix not pass; or
 * NULL. */
static const char *
check_passage(
    const char *folder, const struct socket_place *place, struct arena *arena)
{
	const struct group *group = getgrnam(place->group);
	struct stat status;
	const char *who = NULL;

	if (stat(folder, &status) != 0)
		return (NULL); /* what is not there can be made */
	if (access(folder, X_OK) != 0)
		who = arena_printf(arena, "user %s", place->user);
	else if (group != NULL &&
		 !can_search(folder, &status, group->gr_gid, place->user))
		who = arena_printf(arena, "Postfix (group %s)", place->group);
	if (who == NULL)
		return (NULL);
	if (is_stranger(place->user) && access(folder, X_OK) != 0)
		return (
		    arena_printf(arena, "%s: cannot enter %s; run it with sudo",
			place->option, folder));
	folder = shell_word(arena, folder);
	return (arena_printf(arena,
	    "%s: %s cannot enter %s on the way to the socket; take another "
	    "folder, or let everybody pass through it, with: chmod a+x %s",
	    place->option, who, folder, folder));
}

/* The folders on the way to ${folder}, from the top. */
static const char *
check_way(
    const char *folder, const struct socket_place *place, struct arena *arena)
{
	char *real = realpath(folder, NULL);
	char *path = arena_strdup(arena, real != NULL ? real : folder);
	const char *error = NULL;

	free(real);
	for (char *at = strchr(path, '/'); at != NULL && error == NULL;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		error = check_passage(at == path ? "/" : path, place, arena);
		*at = '/';
	}
	return (error);
}

static const char *
check_folder(
    const char *folder, const struct socket_place *place, struct arena *arena)
{
	const struct group *group = getgrnam(place->group);
	struct stat status = { 0 };

	if (stat(folder, &status) != 0 && errno == ENOENT)
		return (
		    arena_printf(arena, "%s: %s: %s; %s", place->option, folder,
			strerror(ENOENT), cure(folder, NULL, place, arena)));
	if (access(folder, W_OK | X_OK) != 0) {
		int error = errno;

		return (arena_printf(arena,
		    "%s: cannot make a file in %s as user %u: %s; %s",
		    place->option, folder, (unsigned int)geteuid(),
		    strerror(error),
		    explain_access(error, folder, &status, place, arena)));
	}
	if (group != NULL &&
	    !can_search(folder, &status, group->gr_gid, place->user))
		return (arena_printf(arena,
		    "%s: group %s cannot enter %s, so Postfix cannot "
		    "connect; %s",
		    place->option, place->group, folder,
		    cure(folder, &status, place, arena)));
	return (NULL);
}

static const char *
user_name(uid_t user, struct arena *arena)
{
	const struct passwd *entry = getpwuid(user);

	return (entry != NULL ? arena_strdup(arena, entry->pw_name)
			      : arena_printf(arena, "%u", (unsigned int)user));
}

/* What is in the place of the socket.  A socket of another user is another
 * program's, and libmilter would take it away from it. */
static const char *
check_present(
    const char *path, const struct socket_place *place, struct arena *arena)
{
	struct stat status;

	if (lstat(path, &status) != 0)
		return (NULL);
	if (S_ISDIR(status.st_mode))
		return (arena_printf(arena,
		    "%s: %s is a folder; name a socket in it, such as "
		    "unix:%s/%s",
		    place->option, path, path, place->file));
	if (!S_ISSOCK(status.st_mode))
		return (arena_printf(arena,
		    "%s: %s exists and is no socket; take another name, or "
		    "remove it with: rm %s",
		    place->option, path, shell_word(arena, path)));
	if (status.st_uid == listener(place) || is_stranger(place->user))
		return (NULL);
	return (arena_printf(arena,
	    "%s: %s is the socket of another program, of user %s; take "
	    "another name, or if that program is gone remove it with: rm %s",
	    place->option, path, user_name(status.st_uid, arena),
	    shell_word(arena, path)));
}

static const char *
check_path(
    const char *path, const struct socket_place *place, struct arena *arena)
{
	const char *folder = dirname(arena_strdup(arena, path));
	const char *error = check_way(folder, place, arena);

	if (error == NULL)
		error = check_present(path, place, arena);
	return (error != NULL ? error : check_folder(folder, place, arena));
}

static const char *
explain_bind(int error)
{
	if (error == EADDRNOTAVAIL)
		return ("; name an address of this host, see: ip address");
	if (error == EACCES)
		return ("; ports below 1024 are root's, take another one");
	return ("");
}

static unsigned int
port_of(const struct endpoint *endpoint)
{
	const struct sockaddr *address =
	    (const struct sockaddr *)&endpoint->address;

	return (ntohs(address->sa_family == AF_INET
			  ? ((const struct sockaddr_in *)address)->sin_port
			  : ((const struct sockaddr_in6 *)address)->sin6_port));
}

/* An address in use may be so by our own daemon that runs. */
static const char *
explain_use(const struct socket_place *place, const struct endpoint *endpoint,
    struct arena *arena)
{
	uid_t user;

	if (!socket_owner_of_port(port_of(endpoint), &user) ||
	    user == listener(place) || is_stranger(place->user))
		return (NULL);
	return (arena_printf(arena,
	    "%s: another program, of user %s, listens on %s; stop it, or "
	    "take another port; see which with: ss -lptn 'sport = %u'",
	    place->option, user_name(user, arena), place->where,
	    port_of(endpoint)));
}

static const char *
check_address(const struct socket_place *place, const struct endpoint *endpoint,
    struct arena *arena)
{
	const int on = 1;
	int fd =
	    socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound =
	    fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, (const struct sockaddr *)&endpoint->address,
		endpoint->address_len) == 0;
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	if (bound)
		return (NULL);
	if (error == EADDRINUSE)
		return (explain_use(place, endpoint, arena));
	return (arena_printf(arena, "%s: cannot listen on %s: %s%s",
	    place->option, place->where, strerror(error), explain_bind(error)));
}

const char *
socket_check(const struct socket_place *place, struct arena *arena)
{
	struct endpoint endpoint;
	const char *error = endpoint_parse(place->where, arena, &endpoint);

	if (error != NULL)
		return (arena_printf(arena, "%s: %s", place->option, error));
	return (endpoint.path != NULL ? check_path(endpoint.path, place, arena)
				      : check_address(place, &endpoint, arena));
}

const char *
socket_check_group(const char *where, const char *group, struct arena *arena)
{
	struct endpoint endpoint;

	if (endpoint_parse(where, arena, &endpoint) != NULL ||
	    endpoint.path == NULL || getgrnam(group) != NULL)
		return (NULL);
	return (arena_printf(arena,
	    "there is no group %s; install Postfix, name its group if that has "
	    "another name, or make it with: addgroup --system %s",
	    group, shell_word(arena, group)));
}
