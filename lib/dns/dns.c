#include "dns/dns.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/buf.h"
#include "dns/dns_backend.h"
#include "dns/dns_cache.h"
#include "dns/dns_load.h"
#include "dns/name.h"

#define TYPE_BYTES 2

struct dns {
	struct dns_backend *backend;
	const struct clock *clock;
	dns_observer *observer; /* or NULL */
	void *observer_cookie;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t room;  /* broadcast when a question was answered */
	struct dns_cache cache;
	struct dns_counters counters;
	struct dns_load load;
};

struct key {
	char bytes[DNS_CACHE_KEY_MAX];
	size_t len;
};

static const struct dns_options defaults;

struct dns *
dns_new(struct dns_backend *backend, const struct dns_options *options)
{
	struct dns *dns = arena_impl_malloc(sizeof(*dns));

	if (options == NULL)
		options = &defaults;
	*dns = (struct dns){ .backend = backend,
		.clock = options->clock,
		.observer = options->observer,
		.observer_cookie = options->observer_cookie };
	if (dns->clock == NULL)
		dns->clock = &clock_system;
	(void)pthread_mutex_init(&dns->lock, NULL);
	dns_cache_init_condition(&dns->room);
	dns_cache_init(&dns->cache, options);
	dns_load_init(&dns->load);
	return (dns);
}

void
dns_free(struct dns *dns)
{
	if (dns == NULL)
		return;
	/* This answers what is under way, so that no entry stays pending. */
	dns->backend->free(dns->backend);
	dns_cache_done(&dns->cache);
	dns_load_done(&dns->load);
	(void)pthread_cond_destroy(&dns->room);
	(void)pthread_mutex_destroy(&dns->lock);
	free(dns);
}

/* Write ${name} and ${type} to ${key} as the cache knows them.  Return false
 * when ${name} is no domain name. */
static bool
make_key(const char *name, enum dns_type type, struct key *key)
{
	struct span rest = span_str(name);
	size_t label = 0;

	if (rest.len > 0 && rest.data[rest.len - 1] == '.')
		rest.len--;
	if (rest.len == 0 || rest.len > NAME_MAX_BYTES)
		return (false);
	key->bytes[0] = (char)((unsigned)type >> 8);
	key->bytes[1] = (char)((unsigned)type & 0xff);
	for (size_t i = 0; i < rest.len; i++) {
		bool dot = rest.data[i] == '.';

		if (dot ? label == 0 : label == NAME_MAX_LABEL)
			return (false);
		label = dot ? 0 : label + 1;
		/* RFC 4343: case does not matter. */
		key->bytes[TYPE_BYTES + i] = (char)span_lower(rest.data[i]);
	}
	key->len = TYPE_BYTES + rest.len;
	key->bytes[key->len] = '\0';
	return (label > 0);
}

/* Wait for ${condition} until ${deadline} at most; false when it has passed. */
static bool
wait_until(struct dns *dns, pthread_cond_t *condition, int64_t deadline)
{
	if (deadline <= clock_monotonic_ms())
		return (false);
	struct timespec until = { .tv_sec = deadline / 1000,
		.tv_nsec = deadline % 1000 * 1000000 };

	(void)pthread_cond_timedwait(condition, &dns->lock, &until);
	return (true);
}

/* The backend's answer to the question whose entry is ${cookie}. */
static void
take_answer(void *cookie, const struct dns_answer *answer)
{
	struct dns_entry *entry = cookie;
	struct dns *dns = entry->owner;

	if (dns->observer != NULL)
		dns->observer(dns->observer_cookie, answer->status,
		    clock_monotonic_us() - entry->asked);
	(void)pthread_mutex_lock(&dns->lock);
	dns_load_end(&dns->load, entry->domain);
	entry->domain = NULL;
	if (answer->status == DNS_SERVFAIL || answer->status == DNS_TIMEOUT)
		dns->counters.failures++;
	dns_cache_fill(&dns->cache, entry, answer, clock_now(dns->clock));
	(void)pthread_cond_broadcast(&dns->room);
	(void)pthread_mutex_unlock(&dns->lock);
}

/* Ask the backend.  The lock is given up meanwhile, because the backend may
 * answer at once; ${entry} is held. */
static void
start(struct dns *dns, struct dns_entry *entry, enum dns_type type)
{
	dns->counters.started++;
	entry->asked = clock_monotonic_us();
	(void)pthread_mutex_unlock(&dns->lock);
	dns->backend->start(
	    dns->backend, &entry->key[TYPE_BYTES], type, take_answer, entry);
	(void)pthread_mutex_lock(&dns->lock);
}

/* Return the entry at ${key}, held, after asking the backend if need be; or
 * NULL while too many questions are under way.  ${counted}: a lookup. */
static struct dns_entry *
ask(struct dns *dns, const struct key *key, enum dns_type type, bool counted)
{
	struct span bytes = span_new(key->bytes, key->len);
	struct dns_entry *entry =
	    dns_cache_find(&dns->cache, bytes, clock_now(dns->clock));

	if (entry != NULL) {
		entry->holds++;
		if (counted && entry->pending)
			dns->counters.joined++;
		else if (counted)
			dns->counters.hits++;
		return (entry);
	}
	/* UNSAFE: the name follows the type in the key. */
	struct dns_domain *domain =
	    dns_load_begin(&dns->load, &key->bytes[TYPE_BYTES]);

	if (domain == NULL)
		return (NULL);
	entry = dns_cache_add(&dns->cache, bytes, dns);
	entry->domain = domain;
	entry->holds++;
	start(dns, entry, type);
	return (entry);
}

void
dns_prefetch(struct dns *dns, const char *name, enum dns_type type)
{
	struct key key;

	if (!make_key(name, type, &key))
		return;
	(void)pthread_mutex_lock(&dns->lock);
	struct dns_entry *entry = ask(dns, &key, type, false);

	if (entry != NULL)
		dns_cache_release(entry);
	(void)pthread_mutex_unlock(&dns->lock);
}

/* Copy what ${entry} holds into ${answer}. */
static void
copy_answer(struct dns *dns, const struct dns_entry *entry, struct arena *arena,
    struct dns_answer *answer)
{
	int64_t left = entry->expires - clock_now(dns->clock);

	*answer = entry->answer;
	answer->ttl = left > 0 ? (uint32_t)left : 0;
	answer->rdata = NULL;
	if (answer->count > 0)
		answer->rdata =
		    arena_array(arena, answer->count, sizeof(answer->rdata[0]));
	for (size_t i = 0; i < answer->count; i++)
		answer->rdata[i] = arena_dup(arena, entry->answer.rdata[i]);
}

/* One question of a dns_gather(). */
struct waiter {
	struct key key;
	struct dns_entry *entry; /* held, or NULL: not asked yet */
	bool invalid;
};

static void
begin(
    struct dns *dns, const struct dns_question *question, struct waiter *waiter)
{
	dns->counters.questions++;
	waiter->invalid =
	    !make_key(question->name, question->type, &waiter->key);
	if (!waiter->invalid)
		waiter->entry = ask(dns, &waiter->key, question->type, true);
}

static void
finish(struct dns *dns, const struct dns_question *question,
    struct waiter *waiter, int64_t deadline, struct arena *arena,
    struct dns_answer *answer)
{
	*answer = (struct dns_answer){ .status = DNS_TIMEOUT };
	if (waiter->invalid) {
		answer->status = DNS_NXDOMAIN;
		return;
	}
	while (waiter->entry == NULL && wait_until(dns, &dns->room, deadline))
		waiter->entry = ask(dns, &waiter->key, question->type, true);
	if (waiter->entry == NULL)
		return;
	bool waits = true;

	while (waits && waiter->entry->pending)
		waits = wait_until(dns, &waiter->entry->arrived, deadline);
	if (!waiter->entry->pending)
		copy_answer(dns, waiter->entry, arena, answer);
	dns_cache_release(waiter->entry);
}

void
dns_gather(struct dns *dns, const struct dns_question *questions, size_t count,
    int64_t deadline, struct arena *arena, struct dns_answer *answers)
{
	struct waiter *waiters = arena_array(arena, count, sizeof(waiters[0]));

	(void)pthread_mutex_lock(&dns->lock);
	for (size_t i = 0; i < count; i++)
		begin(dns, &questions[i], &waiters[i]);
	for (size_t i = 0; i < count; i++)
		finish(dns, &questions[i], &waiters[i], deadline, arena,
		    &answers[i]);
	(void)pthread_mutex_unlock(&dns->lock);
}

void
dns_lookup(struct dns *dns, const char *name, enum dns_type type,
    int64_t deadline, struct arena *arena, struct dns_answer *answer)
{
	struct dns_question question = { .name = name, .type = type };
	struct waiter waiter = { .entry = NULL };

	(void)pthread_mutex_lock(&dns->lock);
	begin(dns, &question, &waiter);
	finish(dns, &question, &waiter, deadline, arena, answer);
	(void)pthread_mutex_unlock(&dns->lock);
}

struct span
dns_txt(struct arena *arena, struct span rdata)
{
	struct buf text;

	buf_init(&text, arena, DNS_MAX_BYTES);
	while (rdata.len > 0) {
		struct span string;
		size_t len = rdata.data[0];

		span_skip(&rdata, 1);
		if (!span_take(&rdata, len, &string))
			return (span_new(NULL, 0));
		buf_add(&text, string);
	}
	return (buf_span(&text));
}

void
dns_counters(struct dns *dns, struct dns_counters *out)
{
	(void)pthread_mutex_lock(&dns->lock);
	*out = dns->counters;
	out->evicted = dns->cache.evicted;
	out->entries = hash_count(dns->cache.table);
	out->under_way = dns->load.total;
	(void)pthread_mutex_unlock(&dns->lock);
}
