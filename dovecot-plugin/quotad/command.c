#include "command.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "command_print.h"
#include "limits.h"

#define MAX_WORDS 24
#define AT_ONCE 200
#define TOP 20
#define MAX_TOP 1000

struct command {
	struct ledger *ledger;
	struct store *store;
	const struct config *config;
	struct arena *arena;
	command_say *say;
	void *cookie;
	const char *words[MAX_WORDS];
	size_t count;
	bool gone; /* the client is */
};

static void
say(struct command *command, enum ledger_result result, json_t *object)
{
	char *text;

	(void)json_object_set_new(object, "schema", json_integer(1));
	text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(object);
	if (text == NULL || command->gone)
		command->gone = true;
	else
		command->gone = !command->say(command->cookie, result, text);
	free(text);
}

static void
done(struct command *command)
{
	say(command, LEDGER_OK, json_object());
}

static void
fail(struct command *command, enum ledger_result result, const char *reason)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "error", json_string(reason));
	say(command, result, object);
}

static void
finish(struct command *command, enum store_result result)
{
	switch (result) {
	case STORE_OK:
		done(command);
		break;
	case STORE_CHANGED:
		fail(
		    command, LEDGER_AWAY, "others keep changing it; try again");
		break;
	case STORE_AWAY:
		fail(command, LEDGER_AWAY, store_error(command->store));
		break;
	}
}

static void
see_account(void *cookie, const struct record_account *account)
{
	struct command *command = cookie;
	struct record_limits configured;

	limits_find(command->config, account->key, &configured);
	say(command, LEDGER_MORE, command_print_account(account, &configured));
}

static void
see_holder(void *cookie, const struct record_holder *holder)
{
	say(cookie, LEDGER_MORE, command_print_holder(holder));
}

/* The word after "after", or "". */
static const char *
word_after(const struct command *command, const char *name)
{
	for (size_t i = 1; i + 1 < command->count; i++)
		if (strcmp(command->words[i], name) == 0)
			return (command->words[i + 1]);
	return ("");
}

static bool
has_word(const struct command *command, const char *name)
{
	for (size_t i = 1; i < command->count; i++)
		if (strcmp(command->words[i], name) == 0)
			return (true);
	return (false);
}

static const char *
prefix(const struct command *command)
{
	const char *first = command->count > 1 ? command->words[1] : "";

	return (strcmp(first, "after") == 0 || strcmp(first, "dirty") == 0
		    ? ""
		    : first);
}

static void
do_list(struct command *command)
{
	finish(command,
	    store_accounts(command->store, prefix(command),
		word_after(command, "after"), AT_ONCE, see_account, command));
}

static void
do_holders(struct command *command)
{
	finish(command,
	    store_holders(command->store, prefix(command),
		word_after(command, "after"), has_word(command, "dirty"),
		AT_ONCE, see_holder, command));
}

static void
do_top(struct command *command)
{
	const char *last =
	    command->count > 1 ? command->words[command->count - 1] : "";
	char *rest;
	long limit = strtol(last, &rest, 10);
	bool is_number = *last != '\0' && *rest == '\0';

	if (!is_number)
		limit = TOP;
	if (limit < 1 || limit > MAX_TOP) {
		fail(command, LEDGER_BAD, "how many: 1 to 1000");
		return;
	}
	finish(command,
	    store_top(command->store,
		is_number && command->count == 2 ? "" : prefix(command),
		(size_t)limit, see_account, command));
}

/* An account or a holder of that very name. */
static void
do_get(struct command *command)
{
	const char *name = command->count == 2 ? command->words[1] : "";
	struct store_unit unit = { .account_count = 1 };
	enum store_result result;

	if (name[0] == '\0' || strlen(name) > RECORD_MAX_NAME) {
		fail(command, LEDGER_BAD, "get wants one name");
		return;
	}
	(void)stpcpy(unit.accounts[0].key, name);
	(void)stpcpy(unit.holder.name, name);
	result = store_load(command->store, &unit);
	if (result == STORE_OK && unit.accounts[0].exists)
		see_account(command, &unit.accounts[0]);
	if (result == STORE_OK && unit.holder.exists)
		see_holder(command, &unit.holder);
	if (result == STORE_OK && !unit.accounts[0].exists &&
	    !unit.holder.exists)
		fail(command, LEDGER_UNKNOWN,
		    "the ledger has no account and no holder of that name");
	else
		finish(command, result);
}

static int64_t *
limit_named(struct record_limits *limits, const char *name, size_t len)
{
	const struct {
		const char *name;
		int64_t *limit;
	} table[] = {
		{ "storage", &limits->hard.bytes },
		{ "messages", &limits->hard.count },
		{ "soft_storage", &limits->soft.bytes },
		{ "soft_messages", &limits->soft.count },
		{ "period", &limits->period_s },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strlen(table[i].name) == len &&
		    strncmp(table[i].name, name, len) == 0)
			return (table[i].limit);
	return (NULL);
}

/* "storage=1073741824" or "storage=unset"; mailreeve-quotactl has made numbers
 * of "1G" and "7d". */
static bool
set_limit(struct record_limits *limits, const char *word)
{
	size_t len = strcspn(word, "=");
	int64_t *limit = limit_named(limits, word, len);
	const char *value;
	char *rest;

	if (limit == NULL || word[len] != '=')
		return (false);
	value = &word[len + 1];
	if (strcmp(value, "unset") == 0) {
		*limit = RECORD_UNSET;
		return (true);
	}
	errno = 0;
	*limit = strtoll(value, &rest, 10);
	return (errno == 0 && *value != '\0' && *rest == '\0' && *limit >= 0);
}

static void
do_set(struct command *command)
{
	struct store_unit unit = { .account_count = 1 };
	struct record_limits *limits = &unit.accounts[0].set;

	if (command->count < 3 || strlen(command->words[1]) > RECORD_MAX_NAME ||
	    strchr(command->words[1], '/') == NULL) {
		fail(command, LEDGER_BAD,
		    "set wants an account, such as domain/a.example, and "
		    "NAME=VALUE");
		return;
	}
	(void)stpcpy(unit.accounts[0].key, command->words[1]);
	if (store_load(command->store, &unit) != STORE_OK) {
		finish(command, STORE_AWAY);
		return;
	}
	for (size_t i = 2; i < command->count; i++) {
		if (set_limit(limits, command->words[i]))
			continue;
		fail(command, LEDGER_BAD,
		    arena_printf(command->arena,
			"\"%s\" is none of storage=BYTES, messages=N, "
			"soft_storage=BYTES, soft_messages=N, period=SECONDS",
			command->words[i]));
		return;
	}
	finish(command, ledger_set(command->ledger, command->words[1], limits));
}

static bool
has_names(struct command *command, size_t count)
{
	bool fits = command->count == count;

	for (size_t i = 1; i < command->count; i++)
		fits = fits && strlen(command->words[i]) <= RECORD_MAX_NAME;
	if (!fits)
		fail(command, LEDGER_BAD,
		    "these are too many names, or too few, or too long");
	return (fits);
}

static void
do_forget(struct command *command)
{
	if (has_names(command, 2))
		finish(
		    command, ledger_forget(command->ledger, command->words[1]));
}

static void
do_dirty(struct command *command)
{
	const struct ledger_peer we = { .may_book = true };
	struct ledger_request request = { .verb = LEDGER_DIRTY, .text = "" };
	struct ledger_reply reply;
	struct ledger_effect effect;

	if (!has_names(command, 2))
		return;
	request.holder = command->words[1];
	ledger_do(
	    command->ledger, &we, &request, command->arena, &reply, &effect);
	finish(command, reply.result == LEDGER_AWAY ? STORE_AWAY : STORE_OK);
}

/* Add the command's accounts to what the user may have already. */
static enum store_result
bind_more(struct command *command, uint32_t uid, const char *holder)
{
	struct record_binding binding;
	enum store_result result =
	    store_bound(command->store, uid, holder, &binding);

	if (result != STORE_OK)
		return (result);
	(void)stpcpy(binding.holder, holder);
	for (size_t i = 3; i < command->count; i++) {
		if (binding.account_count == RECORD_MAX_ACCOUNTS ||
		    record_is_bound(&binding, command->words[i]))
			continue;
		(void)stpcpy(binding.accounts[binding.account_count++],
		    command->words[i]);
	}
	return (store_bind(command->store, &binding));
}

static void
do_bind(struct command *command)
{
	bool binds = strcmp(command->words[0], "bind") == 0;
	struct record_binding binding = { 0 };
	unsigned long uid;
	char *rest;

	if (command->count < (binds ? 4U : 3U) ||
	    command->count > 3 + RECORD_MAX_ACCOUNTS) {
		fail(command, LEDGER_BAD,
		    "bind wants a user's number, a holder, and accounts");
		return;
	}
	if (!has_names(command, command->count))
		return;
	uid = strtoul(command->words[1], &rest, 10);
	if (*rest != '\0' || uid >= UINT32_MAX) {
		fail(command, LEDGER_BAD, "no user has that number");
		return;
	}
	if (binds) {
		finish(command,
		    bind_more(command, (uint32_t)uid, command->words[2]));
		return;
	}
	binding.uid = (uint32_t)uid;
	(void)stpcpy(binding.holder, command->words[2]);
	finish(command, store_bind(command->store, &binding));
}

static void
do_status(struct command *command)
{
	struct store_totals totals;
	enum store_result result = store_count(command->store, &totals);

	if (result == STORE_OK)
		say(command, LEDGER_MORE,
		    command_print_status(
			&totals, command->config->settings.store));
	finish(command, result);
}

static const struct {
	const char *name;
	void (*run)(struct command *command);
} commands[] = {
	{ "get", do_get },
	{ "list", do_list },
	{ "holders", do_holders },
	{ "top", do_top },
	{ "set", do_set },
	{ "forget", do_forget },
	{ "dirty", do_dirty },
	{ "bind", do_bind },
	{ "unbind", do_bind },
	{ "status", do_status },
};

static void
split(struct command *command, const char *text)
{
	char *rest = arena_strdup(command->arena, text);
	char *word;

	while (command->count < MAX_WORDS &&
	       (word = strtok_r(rest, " ", &rest)) != NULL)
		command->words[command->count++] = word;
}

void
command_run(struct ledger *ledger, struct store *store,
    const struct config *config, const char *text, struct arena *arena,
    command_say *say_it, void *cookie)
{
	struct command command = { .ledger = ledger,
		.store = store,
		.config = config,
		.arena = arena,
		.say = say_it,
		.cookie = cookie };

	split(&command, text);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (command.count == 0 ||
		    strcmp(commands[i].name, command.words[0]) != 0)
			continue;
		commands[i].run(&command);
		return;
	}
	fail(&command, LEDGER_BAD, "there is no such command");
}
