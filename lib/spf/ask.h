/*
 * ask.h: an evaluation under way, and its questions to the DNS, counted
 * (RFC 7208 4.6.4).
 */
#ifndef SPF_ASK_H
#define SPF_ASK_H

#include "spf/macro.h"
#include "spf/record.h"
#include "spf/sender.h"
#include "spf/spf.h"

struct spf_work {
	struct dns *dns;
	const struct spf_query *query;
	struct arena *arena;
	struct trace *trace;
	struct spf_outcome *out; /* its counters are kept, its reason is set */
	struct spf_sender sender;
	const char *client; /* as text */
	/* The client's validated names, see validated.h. */
	bool validated;
	enum dns_status validated_status;
	const char **names;
	size_t name_count;
};

/**
 * spf_ask_term(work, directive, at):
 * Count one more term that causes look-ups, ${text} in the record of ${at}.
 * Return false, with the reason set, when there were SPF_MAX_TERMS already.
 */
bool spf_ask_term(struct spf_work *work, const char *text, const char *at);

/**
 * spf_ask_void(work, text, at):
 * Count one more term that was answered with nothing.  Return false, with the
 * reason set, when there were SPF_MAX_VOIDS already.
 */
bool spf_ask_void(struct spf_work *work, const char *text, const char *at);

/**
 * spf_ask(work, name, type, answer):
 * Ask for ${type} at ${name} and store the outcome in ${answer}.
 */
void spf_ask(struct spf_work *work, const char *name, enum dns_type type,
    struct dns_answer *answer);

/**
 * spf_ask_addresses(work, names, count, answers):
 * Ask at once for the addresses, of the client's family, of ${count} names.
 */
void spf_ask_addresses(struct spf_work *work, const char *const *names,
    size_t count, struct dns_answer *answers);

/**
 * spf_ask_failed(answer):
 * Say whether ${answer} is none, rather than that there is nothing.
 */
bool spf_ask_failed(const struct dns_answer *answer);

/**
 * spf_ask_name(arena, rdata):
 * Return the domain name in ${rdata}, of a PTR record, in lower case without a
 * final dot; "" for the root, NULL for one that cannot be written as text or is
 * malformed.  Allocated from ${arena}.
 */
const char *spf_ask_name(struct arena *arena, struct span rdata);

/**
 * spf_ask_contains(rdata, client, prefix):
 * Say whether ${client} is in the network of the first ${prefix} bits of the A
 * or AAAA record ${rdata}.
 */
bool spf_ask_contains(struct span rdata, const struct network_address *client,
    unsigned int prefix);

#endif
