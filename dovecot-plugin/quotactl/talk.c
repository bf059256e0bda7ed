/* A command to the daemon, and its answer. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "quotactl.h"

static int
complain(const char *reason, int status)
{
	(void)fprintf(stderr, QUOTACTL_PROGRAM ": %s\n", reason);
	return (status);
}

static int
status_of(enum ledger_result result)
{
	switch (result) {
	case LEDGER_OK:
	case LEDGER_MORE:
		return (EX_OK);
	case LEDGER_DENIED:
		return (EX_NOPERM);
	case LEDGER_UNKNOWN:
		return (EX_NOUSER);
	case LEDGER_BAD:
		return (EX_USAGE);
	case LEDGER_SOFT:
	case LEDGER_SOFT_EXPIRED:
	case LEDGER_HARD:
	case LEDGER_UNCERTAIN:
	case LEDGER_RECOUNT:
	case LEDGER_CHANGED:
	case LEDGER_AWAY:
		break;
	}
	return (EX_TEMPFAIL);
}

/* The last line of an answer. */
static int
end(json_t *object, const struct ledger_reply *reply)
{
	const char *error = json_string_value(json_object_get(object, "error"));

	if (reply->result == LEDGER_OK)
		return (EX_OK);
	return (complain(
	    error != NULL ? error : reply->text, status_of(reply->result)));
}

static int
read_answer(struct quotactl *ctl, struct ledger_reply *reply, quotactl_see *see,
    void *cookie)
{
	for (;;) {
		json_t *object = json_loads(reply->text, 0, NULL);
		bool more = reply->result == LEDGER_MORE;
		int status = more ? EX_OK : end(object, reply);

		if (more && object != NULL && see != NULL &&
		    !see(cookie, object))
			more = false;
		json_decref(object);
		if (!more)
			return (status);
		if (ledger_client_next(ctl->client, reply) != 0)
			return (complain(
			    ledger_client_error(ctl->client), EX_UNAVAILABLE));
	}
}

int
quotactl_ask(
    struct quotactl *ctl, const char *text, quotactl_see *see, void *cookie)
{
	struct ledger_request request = {
		.verb = LEDGER_COMMAND, .holder = "-", .text = text
	};
	struct ledger_reply reply;

	if (ledger_client_call(ctl->client, &request, &reply) != 0) {
		(void)fprintf(stderr,
		    QUOTACTL_PROGRAM ": %s; is the daemon running?  start it, "
				     "with: systemctl start mailreeve-quotad\n",
		    ledger_client_error(ctl->client));
		return (EX_UNAVAILABLE);
	}
	return (read_answer(ctl, &reply, see, cookie));
}
