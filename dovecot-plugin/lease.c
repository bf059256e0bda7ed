#include "lease.h"

#include "deliver.h"
#include "known.h"
#include "link.h"
#include "series.h"

static void
forget(struct lease *lease)
{
	lease->id = 0;
	i_free(lease->holder);
}

static void
keep(struct lease *lease, const struct holder *holder, uint64_t id)
{
	if (lease->id == 0)
		lease->holder = i_strdup(holder->name);
	lease->id = id;
	lease->user = holder->user;
}

static int
reserve(const struct lease *lease, const struct holder *holder,
    const struct lease_mail *mail, struct ledger_reply *reply)
{
	struct ledger_request request;

	holder_request(holder, LEDGER_RESERVE, &request);
	request.lease = lease->id;
	if (mail->forced)
		request.flags |= LEDGER_FORCE;
	for (unsigned int i = 0; i < holder->root_count; i++) {
		request.roots[i].amount =
		    (struct ledger_amount){ mail->size, 1 };
		request.roots[i].extra = holder->extra[i];
		if (mail->delivered && !lease->graced)
			request.roots[i].extra +=
			    series_grace(&holder->roots[i]->root);
	}
	return (link_call(holder->user, &request, reply));
}

/* Nobody says whether there is room. */
static enum lease_result
in_trouble(const struct holder *holder, const struct lease_mail *mail,
    const char **text_r)
{
	const struct plugin_user *puser = PLUGIN_USER(holder->user);

	if (mail->forced || puser->set.allows) {
		link_doubt(holder->user, holder->name);
		return (LEASE_ALLOWED);
	}
	*text_r = "Whether there is room cannot be told now, come again later";
	return (LEASE_LATER);
}

static enum lease_result
judge(struct lease *lease, const struct holder *holder,
    const struct lease_mail *mail, const struct ledger_reply *reply,
    const char **text_r)
{
	switch (reply->result) {
	case LEDGER_OK:
	case LEDGER_SOFT:
		keep(lease, holder, reply->lease);
		lease->graced = TRUE;
		lease->dirty = (reply->flags & LEDGER_IS_DIRTY) != 0;
		return (LEASE_HELD);
	case LEDGER_SOFT_EXPIRED:
		deliver_defer(holder->user);
		*text_r = t_strdup_printf("Quota exceeded (%s)", reply->text);
		return (LEASE_REFUSED);
	case LEDGER_HARD:
		*text_r = t_strdup_printf("Quota exceeded (%s)", reply->text);
		return (LEASE_REFUSED);
	case LEDGER_UNCERTAIN:
		*text_r = t_strdup_printf("No room now (%s)", reply->text);
		return (LEASE_LATER);
	case LEDGER_DENIED:
	case LEDGER_BAD:
	case LEDGER_UNKNOWN:
		e_error(holder->user->event,
		    "mailreeve_quota: the daemon refuses: %s", reply->text);
		break;
	case LEDGER_RECOUNT:
	case LEDGER_CHANGED:
	case LEDGER_AWAY:
	case LEDGER_MORE:
		break;
	}
	return (in_trouble(holder, mail, text_r));
}

enum lease_result
lease_hold(struct lease *lease, const struct holder *holder,
    const struct lease_mail *mail, const char **text_r)
{
	struct ledger_reply reply;

	if (reserve(lease, holder, mail, &reply) != 0)
		return (in_trouble(holder, mail, text_r));
	if (reply.result == LEDGER_RECOUNT ||
	    (reply.flags & LEDGER_IS_DIRTY) != 0)
		known_forget(holder->name);
	/* A refusal by numbers that are in doubt is none yet: the next try
	 * counts first. */
	if ((reply.flags & LEDGER_IS_DIRTY) != 0 &&
	    (reply.result == LEDGER_HARD ||
		reply.result == LEDGER_SOFT_EXPIRED))
		reply.result = LEDGER_UNCERTAIN;
	return (judge(lease, holder, mail, &reply, text_r));
}

void
lease_open(struct lease *lease, const struct holder *holder)
{
	struct ledger_request request;
	struct ledger_reply reply;

	holder_request(holder, LEDGER_RESERVE, &request);
	if (link_call(holder->user, &request, &reply) == 0 &&
	    reply.result == LEDGER_OK)
		keep(lease, holder, reply.lease);
}

static void
end(struct lease *lease, enum ledger_verb verb)
{
	struct ledger_request request = {
		.verb = verb, .holder = lease->holder, .lease = lease->id
	};

	if (lease->id == 0)
		return;
	/* Until the ledger hears of it, the room is held: nobody but who looks
	 * at numbers notices. */
	if (verb == LEDGER_COMMIT)
		link_send_late(lease->user, &request);
	else
		link_send(lease->user, &request);
	forget(lease);
}

void
lease_commit(struct lease *lease)
{
	end(lease, LEDGER_COMMIT);
}

void
lease_release(struct lease *lease)
{
	end(lease, LEDGER_RELEASE);
}

void
lease_settle(struct lease *lease, const struct holder *holder,
    struct ledger_amount amount)
{
	struct ledger_request request;

	/* Without a lease a recount may have seen it, or not. */
	if (lease->id == 0) {
		link_doubt(holder->user, holder->name);
		return;
	}
	holder_request(holder, LEDGER_COMMIT, &request);
	request.lease = lease->id;
	for (unsigned int i = 0; i < holder->root_count; i++)
		request.roots[i].amount = amount;
	link_send(holder->user, &request);
	forget(lease);
}
