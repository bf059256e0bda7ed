/*
 * plugin.h: what the plugin keeps of a user, a mailbox and a transaction.
 */
#ifndef DOVECOT_PLUGIN_PLUGIN_H
#define DOVECOT_PLUGIN_PLUGIN_H

/* clang-format off */
#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "mailbox-list-private.h"
#include "quota-private.h"
/* clang-format on */

#include "ledger/ledger_frame.h"

#define PLUGIN_DRIVER "ledger"

/* Dovecot looks for these names; nothing else of ours is seen outside. */
#define PLUGIN_EXPORT __attribute__((visibility("default")))

/* A quota root of our driver: what a user may have of one account. */
struct plugin_root {
	struct quota_root root;
	const char *key;               /* of the account, or NULL: none */
	struct ledger_reply_root seen; /* by the last look; no key */
	void (*stock_check)(void); /* test_alloc, before other plugins came */
};

struct lda_settings;

struct plugin_settings {
	const char *socket;
	unsigned int timeout_ms;
	bool allows; /* mail is let through when the daemon is away */
};

struct plugin_user {
	union mail_user_module_context module_ctx;
	struct plugin_settings set;
	/* Transactions that save and have not ended: what Dovecot's own check
	 * is told meanwhile, see driver.c. */
	unsigned int saving;
	struct timeval looked;        /* when the roots' `seen' was right */
	struct lda_settings *deliver; /* of the delivery to him, or NULL */
	bool looking;
	bool recounting;
};

extern MODULE_CONTEXT_DEFINE(plugin_user_module, &mail_user_module_register);

#define PLUGIN_USER(user) MODULE_CONTEXT(user, plugin_user_module)

#endif
