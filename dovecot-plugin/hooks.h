/*
 * hooks.h: where we stand in Dovecot's storage, between its quota plugin, which
 * is outside, and the storage itself.
 */
#ifndef DOVECOT_PLUGIN_HOOKS_H
#define DOVECOT_PLUGIN_HOOKS_H

#include "lease.h"
#include "plugin.h"

/* An expunged mail whose size we know. */
struct hooks_expunged {
	uint32_t uid;
	int64_t size;
};

struct hooks_box {
	union mailbox_module_context module_ctx;
	ARRAY(struct hooks_expunged) expunged;
	unsigned int
	    next; /* where the next one that is removed stands, as a rule */
	/* Of the sync that runs. */
	bool removing;
	bool unknown; /* a size, so that only counting tells */
	struct lease lease;
	struct ledger_amount removed; /* 0 or less */
};

struct hooks_transaction {
	union mailbox_transaction_module_context module_ctx;
	struct plugin_user *saves; /* for whom, or NULL: it does not save */
	struct lease lease;
	bool prepared; /* the holder was counted, if need be */
	bool doubted;  /* what it saves is found by a count */
};

extern MODULE_CONTEXT_DEFINE(
    hooks_storage_module, &mail_storage_module_register);

#define HOOKS_BOX(box) MODULE_CONTEXT(box, hooks_storage_module)
#define HOOKS_TRANSACTION(t) MODULE_CONTEXT_REQUIRE(t, hooks_storage_module)

/**
 * hooks_mailbox_allocated(box):
 * As Dovecot calls it for each mailbox.
 */
void hooks_mailbox_allocated(struct mailbox *box);

/**
 * hooks_doubt(box):
 * Have those counted anew for whom ${box} counts.
 */
void hooks_doubt(struct mailbox *box);

/**
 * hooks_remove(box):
 * What was marked as expunged in ${box} is about to be removed: from now on,
 * until it is booked, no count is right.
 */
void hooks_remove(struct mailbox *box);

/**
 * hooks_save(vfuncs), hooks_expunge(vfuncs):
 * Put our functions for saving, and for removing, into a mailbox's table.
 */
void hooks_save(struct mailbox_vfuncs *vfuncs);
void hooks_expunge(struct mailbox_vfuncs *vfuncs);

/**
 * hooks_mail_allocated(mail):
 * As Dovecot calls it for each mail.
 */
void hooks_mail_allocated(struct mail *mail);

#endif
