#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "policyctl_commands.h"
#include "policyctl_print.h"
#include "policyctl_talk.h"

struct view {
	struct arena *arena;
	struct policyctl_table *table;
};

static void
show_changed(void *cookie, const char *kind, const json_t *line)
{
	const struct policyctl_options *options = cookie;

	if (strcmp(kind, "end") != 0)
		return;
	if (strcmp(options->arguments[0], "set") == 0)
		(void)printf("%s: limit %s is now %s.\n", options->arguments[1],
		    options->arguments[2], options->arguments[3]);
	else if (policyctl_print_int(line, "count") > 0)
		(void)printf("%s has the usual limit %s again.\n",
		    options->arguments[1], options->arguments[2]);
	else
		(void)printf("%s had no limit %s set by hand.\n",
		    options->arguments[1], options->arguments[2]);
}

static void
show(void *cookie, const char *kind, const json_t *line)
{
	struct view *view = cookie;

	if (strcmp(kind, "end") == 0 &&
	    policyctl_print_end(view->table, stdout) == 0)
		(void)puts("No limit is set by hand.");
	if (strcmp(kind, "override") != 0)
		return;
	const char *cells[] = { policyctl_print_text(view->arena, line, "who"),
		policyctl_print_text(view->arena, line, "limit"),
		policyctl_print_number(view->arena, line, "rate") };

	policyctl_print_row(view->table, cells);
}

static int
run_list(const struct policyctl_options *options)
{
	static const char *const heads[] = { "WHO", "LIMIT", ">RATE", NULL };
	struct view view = { options->arena,
		policyctl_print_table(options->arena, heads) };

	return (policyctl_talk_run(options,
	    policyctl_talk_command("overrides", NULL, NULL), show, &view));
}

static int
refuse(const char *text, const char *what)
{
	(void)fprintf(
	    stderr, POLICYCTL_PROGRAM " override: %s%s\n", text, what);
	(void)fputs("see: " POLICYCTL_PROGRAM " override --help\n", stderr);
	return (EX_USAGE);
}

static int
change(const struct policyctl_options *options, bool set)
{
	struct policyctl_options copy = *options;
	const char *number = options->arguments[3];
	uint64_t rate = 0;
	bool unlimited = set && strcmp(number, "unlimited") == 0;

	if (set && !unlimited && !span_to_u64(span_str(number), 15, &rate))
		return (refuse("neither a number nor \"unlimited\": ", number));
	json_t *command = policyctl_talk_command(
	    "override", options->arguments[1], options->arguments[2]);

	if (set && !unlimited)
		(void)json_object_set_new(
		    command, "rate", json_integer((json_int_t)rate));
	if (!set)
		(void)json_object_set_new(command, "remove", json_true());
	return (policyctl_talk_run(options, command, show_changed, &copy));
}

static int
run(const struct policyctl_options *options)
{
	const char *what = options->arguments[0];
	int count = options->argument_count;

	if (strcmp(what, "list") == 0 && count == 1)
		return (run_list(options));
	if (strcmp(what, "set") == 0 && count == 4)
		return (change(options, true));
	if (strcmp(what, "remove") == 0 && count == 3)
		return (change(options, false));
	return (
	    refuse("say set WHO LIMIT NUMBER, remove WHO LIMIT, or list", ""));
}

const struct policyctl_command policyctl_override_command = {
	.name = "override",
	.help = "give somebody another limit",
	.usage = "[OPTION]... set WHO LIMIT NUMBER|unlimited\n"
		 "       " POLICYCTL_PROGRAM
		 " override [OPTION]... remove WHO LIMIT\n"
		 "       " POLICYCTL_PROGRAM " override [OPTION]... list\n"
		 "Give WHO, a login or a domain, his own LIMIT, the usual one "
		 "again, or show all.\n"
		 "  --json             print lines of JSON\n",
	.letters = "jsc",
	.least = 1,
	.most = 4,
	.run = run,
};
