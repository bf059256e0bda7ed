/*
 * lists.h: DNS lists as configured (RFC 5782): which names are asked of which
 * zone, and what an answer weighs.  No I/O.
 */
#ifndef POLICYD_LISTS_H
#define POLICYD_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/network.h"

#define LIST_MAX ((size_t)64)       /* lists of one configuration */
#define LIST_MAX_CODES ((size_t)64) /* of one list */
#define LIST_MAX_WEIGHT 1000        /* points, either way */

/* What is looked up in a list: a set of bits. */
enum list_subject {
	LIST_CLIENT = 1,      /* the address */
	LIST_CLIENT_NAME = 2, /* verified */
	LIST_HELO = 4,
	LIST_SENDER = 8, /* the domain of MAIL FROM */
};

/* "127.0.0.2-11=6": answers whose four bytes are in the ranges weigh so. */
struct list_code {
	unsigned char low[4];
	unsigned char high[4];
	int weight; /* negative: vouches for the client */
};

struct dns_list {
	const char *zone;
	unsigned int subjects; /* enum list_subject, or-ed */
	struct list_code codes[LIST_MAX_CODES];
	size_t code_count;
	const char *group; /* lists of one group count as one source */
	bool shadow;
	/* The self-test (RFC 5782 5): names below the zone. */
	const char *must_be_listed;
	const char *must_not_be_listed;
};

/**
 * list_code_parse(text, out):
 * Read "127.0.0.2=6", "127.0.0.4-7=-3", "127.0.*.2=1".  Return 0, or -1 also
 * for what can never be a listing: outside 127/8, or all in 127.255.255/24.
 */
int list_code_parse(const char *text, struct list_code *out);

/**
 * list_weigh(list, address, weight):
 * Store what the answer ${address} weighs in ${weight}.  Return false when the
 * list does not say so, as for 127.255.255.x, by which lists refuse to answer
 * (RFC 5782 leaves it open; Spamhaus and others use it), or for anything
 * outside 127/8 (RFC 5782 2.1).
 */
bool list_weigh(
    const struct dns_list *list, const unsigned char address[4], int *weight);

/* Why an answer is none. */
enum list_refusal {
	LIST_ANSWERS,
	LIST_REFUSES, /* 127.255.255.x: we ask by an open resolver, too often;
	               * 127.0.0.255 of dnswl.org: the same */
	LIST_ASTRAY,  /* outside 127/8: the zone was sold, or a resolver lies */
};

/**
 * list_refusal(address):
 * Say whether ${address}, to which list_weigh() gave no weight, is no answer at
 * all.
 */
enum list_refusal list_refusal(const unsigned char address[4]);

/**
 * list_name(arena, list, client), list_name_of(arena, list, domain):
 * Return the name to ask for an address (RFC 5782 2.1, 2.4) or a domain, NULL
 * when it would be no domain name.
 */
const char *list_name(struct arena *arena, const struct dns_list *list,
    const struct network_address *client);
const char *list_name_of(
    struct arena *arena, const struct dns_list *list, const char *domain);

/**
 * lists_default(count):
 * Return the lists that we ask unless told otherwise.
 */
const struct dns_list *lists_default(size_t *count);

#endif
