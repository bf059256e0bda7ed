/*
 * dns_context.h: a libunbound context, set up for dns_unbound.c.
 */
#ifndef DNS_DNS_CONTEXT_H
#define DNS_DNS_CONTEXT_H

#include <unbound.h>

#include "base/arena.h"
#include "dns/dns_unbound.h"

/**
 * dns_context_new(options, arena, error):
 * Return a context as ${options} want it, ready for questions; the caller frees
 * it with ub_ctx_delete().  On failure return NULL and store the reason,
 * allocated from ${arena}, in ${error}.
 */
struct ub_ctx *dns_context_new(const struct dns_unbound_options *options,
    struct arena *arena, const char **error);

#endif
