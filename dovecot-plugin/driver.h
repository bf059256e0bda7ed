/*
 * driver.h: what Dovecot's quota plugin asks a driver; series_*.c has the table
 * of these.
 */
#ifndef DOVECOT_PLUGIN_DRIVER_H
#define DOVECOT_PLUGIN_DRIVER_H

#include "plugin.h"

/**
 * driver_alloc(void), driver_deinit(root):
 * Make a root, and free it.
 */
struct quota_root *driver_alloc(void);
void driver_deinit(struct quota_root *root);

/**
 * driver_init(root):
 * Prepare a new ${root}, which is no account yet.
 */
void driver_init(struct quota_root *root);

/**
 * driver_be_account(root, template, error_r):
 * Make ${root} the account of its user that ${template} (see key.h) says.
 * Return -1 when another root of his is that, or he has too many.
 */
int driver_be_account(
    struct quota_root *root, const char *template, const char **error_r);

/**
 * driver_resources(root):
 * Return what is counted: STORAGE and MESSAGE, or nothing for a root that is no
 * account of this user.
 */
const char *const *driver_resources(struct quota_root *root);

/**
 * driver_get(root, name, value_r, error_r):
 * What is used of ${root}.  While mail is being saved in this process the
 * answer is 0, for then Dovecot's own check asks, which knows nothing of
 * reservations: ours is the one that decides.
 */
enum quota_get_result driver_get(struct quota_root *root, const char *name,
    uint64_t *value_r, const char **error_r);

/**
 * driver_is_alone(root):
 * Say whether the check that asks is Dovecot's alone; others, as that of the
 * trash plugin, make room by what they hear.
 */
bool driver_is_alone(const struct quota_root *root);

/**
 * driver_update(root, ctx, error_r):
 * Usage is booked by our own hooks; a forced recalculation counts.
 */
int driver_update(struct quota_root *root,
    struct quota_transaction_context *ctx, const char **error_r);

#endif
