/* Dovecot 2.3. */
#include "series.h"

#include "driver.h"
#include "mail-namespace.h"
#include "settings-parser.h"

#define DEFAULT_TIMEOUT_MS 5000

/* "Domain quota:domain" has "domain" after the root's name; options that all
 * drivers have may follow, as "domain:hidden". */
static int
init(struct quota_root *root, const char *args, const char **error_r)
{
	const char *template = args != NULL ? t_strcut(args, ':') : "user";
	const char *rest = args != NULL ? strchr(args, ':') : NULL;

	driver_init(root);
	if (driver_be_account(root, template, error_r) < 0)
		return (-1);
	root->quota->set->vsizes = TRUE;
	return (quota_root_default_init(
	    root, rest != NULL ? rest + 1 : NULL, error_r));
}

const struct quota_backend series_backend = {
	.name = PLUGIN_DRIVER,
	.v = {
		.alloc = driver_alloc,
		.init = init,
		.deinit = driver_deinit,
		.get_resources = driver_resources,
		.get_resource = driver_get,
		.update = driver_update,
	},
};

static int
read_policy(const char *word, bool *allows_r, const char **error_r)
{
	*allows_r = FALSE;
	if (word == NULL || strcmp(word, "tempfail") == 0)
		return (0);
	*allows_r = strcmp(word, "allow-and-book") == 0;
	if (*allows_r)
		return (0);
	*error_r = t_strdup_printf("mailreeve_quota_on_trouble: \"%s\" is "
				   "neither tempfail nor allow-and-book",
	    word);
	return (-1);
}

int
series_settings(
    struct mail_user *user, struct plugin_settings *out, const char **error_r)
{
	const char *socket =
	    mail_user_plugin_getenv(user, "mailreeve_quota_socket");
	const char *timeout =
	    mail_user_plugin_getenv(user, "mailreeve_quota_timeout");

	out->socket = socket != NULL ? socket : "/run/mailreeve/quotad.sock";
	out->timeout_ms = DEFAULT_TIMEOUT_MS;
	if (timeout != NULL &&
	    settings_get_time_msecs(timeout, &out->timeout_ms, error_r) < 0)
		return (-1);
	return (read_policy(
	    mail_user_plugin_getenv(user, "mailreeve_quota_on_trouble"),
	    &out->allows, error_r));
}

struct quota_root *const *
series_roots(struct quota *quota, unsigned int *count_r)
{
	return (array_get(&quota->roots, count_r));
}

bool
series_is_visible(struct quota_root *root, struct mail_namespace *ns)
{
	return (quota_root_is_namespace_visible(root, ns));
}

int
series_rule(struct quota_root *root, struct mailbox *box, bool *ignored_r,
    int64_t *extra_r, const char **error_r)
{
	const char *name = mailbox_get_vname(box);
	const struct quota_rule *rule;

	*error_r = NULL;
	(void)mail_namespace_find_unalias(
	    box->storage->user->namespaces, &name);
	rule = quota_root_rule_find(root->set, name);
	*ignored_r = rule != NULL && rule->ignore;
	*extra_r =
	    rule != NULL && rule->bytes_limit > 0 ? rule->bytes_limit : 0;
	return (0);
}

struct ledger_amount
series_limit(const struct quota_root *root)
{
	const struct quota_rule *rule = &root->set->default_rule;

	return ((struct ledger_amount){
	    rule->bytes_limit > 0 ? rule->bytes_limit : 0,
	    rule->count_limit > 0 ? rule->count_limit : 0 });
}

int64_t
series_grace(const struct quota_root *root)
{
	uint64_t grace = root->set->last_mail_max_extra_bytes;

	return (grace < INT64_MAX ? (int64_t)grace : INT64_MAX);
}

void (*series_check(const struct quota *quota))(void)
{
	return ((void (*)(void))quota->set->test_alloc);
}

void
series_make_room(struct mailbox *box, uoff_t size)
{
	struct quota_transaction_context *qt = quota_transaction_begin(box);
	const char *error;

	(void)quota_test_alloc(qt, size, &error);
	quota_transaction_rollback(&qt);
}
