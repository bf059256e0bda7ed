/*
 * player.h: play recorded sessions as one SMTP session of Postfix's: each
 * message passes one filter after another, and a filter sees what those before
 * it have added.
 */
#ifndef BENCH_PLAYER_H
#define BENCH_PLAYER_H

#include <stddef.h>
#include <stdint.h>

#include "base/compat.h"
#include "fresh.h"
#include "session.h"

#define PLAYER_STAGES_MAX 2

struct player_plan {
	/* In the order in which a message passes them.  All have the same
	 * number of messages, and a later one was recorded with what the
	 * earlier ones made of the message. */
	const struct session *stages[PLAYER_STAGES_MAX];
	size_t stage_count;
	/* Number 0 was recorded; NULL: all messages are that one. */
	const struct fresh_mail *mails;
};

/**
 * player_play(plan, first, took):
 * Connect and play the sessions of ${plan}, with the mails from number ${first}
 * on.  Store in ${took}[0..messages-1] how many nanoseconds passed for each
 * message, from MAIL (for the first from the connection) to the last filter's
 * last word.  Return NULL, or the reason when a filter did not do the same as
 * when it was recorded.
 */
const char *player_play(const struct player_plan *plan, size_t first,
    uint64_t *took) COMPAT_MUST_CHECK;

#endif
