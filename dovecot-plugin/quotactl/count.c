/* The ledger against the mailboxes: verify, repair. */
#include "count.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/shell.h"
#include "doveadm.h"

static bool
see_name(void *cookie, json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "holder"));

	/* A public namespace is counted with the user who sees it. */
	if (name != NULL && strncmp(name, "namespace/", 10) != 0)
		doveadm_add(cookie, name);
	return (true);
}

static int
all_holders(struct quotactl *ctl, struct doveadm_names *names)
{
	size_t before;
	int status;

	do {
		before = names->count;
		status = quotactl_ask(ctl,
		    arena_printf(ctl->arena, "holders%s%s%s",
			ctl->dirty ? " dirty" : "",
			before == 0 ? "" : " after ",
			before == 0 ? "" : names->items[before - 1]),
		    see_name, names);
	} while (status == EX_OK && names->count > before);
	return (status);
}

void
count_progress(const char *what, size_t done, size_t all)
{
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r%s %zu of %zu%s", what, done, all,
		    done == all ? "\n" : "");
}

/* What mailboxes hold: bytes and messages. */
struct held {
	long long bytes, messages;
};

static void
see_mailbox(void *cookie, char *line)
{
	struct held *held = cookie;
	char *messages = strstr(line, "messages=");
	char *vsize = strstr(line, "vsize=");

	if (messages == NULL || vsize == NULL)
		return;
	held->messages += strtoll(messages + strlen("messages="), NULL, 10);
	held->bytes += strtoll(vsize + strlen("vsize="), NULL, 10);
}

static int
hold_of(struct quotactl *ctl, const char *user, struct held *held)
{
	*held = (struct held){ 0, 0 };
	return (doveadm_run(ctl,
	    arena_printf(ctl->arena,
		"-f flow mailbox status -u %s 'messages vsize' '*'",
		shell_word(ctl->arena, user)),
	    see_mailbox, held));
}

struct share {
	long long bytes, messages;
	bool there, dirty;
};

/* The largest share: others ignore mailboxes. */
static bool
see_shares(void *cookie, json_t *object)
{
	struct share *share = cookie;
	json_t *list = json_object_get(object, "shares");
	json_t *one;
	size_t i;

	share->dirty =
	    share->dirty || json_is_true(json_object_get(object, "dirty"));
	json_array_foreach(list, i, one)
	{
		long long bytes = (long long)json_integer_value(
		    json_object_get(one, "bytes"));

		if (share->there && bytes <= share->bytes)
			continue;
		share->there = true;
		share->bytes = bytes;
		share->messages = (long long)json_integer_value(
		    json_object_get(one, "messages"));
	}
	return (true);
}

static void
print_json(const char *user, const struct share *share, const struct held *held)
{
	json_t *object = json_pack("{s:s, s:{s:I, s:I}, s:{s:I, s:I}, s:i}",
	    "holder", user, "ledger", "bytes", (json_int_t)share->bytes,
	    "messages", (json_int_t)share->messages, "mailboxes", "bytes",
	    (json_int_t)held->bytes, "messages", (json_int_t)held->messages,
	    "schema", 1);

	(void)json_dumpf(object, stdout, JSON_COMPACT | JSON_SORT_KEYS);
	(void)putchar('\n');
	json_decref(object);
}

static void
print_difference(const struct quotactl *ctl, const char *user,
    const struct share *share, const struct held *held)
{
	if (ctl->json)
		print_json(user, share, held);
	else
		(void)printf("%s: the ledger has %lld bytes in %lld messages, "
			     "the mailboxes %lld in %lld\n",
		    user, share->bytes, share->messages, held->bytes,
		    held->messages);
}

/* Return 0 when both agree, 1 when not, -1 on failure. */
static int
compare(struct quotactl *ctl, const char *user)
{
	struct share share = { 0 };
	struct held held;

	if (quotactl_ask(ctl, arena_printf(ctl->arena, "get %s", user),
		see_shares, &share) != EX_OK ||
	    hold_of(ctl, user, &held) != 0)
		return (-1);
	if (share.bytes == held.bytes && share.messages == held.messages &&
	    !share.dirty)
		return (0);
	print_difference(ctl, user, &share, &held);
	return (1);
}

/* Who is meant: those named, or all that the ledger knows. */
int
count_gather(struct quotactl *ctl, struct doveadm_names *names)
{
	for (int i = 1; i < ctl->count; i++)
		doveadm_add(names, ctl->words[i]);
	if (names->count > 0 && !ctl->all && !ctl->dirty)
		return (EX_OK);
	if (ctl->all || ctl->dirty)
		return (all_holders(ctl, names));
	(void)fprintf(stderr,
	    QUOTACTL_PROGRAM ": name holders, or say --all or --dirty\n");
	return (EX_USAGE);
}

static int
verify(struct quotactl *ctl)
{
	struct doveadm_names names = { .arena = ctl->arena };
	int status = count_gather(ctl, &names);
	size_t different = 0, failed = 0;

	for (size_t i = 0; status == EX_OK && i < names.count; i++) {
		int found = compare(ctl, names.items[i]);

		different += found > 0;
		failed += found < 0;
		count_progress("verified", i + 1, names.count);
	}
	if (status != EX_OK)
		return (status);
	(void)fprintf(stderr, "%zu of %zu differ, %zu could not be compared\n",
	    different, names.count, failed);
	return (failed > 0 ? EX_TEMPFAIL : different > 0);
}

/* Dovecot counts: its view of mailboxes is the one that holds. */
int
count_holder(struct quotactl *ctl, const char *user)
{
	if (doveadm_run(ctl,
		arena_printf(ctl->arena, "quota recalc -u %s",
		    shell_word(ctl->arena, user)),
		NULL, NULL) == 0)
		return (0);
	(void)fprintf(
	    stderr, QUOTACTL_PROGRAM ": %s could not be counted\n", user);
	return (-1);
}

static int
count_all(struct quotactl *ctl, const struct doveadm_names *names)
{
	size_t failed = 0;

	for (size_t i = 0; i < names->count; i++) {
		if (ctl->dry)
			(void)printf("%s\n", names->items[i]);
		else
			failed += count_holder(ctl, names->items[i]) != 0;
		count_progress("counted", i + 1, names->count);
	}
	return (failed > 0 ? EX_TEMPFAIL : EX_OK);
}

static int
repair(struct quotactl *ctl)
{
	struct doveadm_names names = { .arena = ctl->arena };
	int status = count_gather(ctl, &names);

	return (status == EX_OK ? count_all(ctl, &names) : status);
}

const struct quotactl_command quotactl_verify = { "verify",
	"[HOLDER...] [--all]",
	"compare the ledger with the mailboxes, and change nothing", verify };
const struct quotactl_command quotactl_repair = { "repair",
	"[HOLDER...] [--dirty|--all]", "have Dovecot count the mailboxes anew",
	repair };
