#include <string.h>

#include "policyctl_commands.h"
#include "policyctl_talk.h"
#include "policyctl_usage.h"

struct view {
	struct arena *arena;
	struct policyctl_table *table;
};

static void
take(void *cookie, const char *kind, const json_t *line)
{
	struct view *view = cookie;

	if (strcmp(kind, "usage") == 0)
		policyctl_usage_row(view->arena, view->table, line);
	else if (strcmp(kind, "end") == 0 &&
		 policyctl_print_end(view->table, stdout) == 0)
		(void)puts("Nobody has used anything of a limit.");
}

static int
run(const struct policyctl_options *options)
{
	struct view view = { options->arena,
		policyctl_usage_table(options->arena) };
	json_t *command = policyctl_talk_command("top", NULL, options->limit);

	(void)json_object_set_new(
	    command, "count", json_integer((json_int_t)options->count));
	return (policyctl_talk_run(options, command, take, &view));
}

const struct policyctl_command policyctl_top_command = {
	.name = "top",
	.help = "who has used most of his limit",
	.usage = "[OPTION]...\n"
		 "Show who has used most of his limit.\n"
		 "  --limit NAME       of this limit only\n"
		 "  -n, --count N      so many; 10 unless told otherwise\n"
		 "  --json             print lines of JSON\n",
	.letters = "lnjsc",
	.run = run,
};
