#include "recount.h"

#include <sys/stat.h>
#include <time.h>

#include "ioloop.h"
#include "link.h"
#include "mail-namespace.h"
#include "mailbox-list-iter.h"
#include "series.h"

/* Others may use the mailboxes all the time. */
#define ATTEMPTS 8
#define PAUSE_MS 10
#define LASTING_SECONDS 60

struct count {
	const struct holder *holder; /* with all its roots */
	struct ledger_amount amounts[LEDGER_MAX_ROOTS];
	bool failed;
	bool doubtful; /* a mailbox was listed, but not there */
};

/* Whether a mailbox that was deleted is gone, or has been like that for a
 * while. Dovecot marks one that it deletes, and takes that back when mail comes
 * in between; and a process may take a new one for the old one. */
static bool
is_lasting(struct mailbox *box)
{
	const char *path;
	struct stat state;

	if (mailbox_get_path_to(box, MAILBOX_LIST_PATH_TYPE_MAILBOX, &path) <=
		0 ||
	    stat(path, &state) != 0)
		return (TRUE);
	return (ioloop_time - state.st_ctime > LASTING_SECONDS);
}

/* What cannot be opened for a lasting reason counts nothing, as in stock. */
static void
note_failure(struct count *count, struct mailbox *box)
{
	enum mail_error error;
	const char *text = mailbox_get_last_internal_error(box, &error);

	if (box->mailbox_deleted && !is_lasting(box))
		count->doubtful = TRUE;
	if (error != MAIL_ERROR_TEMP && error != MAIL_ERROR_INUSE)
		return;
	e_error(box->event, "mailreeve_quota: cannot count it: %s", text);
	count->failed = TRUE;
}

static void
add_box(struct count *count, struct mailbox *box)
{
	struct mailbox_metadata metadata;
	struct mailbox_status status;
	struct holder counts;

	if (!holder_of(box, &counts))
		return;
	/* Maildir's indexes know nothing of mail that others have just put
	 * there, until somebody syncs. */
	if (mailbox_sync(box, MAILBOX_SYNC_FLAG_FULL_READ) < 0 ||
	    mailbox_get_metadata(
		box, MAILBOX_METADATA_VIRTUAL_SIZE, &metadata) < 0 ||
	    mailbox_get_status(box, STATUS_MESSAGES, &status) < 0) {
		note_failure(count, box);
		return;
	}
	for (unsigned int i = 0; i < count->holder->root_count; i++)
		for (unsigned int j = 0; j < counts.root_count; j++) {
			if (counts.roots[j] != count->holder->roots[i])
				continue;
			count->amounts[i].bytes +=
			    (int64_t)metadata.virtual_size;
			count->amounts[i].count += status.messages;
		}
}

static void
add_name(struct count *count, struct mail_namespace *ns, const char *vname)
{
	struct mailbox *box = mailbox_alloc(
	    ns->list, vname, MAILBOX_FLAG_READONLY | MAILBOX_FLAG_IGNORE_ACLS);

	add_box(count, box);
	mailbox_free(&box);
}

/* The namespace's prefix can be a mailbox itself. */
static void
add_prefix(struct count *count, struct mail_namespace *ns)
{
	if (ns->prefix_len == 0 ||
	    (ns->prefix_len == 6 && strncasecmp(ns->prefix, "INBOX", 5) == 0))
		return;
	add_name(count, ns, t_strndup(ns->prefix, ns->prefix_len - 1));
}

static void
add_namespace(struct count *count, struct mail_namespace *ns)
{
	/* The list's index may not know yet of a mailbox that somebody has just
	 * made, with mail in it. */
	const enum mailbox_list_iter_flags flags =
	    MAILBOX_LIST_ITER_RAW_LIST | MAILBOX_LIST_ITER_SKIP_ALIASES |
	    MAILBOX_LIST_ITER_RETURN_NO_FLAGS | MAILBOX_LIST_ITER_NO_AUTO_BOXES;
	struct mailbox_list_iterate_context *iter =
	    mailbox_list_iter_init(ns->list, "*", flags);
	const struct mailbox_info *info;

	while ((info = mailbox_list_iter_next(iter)) != NULL)
		T_BEGIN
		{
			if ((info->flags &
				(MAILBOX_NONEXISTENT | MAILBOX_NOSELECT)) == 0)
				add_name(count, ns, info->vname);
		}
	T_END;
	if (mailbox_list_iter_deinit(&iter) < 0) {
		e_error(count->holder->user->event,
		    "mailreeve_quota: cannot list %s: %s", ns->prefix,
		    mailbox_list_get_last_internal_error(ns->list, NULL));
		count->failed = TRUE;
	}
	add_prefix(count, ns);
}

/* Return 1 when the ledger took it, 0 when something came in between. */
static int
attempt(const struct holder *all)
{
	struct count count = { .holder = all };
	struct ledger_request request;
	struct ledger_reply reply;
	struct mail_namespace *ns;

	holder_request(all, LEDGER_RECOUNT_BEGIN, &request);
	if (link_call(all->user, &request, &reply) != 0)
		return (-1);
	if (reply.result == LEDGER_CHANGED)
		return (0);
	if (reply.result != LEDGER_OK)
		return (-1);
	uint64_t sequence = reply.sequence;

	for (ns = all->user->namespaces; ns != NULL; ns = ns->next)
		if (holder_counts(all, ns))
			add_namespace(&count, ns);
	if (count.failed)
		return (-1);
	if (count.doubtful)
		return (0);
	holder_request(all, LEDGER_RECOUNT_END, &request);
	request.sequence = sequence;
	for (unsigned int i = 0; i < all->root_count; i++)
		request.roots[i].amount = count.amounts[i];
	if (link_call(all->user, &request, &reply) != 0)
		return (-1);
	if (reply.result == LEDGER_OK)
		return (1);
	return (reply.result == LEDGER_CHANGED ? 0 : -1);
}

static int
attempt_often(const struct holder *all)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int result = 0;

	for (int i = 0; i < ATTEMPTS && result == 0; i++) {
		if (i > 0)
			(void)nanosleep(&pause, NULL);
		T_BEGIN
		{
			result = attempt(all);
		}
		T_END;
	}
	return (result);
}

int
recount(const struct holder *holder)
{
	struct plugin_user *puser = PLUGIN_USER(holder->user);
	struct holder all;
	int result;

	/* Counting opens mailboxes, and that may want a count. */
	if (puser->recounting)
		return (-1);
	puser->recounting = TRUE;
	holder_whole(holder, &all);
	result = attempt_often(&all);
	puser->recounting = FALSE;
	if (result > 0)
		return (0);
	e_warning(holder->user->event, "mailreeve_quota: %s was not counted%s",
	    holder->name, result == 0 ? ": it is in use all the time" : "");
	return (-1);
}
