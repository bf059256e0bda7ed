/*
 * holder.h: for whom, and for which accounts, the mail of a mailbox counts.
 */
#ifndef DOVECOT_PLUGIN_HOLDER_H
#define DOVECOT_PLUGIN_HOLDER_H

#include "plugin.h"

/* A mailbox as the ledger sees it. */
struct holder {
	struct mail_user *user; /* whose quota it is */
	const char *name;       /* "al@a.example", or "namespace/Public/" */
	unsigned int root_count;
	struct plugin_root *roots[LEDGER_MAX_ROOTS];
	int64_t extra[LEDGER_MAX_ROOTS]; /* bytes beyond the limit, there */
};

/**
 * holder_of(box, out):
 * Store in ${out} for whom ${box} counts, its strings in the data stack; false
 * when for nobody of ours.
 */
bool holder_of(struct mailbox *box, struct holder *out);

/**
 * holder_of_namespace(user, ns, out):
 * As that, for a whole namespace of the quota user ${user}: all roots that it
 * counts for, whatever single mailboxes ignore.
 */
bool holder_of_namespace(
    struct mail_user *user, struct mail_namespace *ns, struct holder *out);

/**
 * holder_is_ours(root):
 * Say whether ${root} is of our driver, and an account.
 */
bool holder_is_ours(const struct quota_root *root);

/**
 * holder_counts(holder, ns):
 * Say whether mail of the namespace ${ns} is counted for ${holder}.  That of an
 * alias is the same mail again, and shared mail is somebody else's.
 */
bool holder_counts(const struct holder *holder, struct mail_namespace *ns);

/**
 * holder_whole(holder, all):
 * Store in ${all} the same holder with all roots that any of its namespaces
 * counts for.
 */
void holder_whole(const struct holder *holder, struct holder *all);

/**
 * holder_request(holder, verb, request):
 * Make ${request} one for the accounts of ${holder}, with Dovecot's limits and
 * amounts of 0.
 */
void holder_request(const struct holder *holder, enum ledger_verb verb,
    struct ledger_request *request);

#endif
