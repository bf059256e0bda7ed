/*
 * mailreeve-quotad: one question and one answer at a time on a connection, of
 * which the idle ones wait for the next asker.  Room that deliveries under way
 * hold counts as used.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "ledger/ledger_client.h"
#include "quota_driver.h"

#define MAX_IDLE 8
#define UNIX "unix:"

struct quotad {
	struct quota_source source;
	char *path;
	pthread_mutex_t lock; /* over what follows */
	struct ledger_client *idle[MAX_IDLE];
	size_t idle_count;
};

static struct quotad *
quotad_of(struct quota_source *source)
{
	return ((struct quotad *)(void *)source);
}

static struct quota_source *
open_source(const char *endpoint, struct arena *arena, const char **error)
{
	bool named = strncmp(endpoint, UNIX, strlen(UNIX)) == 0;
	/* UNSAFE: it begins with UNIX. */
	const char *path = named ? endpoint + strlen(UNIX) : endpoint;
	struct quotad *quotad;
	size_t size = strlen(path) + 1;

	(void)arena;
	if (path[0] != '/') {
		*error = "write quotad:" LEDGER_SOCKET
			 ", or another path of a socket";
		return (NULL);
	}
	quotad = arena_impl_malloc(sizeof(*quotad));
	*quotad = (struct quotad){ .source = { &quota_quotad_driver },
		.path = memcpy(arena_impl_malloc(size), path, size) };
	(void)pthread_mutex_init(&quotad->lock, NULL);
	return (&quotad->source);
}

static void
close_source(struct quota_source *source)
{
	struct quotad *quotad = quotad_of(source);

	for (size_t i = 0; i < quotad->idle_count; i++)
		ledger_client_free(quotad->idle[i]);
	(void)pthread_mutex_destroy(&quotad->lock);
	free(quotad->path);
	free(quotad);
}

static struct ledger_client *
take_client(struct quotad *quotad)
{
	struct ledger_client *client = NULL;

	(void)pthread_mutex_lock(&quotad->lock);
	if (quotad->idle_count > 0)
		client = quotad->idle[--quotad->idle_count];
	(void)pthread_mutex_unlock(&quotad->lock);
	return (client != NULL ? client : ledger_client_new(quotad->path, 0));
}

static void
keep_client(struct quotad *quotad, struct ledger_client *client)
{
	(void)pthread_mutex_lock(&quotad->lock);
	if (quotad->idle_count < MAX_IDLE) {
		quotad->idle[quotad->idle_count++] = client;
		client = NULL;
	}
	(void)pthread_mutex_unlock(&quotad->lock);
	ledger_client_free(client);
}

static enum quota_result
judge(const struct ledger_reply *reply)
{
	switch (reply->result) {
	case LEDGER_OK:
	case LEDGER_SOFT:
		return (QUOTA_UNDER);
	case LEDGER_SOFT_EXPIRED:
		return (QUOTA_SOFT);
	case LEDGER_HARD:
		return (QUOTA_HARD);
	case LEDGER_UNKNOWN:
		return (QUOTA_UNKNOWN);
	case LEDGER_UNCERTAIN:
	case LEDGER_RECOUNT:
	case LEDGER_CHANGED:
	case LEDGER_AWAY:
	case LEDGER_DENIED:
	case LEDGER_BAD:
	case LEDGER_MORE:
		break;
	}
	return (QUOTA_TEMPFAIL);
}

static enum quota_result
ask_source(struct quota_source *source, struct span recipient, uint64_t size,
    int64_t deadline, struct arena *arena, const char **reason)
{
	struct quotad *quotad = quotad_of(source);
	struct ledger_client *client = take_client(quotad);
	struct ledger_request request = { .verb = LEDGER_ASK,
		.holder = arena_str(arena, recipient),
		.size = size > 0 ? size : 1 };
	int64_t left = deadline - clock_monotonic_ms();
	struct ledger_reply reply;
	enum quota_result result = QUOTA_TEMPFAIL;

	if (client == NULL || left <= 0) {
		ledger_client_free(client);
		return (QUOTA_TEMPFAIL);
	}
	ledger_client_set_timeout(client, (unsigned)left);
	if (ledger_client_call(client, &request, &reply) == 0) {
		result = judge(&reply);
		if (reply.text[0] != '\0')
			*reason = arena_printf(
			    arena, "Quota exceeded (%s)", reply.text);
	}
	keep_client(quotad, client);
	return (result);
}

const struct quota_driver quota_quotad_driver = {
	.name = "quotad",
	.open = open_source,
	.ask = ask_source,
	.close = close_source,
};
