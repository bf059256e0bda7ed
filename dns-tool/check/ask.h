/*
 * ask.h: questions of probes to the resolver.
 */
#ifndef CHECK_ASK_H
#define CHECK_ASK_H

#include "base/network.h"
#include "check/check.h"

/* TXT records of a kind at a name. */
struct ask_texts {
	enum dns_status status;
	enum dns_security security;
	const char **items;
	size_t count;
};

/**
 * ask_texts(check, name, version, arena, out):
 * Store in ${out} the TXT records at ${name} that begin with the tag ${version}
 * whatever the case, such as "v=spf1".
 */
void ask_texts(const struct check *check, const char *name, const char *version,
    struct arena *arena, struct ask_texts *out);

struct ask_addresses {
	enum dns_status status; /* DNS_OK if there is any */
	struct network_address *items;
	size_t count;
};

/**
 * ask_addresses(check, name, arena, out):
 * Store in ${out} the addresses of ${name}, of both families.
 */
void ask_addresses(const struct check *check, const char *name,
    struct arena *arena, struct ask_addresses *out);

/**
 * ask_is_own(server, address):
 * Say whether ${address} is one of ${server}'s.
 */
bool ask_is_own(
    const struct server *server, const struct network_address *address);

/**
 * ask_failed(status), ask_trouble(status):
 * Say whether ${status} is no answer, and put it into words.
 */
bool ask_failed(enum dns_status status);
const char *ask_trouble(enum dns_status status);

#endif
