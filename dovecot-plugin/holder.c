#include "holder.h"

#include "mail-namespace.h"
#include "series.h"

bool
holder_is_ours(const struct quota_root *root)
{
	return (root->backend.v.alloc == series_backend.v.alloc &&
		((const struct plugin_root *)root)->key != NULL);
}

/* A public namespace is nobody's: what is in it counts for itself. */
static const char *
name_of(struct mail_user *user, struct mail_namespace *ns)
{
	if (ns->type == MAIL_NAMESPACE_TYPE_PUBLIC)
		return (t_strconcat("namespace/", ns->prefix, NULL));
	return (user->username);
}

static void
add_root(struct holder *holder, struct quota_root *root, int64_t extra)
{
	if (holder->root_count == LEDGER_MAX_ROOTS)
		return;
	holder->extra[holder->root_count] = extra;
	holder->roots[holder->root_count++] = (struct plugin_root *)root;
}

bool
holder_of_namespace(
    struct mail_user *user, struct mail_namespace *ns, struct holder *out)
{
	struct quota *quota = quota_get_mail_user_quota(user);
	struct quota_root *const *roots;
	unsigned int count;

	i_zero(out);
	if (quota == NULL || PLUGIN_USER(user) == NULL)
		return (FALSE);
	out->user = user;
	out->name = name_of(user, ns);
	roots = series_roots(quota, &count);
	for (unsigned int i = 0; i < count; i++)
		if (holder_is_ours(roots[i]) && series_is_visible(roots[i], ns))
			add_root(out, roots[i], 0);
	return (out->root_count > 0);
}

/* The roots that do not ignore ${box}. */
static void
leave_ignored(struct holder *holder, struct mailbox *box)
{
	struct holder all = *holder;

	holder->root_count = 0;
	for (unsigned int i = 0; i < all.root_count; i++) {
		struct quota_root *root = &all.roots[i]->root;
		const char *error;
		int64_t extra = 0;
		bool ignored = FALSE;

		if (series_rule(root, box, &ignored, &extra, &error) < 0)
			e_error(box->event, "mailreeve_quota: %s", error);
		if (!ignored)
			add_root(holder, root, extra);
	}
}

bool
holder_of(struct mailbox *box, struct holder *out)
{
	struct mail_namespace *ns = box->list->ns;
	struct mail_user *user = ns->owner != NULL ? ns->owner : ns->user;

	if ((box->storage->class_flags & MAIL_STORAGE_CLASS_FLAG_NOQUOTA) !=
		0 ||
	    (ns->flags & NAMESPACE_FLAG_NOQUOTA) != 0 ||
	    !holder_of_namespace(user, ns, out))
		return (FALSE);
	leave_ignored(out, box);
	return (out->root_count > 0);
}

bool
holder_counts(const struct holder *holder, struct mail_namespace *ns)
{
	struct holder counts;

	return ((ns->flags & NAMESPACE_FLAG_NOQUOTA) == 0 &&
		ns->alias_for == NULL &&
		ns->type != MAIL_NAMESPACE_TYPE_SHARED &&
		holder_of_namespace(holder->user, ns, &counts) &&
		strcmp(counts.name, holder->name) == 0);
}

void
holder_whole(const struct holder *some, struct holder *all)
{
	struct quota *quota = quota_get_mail_user_quota(some->user);
	struct mail_namespace *ns;
	struct quota_root *const *roots;
	unsigned int count;

	*all = *some;
	all->root_count = 0;
	roots = series_roots(quota, &count);
	for (unsigned int i = 0; i < count; i++) {
		bool visible = FALSE;

		if (!holder_is_ours(roots[i]) ||
		    all->root_count == LEDGER_MAX_ROOTS)
			continue;
		for (ns = some->user->namespaces; ns != NULL; ns = ns->next)
			visible =
			    visible || (holder_counts(some, ns) &&
					   series_is_visible(roots[i], ns));
		if (visible)
			all->roots[all->root_count++] =
			    (struct plugin_root *)roots[i];
	}
}

void
holder_request(const struct holder *holder, enum ledger_verb verb,
    struct ledger_request *request)
{
	i_zero(request);
	request->verb = verb;
	request->holder = holder->name;
	request->root_count = holder->root_count;
	for (unsigned int i = 0; i < holder->root_count; i++) {
		request->roots[i].key = holder->roots[i]->key;
		request->roots[i].limit = series_limit(&holder->roots[i]->root);
	}
}
