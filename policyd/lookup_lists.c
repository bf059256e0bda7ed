#include "lookup_lists.h"

#include <string.h>

#include "list_health.h"

#define ADDRESS_BYTES ((size_t)4)

/* One question: a list and what is looked for. */
struct item {
	const struct dns_list *list;
	enum list_subject subject;
	size_t number; /* in the set of questions */
};

struct lookup_lists {
	const struct lookup_ask *ask;
	struct item items[LOOKUP_ASK_MAX];
	size_t count;
};

/* Who asks which lists. */
struct asker {
	struct lookup_lists *lists;
	struct lookup_ask *ask;
	const struct dns_list *list;
};

static bool
is_asked(const struct asker *asker, const char *name)
{
	const struct lookup_lists *lists = asker->lists;

	for (size_t i = 0; i < lists->count; i++) {
		const struct item *item = &lists->items[i];

		if (item->list == asker->list &&
		    strcmp(asker->ask->questions[item->number].name, name) == 0)
			return (true);
	}
	return (false);
}

/* Ask for ${name}, unless it is NULL, or asked for already. */
static void
ask_name(const struct asker *asker, enum list_subject subject, const char *name)
{
	struct lookup_lists *lists = asker->lists;
	size_t number;

	if (name == NULL || is_asked(asker, name))
		return;
	number = lookup_ask_add(asker->ask, name, DNS_TYPE_A);
	if (number == LOOKUP_ASK_MAX)
		return;
	lists->items[lists->count++] = (struct item){
		.list = asker->list, .subject = subject, .number = number
	};
}

static void
ask_domain(
    const struct asker *asker, enum list_subject subject, const char *domain)
{
	if (domain == NULL || (asker->list->subjects & subject) == 0)
		return;
	ask_name(asker, subject,
	    list_name_of(asker->ask->arena, asker->list, domain));
}

struct lookup_lists *
lookup_lists_ask(const struct lookup_options *options,
    const struct network_address *client, const struct lookup_domains *domains,
    struct lookup_ask *ask, struct trace *trace)
{
	struct lookup_lists *lists = arena_alloc(ask->arena, sizeof(*lists));

	lists->ask = ask;
	for (size_t i = 0; i < options->list_count; i++) {
		const struct dns_list *list = &options->lists[i];
		const struct asker asker = { lists, ask, list };

		if (options->health != NULL &&
		    list_health_is_out(options->health, list)) {
			trace_add(trace, "list", 0, "%s is out, and not asked",
			    list->zone);
			continue;
		}
		if ((list->subjects & LIST_CLIENT) != 0)
			ask_name(&asker, LIST_CLIENT,
			    list_name(ask->arena, list, client));
		ask_domain(&asker, LIST_CLIENT_NAME, domains->client_name);
		ask_domain(&asker, LIST_HELO, domains->helo);
		ask_domain(&asker, LIST_SENDER, domains->sender);
	}
	return (lists);
}

static bool
has_hit(const struct lookup_findings *out, const struct item *item,
    const unsigned char *answer)
{
	for (size_t i = 0; i < out->hit_count; i++) {
		const struct lookup_hit *hit = &out->hits[i];

		if (hit->list == item->list && hit->subject == item->subject &&
		    memcmp(hit->answer, answer, ADDRESS_BYTES) == 0)
			return (true);
	}
	return (false);
}

static const char *
refusal_words(enum list_refusal refusal)
{
	switch (refusal) {
	case LIST_ANSWERS:
		break;
	case LIST_REFUSES:
		return ("it refuses to answer us");
	case LIST_ASTRAY:
		return ("that is not in 127.0.0.0/8");
	}
	return ("which has no weight");
}

/* Read one record; false when the list is not to be believed. */
static bool
read_record(const struct item *item, const unsigned char *answer,
    const struct lookup_options *options, struct trace *trace,
    struct lookup_findings *out)
{
	const struct dns_list *list = item->list;
	int weight = 0;
	bool weighs = list_weigh(list, answer, &weight);
	enum list_refusal refusal =
	    weighs ? LIST_ANSWERS : list_refusal(answer);

	if (weighs)
		trace_add(trace, "list", 1, "%s says %u.%u.%u.%u: %+d%s",
		    list->zone, answer[0], answer[1], answer[2], answer[3],
		    weight, list->shadow ? ", in shadow" : "");
	else
		trace_add(trace, "list", 1, "%s says %u.%u.%u.%u: %s",
		    list->zone, answer[0], answer[1], answer[2], answer[3],
		    refusal_words(refusal));
	if (refusal != LIST_ANSWERS) {
		if (options->health != NULL)
			list_health_refused(options->health, list, refusal);
		return (false);
	}
	if (weighs && out->hit_count < LOOKUP_MAX_HITS &&
	    !has_hit(out, item, answer)) {
		struct lookup_hit *hit = &out->hits[out->hit_count++];

		*hit = (struct lookup_hit){
			.list = list, .subject = item->subject, .weight = weight
		};
		memcpy(hit->answer, answer, ADDRESS_BYTES);
	}
	return (true);
}

/* Read what a list says; nothing of an answer counts that is partly none. */
static bool
read_records(const struct item *item, const struct dns_answer *answer,
    const struct lookup_options *options, struct trace *trace,
    struct lookup_findings *out)
{
	size_t before = out->hit_count;

	for (size_t i = 0; i < answer->count; i++) {
		struct span rdata = answer->rdata[i];

		if (rdata.len == ADDRESS_BYTES &&
		    !read_record(item, rdata.data, options, trace, out)) {
			out->hit_count = before;
			return (false);
		}
	}
	return (answer->count > 0);
}

static void
read_item(const struct lookup_lists *lists, const struct item *item,
    const struct lookup_options *options, bool fair, struct trace *trace,
    struct lookup_findings *out)
{
	const struct dns_answer *answer = &lists->ask->answers[item->number];
	const char *name = lists->ask->questions[item->number].name;
	bool listed = false;
	bool late = false;

	switch (answer->status) {
	case DNS_OK:
		trace_add(trace, "list", 0, "%s exists", name);
		listed = read_records(item, answer, options, trace, out);
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		trace_add(
		    trace, "list", 0, "%s does not exist: not listed", name);
		break;
	case DNS_SERVFAIL:
	case DNS_TIMEOUT:
		trace_add(trace, "list", 0, "%s: no answer%s", name,
		    answer->status == DNS_TIMEOUT ? " in time" : "");
		late = true;
		out->lists_late++;
		break;
	}
	if (options->health != NULL && (fair || !late))
		list_health_answered(options->health, item->list, listed, late,
		    lists->ask->took_us[item->number]);
}

void
lookup_lists_read(const struct lookup_lists *lists,
    const struct lookup_options *options, bool fair, struct trace *trace,
    struct lookup_findings *out)
{
	out->hits =
	    arena_array(lists->ask->arena, LOOKUP_MAX_HITS, sizeof(*out->hits));
	out->lists_asked = lists->count;
	for (size_t i = 0; i < lists->count; i++)
		read_item(lists, &lists->items[i], options, fair, trace, out);
}
