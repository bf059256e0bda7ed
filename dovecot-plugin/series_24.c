/* Dovecot 2.4. */
#include "series.h"

#include "driver.h"
#include "settings.h"
#include "settings_24.h"

static int
init(struct quota_root *root, const char **error_r)
{
	(void)error_r;
	driver_init(root);
	return (0);
}

/* Which account a root is may stand in the only namespace that has it. */
static int
read_key(
    struct quota_root *root, struct mail_namespace *ns, const char **error_r)
{
	struct event *event = event_create(ns->list->event);
	const struct settings_24 *set;
	int result;

	settings_event_add_filter_name(event, "quota_" PLUGIN_DRIVER);
	settings_event_add_list_filter_name(
	    event, "quota", root->set_filter_name);
	result = settings_get(event, &settings_24_info, 0, &set, error_r);
	event_unref(&event);
	if (result < 0)
		return (-1);
	result = driver_be_account(root, set->quota_ledger_key, error_r);
	settings_free(set);
	return (result);
}

/* Dovecot asks user->error when all namespaces are there. */
static void
namespace_added(struct quota_root *root, struct mail_namespace *ns)
{
	struct mail_user *user = root->quota->user;
	const char *error;

	if (array_count(&root->namespaces) == 1 &&
	    read_key(root, ns, &error) < 0)
		user->error = p_strdup_printf(user->pool, "Quota root %s: %s",
		    root->set_filter_name, error);
}

const struct quota_backend series_backend = {
	.name = PLUGIN_DRIVER,
	.use_vsize = TRUE,
	.v = {
		.alloc = driver_alloc,
		.init = init,
		.deinit = driver_deinit,
		.get_resources = driver_resources,
		.get_resource = driver_get,
		.update = driver_update,
		.namespace_added = namespace_added,
	},
};

int
series_settings(
    struct mail_user *user, struct plugin_settings *out, const char **error_r)
{
	const struct settings_24 *set;

	if (settings_get(user->event, &settings_24_info, 0, &set, error_r) < 0)
		return (-1);
	out->socket = p_strdup(user->pool, set->mailreeve_quota_socket);
	out->timeout_ms = set->mailreeve_quota_timeout;
	out->allows =
	    strcmp(set->mailreeve_quota_on_trouble, "allow-and-book") == 0;
	settings_free(set);
	return (0);
}

struct quota_root *const *
series_roots(struct quota *quota, unsigned int *count_r)
{
	return (array_get(&quota->all_roots, count_r));
}

/* The roots of a shared mailbox are its owner's, whatever he calls the
 * namespace. */
bool
series_is_visible(struct quota_root *root, struct mail_namespace *ns)
{
	return (ns->type == MAIL_NAMESPACE_TYPE_SHARED ||
		array_lsearch_ptr(&root->namespaces, ns) != NULL);
}

static int64_t
bounded(uint64_t number)
{
	return (number < INT64_MAX ? (int64_t)number : 0);
}

/* What a percentage or an addition in the mailbox's own settings gives beyond
 * the root's limit. */
static int64_t
extra(const struct quota_root_settings *box_set, int64_t limit)
{
	int64_t part = limit / 100 * box_set->quota_storage_percentage;
	int64_t more = bounded(box_set->quota_storage_extra);

	if (limit == 0 || part <= limit)
		return (more);
	return (
	    part - limit < INT64_MAX - more ? part - limit + more : INT64_MAX);
}

int
series_rule(struct quota_root *root, struct mailbox *box, bool *ignored_r,
    int64_t *extra_r, const char **error_r)
{
	const struct quota_root_settings *set;

	if (settings_get_filter(box->event, "quota", root->set_filter_name,
		&quota_root_setting_parser_info, 0, &set, error_r) < 0)
		return (-1);
	*ignored_r = set->quota_ignore;
	*extra_r = extra(set, series_limit(root).bytes);
	settings_free(set);
	return (0);
}

struct ledger_amount
series_limit(const struct quota_root *root)
{
	const struct quota_root_settings *set = root->set;

	return ((struct ledger_amount){ bounded(set->quota_storage_size),
	    set->quota_message_count == SET_UINT_UNLIMITED
		? 0
		: set->quota_message_count });
}

int64_t
series_grace(const struct quota_root *root)
{
	return (bounded(root->set->quota_storage_grace));
}

void (*series_check(const struct quota *quota))(void)
{
	return ((void (*)(void))quota->test_alloc);
}

void
series_make_room(struct mailbox *box, uoff_t size)
{
	struct quota_transaction_context *qt = quota_transaction_begin(box);
	const char *error;

	(void)quota_test_alloc(qt, size, NULL, 0, NULL, &error);
	quota_transaction_rollback(&qt);
}
