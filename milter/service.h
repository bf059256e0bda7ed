/*
 * service.h: what all messages share: the resolver, the caches, the log and the
 * configuration in force.
 */
#ifndef MILTER_SERVICE_H
#define MILTER_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "dkim/keycache.h"
#include "dns/dns.h"

struct meter;
struct service;

/* What is going on. */
struct service_load {
	unsigned int in_hand;     /* messages */
	unsigned int connections; /* open */
	uint64_t connected;       /* since the start */
};

/**
 * service_new(config, log, clock, arena, error):
 * Return a service that follows ${config}, whose reference it takes, and logs
 * to
 * ${log}; ${log} and ${clock} must outlive it.  Start the resolver.  On failure
 * return NULL, with the reason, allocated from ${arena}, in ${error}; the
 * reference is given back.
 */
struct service *service_new(struct config *config, struct log *log,
    const struct clock *clock, struct arena *arena, const char **error);

/**
 * service_free(service):
 * Free ${service}; no message may be in hand.  NULL is harmless.
 */
void service_free(struct service *service);

/**
 * service_config(service):
 * Return the configuration in force with a reference for the caller.
 */
struct config *service_config(struct service *service);

/**
 * service_replace(service, config):
 * Put ${config}, whose reference is taken, in force; messages in hand keep the
 * one that they began with.
 */
void service_replace(struct service *service, struct config *config);

/**
 * service_enter(service), service_leave(service):
 * A message has begun, or ended.  service_enter() returns false when the
 * service is stopping and takes no more.
 */
bool service_enter(struct service *service);
void service_leave(struct service *service);

/**
 * service_connected(service), service_disconnected(service):
 * The MTA has opened a connection, or closed it.
 */
void service_connected(struct service *service);
void service_disconnected(struct service *service);

/**
 * service_load(service, out):
 * Store in ${out} what is going on.
 */
void service_load(struct service *service, struct service_load *out);

/**
 * service_drain(service, timeout):
 * Take no more messages and wait up to ${timeout} seconds for those in hand.
 * Return how many are left.
 */
unsigned int service_drain(struct service *service, int64_t timeout);

/**
 * service_settle(service, timeout):
 * Wait up to ${timeout} seconds until no connection is left.
 */
void service_settle(struct service *service, int64_t timeout);

/**
 * service_log(service), service_clock(service), service_dns(service),
 * service_keys(service), service_meter(service):
 * Return a part of ${service}; it lives as long as that.
 */
const struct log *service_log(const struct service *service);
const struct clock *service_clock(const struct service *service);
struct dns *service_dns(const struct service *service);
struct keycache *service_keys(const struct service *service);
struct meter *service_meter(const struct service *service);

#endif
