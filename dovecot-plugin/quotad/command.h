/*
 * command.h: the commands of mailreeve-quotactl, in the daemon: a line in,
 * lines of JSON out.
 */
#ifndef QUOTAD_COMMAND_H
#define QUOTAD_COMMAND_H

#include "base/arena.h"
#include "ledger.h"

/* Called with each line of the answer; false: the client is gone. */
typedef bool command_say(
    void *cookie, enum ledger_result result, const char *json);

/**
 * command_run(ledger, store, config, text, arena, say, cookie):
 * Carry out one command line:
 *
 *	get KEY|HOLDER         an account with its limits and where they come
 *	                       from, or a holder with its shares
 *	list [PREFIX] [after NAME]   accounts, by name, 200 at a time
 *	holders [PREFIX] [dirty] [after NAME]
 *	top [PREFIX] [N]
 *	set KEY NAME=VALUE...  storage, messages, soft_storage, soft_messages,
 *	                       period; "unset" takes it back
 *	forget HOLDER
 *	bind UID HOLDER KEY... / unbind UID HOLDER
 *	dirty HOLDER           to be counted anew
 *	status
 *
 * Every line is an object with "schema":1; the last has another result than
 * LEDGER_MORE.
 */
void command_run(struct ledger *ledger, struct store *store,
    const struct config *config, const char *text, struct arena *arena,
    command_say *say, void *cookie);

#endif
