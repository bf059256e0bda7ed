/*
 * notify_mail.h: a notice as a message, handed to sendmail(1).
 */
#ifndef POLICYD_NOTIFY_MAIL_H
#define POLICYD_NOTIFY_MAIL_H

#include "base/arena.h"
#include "notify.h"

/**
 * notify_mail_compose(arena, options, notice, host):
 * Return ${notice} of ${host} as a message (RFC 5322) whose lines end with LF,
 * as sendmail(1) reads it; allocated from ${arena}.
 */
struct span notify_mail_compose(struct arena *arena,
    const struct notify_options *options, const struct notify_notice *notice,
    const char *host);

/**
 * notify_mail_send(arena, options, notice, host, deadline):
 * Run the program, without a shell, until ${deadline}, of clock_monotonic_ms(),
 * when it is killed.  Return NULL, or what went wrong, allocated from ${arena}.
 */
const char *notify_mail_send(struct arena *arena,
    const struct notify_options *options, const struct notify_notice *notice,
    const char *host, int64_t deadline);

#endif
