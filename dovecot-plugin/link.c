#include "link.h"

#include "ioloop.h"
#include "ledger/ledger_client.h"

/* After a failure, calls fail at once for so long: a daemon that hangs would
 * otherwise delay each mail of a session. */
#define PAUSE_SECONDS 1
#define MAX_DOUBTED 1024
/* How long what is not urgent waits for company. */
#define LATER_MS 25

/* Dovecot's processes have one thread; a plugin's state is the process's. */
static struct ledger_client *client;
static char *client_path;
static time_t failed_at;
static ARRAY(char *) doubted;
static struct timeout *later;

static struct ledger_client *
open_client(const struct plugin_settings *set)
{
	if (client != NULL && strcmp(client_path, set->socket) == 0)
		return (client);
	if (client != NULL)
		(void)ledger_client_flush(client);
	ledger_client_free(client);
	i_free(client_path);
	client_path = i_strdup(set->socket);
	client = ledger_client_new(set->socket, set->timeout_ms);
	return (client);
}

static void
report(struct mail_user *user, const char *reason)
{
	if (failed_at == 0)
		e_error(user->event, "mailreeve_quota: %s", reason);
	failed_at = ioloop_time;
}

static bool
is_pausing(void)
{
	return (failed_at != 0 && ioloop_time - failed_at < PAUSE_SECONDS);
}

static void
remember(const char *holder)
{
	char *known;

	if (!array_is_created(&doubted))
		i_array_init(&doubted, 8);
	array_foreach_elem(
	    &doubted, known) if (strcmp(known, holder) == 0) return;
	if (array_count(&doubted) == MAX_DOUBTED)
		return;
	known = i_strdup(holder);
	array_push_back(&doubted, &known);
}

static int
tell_doubt(const char *holder)
{
	struct ledger_request request = { .verb = LEDGER_DIRTY,
		.holder = holder };

	return (ledger_client_send(client, &request));
}

/* The daemon is there: say whom it has to doubt. */
static void
tell_doubts(void)
{
	while (array_is_created(&doubted) && array_count(&doubted) > 0) {
		char *holder = array_idx_elem(&doubted, 0);

		if (tell_doubt(holder) != 0)
			return;
		array_delete(&doubted, 0, 1);
		i_free(holder);
	}
}

static int
prepare(struct mail_user *user)
{
	const struct plugin_user *puser = PLUGIN_USER(user);

	if (is_pausing())
		return (-1);
	if (open_client(&puser->set) == NULL) {
		report(user, "the path of its socket is too long");
		return (-1);
	}
	return (0);
}

int
link_call(struct mail_user *user, struct ledger_request *request,
    struct ledger_reply *reply)
{
	if (prepare(user) != 0)
		return (-1);
	if (ledger_client_call(client, request, reply) != 0) {
		report(user, ledger_client_error(client));
		return (-1);
	}
	if (failed_at != 0)
		e_info(user->event, "mailreeve_quota: the daemon is back");
	failed_at = 0;
	tell_doubts();
	return (0);
}

void
link_send(struct mail_user *user, struct ledger_request *request)
{
	if (prepare(user) == 0) {
		if (ledger_client_send(client, request) == 0)
			return;
		report(user, ledger_client_error(client));
	}
	remember(request->holder);
}

/* What is lost here, the daemon doubts: its connection is gone. */
static void
send_late(struct timeout **timer)
{
	timeout_remove(timer);
	if (client != NULL)
		(void)ledger_client_flush(client);
}

void
link_send_late(struct mail_user *user, struct ledger_request *request)
{
	if (prepare(user) != 0 || current_ioloop == NULL ||
	    ledger_client_queue(client, request) != 0) {
		link_send(user, request);
		return;
	}
	if (later == NULL)
		later = timeout_add_short_to(
		    io_loop_get_root(), LATER_MS, send_late, &later);
}

void
link_doubt(struct mail_user *user, const char *holder)
{
	struct ledger_request request = { .verb = LEDGER_DIRTY,
		.holder = holder };

	link_send(user, &request);
}

void
link_close(void)
{
	char *holder;

	/* If that fails the daemon is away, and doubts everybody when it is
	 * back. */
	if (client != NULL) {
		tell_doubts();
		(void)ledger_client_flush(client);
	}
	timeout_remove(&later);
	ledger_client_free(client);
	client = NULL;
	i_free(client_path);
	if (!array_is_created(&doubted))
		return;
	array_foreach_elem(&doubted, holder) i_free(holder);
	array_free(&doubted);
}
