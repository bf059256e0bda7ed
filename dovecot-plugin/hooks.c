#include "hooks.h"

#include "link.h"

struct hooks_storage_module hooks_storage_module =
    MODULE_CONTEXT_INIT(&mail_storage_module_register);

void
hooks_mailbox_allocated(struct mailbox *box)
{
	struct mail_namespace *ns = box->list->ns;
	struct mail_user *user = ns->owner != NULL ? ns->owner : ns->user;
	struct mailbox_vfuncs *vfuncs = box->vlast;
	struct hooks_box *hbox;

	if (PLUGIN_USER(user) == NULL ||
	    quota_get_mail_user_quota(user) == NULL ||
	    (box->storage->class_flags & MAIL_STORAGE_CLASS_FLAG_NOQUOTA) != 0)
		return;
	hbox = p_new(box->pool, struct hooks_box, 1);
	hbox->module_ctx.super = *vfuncs;
	box->vlast = &hbox->module_ctx.super;
	hooks_save(vfuncs);
	hooks_expunge(vfuncs);
	MODULE_CONTEXT_SET(box, hooks_storage_module, hbox);
}

void
hooks_doubt(struct mailbox *box)
{
	struct holder holder;

	if (holder_of(box, &holder))
		link_doubt(holder.user, holder.name);
}
