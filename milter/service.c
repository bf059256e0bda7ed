#include "service.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena_impl.h"
#include "dns/resolvers.h"
#include "meter.h"

#define KEY_CACHE_ENTRIES 10000

struct service {
	struct log *log;
	const struct clock *clock;
	struct dns *dns;
	struct keycache *keys;
	struct meter *meter;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t idle;
	struct config *config;
	unsigned int in_hand;
	unsigned int connections;
	uint64_t connected;
	bool stopping;
};

struct service *
service_new(struct config *config, struct log *log, const struct clock *clock,
    struct arena *arena, const char **error)
{
	struct dns_options options = { .clock = clock,
		.observer = meter_dns,
		.cache_entries = (size_t)config->settings.dns_cache_entries };
	struct dns_backend *backend =
	    resolvers_open(&config->settings.resolvers,
		config->settings.trust_anchor, log, arena, error);

	if (backend == NULL) {
		config_free(config);
		return (NULL);
	}
	struct service *service = arena_impl_malloc(sizeof(*service));
	struct meter *meter = meter_new();

	options.observer_cookie = meter;
	*service = (struct service){ .log = log,
		.clock = clock,
		.meter = meter,
		.dns = dns_new(backend, &options),
		.keys = keycache_new(KEY_CACHE_ENTRIES),
		.config = config };
	(void)pthread_mutex_init(&service->lock, NULL);

	pthread_condattr_t monotonic;

	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&service->idle, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return (service);
}

void
service_free(struct service *service)
{
	if (service == NULL)
		return;
	/* What is under way there is counted still. */
	dns_free(service->dns);
	meter_free(service->meter);
	keycache_free(service->keys);
	config_free(service->config);
	(void)pthread_cond_destroy(&service->idle);
	(void)pthread_mutex_destroy(&service->lock);
	free(service);
}

struct config *
service_config(struct service *service)
{
	(void)pthread_mutex_lock(&service->lock);
	struct config *config = config_ref(service->config);

	(void)pthread_mutex_unlock(&service->lock);
	return (config);
}

void
service_replace(struct service *service, struct config *config)
{
	(void)pthread_mutex_lock(&service->lock);
	struct config *old = service->config;

	service->config = config;
	(void)pthread_mutex_unlock(&service->lock);
	config_free(old);
}

bool
service_enter(struct service *service)
{
	(void)pthread_mutex_lock(&service->lock);
	bool open = !service->stopping;

	if (open)
		service->in_hand++;
	(void)pthread_mutex_unlock(&service->lock);
	return (open);
}

void
service_leave(struct service *service)
{
	(void)pthread_mutex_lock(&service->lock);
	service->in_hand--;
	if (service->in_hand == 0)
		(void)pthread_cond_signal(&service->idle);
	(void)pthread_mutex_unlock(&service->lock);
}

void
service_connected(struct service *service)
{
	(void)pthread_mutex_lock(&service->lock);
	service->connections++;
	service->connected++;
	(void)pthread_mutex_unlock(&service->lock);
}

void
service_disconnected(struct service *service)
{
	(void)pthread_mutex_lock(&service->lock);
	service->connections--;
	if (service->connections == 0)
		(void)pthread_cond_signal(&service->idle);
	(void)pthread_mutex_unlock(&service->lock);
}

void
service_load(struct service *service, struct service_load *out)
{
	(void)pthread_mutex_lock(&service->lock);
	out->in_hand = service->in_hand;
	out->connections = service->connections;
	out->connected = service->connected;
	(void)pthread_mutex_unlock(&service->lock);
}

/* Wait up to ${timeout} seconds until ${count} is 0; the lock is held. */
static void
wait_for_none(
    struct service *service, const unsigned int *count, int64_t timeout)
{
	struct timespec deadline;
	int waited = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += timeout;
	while (*count > 0 && waited == 0)
		waited = pthread_cond_timedwait(
		    &service->idle, &service->lock, &deadline);
}

unsigned int
service_drain(struct service *service, int64_t timeout)
{
	(void)pthread_mutex_lock(&service->lock);
	service->stopping = true;
	wait_for_none(service, &service->in_hand, timeout);
	unsigned int left = service->in_hand;

	(void)pthread_mutex_unlock(&service->lock);
	return (left);
}

void
service_settle(struct service *service, int64_t timeout)
{
	(void)pthread_mutex_lock(&service->lock);
	wait_for_none(service, &service->connections, timeout);
	(void)pthread_mutex_unlock(&service->lock);
}

const struct log *
service_log(const struct service *service)
{
	return (service->log);
}

const struct clock *
service_clock(const struct service *service)
{
	return (service->clock);
}

struct dns *
service_dns(const struct service *service)
{
	return (service->dns);
}

struct keycache *
service_keys(const struct service *service)
{
	return (service->keys);
}

struct meter *
service_meter(const struct service *service)
{
	return (service->meter);
}
