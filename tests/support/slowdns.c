#include "support/slowdns.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/span.h"

/* How often the thread looks what is due. */
#define TICK_NS 1000000L

struct slowdns {
	struct dns_backend backend;
	struct dns_backend *inner;
	const struct slowdns_rule *rules;
	pthread_mutex_t lock;
	struct list pending;
	bool stopping;
	pthread_t thread;
};

struct pending {
	struct list link;
	int64_t due; /* clock_monotonic_ms(); negative: never */
	enum dns_type type;
	dns_done *done;
	void *cookie;
	char name[];
};

static int
delay_of(const struct slowdns *slow, const char *name)
{
	const struct slowdns_rule *rule = slow->rules;

	while (rule->suffix != NULL &&
	       !span_ends_nocase(span_str(name), span_str(rule->suffix)))
		rule++;
	return (rule->suffix == NULL ? 0 : rule->delay_ms);
}

static void
start(struct dns_backend *backend, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	struct slowdns *slow = (struct slowdns *)(void *)backend;
	int delay = delay_of(slow, name);
	size_t len = strlen(name) + 1;

	if (delay == 0) {
		slow->inner->start(slow->inner, name, type, done, cookie);
		return;
	}
	struct pending *pending = arena_impl_malloc(sizeof(*pending) + len);

	*pending =
	    (struct pending){ .due =
				  delay < 0 ? -1 : clock_monotonic_ms() + delay,
		    .type = type,
		    .done = done,
		    .cookie = cookie };
	memcpy(pending->name, name, len);
	(void)pthread_mutex_lock(&slow->lock);
	list_add_last(&slow->pending, &pending->link);
	(void)pthread_mutex_unlock(&slow->lock);
}

/* Take one that is due at ${now}, or NULL. */
static struct pending *
take_due(struct slowdns *slow, int64_t now)
{
	struct pending *found = NULL;

	(void)pthread_mutex_lock(&slow->lock);
	for (struct list *link = slow->pending.next; link != &slow->pending;
	     link = link->next) {
		struct pending *one = LIST_VALUE(link, struct pending, link);

		if (one->due >= 0 && one->due <= now) {
			list_take(link);
			found = one;
			break;
		}
	}
	(void)pthread_mutex_unlock(&slow->lock);
	return (found);
}

static bool
is_stopping(struct slowdns *slow)
{
	bool stopping;

	(void)pthread_mutex_lock(&slow->lock);
	stopping = slow->stopping;
	(void)pthread_mutex_unlock(&slow->lock);
	return (stopping);
}

static void *
work(void *cookie)
{
	struct slowdns *slow = cookie;
	const struct timespec tick = { .tv_nsec = TICK_NS };
	struct pending *one;

	while (!is_stopping(slow)) {
		while ((one = take_due(slow, clock_monotonic_ms())) != NULL) {
			slow->inner->start(slow->inner, one->name, one->type,
			    one->done, one->cookie);
			free(one);
		}
		(void)nanosleep(&tick, NULL);
	}
	return (NULL);
}

static void
leave(struct dns_backend *backend)
{
	struct slowdns *slow = (struct slowdns *)(void *)backend;
	const struct dns_answer failure = { .status = DNS_SERVFAIL };
	struct list *link;

	(void)pthread_mutex_lock(&slow->lock);
	slow->stopping = true;
	(void)pthread_mutex_unlock(&slow->lock);
	(void)pthread_join(slow->thread, NULL);
	while ((link = list_take_first(&slow->pending)) != NULL) {
		struct pending *one = LIST_VALUE(link, struct pending, link);

		one->done(one->cookie, &failure);
		free(one);
	}
	slow->inner->free(slow->inner);
	(void)pthread_mutex_destroy(&slow->lock);
	free(slow);
}

struct dns_backend *
slowdns_new(struct dns_backend *inner, const struct slowdns_rule *rules)
{
	struct slowdns *slow = arena_impl_malloc(sizeof(*slow));

	*slow = (struct slowdns){
		.backend = { start, leave }, .inner = inner, .rules = rules
	};
	(void)pthread_mutex_init(&slow->lock, NULL);
	list_init(&slow->pending);
	if (pthread_create(&slow->thread, NULL, work, slow) != 0)
		abort();
	return (&slow->backend);
}
