#include "deliver.h"

#include "lda-settings.h"
#include "mail-deliver.h"

/* Only the programs that deliver have it. */
extern deliver_mail_func_t *mail_deliver_hook_set(deliver_mail_func_t *new_hook)
    __attribute__((weak));

/* Whose hook ours stands before: it has no place for a cookie. */
static deliver_mail_func_t *next_deliver_mail;

/* These settings are of this recipient alone, and are read once more for the
 * answer.  UNSAFE: to the delivery they are constant. */
static int
deliver(struct mail_deliver_context *ctx, struct mail_storage **storage_r)
{
	struct plugin_user *puser = PLUGIN_USER(ctx->rcpt_user);

	if (puser != NULL)
		puser->deliver = (struct lda_settings *)(uintptr_t)ctx->set;
	return (
	    next_deliver_mail != NULL ? next_deliver_mail(ctx, storage_r) : 0);
}

void
deliver_follow(void)
{
	deliver_mail_func_t *before;

	if (mail_deliver_hook_set == NULL)
		return;
	before = mail_deliver_hook_set(deliver);
	if (before != deliver)
		next_deliver_mail = before;
}

void
deliver_deinit(void)
{
	deliver_mail_func_t *before;

	if (mail_deliver_hook_set == NULL)
		return;
	/* Who came after us has gone already, and put back what he found. */
	before = mail_deliver_hook_set(NULL);
	if (before != deliver)
		(void)mail_deliver_hook_set(before);
}

void
deliver_defer(struct mail_user *user)
{
	struct plugin_user *puser = PLUGIN_USER(user);

	if (puser->deliver != NULL)
		puser->deliver->quota_full_tempfail = TRUE;
}
