/*
 * notify.h: tells the admin: by sendmail(1) and by a webhook (a POST of JSON),
 * in a thread of its own; at most NOTIFY_MAX_WAITING wait, more are dropped and
 * counted.
 */
#ifndef POLICYD_NOTIFY_H
#define POLICYD_NOTIFY_H

#include <stdint.h>

#include "base/log.h"

#define NOTIFY_MAX_WAITING 100
#define NOTIFY_TIMEOUT_MS 10000

struct notifier;

struct notify_options {
	const char *to;       /* address, or NULL: no mail */
	const char *from;     /* address in From and of the envelope, or NULL */
	const char *sendmail; /* path of the program */
	const char *webhook;  /* http: or https: URL, or NULL */
};

struct notify_notice {
	const char *user;
	const char *what;
	const char *action;
	const char *detail;
	int64_t when; /* milliseconds since 1970 */
};

/**
 * notifier_new(options, log), notifier_free(notifier):
 * ${options} are copied.  Freeing waits for what is under way,
 * NOTIFY_TIMEOUT_MS at most.  Events: notified, notify_failed.
 */
struct notifier *notifier_new(
    const struct notify_options *options, const struct log *log);
void notifier_free(struct notifier *notifier);

/**
 * notifier_follow(notifier, options):
 * From now on do as ${options} say.
 */
void notifier_follow(
    struct notifier *notifier, const struct notify_options *options);

/**
 * notifier_tell(notifier, notice):
 * Send ${notice}, which is copied.  Never waits.
 */
void notifier_tell(
    struct notifier *notifier, const struct notify_notice *notice);

/**
 * notifier_dropped(notifier):
 * Return how many were dropped or failed.
 */
uint64_t notifier_dropped(struct notifier *notifier);

#endif
