#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "daemon/socket.h"
#include "peer.h"
#include "serve_connection.h"

#define BACKLOG 1024
/* Connections taken before others have their turn. */
#define ACCEPT_BURST 64
/* Seconds between two looks at how much there is. */
#define COUNT_SECONDS 15

struct serve {
	struct serve_set set;
	const struct peer_users *users;
	struct arena *users_arena;
	struct event *accepting;
	int listener;
	const char *path; /* of a socket that we made, or NULL */
	bool away;        /* the store was, when last heard */
	int64_t ticks;
};

static int64_t
wall_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static bool
is_welcome(struct serve *serve, const struct peer *peer)
{
	const struct config_settings *settings =
	    &serve->set.with.config->settings;
	bool known = peer->may.may_book || peer->may.may_ask;

	if (serve->set.count >= (size_t)settings->max_connections)
		return (false);
	return (known || serve_connection_count_of(&serve->set, peer->may.uid) <
			     (size_t)settings->max_user_connections);
}

static void
admit_client(struct serve *serve, int fd)
{
	struct arena *arena = arena_new();
	struct peer peer;

	if (peer_of(fd, serve->users, arena, &peer) == 0 &&
	    is_welcome(serve, &peer)) {
		serve_connection_new(&serve->set, fd, &peer, arena);
		return;
	}
	meter_count(serve->set.with.meter, METER_PEER_DENIED);
	(void)close(fd);
	arena_free(arena);
}

static void
on_accept(int listener, short what, void *cookie)
{
	struct serve *serve = cookie;

	(void)what;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		int fd =
		    accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		admit_client(serve, fd);
	}
}

static int
take_passed(struct arena *arena, const char **error)
{
	int fd = SD_LISTEN_FDS_START;

	if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0) {
		*error = "what systemd passes is no listening UNIX socket; "
			 "see: systemctl cat mailreeve-quotad.socket";
		return (-1);
	}
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0)
		return (fd);
	*error =
	    arena_printf(arena, "the socket from systemd: %s", strerror(errno));
	return (-1);
}

static int
bind_own(const char *path, struct arena *arena, const char **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		*error = "socket: the path is too long for a socket";
		return (-1);
	}
	if (socket_is_served(path)) {
		*error = arena_printf(arena,
		    "somebody listens on %s already; end it with: systemctl "
		    "stop mailreeve-quotad.socket mailreeve-quotad",
		    path);
		return (-1);
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    chmod(path, 0666) == 0 && listen(fd, BACKLOG) == 0)
		return (fd);
	*error = arena_printf(
	    arena, "cannot listen on %s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return (-1);
}

static int
open_listener(struct serve *serve, struct arena *arena, const char **error)
{
	const char *path = serve->set.with.config->settings.socket;

	if (sd_listen_fds(1) > 0)
		return (take_passed(arena, error));
	serve->path = arena_strdup(arena, path);
	return (bind_own(path, arena, error));
}

struct serve *
serve_new(const struct serve_options *options, struct arena *arena,
    const char **error)
{
	struct serve *serve = arena_impl_malloc(sizeof(*serve));

	*serve = (struct serve){ .set = { .with = *options } };
	serve->listener = open_listener(serve, arena, error);
	if (serve->listener < 0) {
		free(serve);
		return (NULL);
	}
	list_init(&serve->set.all);
	list_init(&serve->set.turn);
	serve->set.arena = arena_new();
	serve_configure(serve, options->config);
	serve->accepting = event_new(options->base, serve->listener,
	    EV_READ | EV_PERSIST, on_accept, serve);
	(void)event_add(serve->accepting, NULL);
	return (serve);
}

void
serve_configure(struct serve *serve, const struct config *config)
{
	arena_free(serve->users_arena);
	serve->users_arena = arena_new();
	serve->users = peer_users_new(&config->settings, serve->users_arena);
	serve->set.with.config = config;
}

static void
note_store(struct serve *serve, bool there)
{
	const struct serve_options *with = &serve->set.with;

	if (there == !serve->away)
		return;
	serve->away = !there;
	if (!there) {
		meter_count(with->meter, METER_STORE_AWAY);
		log_error(with->log, "store_away",
		    LOG_TEXT("reason", store_error(with->store)));
		return;
	}
	log_info(with->log, "store_back");
	/* What was removed, or let through, meanwhile is found by counting. */
	(void)store_mark(with->store);
	(void)store_flush(with->store);
}

void
serve_turn(struct serve *serve)
{
	struct store *store = serve->set.with.store;

	if (list_is_empty(&serve->set.turn))
		return;
	bool saved = store_flush(store) == STORE_OK;

	serve_connection_finish(&serve->set, saved);
	/* Of those who left meanwhile. */
	saved = store_flush(store) == STORE_OK && saved;
	note_store(serve, saved);
	arena_free(serve->set.arena);
	serve->set.arena = arena_new();
}

static void
count(struct serve *serve)
{
	const struct serve_options *with = &serve->set.with;
	struct meter_gauges gauges = { .connections =
					   (int64_t)serve->set.count };
	struct store_totals totals;
	bool there = store_count(with->store, &totals) == STORE_OK;

	note_store(serve, there);
	if (there) {
		gauges.leases = totals.leases;
		gauges.stale = totals.stale;
		gauges.holders = totals.holders;
		gauges.dirty = totals.dirty;
		gauges.accounts = totals.accounts;
	}
	meter_set(with->meter, &gauges);
}

void
serve_tick(struct serve *serve, int64_t now)
{
	const struct serve_options *with = &serve->set.with;
	int64_t ttl = with->config->settings.lease_ttl;

	serve_connection_check(&serve->set, now);
	if (serve->ticks++ % COUNT_SECONDS == 0)
		count(serve);
	if (serve->ticks % (ttl / 3 > 0 ? ttl / 3 : 1) == 0)
		serve_connection_renew(&serve->set, wall_ms() + ttl * 1000);
	ledger_sweep(with->ledger);
	(void)store_flush(with->store);
}

bool
serve_is_watched(const struct serve *serve)
{
	return (serve->set.watchers > 0);
}

void
serve_tell(struct serve *serve, const char *json)
{
	serve_connection_tell(&serve->set, json);
}

void
serve_free(struct serve *serve)
{
	if (serve == NULL)
		return;
	event_free(serve->accepting);
	serve_connection_end(&serve->set);
	(void)close(serve->listener);
	if (serve->path != NULL)
		(void)unlink(serve->path);
	arena_free(serve->users_arena);
	arena_free(serve->set.arena);
	free(serve);
}
