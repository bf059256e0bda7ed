#include "doveadm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

void
doveadm_add(struct doveadm_names *names, const char *name)
{
	names->items = arena_room(
	    names->arena, names->items, names->count, sizeof(*names->items));
	names->items[names->count++] = arena_strdup(names->arena, name);
}

int
doveadm_run(
    struct quotactl *ctl, const char *arguments, doveadm_see *see, void *cookie)
{
	FILE *pipe = popen(
	    arena_printf(ctl->arena, "%s %s", ctl->doveadm, arguments), "re");
	char line[DOVEADM_MAX_LINE];
	int status;

	if (pipe == NULL)
		return (-1);
	while (fgets(line, sizeof(line), pipe) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (see != NULL)
			see(cookie, line);
	}
	status = pclose(pipe);
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1);
}

static void
see_user(void *cookie, char *line)
{
	if (line[0] != '\0')
		doveadm_add(cookie, line);
}

int
doveadm_users(struct quotactl *ctl, struct doveadm_names *names)
{
	if (doveadm_run(ctl, "user '*'", see_user, names) == 0)
		return (EX_OK);
	(void)fprintf(stderr,
	    QUOTACTL_PROGRAM ": Dovecot's userdb cannot list its users; name "
			     "them, one a line on standard input, with: "
			     "mailreeve-quotactl import - < FILE\n");
	return (EX_UNAVAILABLE);
}

void
doveadm_read_users(struct doveadm_names *names)
{
	char line[DOVEADM_MAX_LINE];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		see_user(names, line);
	}
}
