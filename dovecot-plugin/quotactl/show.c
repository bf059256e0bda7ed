/* What the ledger has: get, list, holders, top, status, watch. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "quotactl.h"

struct show {
	struct quotactl *ctl;
	char last[LEDGER_MAX_KEY + 1]; /* the name that came last */
	int count;
};

static json_int_t
number(json_t *object, const char *name, const char *inner)
{
	return (json_integer_value(
	    json_object_get(json_object_get(object, name), inner)));
}

/* "1.0G (set)", or "-" without a limit. */
static const char *
limit(struct arena *arena, json_t *limits, const char *name, bool size)
{
	json_t *one = json_object_get(limits, name);
	json_int_t value = json_integer_value(json_object_get(one, "limit"));
	const char *source = json_string_value(json_object_get(one, "source"));

	if (value == 0)
		return ("-");
	return (arena_printf(arena, "%s (%s)",
	    size ? quotactl_size(value, arena)
		 : arena_printf(arena, "%lld", (long long)value),
	    source != NULL ? source : "?"));
}

static const char *
percent(struct arena *arena, json_t *object)
{
	json_int_t value =
	    json_integer_value(json_object_get(object, "percent"));

	return (
	    value < 0 ? "-" : arena_printf(arena, "%lld%%", (long long)value));
}

static void
show_account(struct quotactl *ctl, json_t *object, bool heading)
{
	struct arena *arena = ctl->arena;
	json_t *limits = json_object_get(object, "limits");
	const char *key = json_string_value(json_object_get(object, "account"));

	if (heading)
		(void)printf("%-36s %8s %9s %5s  %-16s %-16s %s\n", "ACCOUNT",
		    "USED", "MESSAGES", "FULL", "STORAGE", "MESSAGES", "SOFT");
	(void)printf("%-36s %8s %9lld %5s  %-16s %-16s %s\n", key,
	    quotactl_size(number(object, "used", "bytes"), arena),
	    (long long)number(object, "used", "messages"),
	    percent(arena, object), limit(arena, limits, "storage", true),
	    limit(arena, limits, "messages", false),
	    limit(arena, limits, "soft_storage", true));
	if (number(object, "stale", "bytes") > 0)
		(void)printf("  %s of it is held by processes that died\n",
		    quotactl_size(number(object, "stale", "bytes"), arena));
}

static void
show_holder(struct quotactl *ctl, json_t *object)
{
	json_t *shares = json_object_get(object, "shares");
	json_t *share;
	size_t i;

	(void)printf("%s%s, %lld under way\n",
	    json_string_value(json_object_get(object, "holder")),
	    json_is_true(json_object_get(object, "dirty"))
		? ": to be counted anew"
		: "",
	    (long long)json_integer_value(json_object_get(object, "leases")));
	json_array_foreach(shares, i, share)(void) printf("  %-34s %8s %9lld\n",
	    json_string_value(json_object_get(share, "account")),
	    quotactl_size(json_integer_value(json_object_get(share, "bytes")),
		ctl->arena),
	    (long long)json_integer_value(json_object_get(share, "messages")));
}

static void
show_others(json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (json_is_string(value))
			(void)printf(
			    "%-10s %s\n", name, json_string_value(value));
		else if (strcmp(name, "schema") != 0)
			(void)printf("%-10s %lld\n", name,
			    (long long)json_integer_value(value));
	}
}

static bool
see(void *cookie, json_t *object)
{
	struct show *show = cookie;
	const char *account =
	    json_string_value(json_object_get(object, "account"));
	const char *holder =
	    json_string_value(json_object_get(object, "holder"));
	const char *name = account != NULL ? account : holder;

	if (name != NULL)
		(void)snprintf(show->last, sizeof(show->last), "%s", name);
	if (show->ctl->json) {
		(void)json_dumpf(object, stdout, JSON_COMPACT | JSON_SORT_KEYS);
		(void)putchar('\n');
	} else if (account != NULL) {
		show_account(show->ctl, object, show->count == 0);
	} else if (holder != NULL) {
		show_holder(show->ctl, object);
	} else {
		show_others(object);
	}
	show->count++;
	return (fflush(stdout) == 0);
}

static int
ask(struct quotactl *ctl, const char *text)
{
	struct show show = { .ctl = ctl };

	return (quotactl_ask(ctl, text, see, &show));
}

static int
get(struct quotactl *ctl)
{
	int status = EX_OK;

	for (int i = 1; i < ctl->count && status == EX_OK; i++)
		status =
		    ask(ctl, arena_printf(ctl->arena, "get %s", ctl->words[i]));
	return (status);
}

/* Page by page: the daemon has other things to do as well. */
static int
all_pages(struct quotactl *ctl, const char *command)
{
	struct show show = { .ctl = ctl };
	const char *prefix = ctl->count > 1 ? ctl->words[1] : "";
	int status, before;

	do {
		const char *text = arena_printf(ctl->arena, "%s%s%s%s%s%s",
		    command, prefix[0] == '\0' ? "" : " ", prefix,
		    ctl->dirty ? " dirty" : "",
		    show.last[0] == '\0' ? "" : " after ", show.last);

		before = show.count;
		status = quotactl_ask(ctl, text, see, &show);
	} while (status == EX_OK && show.count > before);
	return (status);
}

static int
list(struct quotactl *ctl)
{
	return (all_pages(ctl, "list"));
}

static int
holders(struct quotactl *ctl)
{
	return (all_pages(ctl, "holders"));
}

static int
top(struct quotactl *ctl)
{
	const char *text = "top";

	for (int i = 1; i < ctl->count; i++)
		text = arena_printf(ctl->arena, "%s %s", text, ctl->words[i]);
	return (ask(ctl, text));
}

static int
status(struct quotactl *ctl)
{
	return (ask(ctl, "status"));
}

static int
watch(struct quotactl *ctl)
{
	return (ask(ctl, "watch"));
}

const struct quotactl_command quotactl_get = { "get", "NAME...",
	"show accounts (domain/a.example) or holders (al@a.example)", get };
const struct quotactl_command quotactl_list = { "list", "[PREFIX]",
	"all accounts, by name", list };
const struct quotactl_command quotactl_holders = { "holders", "[PREFIX]",
	"all holders; with --dirty those to be counted anew", holders };
const struct quotactl_command quotactl_top = { "top", "[PREFIX] [N]",
	"who uses most", top };
const struct quotactl_command quotactl_status = { "status", "",
	"how much there is in the ledger", status };
const struct quotactl_command quotactl_watch = { "watch", "",
	"a line for each change, until it is interrupted", watch };
