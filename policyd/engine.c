#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "behind.h"
#include "dns/resolvers.h"
#include "engine_impl.h"
#include "store/store.h"

static bool
wrote(void *cookie, struct span user, struct span recipient, int64_t now)
{
	return (known_wrote(cookie, user, recipient, now));
}

static struct notify_options
notify_options(const struct config_settings *settings)
{
	return ((struct notify_options){ .to = settings->notify_to,
	    .from = settings->notify_from,
	    .sendmail = settings->sendmail,
	    .webhook = settings->webhook });
}

/* What is remembered, in memory. */
static void
start_memory(struct engine *engine, const struct engine_options *options,
    int64_t created)
{
	struct behind *behind = engine->behind;

	engine->known = known_new(behind, ENGINE_MAX_RECORDS);
	engine->greylist =
	    greylist_new(behind, ENGINE_MAX_RECORDS, engine_lost, engine);
	engine->reputation = reputation_new(behind, ENGINE_MAX_RECORDS);
	engine->listed = engine_listed_new(behind);
	engine->watch = watch_new(behind, options->log, engine->notifier);
	struct accounting_options accounting = {
		.behind = behind,
		.shared = engine->shared,
		.log = options->log,
		.end = (enum accounting_end)
		           engine->config->settings.end_of_message,
		.hold_ms = engine->config->settings.reservation_time * 1000,
		.learning_since = created,
		.known = wrote,
		.known_cookie = engine->known,
	};

	engine->accounting = accounting_new(&accounting);
	accounting_follow_rules(
	    engine->accounting, &engine->config->accounting);
}

static const char *
start_shared(struct engine *engine, struct arena *arena)
{
	struct config_settings *settings = &engine->config->settings;
	struct shared_options options = {
		.server = settings->shared_server,
		.sentinels = &settings->shared_sentinels,
		.sentinel_name = settings->shared_sentinel_name,
		.username = settings->shared_username,
		.password = engine->config->shared_password,
		.tls = settings->shared_tls,
		.tls_ca = settings->shared_tls_ca,
		.timeout_ms = settings->shared_timeout,
		.nodes = (uint64_t)settings->shared_nodes,
	};
	const char *error = NULL;

	if (settings->shared_server == NULL &&
	    settings->shared_sentinels.count == 0)
		return (NULL);
	engine->shared =
	    shared_new(engine->base, &options, engine->log, arena, &error);
	return (error);
}

static const char *
start_dns(struct engine *engine, struct arena *arena)
{
	const struct config_settings *settings = &engine->config->settings;
	struct dns_options options = {
		.cache_entries = (size_t)settings->dns_cache_entries
	};
	const char *error = NULL;

	if (!settings->score)
		return (NULL);
	struct dns_backend *backend = resolvers_open(&settings->resolvers,
	    settings->trust_anchor, engine->log, arena, &error);

	if (backend == NULL)
		return (error);
	engine->dns = dns_new(backend, &options);
	engine->health = list_health_new(engine->log);
	return (NULL);
}

/* Whatever asks others. */
static const char *
start_questions(struct engine *engine, struct arena *arena)
{
	const struct config_settings *settings = &engine->config->settings;
	const char *error = start_shared(engine, arena);

	if (error == NULL)
		error = start_dns(engine, arena);
	if (error == NULL && settings->quota != NULL)
		engine->quota = quota_open(settings->quota, arena, &error);
	if (settings->quota_recipient_maps.count > 0)
		engine->quota_map =
		    quota_map_new(&settings->quota_recipient_maps,
			settings->recipient_delimiter[0]);
	if (error != NULL)
		return (error);
	engine->workers = workers_new(engine->base, (size_t)settings->workers);
	if (engine->quota != NULL)
		engine->quota_workers =
		    workers_new(engine->base, ENGINE_QUOTA_WORKERS);
	return (engine->workers != NULL &&
			(engine->quota == NULL || engine->quota_workers != NULL)
		    ? NULL
		    : arena_printf(arena, "workers: cannot start threads: %s",
			  strerror(errno)));
}

struct engine *
engine_new(const struct engine_options *options, struct arena *arena,
    const char **error)
{
	struct engine *engine = arena_impl_malloc(sizeof(*engine));
	struct notify_options notify =
	    notify_options(&options->config->settings);
	int64_t created = options->store != NULL ? store_created(options->store)
	                                         : options->now;

	*engine = (struct engine){ .log = options->log,
		.config = options->config,
		.base = options->base,
		.now = options->now,
		.meter = meter_new() };
	list_init(&engine->visits);
	*error = NULL;
	if (options->base != NULL) {
		engine->notifier = notifier_new(&notify, options->log);
		*error = start_questions(engine, arena);
	}
	engine->behind = behind_new(options->store, options->log);
	start_memory(engine, options, created);
	if (*error == NULL && options->store != NULL)
		*error =
		    engine_load(engine, options->store, options->now, arena);
	behind_start(engine->behind);
	(void)watch_follow(
	    engine->watch, &options->config->watch_rules, options->now);
	if (*error == NULL)
		return (engine);
	engine_free(engine);
	return (NULL);
}

void
engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	accounting_stop(engine->accounting, engine->now);
	workers_free(engine->workers);
	workers_free(engine->quota_workers);
	/* Who waits for shared limits goes on below, and asks no more. */
	engine->workers = NULL;
	shared_free(engine->shared);
	accounting_free(engine->accounting);
	watch_free(engine->watch);
	table_free(engine->listed);
	reputation_free(engine->reputation);
	greylist_free(engine->greylist);
	known_free(engine->known);
	(void)behind_free(engine->behind);
	notifier_free(engine->notifier);
	quota_close(engine->quota);
	quota_map_free(engine->quota_map);
	list_health_free(engine->health);
	dns_free(engine->dns);
	meter_free(engine->meter);
	config_free(engine->config);
	free(engine);
}

void
engine_closed(struct engine *engine, uint64_t connection)
{
	transactions_closed(
	    accounting_transactions(engine->accounting), connection);
}

void
engine_tick(struct engine *engine, int64_t now)
{
	engine->now = now;
	behind_now(engine->behind, now);
	accounting_tick(engine->accounting, now);
	greylist_tick(engine->greylist, now);
	known_tick(engine->known, now);
	reputation_tick(engine->reputation, now);
	watch_tick(engine->watch, now);
	(void)table_flush(engine->listed, ENGINE_FLUSH_AT_TICK);
	engine_test_lists(engine, now);
}

void
engine_follow(struct engine *engine, struct config *config)
{
	struct notify_options notify = notify_options(&config->settings);

	config_free(engine->config);
	engine->config = config;
	accounting_follow_rules(engine->accounting, &config->accounting);
	if (engine->notifier != NULL)
		notifier_follow(engine->notifier, &notify);
	(void)watch_follow(engine->watch, &config->watch_rules, engine->now);
	engine->tested_ms = 0;
}

size_t
engine_in_hand(const struct engine *engine)
{
	return (engine->in_hand);
}

const struct config *
engine_config(const struct engine *engine)
{
	return (engine->config);
}

struct accounting *
engine_accounting(struct engine *engine)
{
	return (engine->accounting);
}

struct greylist *
engine_greylist(struct engine *engine)
{
	return (engine->greylist);
}

struct known *
engine_known(struct engine *engine)
{
	return (engine->known);
}

struct reputation *
engine_reputation(struct engine *engine)
{
	return (engine->reputation);
}

struct watch *
engine_watch(struct engine *engine)
{
	return (engine->watch);
}

struct list_health *
engine_health(struct engine *engine)
{
	return (engine->health);
}

struct behind *
engine_behind(struct engine *engine)
{
	return (engine->behind);
}

struct shared *
engine_shared(struct engine *engine)
{
	return (engine->shared);
}

struct workers *
engine_workers(struct engine *engine)
{
	return (engine->workers);
}

struct dns *
engine_dns(struct engine *engine)
{
	return (engine->dns);
}

struct meter *
engine_meter(struct engine *engine)
{
	return (engine->meter);
}

struct table *
engine_listed(struct engine *engine)
{
	return (engine->listed);
}

const struct log *
engine_logger(const struct engine *engine)
{
	return (engine->log);
}

struct notifier *
engine_notifier(struct engine *engine)
{
	return (engine->notifier);
}
