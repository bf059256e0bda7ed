/* What changes the ledger: set, forget, dirty, bind, unbind. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "quotactl.h"

static int
ask_words(struct quotactl *ctl)
{
	const char *text = ctl->words[0];

	for (int i = 1; i < ctl->count; i++)
		text = arena_printf(ctl->arena, "%s %s", text, ctl->words[i]);
	return (quotactl_ask(ctl, text, NULL, NULL));
}

/* "storage=10G" as the daemon takes it: "storage=10737418240". */
static const char *
translate(struct quotactl *ctl, const char *word)
{
	size_t len = strcspn(word, "=");
	bool duration = strncmp(word, "period", len) == 0;
	int64_t value;

	if (word[len] != '=' || strcmp(&word[len + 1], "unset") == 0)
		return (word);
	if (quotactl_number(&word[len + 1], duration, &value) != 0)
		return (NULL);
	return (arena_printf(
	    ctl->arena, "%.*s=%lld", (int)len, word, (long long)value));
}

static int
set(struct quotactl *ctl)
{
	const char *text = "set";

	for (int i = 1; i < ctl->count; i++) {
		const char *word =
		    i == 1 ? ctl->words[i] : translate(ctl, ctl->words[i]);

		if (word == NULL) {
			(void)fprintf(stderr,
			    QUOTACTL_PROGRAM
			    ": \"%s\" is no size or time: write 500M, 10G, "
			    "7d, or unset\n",
			    ctl->words[i]);
			return (EX_USAGE);
		}
		text = arena_printf(ctl->arena, "%s %s", text, word);
	}
	return (quotactl_ask(ctl, text, NULL, NULL));
}

const struct quotactl_command quotactl_set = { "set", "ACCOUNT NAME=VALUE...",
	"limits of one account: storage, messages, soft_storage, "
	"soft_messages, period; =unset takes one back",
	set };
const struct quotactl_command quotactl_forget = { "forget", "HOLDER",
	"its mailboxes were deleted", ask_words };
const struct quotactl_command quotactl_dirty = { "dirty", "HOLDER",
	"have it counted anew when it is next used", ask_words };
const struct quotactl_command quotactl_bind = { "bind", "UID HOLDER ACCOUNT...",
	"let the processes of a system user book for that holder", ask_words };
const struct quotactl_command quotactl_unbind = { "unbind", "UID HOLDER",
	"let them no longer", ask_words };
