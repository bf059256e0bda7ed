/* Requests of quotad's clients, carried out on a ledger in a file. */
#include "support/unit.h"

#include <string.h>

#include "ledger.h"
#include "support/files.h"
#include "support/redisserver.h"

#define USER "user/al@a.example"
#define DOMAIN "domain/a.example"
#define AL "al@a.example"
#define BO "bo@a.example"
#define SLOTS 4

static const struct ledger_peer trusted = { .may_book = true };

/* What a step of a story does. */
enum doing {
	COUNT,   /* recount begun and ended: bytes, count 1 */
	BEGIN,   /* a recount begins */
	END,     /* and ends, with the sequence of the last BEGIN */
	RESERVE, /* a new lease into the slot */
	EXTEND,  /* of the slot's lease */
	FORCE,   /* as RESERVE, over any limit */
	COMMIT,  /* of the slot's lease; bytes are expunged */
	RELEASE,
	DIE,
	LATER, /* the clock goes on by that many seconds */
	SWEEP,
	DIRTY,
	LOOK,
	ASK, /* would a message of that size fit? */
	FORGET,
};

struct step {
	enum doing doing;
	int slot;
	int64_t bytes;
	enum ledger_result result;
	/* After it, of the holder's own account, and the domain's use. */
	int64_t used, held, stale, domain_used;
	bool dirty;
	const char *holder; /* NULL: AL */
};

struct story {
	const char *what;
	int64_t user_limit, domain_limit, soft_limit; /* bytes, of Dovecot; soft
	                                                 set by hand */
	struct step steps[16]; /* up to the first without a result */
};

static const struct story stories[] = {
	{ "who was never counted is counted first", 1000, 5000, 0,
	    {
		{ RESERVE, 0, 100, LEDGER_RECOUNT },
		{ LOOK, 0, 0, LEDGER_RECOUNT },
		{ ASK, 0, 100, LEDGER_UNKNOWN },
		{ COUNT, 0, 300, LEDGER_OK, 300, 0, 0, 300 },
		{ RESERVE, 0, 700, LEDGER_OK, 300, 700, 0, 300 },
		{ COMMIT, 0, 0, LEDGER_OK, 1000, 0, 0, 1000 },
		{ RESERVE, 0, 1, LEDGER_HARD, 1000, 0, 0, 1000 },
		{ ASK, 0, 1, LEDGER_HARD, 1000, 0, 0, 1000 },
		{ FORCE, 0, 50, LEDGER_OK, 1000, 50, 0, 1000 },
		{ COMMIT, 0, 50, LEDGER_OK, 1000, 0, 0, 1000 },
	    } },
	{ "what is held is not there for others", 1000, 5000, 0,
	    {
		{ COUNT, 0, 0, LEDGER_OK },
		{ RESERVE, 0, 600, LEDGER_OK, 0, 600 },
		{ RESERVE, 1, 500, LEDGER_HARD, 0, 600 },
		{ ASK, 0, 500, LEDGER_HARD, 0, 600 },
		{ EXTEND, 0, 400, LEDGER_OK, 0, 1000 },
		{ EXTEND, 0, 1, LEDGER_HARD, 0, 1000 },
		{ RELEASE, 0, 0, LEDGER_OK },
		{ RESERVE, 1, 1000, LEDGER_OK, 0, 1000 },
		{ COMMIT, 1, 0, LEDGER_OK, 1000, 0, 0, 1000 },
	    } },
	{ "a domain is full whoever fills it", 1000, 1500, 0,
	    {
		{ COUNT, 0, 800, LEDGER_OK, 800, 0, 0, 800 },
		{ COUNT, 0, 600, LEDGER_OK, 600, 0, 0, 1400, false, BO },
		{ RESERVE, 0, 101, LEDGER_HARD, 800, 0, 0, 1400 },
		{ ASK, 0, 101, LEDGER_HARD, 800, 0, 0, 1400 },
		{ ASK, 0, 101, LEDGER_HARD, 0, 0, 0, 1400, false,
		    "new@a.example" },
		{ RESERVE, 0, 100, LEDGER_OK, 800, 100, 0, 1400 },
		{ RESERVE, 1, 1, LEDGER_HARD, 600, 0, 0, 1400, false, BO },
		{ RELEASE, 0, 0, LEDGER_OK, 800, 0, 0, 1400 },
		{ FORGET, 0, 0, LEDGER_OK, 0, 0, 0, 800, false, BO },
		{ RESERVE, 0, 200, LEDGER_OK, 800, 200, 0, 800 },
	    } },
	{ "what died stays held until it is counted", 1000, 5000, 0,
	    {
		{ COUNT, 0, 0, LEDGER_OK },
		{ RESERVE, 0, 600, LEDGER_OK, 0, 600 },
		{ DIE, 0, 0, LEDGER_OK, 0, 600, 600, 0, true },
		{ DIE, 0, 0, LEDGER_OK, 0, 600, 600, 0, true },
		{ RESERVE, 1, 500, LEDGER_UNCERTAIN, 0, 600, 600, 0, true },
		{ RESERVE, 1, 400, LEDGER_OK, 0, 1000, 600, 0, true },
		{ COUNT, 0, 600, LEDGER_CHANGED, 0, 1000, 600, 0, true },
		{ COMMIT, 1, 0, LEDGER_OK, 400, 600, 600, 400, true },
		{ COUNT, 0, 1000, LEDGER_OK, 1000, 0, 0, 1000 },
		{ COMMIT, 0, 0, LEDGER_OK, 1000, 0, 0, 1000, true },
		{ COUNT, 0, 1000, LEDGER_OK, 1000, 0, 0, 1000 },
	    } },
	{ "a removal may be heard of before what it removed", 1000, 5000, 0,
	    {
		{ COUNT, 0, 0, LEDGER_OK },
		{ RESERVE, 0, 600, LEDGER_OK, 0, 600 },
		{ RESERVE, 1, 0, LEDGER_OK, 0, 600 },
		{ COMMIT, 1, 600, LEDGER_OK, -600, 600, 0, -600 },
		{ RESERVE, 2, 1001, LEDGER_HARD, -600, 600, 0, -600 },
		{ RESERVE, 2, 1000, LEDGER_OK, -600, 1600, 0, -600 },
		{ COMMIT, 0, 0, LEDGER_OK, 0, 1000, 0, 0 },
		{ COMMIT, 2, 0, LEDGER_OK, 1000, 0, 0, 1000 },
	    } },
	{ "who lies while he holds room has no more for it", 1000, 5000, 0,
	    {
		{ COUNT, 0, 100, LEDGER_OK, 100, 0, 0, 100 },
		{ RESERVE, 0, 50, LEDGER_OK, 100, 50, 0, 100 },
		{ RESERVE, 1, 0, LEDGER_OK, 100, 50, 0, 100 },
		{ COMMIT, 1, 900, LEDGER_OK, -50, 50, 0, -50, true },
		{ RESERVE, 1, 1001, LEDGER_HARD, -50, 50, 0, -50, true },
		{ RELEASE, 0, 0, LEDGER_OK, 0, 0, 0, 0, true },
	    } },
	{ "who has less than nothing is counted", 1000, 5000, 0,
	    {
		{ COUNT, 0, 100, LEDGER_OK, 100, 0, 0, 100 },
		{ RESERVE, 0, 0, LEDGER_OK, 100, 0, 0, 100 },
		{ COMMIT, 0, 300, LEDGER_OK, 0, 0, 0, 0, true },
	    } },
	{ "a lease that died commits late", 1000, 5000, 0,
	    {
		{ COUNT, 0, 0, LEDGER_OK },
		{ RESERVE, 0, 600, LEDGER_OK, 0, 600 },
		{ DIE, 0, 0, LEDGER_OK, 0, 600, 600, 0, true },
		{ EXTEND, 0, 1, LEDGER_UNKNOWN, 0, 600, 600, 0, true },
		{ COMMIT, 0, 0, LEDGER_OK, 600, 0, 0, 600, true },
		{ COUNT, 0, 600, LEDGER_OK, 600, 0, 0, 600 },
	    } },
	{ "a recount that was overtaken is none", 1000, 5000, 0,
	    {
		{ COUNT, 0, 0, LEDGER_OK },
		{ BEGIN, 0, 0, LEDGER_OK },
		{ RESERVE, 0, 100, LEDGER_OK, 0, 100 },
		{ END, 0, 0, LEDGER_CHANGED, 0, 100 },
		{ BEGIN, 0, 0, LEDGER_CHANGED, 0, 100 },
		{ COMMIT, 0, 0, LEDGER_OK, 100, 0, 0, 100 },
		{ END, 0, 0, LEDGER_CHANGED, 100, 0, 0, 100 },
		{ BEGIN, 0, 0, LEDGER_OK, 100, 0, 0, 100 },
		{ END, 0, 100, LEDGER_OK, 100, 0, 0, 100 },
		{ END, 0, 100, LEDGER_CHANGED, 100, 0, 0, 100 },
	    } },
	{ "an expunge holds nothing, but a recount waits for it", 1000, 5000, 0,
	    {
		{ COUNT, 0, 900, LEDGER_OK, 900, 0, 0, 900 },
		{ BEGIN, 0, 0, LEDGER_OK, 900, 0, 0, 900 },
		{ RESERVE, 0, 0, LEDGER_OK, 900, 0, 0, 900 },
		{ END, 0, 800, LEDGER_CHANGED, 900, 0, 0, 900 },
		{ COMMIT, 0, 100, LEDGER_OK, 800, 0, 0, 800 },
		{ RESERVE, 0, 0, LEDGER_OK, 800, 0, 0, 800 },
		{ DIE, 0, 0, LEDGER_OK, 800, 0, 0, 800, true },
		{ RESERVE, 0, 0, LEDGER_OK, 800, 0, 0, 800, true },
		{ COMMIT, 0, 900, LEDGER_OK, 0, 0, 0, 0, true },
	    } },
	{ "leases without a connection expire", 1000, 5000, 0,
	    {
		{ COUNT, 0, 0, LEDGER_OK },
		{ RESERVE, 0, 600, LEDGER_OK, 0, 600 },
		{ LATER, 0, 59, LEDGER_OK, 0, 600 },
		{ SWEEP, 0, 0, LEDGER_OK, 0, 600 },
		{ LATER, 0, 1, LEDGER_OK, 0, 600 },
		{ SWEEP, 0, 0, LEDGER_OK, 0, 600, 600, 0, true },
	    } },
	{ "soft, then no more", 1000, 5000, 500,
	    {
		{ COUNT, 0, 0, LEDGER_OK },
		{ RESERVE, 0, 600, LEDGER_SOFT, 0, 600 },
		{ COMMIT, 0, 0, LEDGER_OK, 600, 0, 0, 600 },
		{ LATER, 0, 99, LEDGER_OK, 600, 0, 0, 600 },
		{ RESERVE, 0, 100, LEDGER_SOFT, 600, 100, 0, 600 },
		{ COMMIT, 0, 0, LEDGER_OK, 700, 0, 0, 700 },
		{ LATER, 0, 1, LEDGER_OK, 700, 0, 0, 700 },
		{ RESERVE, 0, 1, LEDGER_SOFT_EXPIRED, 700, 0, 0, 700 },
		{ ASK, 0, 1, LEDGER_SOFT_EXPIRED, 700, 0, 0, 700 },
		{ RESERVE, 0, 301, LEDGER_HARD, 700, 0, 0, 700 },
		{ RESERVE, 0, 0, LEDGER_OK, 700, 0, 0, 700 },
		{ COMMIT, 0, 300, LEDGER_OK, 400, 0, 0, 400 },
		{ RESERVE, 0, 200, LEDGER_SOFT, 400, 200, 0, 400 },
	    } },
	{ "doubt is told, and ends with a count", 1000, 5000, 0,
	    {
		{ COUNT, 0, 100, LEDGER_OK, 100, 0, 0, 100 },
		{ DIRTY, 0, 0, LEDGER_OK, 100, 0, 0, 100, true },
		{ LOOK, 0, 0, LEDGER_OK, 100, 0, 0, 100, true },
		{ COUNT, 0, 200, LEDGER_OK, 200, 0, 0, 200 },
	    } },
};

struct world {
	struct arena *arena;
	char *folder;
	struct redisserver *server; /* NULL: a file */
	struct store *store;
	struct ledger *ledger;
	struct log *log;
	struct meter *meter;
	struct config config;
	struct clock clock;
	uint64_t slots[SLOTS];
	uint64_t sequence;
	struct ledger_reply reply;
	struct ledger_effect effect;
};

/* Where the ledger is kept: in a file, or in a server of its own. */
static const char *
place(struct world *world, bool shared)
{
	if (!shared)
		return (arena_printf(world->arena, "%s/ledger", world->folder));
	world->server = redisserver_new(world->arena);
	if (redisserver_start(world->server, false) != 0)
		fail_msg("no server starts");
	return (arena_printf(
	    world->arena, "redis:unix:%s", redisserver_socket(world->server)));
}

static void
begin(struct world *world, bool shared)
{
	const char *error;

	*world = (struct world){ .clock = { .fixed = 1000000 } };
	world->arena = arena_new();
	world->folder = files_folder(world->arena, "ledger");
	world->config.settings.lease_ttl = 60;
	world->log = log_new("test_ledger");
	log_set_level(world->log, LOG_LEVEL_ERROR);
	world->meter = meter_new();
	const struct store_options kept = { .where = place(world, shared),
		.timeout_ms = 2000,
		.log = world->log };

	world->store = store_open(&kept, world->arena, &error);
	if (world->store == NULL)
		fail_msg("%s", error);
	const struct ledger_options options = { .store = world->store,
		.config = &world->config,
		.clock = &world->clock,
		.log = world->log,
		.meter = world->meter };

	world->ledger = ledger_new(&options);
}

static void
end(struct world *world)
{
	ledger_free(world->ledger);
	store_close(world->store);
	if (world->server != NULL)
		redisserver_free(world->server);
	meter_free(world->meter);
	log_free(world->log);
	files_remove(world->folder);
	arena_free(world->arena);
}

static const char *
user_key(struct world *world, const char *holder)
{
	return (arena_printf(world->arena, "user/%s", holder));
}

static enum ledger_result
do_request(struct world *world, const struct ledger_peer *peer,
    const struct ledger_request *request)
{
	ledger_do(world->ledger, peer, request, world->arena, &world->reply,
	    &world->effect);
	return (world->reply.result);
}

/* A request for the holder's two accounts. */
static struct ledger_request
make(struct world *world, const struct story *story, enum ledger_verb verb,
    const char *holder, int64_t bytes)
{
	const struct ledger_amount amount = { bytes,
		(bytes > 0) - (bytes < 0) };

	return ((struct ledger_request){ .verb = verb,
	    .holder = holder,
	    .root_count = 2,
	    .roots = { { .key = user_key(world, holder),
			   .amount = amount,
			   .limit = { story->user_limit, 0 } },
		{ .key = DOMAIN,
		    .amount = amount,
		    .limit = { story->domain_limit, 0 } } } });
}

static enum ledger_result
begin_recount(
    struct world *world, const struct story *story, const char *holder)
{
	struct ledger_request request =
	    make(world, story, LEDGER_RECOUNT_BEGIN, holder, 0);

	request.root_count = 0;
	if (do_request(world, &trusted, &request) == LEDGER_OK)
		world->sequence = world->reply.sequence;
	return (world->reply.result);
}

static enum ledger_result
end_recount(struct world *world, const struct story *story, const char *holder,
    int64_t bytes)
{
	struct ledger_request request =
	    make(world, story, LEDGER_RECOUNT_END, holder, bytes);

	request.sequence = world->sequence;
	return (do_request(world, &trusted, &request));
}

static enum ledger_result
send(struct world *world, const struct story *story, const struct step *step,
    enum ledger_verb verb, const char *holder)
{
	bool less = verb == LEDGER_COMMIT;
	struct ledger_request request =
	    make(world, story, verb, holder, less ? -step->bytes : step->bytes);

	if (step->doing != RESERVE && step->doing != FORCE)
		request.lease = world->slots[step->slot];
	if (step->doing == FORCE)
		request.flags = LEDGER_FORCE;
	if (verb == LEDGER_ASK) {
		request.root_count = 0;
		request.size = (uint64_t)step->bytes;
	}
	(void)do_request(world, &trusted, &request);
	if (world->effect.opened != 0)
		world->slots[step->slot] = world->effect.opened;
	return (world->reply.result);
}

static enum ledger_result
take_step(struct world *world, const struct story *story,
    const struct step *step, const char *holder)
{
	switch (step->doing) {
	case COUNT:
		if (begin_recount(world, story, holder) != LEDGER_OK)
			return (world->reply.result);
		return (end_recount(world, story, holder, step->bytes));
	case BEGIN:
		return (begin_recount(world, story, holder));
	case END:
		return (end_recount(world, story, holder, step->bytes));
	case RESERVE:
	case EXTEND:
	case FORCE:
		return (send(world, story, step, LEDGER_RESERVE, holder));
	case COMMIT:
		return (send(world, story, step, LEDGER_COMMIT, holder));
	case RELEASE:
		return (send(world, story, step, LEDGER_RELEASE, holder));
	case DIRTY:
		return (send(world, story, step, LEDGER_DIRTY, holder));
	case LOOK:
		return (send(world, story, step, LEDGER_LOOK, holder));
	case ASK:
		return (send(world, story, step, LEDGER_ASK, holder));
	case DIE:
		ledger_died(world->ledger, world->slots[step->slot]);
		return (LEDGER_OK);
	case SWEEP:
		ledger_sweep(world->ledger);
		return (LEDGER_OK);
	case LATER:
		world->clock.fixed += step->bytes;
		return (LEDGER_OK);
	case FORGET:
		return (ledger_forget(world->ledger, holder) == STORE_OK
			    ? LEDGER_OK
			    : LEDGER_AWAY);
	}
	return (LEDGER_BAD);
}

/* What the store has after the step, read anew. */
static void
compare(struct world *world, const char *what, size_t number,
    const struct step *step, const char *holder)
{
	struct store_unit unit = { .account_count = 2 };

	(void)stpcpy(unit.holder.name, holder);
	(void)stpcpy(unit.accounts[0].key, user_key(world, holder));
	(void)stpcpy(unit.accounts[1].key, DOMAIN);
	assert_int_equal(store_flush(world->store), STORE_OK);
	assert_int_equal(store_load(world->store, &unit), STORE_OK);
	if (unit.accounts[0].used.bytes != step->used ||
	    unit.accounts[0].held.bytes != step->held ||
	    unit.accounts[0].stale.bytes != step->stale ||
	    unit.accounts[1].used.bytes != step->domain_used ||
	    unit.holder.dirty != step->dirty)
		fail_msg("%s, step %zu: used %lld, held %lld, stale %lld, "
			 "domain %lld, dirty %d",
		    what, number, (long long)unit.accounts[0].used.bytes,
		    (long long)unit.accounts[0].held.bytes,
		    (long long)unit.accounts[0].stale.bytes,
		    (long long)unit.accounts[1].used.bytes, unit.holder.dirty);
}

static void
set_soft(struct world *world, int64_t bytes)
{
	const struct ledger_amount unset = { RECORD_UNSET, RECORD_UNSET };
	const struct record_limits limits = {
		.hard = unset, .soft = { bytes, 0 }, .period_s = 100
	};

	assert_int_equal(
	    ledger_set(world->ledger, "user/" AL, &limits), STORE_OK);
}

static void
run_story(const struct story *story, bool shared)
{
	struct world world;

	begin(&world, shared);
	if (story->soft_limit > 0)
		set_soft(&world, story->soft_limit);
	for (size_t i = 0; i < UNIT_COUNT(story->steps); i++) {
		const struct step *step = &story->steps[i];
		const char *holder = step->holder != NULL ? step->holder : AL;
		enum ledger_result result;

		if (step->result == 0)
			break;
		result = take_step(&world, story, step, holder);
		if (result != step->result)
			fail_msg("%s, step %zu: result %d, not %d (%s)",
			    story->what, i, result, step->result,
			    world.reply.text);
		compare(&world, story->what, i, step, holder);
	}
	end(&world);
}

static void
test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(stories); i++)
		run_story(&stories[i], false);
}

/* The same in a server that several machines share. */
static void
test_shared(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(stories); i++)
		run_story(&stories[i], true);
}

struct peer_case {
	const char *what;
	struct ledger_peer peer;
	const char *holder;
	enum ledger_verb verb;
	enum ledger_result result;
};

static const struct peer_case peer_cases[] = {
	{ "a stranger", { .uid = 7 }, AL, LEDGER_RESERVE, LEDGER_DENIED },
	{ "a stranger looks", { .uid = 7 }, AL, LEDGER_LOOK, LEDGER_DENIED },
	{ "a stranger asks", { .uid = 7 }, AL, LEDGER_ASK, LEDGER_DENIED },
	{ "a stranger binds", { .uid = 7 }, AL, LEDGER_BIND, LEDGER_DENIED },
	{ "a stranger doubts", { .uid = 7 }, AL, LEDGER_DIRTY, LEDGER_DENIED },
	{ "who may ask", { .may_ask = true, .uid = 8 }, AL, LEDGER_ASK,
	    LEDGER_OK },
	{ "but no more", { .may_ask = true, .uid = 8 }, AL, LEDGER_RESERVE,
	    LEDGER_DENIED },
	{ "who is bound", { .uid = 9 }, AL, LEDGER_RESERVE, LEDGER_OK },
	{ "to another", { .uid = 9 }, BO, LEDGER_RESERVE, LEDGER_DENIED },
	{ "a system user", { .uid = 10, .login = AL }, AL, LEDGER_RESERVE,
	    LEDGER_OK },
	{ "another one", { .uid = 10, .login = BO }, AL, LEDGER_RESERVE,
	    LEDGER_DENIED },
};

static const struct story plain = { "", 1000, 5000, 0, { { 0 } } };

static void
test_peers(void **state)
{
	struct world world;

	(void)state;
	begin(&world, false);
	struct ledger_request bind = make(&world, &plain, LEDGER_BIND, AL, 0);

	bind.size = 9;
	assert_int_equal(do_request(&world, &trusted, &bind), LEDGER_OK);
	assert_int_equal(begin_recount(&world, &plain, AL), LEDGER_OK);
	assert_int_equal(end_recount(&world, &plain, AL, 0), LEDGER_OK);
	for (size_t i = 0; i < UNIT_COUNT(peer_cases); i++) {
		const struct peer_case *c = &peer_cases[i];
		struct ledger_request request =
		    make(&world, &plain, c->verb, c->holder, 1);

		if (do_request(&world, &c->peer, &request) != c->result)
			fail_msg("%s: %d", c->what, world.reply.result);
	}
	end(&world);
}

/* Only who is trusted says what Dovecot's limit is. */
static void
test_told(void **state)
{
	static const struct story lie = { "", 1 << 30, 1 << 30, 0, { { 0 } } };
	const struct ledger_peer user = { .uid = 9 };
	struct world world;

	(void)state;
	begin(&world, false);
	struct ledger_request bind = make(&world, &plain, LEDGER_BIND, AL, 0);

	bind.size = 9;
	(void)do_request(&world, &trusted, &bind);
	(void)begin_recount(&world, &plain, AL);
	(void)end_recount(&world, &plain, AL, 0);
	struct ledger_request request =
	    make(&world, &lie, LEDGER_RESERVE, AL, 2000);

	assert_int_equal(do_request(&world, &user, &request), LEDGER_HARD);
	assert_int_equal(world.reply.roots[0].hard.bytes, 1000);
	assert_int_equal(do_request(&world, &trusted, &request), LEDGER_OK);
	end(&world);
}

static void
set_text(struct ledger_request *request, const char *holder, const char *key)
{
	request->holder = holder;
	request->roots[0].key = key;
}

static void
test_nonsense(void **state)
{
	struct world world;
	struct ledger_request request;

	(void)state;
	begin(&world, false);
	request = make(&world, &plain, LEDGER_RESERVE, AL, -1);
	assert_int_equal(do_request(&world, &trusted, &request), LEDGER_BAD);
	request = make(&world, &plain, LEDGER_COMMIT, AL, 1);
	assert_int_equal(do_request(&world, &trusted, &request), LEDGER_BAD);
	request = make(&world, &plain, LEDGER_COMMIT, AL, INT64_MIN);
	assert_int_equal(do_request(&world, &trusted, &request), LEDGER_BAD);
	request = make(&world, &plain, LEDGER_RECOUNT_END, AL, -1);
	assert_int_equal(do_request(&world, &trusted, &request), LEDGER_BAD);
	request = make(&world, &plain, LEDGER_RESERVE, AL, 1);
	set_text(&request, "", USER);
	assert_int_equal(do_request(&world, &trusted, &request), LEDGER_BAD);
	set_text(&request, AL, "");
	assert_int_equal(do_request(&world, &trusted, &request), LEDGER_BAD);
	set_text(&request, AL, DOMAIN); /* twice */
	assert_int_equal(do_request(&world, &trusted, &request), LEDGER_BAD);
	request = make(&world, &plain, LEDGER_COMMAND, AL, 1);
	assert_int_equal(do_request(&world, &trusted, &request), LEDGER_BAD);
	end(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_nonsense),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
