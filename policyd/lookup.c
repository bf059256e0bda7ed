#include "lookup.h"

#include <string.h>

#include "base/clock.h"
#include "dns/name.h"
#include "lookup_ask.h"
#include "lookup_helo.h"
#include "lookup_lists.h"

/* Lists that had less time than this are not late: we were. */
#define FAIR_MS 500
/* SPF begins when all have answered, or this share of the time has gone: its
 * later questions depend on what the first answers. */
#define FIRST_SHARE 8
/* The names of the client may take half of what is left then. */
#define NAMES_SHARE 2

/* One request being looked up. */
struct lookup {
	const struct lookup_options *options;
	const struct request *request;
	struct arena *arena;
	struct trace *trace;
	struct lookup_findings *out;
	struct lookup_ask ask;
	struct lookup_domains domains;
	const char *helo_name; /* to be resolved, or NULL */
	struct lookup_helo_questions helo_questions;
	struct lookup_lists *lists;
	struct spf_query spf;
	bool ask_names; /* Postfix does not know the client's */
	int64_t began;  /* clock_monotonic_ms() */
};

static const char *
attribute(const struct lookup *lookup, enum request_attribute which)
{
	return (arena_str(lookup->arena, lookup->request->attributes[which]));
}

/* A name that Postfix gives, in A-labels; NULL where there is none. */
static const char *
host_name(const struct lookup *lookup, enum request_attribute which)
{
	struct span name = lookup->request->attributes[which];

	if (span_is_nocase(name, "unknown"))
		return (NULL);
	return (name_to_ascii(lookup->arena, name));
}

static const char *
sender_domain(const struct lookup *lookup)
{
	struct span rest = lookup->request->attributes[REQUEST_SENDER];
	struct span before;
	const char *ascii;
	bool has_domain = false;

	while (span_find(rest, '@') < rest.len)
		has_domain = span_take_until(&rest, '@', &before);
	if (!has_domain)
		return (NULL);
	ascii = name_to_ascii(lookup->arena, rest);
	return (ascii != NULL && lookup_name_is_full(ascii) ? ascii : NULL);
}

/* What the name of the client says without asking anybody. */
static void
see_name(struct lookup *lookup)
{
	const char *verified = host_name(lookup, REQUEST_CLIENT_NAME);
	const char *reverse = host_name(lookup, REQUEST_REVERSE_CLIENT_NAME);
	const char *name = verified != NULL ? verified : reverse;

	lookup->domains.client_name =
	    verified != NULL && lookup_name_is_full(verified) ? verified : NULL;
	lookup->ask_names = verified == NULL;
	lookup->out->name =
	    verified != NULL ? LOOKUP_NAME_CONFIRMED : LOOKUP_NAME_UNKNOWN;
	if (name == NULL)
		return;
	lookup->out->generic_name =
	    lookup_name_is_generic(name, &lookup->request->client);
	trace_add(lookup->trace, "name", 0, "Postfix calls the client %s%s%s",
	    name, verified != NULL ? "" : ", unconfirmed",
	    lookup->out->generic_name ? ", which looks like an access network's"
				      : "");
}

static const char *
helo_words(enum lookup_helo helo)
{
	switch (helo) {
	case LOOKUP_HELO_GOOD:
		return ("is a host's name");
	case LOOKUP_HELO_LITERAL:
		return ("is an address literal");
	case LOOKUP_HELO_ADDRESS:
		return ("is an address without brackets");
	case LOOKUP_HELO_OURS:
		return ("is ourselves");
	case LOOKUP_HELO_NO_DOT:
		return ("is no full name");
	case LOOKUP_HELO_INVALID:
		return ("is no name");
	case LOOKUP_HELO_UNRESOLVED:
		return ("has no address and takes no mail");
	case LOOKUP_HELO_UNKNOWN:
		break;
	}
	return ("cannot be asked about in time");
}

static void
see_helo(struct lookup *lookup)
{
	struct lookup_helo_ours ours = { .names = lookup->options->own_names };
	struct span helo = lookup->request->attributes[REQUEST_HELO_NAME];
	const char *name;

	(void)network_address_parse(
	    attribute(lookup, REQUEST_SERVER_ADDRESS), &ours.address);
	lookup->out->helo =
	    lookup_helo_classify(helo, &ours, lookup->arena, &name);
	lookup->domains.helo = name;
	/* Postfix has just resolved that one. */
	if (name != NULL && lookup->options->ask_helo &&
	    (lookup->domains.client_name == NULL ||
		strcmp(name, lookup->domains.client_name) != 0))
		lookup->helo_name = name;
}

static bool
wants_spf(const struct lookup *lookup)
{
	return (lookup->options->ask_spf &&
		lookup->request->client.family != AF_UNSPEC);
}

/* Start all questions that are known by now. */
static void
begin(struct lookup *lookup)
{
	const struct lookup_options *options = lookup->options;
	struct spf_query *spf = &lookup->spf;

	*spf = (struct spf_query){ .client = lookup->request->client,
		.helo = attribute(lookup, REQUEST_HELO_NAME),
		.mail_from = attribute(lookup, REQUEST_SENDER),
		.receiver = options->receiver,
		.now = options->now,
		.deadline = options->deadline };
	/* RFC 7208 2.4: the null path stands for postmaster at HELO. */
	spf->identity = spf->mail_from[0] == '\0' ? SPF_HELO : SPF_MAIL_FROM;
	lookup_ask_init(&lookup->ask, options->dns, lookup->arena);
	lookup->lists = lookup_lists_ask(options, &lookup->request->client,
	    &lookup->domains, &lookup->ask, lookup->trace);
	if (wants_spf(lookup))
		spf_prefetch(options->dns, spf);
	if (lookup->ask_names)
		iprev_prefetch(options->dns, &lookup->request->client);
	if (lookup->helo_name != NULL)
		lookup_helo_ask(
		    lookup->helo_name, &lookup->ask, &lookup->helo_questions);
}

/* Ask for the names that Postfix does not know, or could not ask for. */
static void
ask_names(struct lookup *lookup)
{
	int64_t now = clock_monotonic_ms();
	int64_t deadline = lookup->options->deadline;

	if (!lookup->ask_names)
		return;
	if (deadline > now)
		deadline = now + (deadline - now) / NAMES_SHARE;
	switch (iprev_eval(lookup->options->dns, &lookup->request->client,
	    deadline, lookup->arena, lookup->trace)) {
	case IPREV_NONE:
	case IPREV_TEMPERROR:
		lookup->out->name = LOOKUP_NAME_UNKNOWN;
		break;
	case IPREV_PASS:
		lookup->out->name = LOOKUP_NAME_CONFIRMED;
		break;
	case IPREV_FAIL:
		lookup->out->name = LOOKUP_NAME_UNCONFIRMED;
		break;
	case IPREV_PERMERROR:
		lookup->out->name = LOOKUP_NAME_MISSING;
		break;
	}
}

static void
ask_spf(struct lookup *lookup)
{
	if (wants_spf(lookup))
		spf_eval(lookup->options->dns, &lookup->spf, lookup->arena,
		    lookup->trace, &lookup->out->spf);
}

/* What follows from one answer to the next is asked while lists that are slow
 * have their time. */
static void
wait_for_answers(struct lookup *lookup)
{
	int64_t deadline = lookup->options->deadline;
	int64_t first =
	    lookup->began + (deadline - lookup->began) / FIRST_SHARE;

	lookup_ask_wait(&lookup->ask, first < deadline ? first : deadline);
	ask_names(lookup);
	ask_spf(lookup);
	lookup_ask_wait(&lookup->ask, deadline);
}

void
lookup_run(const struct lookup_options *options, const struct request *request,
    struct arena *arena, struct trace *trace, struct lookup_findings *out)
{
	struct lookup lookup = { .options = options,
		.request = request,
		.arena = arena,
		.trace = trace,
		.out = out,
		.began = clock_monotonic_ms() };
	int64_t began_us = clock_monotonic_us();

	*out = (struct lookup_findings){ .hit_count = 0 };
	lookup.domains.sender = sender_domain(&lookup);
	see_name(&lookup);
	see_helo(&lookup);
	begin(&lookup);
	wait_for_answers(&lookup);
	lookup_lists_read(lookup.lists, options,
	    options->deadline - lookup.began >= FAIR_MS, trace, out);
	if (lookup.helo_name != NULL)
		out->helo =
		    lookup_helo_read(&lookup.ask, &lookup.helo_questions);
	trace_add(trace, "helo", 0, "\"%s\" %s",
	    attribute(&lookup, REQUEST_HELO_NAME), helo_words(out->helo));
	out->took_us = clock_monotonic_us() - began_us;
}
