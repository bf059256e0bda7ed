#include "policyctl_talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/shell.h"
#include "console_command.h"

struct policyctl_talk {
	struct arena *arena;
	const char *path;
	FILE *in;
	FILE *out;
	char *line; /* getline()'s */
	size_t size;
};

/* Why there is no connection, and what helps. */
static const char *
explain(const char *path, int reason, struct arena *arena, int *status)
{
	const char *word = shell_word(arena, path);

	*status = EX_UNAVAILABLE;
	if (reason == EACCES || reason == EPERM) {
		*status = EX_NOPERM;
		return (arena_printf(arena,
		    "only root and the daemon's user may ask at %s", path));
	}
	if (reason == ENOENT || reason == ECONNREFUSED)
		return (arena_printf(arena,
		    "the daemon does not answer at %s: is it running? start "
		    "it, with: systemctl start mailreeve-policyd",
		    path));
	return (arena_printf(arena,
	    "the daemon does not answer at %s: %s; look at it, with: ls -l %s",
	    path, strerror(reason), word));
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (len >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	memcpy(address.sun_path, path, len);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address,
			   sizeof(address)) != 0) {
		int reason = errno;

		(void)close(fd);
		errno = reason;
		return (-1);
	}
	return (fd);
}

struct policyctl_talk *
policyctl_talk_open(
    const char *path, struct arena *arena, const char **error, int *status)
{
	int fd = connect_to(path);
	int copy = fd < 0 ? -1 : dup(fd);

	if (copy < 0) {
		*error = explain(path, errno, arena, status);
		return (NULL);
	}
	struct policyctl_talk *talk = arena_alloc(arena, sizeof(*talk));

	talk->arena = arena;
	talk->path = path;
	talk->in = fdopen(fd, "r");
	talk->out = fdopen(copy, "w");
	return (talk);
}

void
policyctl_talk_close(struct policyctl_talk *talk)
{
	if (talk == NULL)
		return;
	(void)fclose(talk->in);
	(void)fclose(talk->out);
	free(talk->line);
}

/* The next line of the answer; NULL when there is none. */
static json_t *
next_line(struct policyctl_talk *talk)
{
	ssize_t len = getline(&talk->line, &talk->size, talk->in);

	if (len <= 0)
		return (NULL);
	return (json_loadb(talk->line, (size_t)len, 0, NULL));
}

int
policyctl_talk_ask(struct policyctl_talk *talk, json_t *command,
    policyctl_take *take, void *cookie, const char **error)
{
	bool sent = json_dumpf(command, talk->out, JSON_COMPACT) == 0 &&
	            fputc('\n', talk->out) != EOF && fflush(talk->out) == 0;
	bool done = false;

	json_decref(command);
	*error = "the daemon ended the conversation: see why, with: journalctl "
		 "-u mailreeve-policyd -n 20";
	for (json_t *line; sent && !done && (line = next_line(talk)) != NULL;) {
		const char *kind =
		    json_string_value(json_object_get(line, "kind"));
		bool failed = kind != NULL && strcmp(kind, "error") == 0;
		const char *text =
		    json_string_value(json_object_get(line, "text"));

		done = kind != NULL && strcmp(kind, "end") == 0;
		if (failed)
			*error = arena_strdup(talk->arena,
			    text != NULL ? text : "the daemon cannot");
		else if (kind != NULL)
			take(cookie, kind, line);
		json_decref(line);
		if (failed)
			return (1);
	}
	return (done ? 0 : -1);
}

static void
print_line(void *cookie, const char *kind, const json_t *line)
{
	(void)cookie;
	if (strcmp(kind, "end") == 0 && json_object_size(line) <= 2)
		return;
	(void)json_dumpf(line, stdout, JSON_COMPACT);
	(void)fputc('\n', stdout);
}

int
policyctl_talk_run(const struct policyctl_options *options, json_t *command,
    policyctl_take *take, void *cookie)
{
	const char *error;
	int status;
	struct policyctl_talk *talk = policyctl_talk_open(
	    policyctl_options_socket(options), options->arena, &error, &status);

	if (talk == NULL) {
		json_decref(command);
		(void)fprintf(stderr, POLICYCTL_PROGRAM ": %s\n", error);
		return (status);
	}
	int answer = policyctl_talk_ask(
	    talk, command, options->json ? print_line : take, cookie, &error);

	status = answer == 0 ? EX_OK : answer > 0 ? EX_DATAERR : EX_UNAVAILABLE;
	if (status != EX_OK)
		(void)fprintf(stderr, POLICYCTL_PROGRAM ": %s\n", error);
	policyctl_talk_close(talk);
	return (status);
}

json_t *
policyctl_talk_command(const char *verb, const char *who, const char *limit)
{
	json_t *command = json_pack(
	    "{s:i, s:s}", "schema", CONSOLE_COMMAND_SCHEMA, "command", verb);

	if (who != NULL)
		(void)json_object_set_new(command, "who", json_string(who));
	if (limit != NULL)
		(void)json_object_set_new(command, "limit", json_string(limit));
	return (command);
}
