/*
 * quota_driver.h: what an implementation of quota.h gives to quota.c.
 */
#ifndef POLICYD_QUOTA_DRIVER_H
#define POLICYD_QUOTA_DRIVER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "quota.h"

/* As quota_open(), quota_ask() and quota_close(); open() is given what stands
 * after the driver's name, ask() a recipient that can be one. */
struct quota_driver {
	const char *name; /* the word before the endpoint */
	struct quota_source *(*open)(
	    const char *endpoint, struct arena *arena, const char **error);
	enum quota_result (*ask)(struct quota_source *source,
	    struct span recipient, uint64_t size, int64_t deadline,
	    struct arena *arena, const char **reason);
	void (*close)(struct quota_source *source);
};

/* The first member of each driver's own struct. */
struct quota_source {
	const struct quota_driver *driver;
};

/* Each of them, in a file of its own. */
extern const struct quota_driver quota_dovecot_driver;
extern const struct quota_driver quota_quotad_driver;

#endif
