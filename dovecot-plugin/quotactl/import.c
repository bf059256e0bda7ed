/* A server's users taken over from another quota: import. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/shell.h"
#include "count.h"

static void
see_first(void *cookie, char *line)
{
	char *first = cookie;

	if (first[0] == '\0')
		(void)stpncpy(first, line, DOVEADM_MAX_LINE - 1);
}

/* Have the owner of the mailboxes book for them himself: doveadm becomes him
 * before it counts, and so does IMAP. */
static int
bind_owner(struct quotactl *ctl, const char *user)
{
	struct arena *arena = ctl->arena;
	const char *at = strrchr(user, '@');
	char uid[DOVEADM_MAX_LINE] = "";
	const char *text;

	if (doveadm_run(ctl,
		arena_printf(arena, "user -f uid %s", shell_word(arena, user)),
		see_first, uid) != 0)
		return (-1);
	/* Where the userdb names no owner, there is one for all. */
	if (uid[0] == '\0' || strcmp(uid, "0") == 0)
		return (0);
	text = arena_printf(arena, "bind %s %s user/%s", uid, user, user);
	if (at != NULL)
		text = arena_printf(arena, "%s domain/%s", text, at + 1);
	return (quotactl_ask(ctl, text, NULL, NULL) == EX_OK ? 0 : -1);
}

/* A number of the first line of a Maildir++ quota file, as "1000000S,1000C". */
static long long
limit_of(const char *line, char kind)
{
	while (*line != '\0') { /* UNSAFE: up to the NUL */
		char *end;
		long long number = strtoll(line, &end, 10);

		if (end == line)
			break;
		if (*end == kind && number > 0)
			return (number);
		line = end + (*end != '\0');
		line += *line == ',';
	}
	return (0);
}

static bool
see_limits(void *cookie, json_t *object)
{
	static const char *const names[] = { "storage", "messages" };
	json_t *limits = json_object_get(object, "limits");
	bool *limited = cookie;

	for (size_t i = 0; i < 2; i++)
		if (json_integer_value(json_object_get(
			json_object_get(limits, names[i]), "limit")) > 0)
			*limited = true;
	return (true);
}

/* Where nobody else limits the user, what his Maildir++ says goes on to hold:
 * Dovecot's own rules came with the count. */
static int
take_limits(struct quotactl *ctl, const char *user, const char *line)
{
	struct arena *arena = ctl->arena;
	long long bytes = limit_of(line, 'S'), messages = limit_of(line, 'C');
	bool limited = false;

	if ((bytes == 0 && messages == 0) ||
	    quotactl_ask(ctl, arena_printf(arena, "get user/%s", user),
		see_limits, &limited) != EX_OK ||
	    limited)
		return (0);
	(void)fprintf(stderr,
	    QUOTACTL_PROGRAM ": %s keeps the limits of his maildirsize: "
			     "%lld bytes, %lld messages (0 is none)\n",
	    user, bytes, messages);
	return (
	    quotactl_ask(ctl,
		arena_printf(arena, "set user/%s storage=%lld messages=%lld",
		    user, bytes, messages),
		NULL, NULL) == EX_OK
		? 0
		: -1);
}

/* The file is the user's, who can put anything in its place. */
static FILE *
open_plain(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat state;

	if (fd < 0)
		return (NULL);
	if (fstat(fd, &state) == 0 && S_ISREG(state.st_mode))
		return (fdopen(fd, "r"));
	(void)close(fd);
	return (NULL);
}

static int
import_limits(struct quotactl *ctl, const char *user)
{
	char path[DOVEADM_MAX_LINE] = "", line[DOVEADM_MAX_LINE] = "";
	FILE *file;

	if (doveadm_run(ctl,
		arena_printf(ctl->arena, "mailbox path -u %s -t control INBOX",
		    shell_word(ctl->arena, user)),
		see_first, path) != 0)
		return (-1);
	file = open_plain(arena_printf(ctl->arena, "%s/maildirsize", path));
	if (file == NULL)
		return (0);
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	(void)fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return (take_limits(ctl, user, line));
}

static int
import_user(struct quotactl *ctl, const char *user)
{
	if (ctl->dry) {
		(void)printf("%s\n", user);
		return (0);
	}
	if (bind_owner(ctl, user) != 0 || count_holder(ctl, user) != 0)
		return (-1);
	return (import_limits(ctl, user));
}

static int
gather(struct quotactl *ctl, struct doveadm_names *names)
{
	if (ctl->count == 1)
		return (doveadm_users(ctl, names));
	if (strcmp(ctl->words[1], "-") != 0)
		return (count_gather(ctl, names));
	doveadm_read_users(names);
	return (EX_OK);
}

static int
import(struct quotactl *ctl)
{
	struct doveadm_names names = { .arena = ctl->arena };
	int status = gather(ctl, &names);
	size_t failed = 0;

	for (size_t i = 0; status == EX_OK && i < names.count; i++) {
		failed += import_user(ctl, names.items[i]) != 0;
		count_progress("counted", i + 1, names.count);
	}
	if (failed > 0 && failed == names.count)
		(void)fprintf(stderr, QUOTACTL_PROGRAM
		    ": nobody was counted; has Dovecot been reloaded with "
		    "mailreeve_quota in mail_plugins?\n");
	return (failed > 0 ? EX_TEMPFAIL : status);
}

const struct quotactl_command quotactl_import = { "import", "[USER...|-]",
	"count all of Dovecot's users, before the driver is put into use",
	import };
