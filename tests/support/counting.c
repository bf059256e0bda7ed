#include "support/counting.h"

struct layer {
	struct dns_backend base;
	struct dns_backend *inner;
	struct counting *counts;
};

static void
count(struct counting *counts, enum dns_type type)
{
	counts->total++;
	counts->txt += type == DNS_TYPE_TXT;
	counts->a += type == DNS_TYPE_A;
	counts->aaaa += type == DNS_TYPE_AAAA;
	counts->mx += type == DNS_TYPE_MX;
	counts->ptr += type == DNS_TYPE_PTR;
}

static void
start(struct dns_backend *backend, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	/* UNSAFE: base is the first member. */
	struct layer *layer = (struct layer *)(void *)backend;

	count(layer->counts, type);
	layer->inner->start(layer->inner, name, type, done, cookie);
}

static void
leave(struct dns_backend *backend)
{
	struct layer *layer = (struct layer *)(void *)backend;

	layer->inner->free(layer->inner);
}

struct dns_backend *
counting_new(
    struct arena *arena, struct dns_backend *inner, struct counting *counts)
{
	struct layer *layer = arena_alloc(arena, sizeof(*layer));

	*layer = (struct layer){ .base = { .start = start, .free = leave },
		.inner = inner,
		.counts = counts };
	*counts = (struct counting){ .total = 0 };
	return (&layer->base);
}
