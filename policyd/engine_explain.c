/* The same way, told step by step, and leaving nothing in the counters. */
#include <inttypes.h>

#include "engine_impl.h"

static void
tell_of_request(const struct visit *visit)
{
	trace_add(visit->trace, "request", 0, "%s, client %s",
	    visit->facts.outbound
		? "outbound: a login, or a client in trusted_networks"
		: "inbound: no login, and no client in trusted_networks",
	    network_address_print(visit->arena, &visit->request.client));
	if (visit->request.attributes[REQUEST_INSTANCE].len == 0)
		trace_add(visit->trace, "request", 1,
		    "no instance: Postfix gives one from RCPT on, and without "
		    "it nothing is counted");
}

static void
tell_of_lists(const struct visit *visit)
{
	if (visit->known.allowed)
		trace_add(visit->trace, "listed", 0,
		    "allowed by mailreeve-policyctl");
	if (visit->known.blocked)
		trace_add(visit->trace, "listed", 0,
		    "blocked by mailreeve-policyctl");
	if (visit->known.locked)
		trace_add(visit->trace, "listed", 0,
		    "the account is locked: mail is held");
}

static void
tell_of_account(struct visit *visit)
{
	struct span login = visit->request.attributes[REQUEST_SASL_USERNAME];

	if (login.len == 0)
		return;
	watch_peek(visit->engine->watch, &engine_rules(visit)->watch_rules,
	    login, visit->facts.now, &visit->watch);
	visit->known.watch = &visit->watch;
	trace_add(visit->trace, "account", 0, "%s",
	    visit->watch.reason == NULL ? "nothing odd about its hour"
					: visit->watch.reason);
}

void
engine_explain(struct engine *engine, const struct request *request,
    int64_t now, engine_explained *explained, void *cookie)
{
	struct visit *visit = engine_begin(engine, 0, request, now);

	visit->explained = explained;
	visit->cookie = cookie;
	visit->trace = trace_new(visit->arena);
	engine_keep(visit);
	tell_of_request(visit);
	engine_look_at_lists(visit);
	tell_of_lists(visit);
	accounting_explain(engine->accounting, &visit->config->accounting,
	    &visit->facts, visit->trace, &visit->limits);
	visit->known.limits = &visit->limits;
	tell_of_account(visit);
	if (request->state == REQUEST_STATE_RCPT && !visit->known.allowed &&
	    !visit->known.blocked) {
		if (engine_look_up(visit))
			return;
		engine_weigh(visit);
	}
	engine_finish(visit);
}
