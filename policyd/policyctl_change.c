#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "policyctl_commands.h"
#include "policyctl_print.h"
#include "policyctl_talk.h"

struct view {
	struct arena *arena;
	const struct policyctl_options *options;
	struct policyctl_table *table;
	const char *who;
	const char *kind; /* of a list */
};

static void
show_reset(void *cookie, const char *kind, const json_t *line)
{
	struct view *view = cookie;
	int64_t count = policyctl_print_int(line, "count");

	if (strcmp(kind, "end") != 0)
		return;
	if (policyctl_print_bool(line, "everywhere"))
		(void)printf("The counters of %s begin at 0 on all machines.\n",
		    view->who);
	else if (count == 0)
		(void)printf("Nothing was counted for %s.\n", view->who);
	else
		(void)printf("%" PRId64 " counters of %s begin at 0.\n", count,
		    view->who);
	if (policyctl_print_bool(line, "more"))
		(void)puts("There are more: give the command again.");
	if (policyctl_print_bool(line, "shared"))
		(void)puts("The server of shared limits does not answer: "
			   "what it has counted stays; give the command again "
			   "when it does.");
}

static struct view
view_of(const struct policyctl_options *options, const char *kind)
{
	return ((struct view){ .arena = options->arena,
	    .options = options,
	    .who = options->argument_count > 0 ? options->arguments[0] : NULL,
	    .kind = kind });
}

static int
run_reset(const struct policyctl_options *options)
{
	struct view view = view_of(options, NULL);

	return (policyctl_talk_run(options,
	    policyctl_talk_command("reset", view.who, options->limit),
	    show_reset, &view));
}

static void
show_list_change(void *cookie, const char *kind, const json_t *line)
{
	struct view *view = cookie;
	bool changed = policyctl_print_int(line, "count") > 0;
	bool allowed = strcmp(view->kind, "allow") == 0;

	if (strcmp(kind, "end") != 0)
		return;
	if (view->options->remove)
		(void)printf("%s %s %s.\n", view->who,
		    changed ? "is no longer" : "was not",
		    allowed ? "allowed" : "blocked");
	else
		(void)printf("%s is %s%s.\n", view->who,
		    allowed ? "allowed" : "blocked",
		    changed ? "" : ", as before");
}

static int
change_list(const struct policyctl_options *options, const char *kind)
{
	struct view view = view_of(options, kind);
	json_t *command = policyctl_talk_command(kind, view.who, NULL);

	if (options->remove)
		(void)json_object_set_new(command, "remove", json_true());
	return (policyctl_talk_run(options, command, show_list_change, &view));
}

static int
run_allow(const struct policyctl_options *options)
{
	return (change_list(options, "allow"));
}

static int
run_block(const struct policyctl_options *options)
{
	return (change_list(options, "block"));
}

static void
show_listed(void *cookie, const char *kind, const json_t *line)
{
	struct view *view = cookie;
	time_t since = (time_t)(policyctl_print_int(line, "since_ms") / 1000);
	char text[64] = "?";
	struct tm local;

	if (strcmp(kind, "end") == 0 &&
	    policyctl_print_end(view->table, stdout) == 0)
		(void)puts("Nobody is allowed or blocked by hand.");
	if (strcmp(kind, "listed") != 0)
		return;
	if (localtime_r(&since, &local) != NULL)
		(void)strftime(text, sizeof(text), "%F %H:%M", &local);
	const char *cells[] = { policyctl_print_text(view->arena, line, "list"),
		policyctl_print_text(view->arena, line, "who"), text };

	policyctl_print_row(view->table, cells);
}

static int
run_list(const struct policyctl_options *options)
{
	static const char *const heads[] = { "LIST", "WHO", "SINCE", NULL };
	struct view view = view_of(options, NULL);

	view.table = policyctl_print_table(options->arena, heads);
	return (policyctl_talk_run(options,
	    policyctl_talk_command("listed", NULL, NULL), show_listed, &view));
}

static void
show_release(void *cookie, const char *kind, const json_t *line)
{
	struct view *view = cookie;
	int64_t keys = policyctl_print_int(line, "greylisted");
	bool unlocked = policyctl_print_bool(line, "unlocked");

	if (strcmp(kind, "end") != 0)
		return;
	if (unlocked)
		(void)printf(
		    "%s is unlocked.  Mail that was held waits in "
		    "Postfix's queue; look at it, then release it with: "
		    "postsuper -H ALL\n",
		    view->who);
	if (keys > 0)
		(void)printf("%" PRId64 " entries of the greylist pass from "
			     "now on; the mail comes when its sender tries "
			     "again.\n",
		    keys);
	if (keys == 0 && !unlocked)
		(void)printf("Nothing waits for %s: it is neither greylisted "
			     "nor locked.\n",
		    view->who);
}

static int
run_release(const struct policyctl_options *options)
{
	struct view view = view_of(options, NULL);

	return (policyctl_talk_run(options,
	    policyctl_talk_command("release", view.who, NULL), show_release,
	    &view));
}

const struct policyctl_command policyctl_change_reset = {
	.name = "reset",
	.help = "forget what somebody has used of his limits",
	.usage = "[OPTION]... WHO\n"
		 "Forget what WHO, a login, mailbox, domain, address or "
		 "network, has used.\n"
		 "  --limit NAME       of this limit only\n"
		 "  --json             print lines of JSON\n",
	.letters = "ljsc",
	.least = 1,
	.most = 1,
	.run = run_reset,
};

const struct policyctl_command policyctl_change_allow = {
	.name = "allow",
	.help = "let somebody pass: no limits, score, greylist",
	.usage = "[OPTION]... WHO\n"
		 "Let WHO pass, an address, network, domain, mailbox or "
		 "login.\n"
		 "  --remove           no longer\n"
		 "  --json             print lines of JSON\n",
	.letters = "rjsc",
	.least = 1,
	.most = 1,
	.run = run_allow,
};

const struct policyctl_command policyctl_change_block = {
	.name = "block",
	.help = "refuse somebody",
	.usage = "[OPTION]... WHO\n"
		 "Refuse WHO, an address, network, domain, mailbox or login.\n"
		 "  --remove           no longer\n"
		 "  --json             print lines of JSON\n",
	.letters = "rjsc",
	.least = 1,
	.most = 1,
	.run = run_block,
};

const struct policyctl_command policyctl_change_list = {
	.name = "list",
	.help = "who is allowed or blocked",
	.usage = "[OPTION]...\n"
		 "Show who is allowed or blocked by hand.\n"
		 "  --json             print lines of JSON\n",
	.letters = "jsc",
	.run = run_list,
};

const struct policyctl_command policyctl_change_release = {
	.name = "release",
	.help = "let what is greylisted pass, unlock an account",
	.usage = "[OPTION]... WHAT\n"
		 "Let all entries of the greylist that contain WHAT pass, an "
		 "address, domain or\n"
		 "network; or unlock the login WHAT.\n"
		 "  --json             print lines of JSON\n",
	.letters = "jsc",
	.least = 1,
	.most = 1,
	.run = run_release,
};
