/*
 * notify_webhook.h: a notice as JSON, posted to a URL.
 */
#ifndef POLICYD_NOTIFY_WEBHOOK_H
#define POLICYD_NOTIFY_WEBHOOK_H

#include "base/arena.h"
#include "notify.h"

/**
 * notify_webhook_compose(arena, notice, host):
 * Return {"schema":1,"host":...,"user":...,"what":...,"action":...,
 * "detail":...,"when":"2025-11-26T05:00:00Z"}, allocated from ${arena}.
 */
const char *notify_webhook_compose(
    struct arena *arena, const struct notify_notice *notice, const char *host);

/**
 * notify_webhook_send(arena, options, notice, host, deadline):
 * Post it; certificates are verified, redirections not followed.  Return NULL
 * when the server said 2xx before ${deadline}, of clock_monotonic_ms(), else
 * what went wrong, without the URL, which may hold a secret.
 */
const char *notify_webhook_send(struct arena *arena,
    const struct notify_options *options, const struct notify_notice *notice,
    const char *host, int64_t deadline);

#endif
