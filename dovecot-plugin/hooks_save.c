/* Mail that comes: room is held before the storage commits. */
#include "driver.h"
#include "hooks.h"
#include "known.h"
#include "series.h"

static struct mailbox_transaction_context *
transaction_begin(struct mailbox *box, enum mailbox_transaction_flags flags,
    const char *reason)
{
	struct hooks_box *hbox = HOOKS_BOX(box);
	struct mailbox_transaction_context *t =
	    hbox->module_ctx.super.transaction_begin(box, flags, reason);
	struct hooks_transaction *ht = i_new(struct hooks_transaction, 1);
	struct mail_namespace *ns = box->list->ns;

	if ((flags & MAILBOX_TRANSACTION_FLAG_EXTERNAL) != 0) {
		ht->saves =
		    PLUGIN_USER(ns->owner != NULL ? ns->owner : ns->user);
		ht->saves->saving++;
	}
	MODULE_CONTEXT_SET(t, hooks_storage_module, ht);
	return (t);
}

/* What was used changes now, for whoever asks. */
static void
leave(struct hooks_transaction *ht)
{
	if (ht->saves != NULL) {
		ht->saves->saving--;
		i_zero(&ht->saves->looked);
	}
	i_free(ht);
}

static void
count_again(struct mailbox *box)
{
	struct holder holder;

	if (holder_of(box, &holder))
		known_ensure(&holder);
}

/* A storage that fails may have stored all the same: what is too much is given
 * back by a count, so that meanwhile nobody has more than there is. */
static void
fail(struct lease *lease, struct mailbox *box)
{
	if (lease->id == 0)
		return;
	lease_commit(lease);
	T_BEGIN
	{
		hooks_doubt(box);
	}
	T_END;
}

static int
transaction_commit(struct mailbox_transaction_context *t,
    struct mail_transaction_commit_changes *changes_r)
{
	struct hooks_transaction *ht = HOOKS_TRANSACTION(t);
	struct mailbox *box = t->box;
	struct hooks_box *hbox = HOOKS_BOX(box);
	bool dirty = ht->lease.dirty, doubted = ht->doubted;
	int result;

	/* Maildir tells of a removal after the file is gone. */
	hooks_remove(box);
	result = hbox->module_ctx.super.transaction_commit(t, changes_r);
	if (result < 0)
		fail(&ht->lease, box);
	else
		lease_commit(&ht->lease);
	leave(ht);
	if (doubted) {
		T_BEGIN
		{
			hooks_doubt(box);
		}
		T_END;
	}
	if (result >= 0 && dirty)
		count_again(box);
	return (result);
}

static void
transaction_rollback(struct mailbox_transaction_context *t)
{
	struct hooks_transaction *ht = HOOKS_TRANSACTION(t);
	struct hooks_box *hbox = HOOKS_BOX(t->box);

	hbox->module_ctx.super.transaction_rollback(t);
	lease_release(&ht->lease);
	leave(ht);
}

static int
refuse(struct mailbox *box, enum lease_result result, const char *text)
{
	switch (result) {
	case LEASE_REFUSED:
		mail_storage_set_error(box->storage, MAIL_ERROR_NOQUOTA, text);
		break;
	case LEASE_LATER:
		mail_storage_set_error(box->storage, MAIL_ERROR_TEMP, text);
		break;
	case LEASE_HELD:
	case LEASE_ALLOWED:
		return (0);
	}
	return (-1);
}

/* The mail is where nobody sees it yet. */
static int
hold(struct mail_save_context *ctx)
{
	struct mailbox *box = ctx->transaction->box;
	struct hooks_transaction *ht = HOOKS_TRANSACTION(ctx->transaction);
	struct lease_mail mail = { .forced = ctx->moving,
		.delivered = (box->flags & MAILBOX_FLAG_POST_SESSION) != 0 };
	const char *text = NULL;
	struct holder holder;
	uoff_t size;

	/* dsync may write elsewhere, in the user's name: what of it is his is
	 * found by who uses his mailboxes. */
	if (box->storage->user->dsyncing) {
		ht->doubted = TRUE;
		return (0);
	}
	if (!holder_of(box, &holder))
		return (0);
	if (mail_get_virtual_size(ctx->dest_mail, &size) < 0) {
		enum mail_error error;

		(void)mailbox_get_last_internal_error(box, &error);
		/* What is copied is gone: the copy will fail by itself. */
		return (error == MAIL_ERROR_EXPUNGED ? 0 : -1);
	}
	mail.size = (int64_t)size;
	enum lease_result result =
	    lease_hold(&ht->lease, &holder, &mail, &text);

	if (result == LEASE_REFUSED &&
	    !driver_is_alone(&holder.roots[0]->root)) {
		struct plugin_user *puser = PLUGIN_USER(holder.user);

		i_zero(&puser->looked);
		series_make_room(box, size);
		result = lease_hold(&ht->lease, &holder, &mail, &text);
	}
	return (refuse(box, result, text));
}

/* Before the first mail of a transaction is written, nothing is locked. */
static void
prepare(struct mail_save_context *ctx)
{
	struct mailbox *box = ctx->transaction->box;
	struct hooks_transaction *ht = HOOKS_TRANSACTION(ctx->transaction);
	struct holder holder;

	if (ht->prepared || box->storage->user->dsyncing)
		return;
	ht->prepared = TRUE;
	T_BEGIN
	{
		if (holder_of(box, &holder))
			known_ensure(&holder);
	}
	T_END;
}

static int
save_begin(struct mail_save_context *ctx, struct istream *input)
{
	struct hooks_box *hbox = HOOKS_BOX(ctx->transaction->box);

	prepare(ctx);
	return (hbox->module_ctx.super.save_begin(ctx, input));
}

static int
save_finish(struct mail_save_context *ctx)
{
	struct hooks_box *hbox = HOOKS_BOX(ctx->transaction->box);
	int result = 0;

	if (hbox->module_ctx.super.save_finish(ctx) < 0)
		return (-1);
	T_BEGIN
	{
		result = hold(ctx);
	}
	T_END;
	return (result);
}

static int
copy(struct mail_save_context *ctx, struct mail *mail)
{
	struct hooks_box *hbox = HOOKS_BOX(ctx->transaction->box);
	int result = 0;

	prepare(ctx);
	if (hbox->module_ctx.super.copy(ctx, mail) < 0)
		return (-1);
	/* Copying that saves has come by save_finish(). */
	if (!ctx->copying_via_save)
		T_BEGIN
		{
			result = hold(ctx);
		}
	T_END;
	return (result);
}

void
hooks_save(struct mailbox_vfuncs *vfuncs)
{
	vfuncs->transaction_begin = transaction_begin;
	vfuncs->transaction_commit = transaction_commit;
	vfuncs->transaction_rollback = transaction_rollback;
	vfuncs->save_begin = save_begin;
	vfuncs->save_finish = save_finish;
	vfuncs->copy = copy;
}
