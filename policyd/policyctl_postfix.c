#include "policyctl_postfix.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/endpoint.h"
#include "daemon/postconf.h"

/* Groups of Postfix's user. */
#define MAX_GROUPS 64

static bool
ask(const char *flags, struct arena *arena, struct span *out)
{
	const char *const arguments[] = { flags, NULL };

	return (postconf_read(arguments, arena, out));
}

/* All parameters as they stand in main.cf. */
static bool
ask_written(struct arena *arena, struct span *out)
{
	const char *const arguments[] = { NULL };

	return (postconf_read(arguments, arena, out));
}

bool
policyctl_postfix_read(const struct config *config, struct arena *arena,
    struct doctor_postfix *out)
{
	const struct conf_list *sockets = &config->settings.sockets;
	struct endpoint *endpoints =
	    arena_array(arena, sockets->count + 1, sizeof(*endpoints));
	struct doctor_texts texts = { .service = span_str("") };
	size_t count = 0;

	for (size_t i = 0; i < sockets->count; i++)
		if (endpoint_parse(
			sockets->items[i], arena, &endpoints[count]) == NULL)
			count++;
	if (count == 0 || !ask("-x", arena, &texts.main) ||
	    !ask_written(arena, &texts.main_written) ||
	    !ask("-M", arena, &texts.master))
		return (false);
	/* A master.cf without -o says nothing. */
	(void)ask("-Px", arena, &texts.service);
	(void)ask("-P", arena, &texts.service_written);
	doctor_postfix_parse(&texts, endpoints, count, arena, out);
	return (true);
}

struct span
policyctl_postfix_mynetworks(struct arena *arena)
{
	const char *const arguments[] = { "-xh", "mynetworks", NULL };
	struct span text;

	return (postconf_read(arguments, arena, &text) ? text : span_str(""));
}

/* Who may do what: Postfix's user with his groups. */
struct person {
	uid_t uid;
	gid_t groups[MAX_GROUPS];
	int count;
};

static bool
is_member(const struct person *person, gid_t group)
{
	for (int i = 0; i < person->count; i++)
		if (person->groups[i] == group)
			return (true);
	return (false);
}

/* Whether ${person} has all of the permissions ${wanted}, in the bits for
 * others. */
static bool
may(const struct person *person, const struct stat *status, mode_t wanted)
{
	if (person->uid == 0)
		return (true);
	if (status->st_uid == person->uid)
		wanted <<= 6;
	else if (is_member(person, status->st_gid))
		wanted <<= 3;
	return ((status->st_mode & wanted) == wanted);
}

static bool
find_person(const char *name, struct person *out)
{
	const struct passwd *user = getpwnam(name);

	if (user == NULL)
		return (false);
	out->uid = user->pw_uid;
	out->count = MAX_GROUPS;
	if (getgrouplist(name, user->pw_gid, out->groups, &out->count) < 0)
		out->count = MAX_GROUPS;
	return (true);
}

/* Whether ${person} may look into each folder above ${path}. */
static bool
may_pass(const struct person *person, const char *path, struct arena *arena)
{
	struct stat status;

	for (const char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		const char *folder =
		    arena_str(arena, span_new(path, (size_t)(slash - path)));

		if (stat(folder, &status) != 0 ||
		    !may(person, &status, S_IXOTH))
			return (false);
	}
	return (true);
}

static bool
is_served(const struct sockaddr *address, socklen_t len)
{
	int fd = socket(
	    address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool served = fd >= 0 && (connect(fd, address, len) == 0 ||
				     errno == EINPROGRESS || errno == EAGAIN);

	if (fd >= 0)
		(void)close(fd);
	return (served);
}

static enum doctor_reach
look_at_path(const struct doctor_socket *socket, struct arena *arena)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct person person;
	struct stat status;

	if (strlen(socket->path) >= sizeof(address.sun_path) ||
	    stat(socket->path, &status) != 0)
		return (DOCTOR_ABSENT);
	if (!S_ISSOCK(status.st_mode))
		return (DOCTOR_NO_SOCKET);
	if (find_person(socket->user, &person) &&
	    (!may_pass(&person, socket->path, arena) ||
		!may(&person, &status, S_IROTH | S_IWOTH)))
		return (DOCTOR_FORBIDDEN);
	memcpy(address.sun_path, socket->path, strlen(socket->path));
	return (is_served((const struct sockaddr *)&address, sizeof(address))
		    ? DOCTOR_REACHED
		    : DOCTOR_SILENT);
}

static const char *
mail_owner(struct arena *arena)
{
	const char *const arguments[] = { "-xh", "mail_owner", NULL };
	struct span text;
	struct span line;

	if (!postconf_read(arguments, arena, &text) ||
	    !span_take_line(&text, &line) || line.len == 0)
		return ("postfix");
	return (arena_str(arena, line));
}

void
policyctl_postfix_socket(
    const char *where, struct arena *arena, struct doctor_socket *out)
{
	struct endpoint endpoint;

	*out = (struct doctor_socket){
		.name = where, .user = mail_owner(arena), .reach = DOCTOR_SILENT
	};
	if (endpoint_parse(where, arena, &endpoint) != NULL)
		return;
	out->path = endpoint.path;
	if (endpoint.path != NULL)
		out->reach = look_at_path(out, arena);
	else if (is_served((const struct sockaddr *)&endpoint.address,
		     endpoint.address_len))
		out->reach = DOCTOR_REACHED;
}
