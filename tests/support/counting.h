/*
 * counting.h: a backend of the resolver that counts what is asked of another.
 */
#ifndef SUPPORT_COUNTING_H
#define SUPPORT_COUNTING_H

#include "dns/dns_backend.h"

struct counting {
	unsigned int total;
	unsigned int txt;
	unsigned int a;
	unsigned int aaaa;
	unsigned int mx;
	unsigned int ptr;
};

/**
 * counting_new(arena, inner, counts):
 * Return a backend that asks ${inner}, which it owns, and adds to ${counts}.
 * It is for one thread.
 */
struct dns_backend *counting_new(
    struct arena *arena, struct dns_backend *inner, struct counting *counts);

#endif
