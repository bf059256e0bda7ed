/* greylist.h: who must come again, who need not, and what is learned. */
#include "greylist.h"

#include "support/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "behind.h"

#define SECOND ((int64_t)1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define START ((int64_t)1700000000 * SECOND)

static const struct greylist_rules usual = { .delay_ms = 180 * SECOND,
	.window_ms = DAY,
	.lifetime_ms = 35 * DAY,
	.auto_allow = 5 };

/* behind.h as a place for what was written last. */
struct written {
	char kind[16];
	char text[200];
	int64_t expires;
	unsigned int count;
};

bool
behind_has_room(struct behind *behind)
{
	(void)behind;
	return (true);
}

void
behind_put(struct behind *behind, const char *kind, struct span key,
    const void *record, size_t size, const struct table_codec *codec,
    int64_t expires)
{
	struct written *written = (void *)behind;
	struct arena *arena = arena_new();
	struct buf text;

	(void)key;
	(void)size;
	written->count++;
	buf_init(&text, arena, sizeof(written->text) - 1);
	codec->print(record, &text);
	if (strcmp(kind, "greylist") == 0) {
		(void)snprintf(
		    written->kind, sizeof(written->kind), "%s", kind);
		(void)snprintf(
		    written->text, sizeof(written->text), "%s", buf_str(&text));
		written->expires = expires;
	}
	arena_free(arena);
}

void
behind_remove(struct behind *behind, const char *kind, struct span key)
{
	(void)behind;
	(void)kind;
	(void)key;
}

static const struct {
	const char *spf_domain;
	const char *network;
	const char *sender_domain;
	const char *recipient;
	const char *key;
} keys[] = {
	{ "", "192.0.2.0/24", "Example.ORG", "Ann@Example.NET",
	    "192.0.2.0/24 example.org ann@example.net" },
	{ "", "2001:db8::/64", "", "ann@example.net",
	    "2001:db8::/64 <> ann@example.net" },
	{ "Example.org", "192.0.2.0/24", "example.org", "ann@example.net",
	    "example.org" },
	/* Blanks and line ends cannot move a part into another. */
	{ "", "192.0.2.0/24", "a b", "\"c d\"@example.net\n",
	    "192.0.2.0/24 a?b \"c?d\"@example.net?" },
	{ "a b", "", "", "", "a?b" },
};

static void
test_key(void **state)
{
	struct arena *arena = arena_new();
	struct span spf_domain;
	struct span network;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
		struct span key = greylist_key(arena,
		    span_str(keys[i].spf_domain), span_str(keys[i].network),
		    span_str(keys[i].sender_domain),
		    span_str(keys[i].recipient));

		assert_string_equal(arena_str(arena, key), keys[i].key);
		greylist_key_client(key, &spf_domain, &network);
		assert_int_equal(
		    spf_domain.len > 0, keys[i].spf_domain[0] != '\0');
		assert_true(
		    spf_domain.len > 0 || span_is(network, keys[i].network));
	}
	arena_free(arena);
}

static void
test_key_hostile(void **state)
{
	struct arena *arena = arena_new();
	char *much = arena_alloc(arena, 100000);

	(void)state;
	memset(much, 'x', 99999);
	struct span key = greylist_key(arena, span_str(""), span_str(much),
	    span_str(much), span_str(much));

	assert_true(key.len <= GREYLIST_MAX_KEY);
	assert_int_equal(key.len, 64 + 1 + 255 + 1 + 320);
	key = greylist_key(arena, span_str(""), span_str("n"), span_str("d"),
	    span_new("a\0b", 3));
	assert_true(span_is(key, "n d a?b"));
	arena_free(arena);
}

/* A message at a time after START, from a client and of a key. */
struct step {
	int64_t at;
	const char *client;
	const char *key;
	enum greylist_result result;
	int64_t wait;   /* seconds */
	int64_t waited; /* likewise */
};

static void
check(struct greylist *greylist, const struct greylist_rules *rules,
    const struct step *step, size_t index)
{
	struct greylist_answer peeked;
	struct greylist_answer answer;
	struct span key = span_str(step->key);
	struct span client = span_str(step->client);

	greylist_peek(greylist, rules, key, client, START + step->at, &peeked);
	greylist_ask(greylist, rules, key, client, START + step->at, &answer);
	if (answer.result != step->result ||
	    answer.wait_ms != step->wait * SECOND ||
	    answer.waited_ms != step->waited * SECOND)
		fail_msg("step %zu: result %d, wait %lld, waited %lld", index,
		    answer.result, (long long)answer.wait_ms,
		    (long long)answer.waited_ms);
	assert_memory_equal(&peeked, &answer, sizeof(answer));
}

static void
run(const struct greylist_rules *rules, const struct step *steps, size_t count)
{
	struct greylist *greylist = greylist_new(NULL, 100, NULL, NULL);

	for (size_t i = 0; i < count; i++) {
		check(greylist, rules, &steps[i], i);
		greylist_tick(greylist, START + steps[i].at);
	}
	greylist_free(greylist);
}

static const struct step retry[] = {
	{ 0, "n", "n a b", GREYLIST_NEW, 180, 0 },
	{ 179 * SECOND, "n", "n a b", GREYLIST_EARLY, 1, 179 },
	{ 180 * SECOND, "n", "n a b", GREYLIST_PASS, 0, 180 },
	{ 181 * SECOND, "n", "n a b", GREYLIST_PASS, 0, 0 },
	{ 181 * SECOND, "n", "n a c", GREYLIST_NEW, 180, 0 },
	/* 35 days without use, and it begins anew. */
	{ 36 * DAY, "n", "n a b", GREYLIST_NEW, 180, 0 },
};

static const struct step hammer[] = {
	{ 0, "n", "k", GREYLIST_NEW, 180, 0 },
	{ 1 * SECOND, "n", "k", GREYLIST_EARLY, 179, 1 },
	{ 2 * SECOND, "n", "k", GREYLIST_EARLY, 178, 2 },
	{ 178 * SECOND, "n", "k", GREYLIST_EARLY, 2, 178 },
	{ 180 * SECOND, "n", "k", GREYLIST_PASS, 0, 180 },
};

static const struct step too_late[] = {
	{ 0, "n", "k", GREYLIST_NEW, 180, 0 },
	{ DAY, "n", "k", GREYLIST_PASS, 0, 86400 },
	{ DAY, "n", "l", GREYLIST_NEW, 180, 0 },
	{ 2 * DAY + SECOND, "n", "l", GREYLIST_NEW, 180, 0 },
	{ 2 * DAY + 181 * SECOND, "n", "l", GREYLIST_PASS, 0, 180 },
};

static const struct step renewed[] = {
	{ 0, "n", "k", GREYLIST_NEW, 180, 0 },
	{ HOUR, "n", "k", GREYLIST_PASS, 0, 3600 },
	{ 30 * DAY, "n", "k", GREYLIST_PASS, 0, 0 },
	{ 60 * DAY, "n", "k", GREYLIST_PASS, 0, 0 },
	{ 94 * DAY, "n", "k", GREYLIST_PASS, 0, 0 },
	{ 130 * DAY, "n", "k", GREYLIST_NEW, 180, 0 },
};

static const struct step time_back[] = {
	{ 0, "n", "k", GREYLIST_NEW, 180, 0 },
	/* A year back: it waits as long as it must, and no longer. */
	{ -365 * DAY, "n", "k", GREYLIST_NEW, 180, 0 },
	{ -365 * DAY + 180 * SECOND, "n", "k", GREYLIST_PASS, 0, 180 },
	{ -366 * DAY, "n", "k", GREYLIST_PASS, 0, 0 },
	/* From then on it lasts 35 days. */
	{ -300 * DAY, "n", "k", GREYLIST_NEW, 180, 0 },
};

/* Five passes, an hour apart, of different keys. */
static const struct step allowed[] = {
	{ 0, "n", "k1", GREYLIST_NEW, 180, 0 },
	{ 0, "n", "k2", GREYLIST_NEW, 180, 0 },
	{ 0, "n", "k3", GREYLIST_NEW, 180, 0 },
	{ 0, "n", "k4", GREYLIST_NEW, 180, 0 },
	{ 0, "n", "k5", GREYLIST_NEW, 180, 0 },
	{ 1 * HOUR, "n", "k1", GREYLIST_PASS, 0, 3600 },
	{ 2 * HOUR, "n", "k2", GREYLIST_PASS, 0, 7200 },
	{ 3 * HOUR, "n", "k3", GREYLIST_PASS, 0, 10800 },
	{ 4 * HOUR, "n", "k4", GREYLIST_PASS, 0, 14400 },
	{ 4 * HOUR, "n", "new", GREYLIST_NEW, 180, 0 },
	{ 5 * HOUR, "n", "k5", GREYLIST_PASS, 0, 18000 },
	{ 5 * HOUR, "n", "newer", GREYLIST_ALLOWED, 0, 0 },
	{ 5 * HOUR, "other", "newer", GREYLIST_NEW, 180, 0 },
	/* As long as it is used it stays so, whatever its keys. */
	{ 30 * DAY, "n", "newest", GREYLIST_ALLOWED, 0, 0 },
	{ 60 * DAY, "n", "newest", GREYLIST_ALLOWED, 0, 0 },
	{ 96 * DAY, "n", "newest", GREYLIST_NEW, 180, 0 },
};

/* A burst is one pass, however many keys it has. */
static const struct step burst[] = {
	{ 0, "n", "k1", GREYLIST_NEW, 180, 0 },
	{ 0, "n", "k2", GREYLIST_NEW, 180, 0 },
	{ 0, "n", "k3", GREYLIST_NEW, 180, 0 },
	{ 0, "n", "k4", GREYLIST_NEW, 180, 0 },
	{ 0, "n", "k5", GREYLIST_NEW, 180, 0 },
	{ HOUR, "n", "k1", GREYLIST_PASS, 0, 3600 },
	{ HOUR, "n", "k2", GREYLIST_PASS, 0, 3600 },
	{ HOUR, "n", "k3", GREYLIST_PASS, 0, 3600 },
	{ HOUR, "n", "k4", GREYLIST_PASS, 0, 3600 },
	{ HOUR, "n", "k5", GREYLIST_PASS, 0, 3600 },
	{ HOUR + SECOND, "n", "k6", GREYLIST_NEW, 180, 0 },
};

/* One key on different days, as of a domain that SPF passed for. */
static const struct step days[] = {
	{ 0, "example.org", "example.org", GREYLIST_NEW, 180, 0 },
	{ HOUR, "example.org", "example.org", GREYLIST_PASS, 0, 3600 },
	{ 2 * HOUR, "example.org", "example.org", GREYLIST_PASS, 0, 0 },
	{ 3 * HOUR, "example.org", "example.org", GREYLIST_PASS, 0, 0 },
	{ 2 * DAY, "example.org", "example.org", GREYLIST_PASS, 0, 0 },
	{ 3 * DAY, "example.org", "example.org", GREYLIST_PASS, 0, 0 },
	{ 4 * DAY, "example.org", "example.org", GREYLIST_PASS, 0, 0 },
	{ 5 * DAY, "example.org", "example.org", GREYLIST_PASS, 0, 0 },
	{ 6 * DAY, "example.org", "example.org", GREYLIST_ALLOWED, 0, 0 },
};

static const struct step at_once[] = {
	{ 0, "n", "k", GREYLIST_PASS, 0, 0 },
	{ 0, "n", "k", GREYLIST_PASS, 0, 0 },
};

static void
test_steps(void **state)
{
	struct greylist_rules rules = usual;

	(void)state;
	run(&rules, retry, UNIT_COUNT(retry));
	run(&rules, hammer, UNIT_COUNT(hammer));
	run(&rules, too_late, UNIT_COUNT(too_late));
	run(&rules, renewed, UNIT_COUNT(renewed));
	run(&rules, time_back, UNIT_COUNT(time_back));
	run(&rules, allowed, UNIT_COUNT(allowed));
	run(&rules, burst, UNIT_COUNT(burst));
	run(&rules, days, UNIT_COUNT(days));
	rules.delay_ms = 0;
	run(&rules, at_once, UNIT_COUNT(at_once));
}

static void
test_never_allowed(void **state)
{
	struct greylist *greylist = greylist_new(NULL, 100, NULL, NULL);
	struct greylist_rules rules = usual;
	struct greylist_answer answer;

	(void)state;
	rules.auto_allow = 0;
	for (int day = 0; day < 30; day++)
		greylist_ask(greylist, &rules, span_str("k"), span_str("n"),
		    START + day * DAY, &answer);
	assert_int_equal(answer.result, GREYLIST_PASS);
	assert_false(answer.first_pass);
	greylist_free(greylist);
}

static void
ask(struct greylist *greylist, const char *key, const char *client, int64_t at,
    struct greylist_answer *answer)
{
	greylist_ask(greylist, &usual, span_str(key), span_str(client),
	    START + at, answer);
}

/* How many of ${good} keys that passed are left in a table for 1000 after a
 * flood of new keys from as many networks. */
static unsigned int
flood(int good)
{
	struct greylist *greylist = greylist_new(NULL, 1000, NULL, NULL);
	struct greylist_answer answer;
	unsigned int left = 0;
	char key[32];

	for (int i = 0; i < good; i++) {
		(void)snprintf(key, sizeof(key), "good%d", i);
		ask(greylist, key, key, 0, &answer);
		ask(greylist, key, key, HOUR, &answer);
		assert_true(answer.first_pass);
		greylist_tick(greylist, START + HOUR);
	}
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(key, sizeof(key), "bad%d", i);
		ask(greylist, key, key, 2 * HOUR + i, &answer);
		assert_int_equal(answer.result, GREYLIST_NEW);
	}
	for (int i = 0; i < good; i++) {
		struct greylist_answer peeked;

		(void)snprintf(key, sizeof(key), "good%d", i);
		greylist_peek(greylist, &usual, span_str(key), span_str(""),
		    START + 3 * HOUR, &peeked);
		left += peeked.result == GREYLIST_PASS;
	}
	greylist_free(greylist);
	return (left);
}

/* New keys push out new keys; only a table that is full of what passed gives
 * them a quarter. */
static void
test_flood(void **state)
{
	(void)state;
	assert_int_equal(flood(500), 500);
	assert_int_equal(flood(740), 740);
	unsigned int left = flood(1000);

	assert_true(left >= 740 && left <= 750);
}

/* What one client has waiting is bounded; as it passes, there is room again. */
static void
test_one_client(void **state)
{
	struct greylist *greylist = greylist_new(NULL, 100000, NULL, NULL);
	struct table *table = greylist_table(greylist, "greylist");
	struct greylist_answer answer;
	char key[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(key, sizeof(key), "n x %d", i);
		ask(greylist, key, "n", 0, &answer);
		assert_int_equal(answer.result, GREYLIST_NEW);
		assert_int_equal(answer.wait_ms, usual.delay_ms);
	}
	assert_int_equal(table_count(table), GREYLIST_MAX_WAITING);
	ask(greylist, "n x 4000", "n", HOUR, &answer);
	assert_int_equal(answer.result, GREYLIST_NEW);
	ask(greylist, "n x 10", "n", HOUR, &answer);
	assert_int_equal(answer.result, GREYLIST_PASS);
	ask(greylist, "n x 4000", "n", HOUR, &answer);
	ask(greylist, "n x 4000", "n", 2 * HOUR, &answer);
	assert_int_equal(answer.result, GREYLIST_PASS);
	/* A day later nothing of it waits any more. */
	ask(greylist, "n x 4999", "n", 2 * DAY, &answer);
	assert_int_equal(table_count(table), GREYLIST_MAX_WAITING + 2);
	greylist_free(greylist);
}

struct learned {
	unsigned int count;
	char last[64];
};

static void
on_lost(void *cookie, struct span key)
{
	struct learned *learned = cookie;

	learned->count++;
	(void)snprintf(learned->last, sizeof(learned->last), "%.*s",
	    (int)key.len, (const char *)key.data);
}

static void
test_lost(void **state)
{
	struct learned learned = { 0 };
	struct greylist *greylist = greylist_new(NULL, 100, on_lost, &learned);
	struct greylist_answer answer;

	(void)state;
	greylist_tick(greylist, START);
	ask(greylist, "passes", "n", 0, &answer);
	ask(greylist, "lost", "n", 0, &answer);
	ask(greylist, "released", "n", 0, &answer);
	ask(greylist, "passes", "n", HOUR, &answer);
	assert_int_equal(greylist_release(greylist, span_str("released"),
			     &usual, START + HOUR),
	    1);
	greylist_tick(greylist, START + DAY);
	assert_int_equal(learned.count, 0);
	greylist_tick(greylist, START + DAY + 1);
	assert_int_equal(learned.count, 1);
	assert_string_equal(learned.last, "lost");
	greylist_tick(greylist, START + 2 * DAY);
	assert_int_equal(learned.count, 1);
	assert_int_equal(table_count(greylist_table(greylist, "greylist")), 2);
	greylist_free(greylist);
}

/* Keys that come from the store are learned of too, and so are those that were
 * evicted not. */
static void
test_lost_loaded(void **state)
{
	struct learned learned = { 0 };
	struct greylist *greylist = greylist_new(NULL, 100, on_lost, &learned);
	struct table *table = greylist_table(greylist, "greylist");
	struct greylist_answer answer;
	char text[100];

	(void)state;
	(void)snprintf(text, sizeof(text), "first=%lld passed=0 last=0 tries=2",
	    (long long)START);
	assert_true(table_load(table, span_str("waits"), span_str(text),
	    START + DAY + GREYLIST_LOST_MS));
	(void)snprintf(text, sizeof(text),
	    "first=%lld passed=%lld last=%lld tries=2", (long long)START,
	    (long long)START, (long long)START);
	assert_true(table_load(
	    table, span_str("passed"), span_str(text), START + 35 * DAY));
	greylist_tick(greylist, START + HOUR);
	assert_int_equal(learned.count, 0);
	ask(greylist, "waits", "n", 2 * HOUR, &answer);
	assert_true(answer.first_pass);
	assert_true(table_remove(table, span_str("waits")));
	ask(greylist, "waits", "n", 3 * HOUR, &answer);
	greylist_tick(greylist, START + DAY + SECOND);
	assert_int_equal(learned.count, 0);
	greylist_tick(greylist, START + DAY + 3 * HOUR + SECOND);
	assert_int_equal(learned.count, 1);
	greylist_free(greylist);
}

static void
test_release(void **state)
{
	struct greylist *greylist = greylist_new(NULL, 100, NULL, NULL);
	struct greylist_answer answer;

	(void)state;
	ask(greylist, "n a ann@example.org", "n", 0, &answer);
	ask(greylist, "n a bob@example.org", "n", 0, &answer);
	ask(greylist, "example.net", "example.net", 0, &answer);
	assert_int_equal(greylist_release(greylist, span_str("Example.ORG"),
			     &usual, START + SECOND),
	    2);
	assert_int_equal(greylist_release(greylist, span_str("example.org"),
			     &usual, START + SECOND),
	    0);
	assert_int_equal(
	    greylist_release(greylist, span_str("nobody"), &usual, START), 0);
	ask(greylist, "n a bob@example.org", "n", 2 * SECOND, &answer);
	assert_int_equal(answer.result, GREYLIST_PASS);
	assert_false(answer.first_pass);
	ask(greylist, "example.net", "example.net", 2 * SECOND, &answer);
	assert_int_equal(answer.result, GREYLIST_EARLY);
	/* Longer than any key. */
	char much[2000];

	memset(much, 'x', sizeof(much));
	assert_int_equal(greylist_release(greylist,
			     span_new(much, sizeof(much)), &usual, START),
	    0);
	greylist_free(greylist);
}

/* What is written is read again, and not at each message. */
static void
test_store(void **state)
{
	struct written written = { .count = 0 };
	struct greylist *greylist =
	    greylist_new((struct behind *)(void *)&written, 100, NULL, NULL);
	struct greylist *other = greylist_new(NULL, 100, NULL, NULL);
	struct greylist_answer answer;

	(void)state;
	ask(greylist, "k", "n", 0, &answer);
	greylist_tick(greylist, START);
	assert_string_equal(
	    written.text, "first=1700000000000 passed=0 last=0 tries=1");
	assert_int_equal(written.expires, START + DAY + GREYLIST_LOST_MS);
	ask(greylist, "k", "n", HOUR, &answer);
	greylist_tick(greylist, START);
	assert_string_equal(written.text,
	    "first=1700000000000 passed=1700003600000 last=1700003600000 "
	    "tries=2");
	assert_int_equal(written.expires, START + HOUR + 35 * DAY);
	unsigned int before = written.count;

	for (int64_t i = 0; i < 1000; i++) {
		ask(greylist, "k", "n", HOUR + i * 3 * SECOND, &answer);
		greylist_tick(greylist, START);
	}
	assert_int_equal(written.count, before);
	ask(greylist, "k", "n", 2 * HOUR, &answer);
	greylist_tick(greylist, START);
	assert_true(written.count > before);
	assert_true(table_load(greylist_table(other, "greylist"), span_str("k"),
	    span_str(written.text), written.expires));
	ask(other, "k", "n", DAY, &answer);
	assert_int_equal(answer.result, GREYLIST_PASS);
	assert_false(answer.first_pass);
	greylist_free(greylist);
	greylist_free(other);
}

static const char *const malformed[] = {
	"",
	"first=1",
	"first=1 passed=2 last=3 tries=",
	"first=1 passed=2 last=3 tries=4 more=5",
	"first=1 passed=2 last=3 tries=4x",
	"first=-1 passed=2 last=3 tries=4",
	"first=99999999999999999 passed=2 last=3 tries=4",
	"passed=2 first=1 last=3 tries=4",
};

static void
test_malformed(void **state)
{
	struct greylist *greylist = greylist_new(NULL, 100, NULL, NULL);
	struct table *keys_table = greylist_table(greylist, "greylist");
	struct table *clients = greylist_table(greylist, "greyclient");

	(void)state;
	assert_null(greylist_table(greylist, "other"));
	for (size_t i = 0; i < UNIT_COUNT(malformed); i++) {
		assert_false(table_load(
		    keys_table, span_str("k"), span_str(malformed[i]), 1));
		assert_false(table_load(
		    clients, span_str("k"), span_str(malformed[i]), 1));
	}
	assert_false(table_load(clients, span_str("k"),
	    span_str("counted=1 used=1 since=1 passes=4294967296 waiting=1"),
	    1));
	assert_true(table_load(clients, span_str("k"),
	    span_str("counted=1 used=1 since=1 passes=4294967295 waiting=1"),
	    1));
	greylist_free(greylist);
	greylist_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_key_hostile),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_never_allowed),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_one_client),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_lost_loaded),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_malformed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
