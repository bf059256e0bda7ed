#include "plugin.h"

#include "deliver.h"
#include "hooks.h"
#include "known.h"
#include "link.h"
#include "mail-storage-hooks.h"
#include "module-dir.h"
#include "series.h"

struct plugin_user_module plugin_user_module =
    MODULE_CONTEXT_INIT(&mail_user_module_register);

static void
user_created(struct mail_user *user)
{
	struct mail_user_vfuncs *vfuncs = user->vlast;
	struct plugin_user *puser;
	const char *error;

	if (quota_get_mail_user_quota(user) == NULL)
		return;
	deliver_follow();
	puser = p_new(user->pool, struct plugin_user, 1);
	if (series_settings(user, &puser->set, &error) < 0) {
		user->error =
		    p_strdup_printf(user->pool, "mailreeve_quota: %s", error);
		return;
	}
	puser->module_ctx.super = *vfuncs;
	user->vlast = &puser->module_ctx.super;
	MODULE_CONTEXT_SET(user, plugin_user_module, puser);
}

static struct mail_storage_hooks hooks = {
	.mail_user_created = user_created,
	.mailbox_allocated = hooks_mailbox_allocated,
	.mail_allocated = hooks_mail_allocated,
};

void mailreeve_quota_plugin_init(struct module *module);
void mailreeve_quota_plugin_deinit(void);

/* Another Dovecot than the one that this was built for refuses to load it. */
PLUGIN_EXPORT const char *mailreeve_quota_plugin_version = DOVECOT_ABI_VERSION;
PLUGIN_EXPORT const char *mailreeve_quota_plugin_dependencies[] = { "quota",
	NULL };

PLUGIN_EXPORT void
mailreeve_quota_plugin_init(struct module *module)
{
	quota_backend_register(&series_backend);
	mail_storage_hooks_add(module, &hooks);
}

PLUGIN_EXPORT void
mailreeve_quota_plugin_deinit(void)
{
	deliver_deinit();
	mail_storage_hooks_remove(&hooks);
	quota_backend_unregister(&series_backend);
	known_close();
	link_close();
}
