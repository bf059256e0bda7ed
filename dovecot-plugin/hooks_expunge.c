/* Mail that goes: a lease is open while the storage removes it, so that a count
 * which sees it gone, or not, is not booked against. */
#include "hooks.h"

static MODULE_CONTEXT_DEFINE_INIT(hooks_mail_module, &mail_module_register);

#define HOOKS_MAIL(mail) MODULE_CONTEXT_REQUIRE(mail, hooks_mail_module)

/* Its size is known while it is still there.  Whoever syncs first removes it.
 */
static void
remember_size(struct mail *mail)
{
	struct mail_private *pmail = (struct mail_private *)mail;
	union mail_module_context *hmail = HOOKS_MAIL(pmail);
	struct hooks_box *hbox = HOOKS_BOX(mail->box);
	struct hooks_expunged expunged = { .uid = mail->uid };
	uoff_t size;

	if (mail_get_virtual_size(mail, &size) == 0) {
		if (!array_is_created(&hbox->expunged))
			i_array_init(&hbox->expunged, 64);
		expunged.size = (int64_t)size;
		array_push_back(&hbox->expunged, &expunged);
	}
	hmail->super.expunge(mail);
}

void
hooks_mail_allocated(struct mail *mail)
{
	struct mail_private *pmail = (struct mail_private *)mail;
	struct mail_vfuncs *vfuncs = pmail->vlast;
	union mail_module_context *hmail;

	if (HOOKS_BOX(mail->box) == NULL)
		return;
	hmail = p_new(pmail->pool, union mail_module_context, 1);
	hmail->super = *vfuncs;
	pmail->vlast = &hmail->super;
	vfuncs->expunge = remember_size;
	MODULE_CONTEXT_SET_SELF(pmail, hooks_mail_module, hmail);
}

/* Return whether the size of ${uid} is known.  They are removed in the order in
 * which they were marked: else a hundred thousand would take a while. */
static bool
find_size(struct hooks_box *hbox, uint32_t uid, int64_t *size_r)
{
	const struct hooks_expunged *all;
	unsigned int count;

	if (!array_is_created(&hbox->expunged))
		return (FALSE);
	all = array_get(&hbox->expunged, &count);
	for (unsigned int i = 0; i < count; i++) {
		unsigned int at = (hbox->next + i) % count;

		if (all[at].uid != uid)
			continue;
		*size_r = all[at].size;
		hbox->next = at + 1;
		return (TRUE);
	}
	return (FALSE);
}

static void
begin(struct hooks_box *hbox, struct mailbox *box)
{
	struct holder holder;

	if (hbox->removing)
		return;
	hbox->removing = TRUE;
	/* As with what it saves: settled without a lease, it is counted. */
	if (box->storage->user->dsyncing)
		return;
	T_BEGIN
	{
		if (holder_of(box, &holder))
			lease_open(&hbox->lease, &holder);
	}
	T_END;
}

void
hooks_remove(struct mailbox *box)
{
	struct hooks_box *hbox = HOOKS_BOX(box);

	if (array_is_created(&hbox->expunged) &&
	    array_count(&hbox->expunged) > 0)
		begin(hbox, box);
}

static void
sync_notify(struct mailbox *box, uint32_t uid, enum mailbox_sync_type type)
{
	struct hooks_box *hbox = HOOKS_BOX(box);
	int64_t size;

	if (hbox->module_ctx.super.sync_notify != NULL)
		hbox->module_ctx.super.sync_notify(box, uid, type);
	if (type != MAILBOX_SYNC_TYPE_EXPUNGE ||
	    (box->flags & MAILBOX_FLAG_DELETE_UNSAFE) != 0) /* delete_box() */
		return;
	begin(hbox, box);
	if (!find_size(hbox, uid, &size)) {
		hbox->unknown = TRUE;
		return;
	}
	hbox->removed.bytes -= size;
	hbox->removed.count--;
}

/* The storage has removed, or failed and nobody knows what. */
static void
settle(struct hooks_box *hbox, struct mailbox *box, bool failed)
{
	struct plugin_user *puser;
	struct holder holder;

	if (hbox->removing && holder_of(box, &holder)) {
		/* Settled without a lease, the holder is counted anew. */
		if (failed || hbox->unknown)
			lease_release(&hbox->lease);
		lease_settle(&hbox->lease, &holder, hbox->removed);
		puser = PLUGIN_USER(holder.user);
		i_zero(&puser->looked);
	}
	lease_release(&hbox->lease);
	hbox->removing = FALSE;
	hbox->unknown = FALSE;
	i_zero(&hbox->removed);
}

static int
sync_deinit(
    struct mailbox_sync_context *ctx, struct mailbox_sync_status *status_r)
{
	struct mailbox *box = ctx->box;
	struct hooks_box *hbox = HOOKS_BOX(box);
	/* mdbox finds mail in its files that no mailbox had. */
	bool rebuilds = (ctx->flags & MAILBOX_SYNC_FLAG_FORCE_RESYNC) != 0;
	int result = hbox->module_ctx.super.sync_deinit(ctx, status_r);

	T_BEGIN
	{
		settle(hbox, box, result < 0);
		if (rebuilds)
			hooks_doubt(box);
	}
	T_END;
	if (array_is_created(&hbox->expunged))
		array_clear(&hbox->expunged);
	hbox->next = 0;
	return (result);
}

/* dsync deletes mailboxes with all that is in them. */
static int
delete_box(struct mailbox *box)
{
	struct hooks_box *hbox = HOOKS_BOX(box);
	int result = hbox->module_ctx.super.delete_box(box);

	if ((box->flags & MAILBOX_FLAG_DELETE_UNSAFE) != 0) {
		T_BEGIN
		{
			hooks_doubt(box);
		}
		T_END;
	}
	return (result);
}

/* sync_notify() is called outside of syncs too. */
static void
box_close(struct mailbox *box)
{
	struct hooks_box *hbox = HOOKS_BOX(box);

	T_BEGIN
	{
		settle(hbox, box, FALSE);
	}
	T_END;
	hbox->module_ctx.super.close(box);
}

static void
box_free(struct mailbox *box)
{
	struct hooks_box *hbox = HOOKS_BOX(box);

	array_free(&hbox->expunged);
	hbox->module_ctx.super.free(box);
}

void
hooks_expunge(struct mailbox_vfuncs *vfuncs)
{
	vfuncs->sync_notify = sync_notify;
	vfuncs->sync_deinit = sync_deinit;
	vfuncs->delete_box = delete_box;
	vfuncs->close = box_close;
	vfuncs->free = box_free;
}
