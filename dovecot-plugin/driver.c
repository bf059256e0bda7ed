#include "driver.h"

#include "bind.h"
#include "holder.h"
#include "ioloop.h"
#include "key.h"
#include "link.h"
#include "recount.h"
#include "series.h"

struct quota_root *
driver_alloc(void)
{
	struct plugin_root *proot = i_new(struct plugin_root, 1);

	return (&proot->root);
}

/* A user's roots go to the ledger in one request. */
static int
check_others(struct quota_root *root, const char *key, const char **error_r)
{
	unsigned int count, ours = 1;
	struct quota_root *const *roots = series_roots(root->quota, &count);

	for (unsigned int i = 0; i < count; i++) {
		const struct plugin_root *other =
		    (const struct plugin_root *)roots[i];

		if (roots[i] == root || !holder_is_ours(roots[i]))
			continue;
		ours++;
		if (strcmp(other->key, key) != 0)
			continue;
		*error_r = t_strdup_printf(
		    "another root is the account %s already", key);
		return (-1);
	}
	if (ours <= LEDGER_MAX_ROOTS)
		return (0);
	*error_r = t_strdup_printf("a user has no more than %d roots with the "
				   "driver " PLUGIN_DRIVER,
	    LEDGER_MAX_ROOTS);
	return (-1);
}

int
driver_be_account(
    struct quota_root *root, const char *template, const char **error_r)
{
	struct plugin_root *proot = (struct plugin_root *)root;
	char key[LEDGER_MAX_KEY + 1];

	if (strlen(template) > LEDGER_MAX_KEY) {
		*error_r = "the account's key is too long";
		return (-1);
	}
	proot->key = NULL;
	if (!key_make(template, root->quota->user->username, key, sizeof(key)))
		return (0);
	if (check_others(root, key, error_r) < 0)
		return (-1);
	proot->key = p_strdup(root->pool, key);
	return (0);
}

void
driver_init(struct quota_root *root)
{
	struct plugin_root *proot = (struct plugin_root *)root;

	/* Dovecot's own bookkeeping is not used: up to 2.4.4 it counts moves
	 * twice, and it opens transactions while LMTP syncs. */
	root->auto_updating = TRUE;
	proot->stock_check = series_check(root->quota);
}

void
driver_deinit(struct quota_root *root)
{
	i_free(root);
}

const char *const *
driver_resources(struct quota_root *root)
{
	static const char *const resources[] = { QUOTA_NAME_STORAGE_KILOBYTES,
		QUOTA_NAME_MESSAGES, NULL };
	static const char *const none[] = { NULL };

	return (holder_is_ours(root) ? resources : none);
}

static void
see(const struct holder *holder, const struct ledger_reply *reply)
{
	for (unsigned int i = 0;
	     i < holder->root_count && i < reply->root_count; i++) {
		struct plugin_root *proot = holder->roots[i];
		struct ledger_amount limit = series_limit(&proot->root);

		proot->seen = reply->roots[i];
		proot->seen.key = NULL;
		/* Where Dovecot has no limit, the ledger's is shown. */
		if (limit.bytes == 0)
			proot->root.bytes_limit = proot->seen.hard.bytes;
		if (limit.count == 0)
			proot->root.count_limit = proot->seen.hard.count;
	}
}

/* Ask for all roots of the holder; who was never counted, or is in doubt, is
 * counted first. */
static int
look(const struct holder *holder, const char **error_r)
{
	struct ledger_request request;
	struct ledger_reply reply;

	for (int i = 0; i < 2; i++) {
		holder_request(holder, LEDGER_LOOK, &request);
		if (link_call(holder->user, &request, &reply) != 0)
			break;
		if (i == 0 &&
		    (reply.result == LEDGER_RECOUNT ||
			(reply.flags & LEDGER_IS_DIRTY) != 0) &&
		    recount(holder) == 0)
			continue;
		if (reply.result != LEDGER_OK)
			break;
		see(holder, &reply);
		return (0);
	}
	*error_r = "the ledger does not answer";
	return (-1);
}

/* The namespaces that have a holder of their own: that with the INBOX stands
 * for all private ones. */
static bool
has_holder(const struct mail_namespace *ns)
{
	return (ns->alias_for == NULL &&
		(ns->type == MAIL_NAMESPACE_TYPE_PUBLIC ||
		    (ns->type == MAIL_NAMESPACE_TYPE_PRIVATE &&
			(ns->flags & NAMESPACE_FLAG_INBOX_USER) != 0)));
}

typedef int holder_function(const struct holder *holder, const char **error_r);

static int
for_each_holder(
    struct mail_user *user, holder_function *call, const char **error_r)
{
	struct mail_namespace *ns;
	struct holder holder;

	for (ns = user->namespaces; ns != NULL; ns = ns->next)
		if (has_holder(ns) && holder_of_namespace(user, ns, &holder) &&
		    call(&holder, error_r) < 0)
			return (-1);
	return (0);
}

/* One look serves all roots, as long as the loop does not turn. */
static int
look_once(struct quota_root *root, const char **error_r)
{
	struct mail_user *user = root->quota->user;
	struct plugin_user *puser = PLUGIN_USER(user);
	int result;

	if (puser->looking ||
	    (puser->looked.tv_sec == ioloop_timeval.tv_sec &&
		puser->looked.tv_usec == ioloop_timeval.tv_usec &&
		ioloop_timeval.tv_sec != 0))
		return (0);
	puser->looking = TRUE;
	result = for_each_holder(user, look, error_r);
	puser->looking = FALSE;
	if (result == 0)
		puser->looked = ioloop_timeval;
	return (result);
}

bool
driver_is_alone(const struct quota_root *root)
{
	const struct plugin_root *proot = (const struct plugin_root *)root;

	return (proot->stock_check == series_check(root->quota));
}

enum quota_get_result
driver_get(struct quota_root *root, const char *name, uint64_t *value_r,
    const char **error_r)
{
	const struct plugin_root *proot = (const struct plugin_root *)root;
	struct plugin_user *puser = PLUGIN_USER(root->quota->user);
	bool bytes = strcmp(name, QUOTA_NAME_STORAGE_BYTES) == 0;

	*value_r = 0;
	if (!bytes && strcmp(name, QUOTA_NAME_MESSAGES) != 0) {
		*error_r = QUOTA_UNKNOWN_RESOURCE_ERROR_STRING;
		return (QUOTA_GET_RESULT_UNKNOWN_RESOURCE);
	}
	if (proot->key == NULL || puser == NULL ||
	    (puser->saving > 0 && driver_is_alone(root)))
		return (QUOTA_GET_RESULT_LIMITED);
	if (look_once(root, error_r) < 0)
		return (QUOTA_GET_RESULT_INTERNAL_ERROR);
	int64_t used = bytes ? proot->seen.used.bytes : proot->seen.used.count;

	*value_r = used > 0 ? (uint64_t)used : 0;
	return (QUOTA_GET_RESULT_LIMITED);
}

static int
count_holder(const struct holder *holder, const char **error_r)
{
	bind_owner(holder);
	if (recount(holder) == 0)
		return (0);
	*error_r = "the mailboxes could not be counted";
	return (-1);
}

int
driver_update(struct quota_root *root, struct quota_transaction_context *ctx,
    const char **error_r)
{
	struct plugin_user *puser = PLUGIN_USER(root->quota->user);

	if (ctx->recalculate != QUOTA_RECALCULATE_FORCED)
		return (0);
	i_zero(&puser->looked);
	return (for_each_holder(root->quota->user, count_holder, error_r));
}
