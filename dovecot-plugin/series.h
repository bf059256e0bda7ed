/*
 * series.h: what differs between Dovecot 2.3 and 2.4; series_23.c or
 * series_24.c, chosen when the plugin is built.
 */
#ifndef DOVECOT_PLUGIN_SERIES_H
#define DOVECOT_PLUGIN_SERIES_H

#include "plugin.h"

/* The driver as Dovecot's quota plugin wants it. */
extern const struct quota_backend series_backend;

/**
 * series_settings(user, out, error_r):
 * Read the plugin's settings for ${user}; their strings live as long as he.
 * Return -1 with the reason in ${error_r} when one makes no sense.
 */
int series_settings(
    struct mail_user *user, struct plugin_settings *out, const char **error_r);

/**
 * series_roots(quota, count_r):
 * Return all quota roots of ${quota}, of any driver.
 */
struct quota_root *const *series_roots(
    struct quota *quota, unsigned int *count_r);

/**
 * series_is_visible(root, ns):
 * Say whether mail of the namespace ${ns} counts for ${root}.
 */
bool series_is_visible(struct quota_root *root, struct mail_namespace *ns);

/**
 * series_rule(root, box, ignored_r, extra_r, error_r):
 * What the settings say of ${box} for ${root}: whether it does not count, and
 * how many bytes may be stored there beyond the limit.  Return -1 on failure.
 */
int series_rule(struct quota_root *root, struct mailbox *box, bool *ignored_r,
    int64_t *extra_r, const char **error_r);

/**
 * series_limit(root):
 * Return the limit that Dovecot's settings have for ${root}; 0 is none.
 */
struct ledger_amount series_limit(const struct quota_root *root);

/**
 * series_grace(root):
 * Return how many bytes the last mail of a delivery may bring it over.
 */
int64_t series_grace(const struct quota_root *root);

/**
 * series_check(quota):
 * Return the function that decides in Dovecot's own check.
 */
void (*series_check(const struct quota *quota))(void);

/**
 * series_make_room(box, size):
 * Ask Dovecot's own check whether ${size} bytes fit into ${box}: plugins such
 * as trash make room when they hear that they do not.
 */
void series_make_room(struct mailbox *box, uoff_t size);

#endif
