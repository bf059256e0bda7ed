#include "dns/dns.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/dns_backend.h"
#include "support/unit.h"

/* A backend that answers when it is told to, and with what it is told. */
#define HELD_MAX 4096

struct held {
	char name[256];
	dns_done *done;
	void *cookie;
};

struct manual {
	struct dns_backend base;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct held held[HELD_MAX];
	size_t count;
	struct dns_answer at_once; /* given in start() if answers_at_once */
	bool answers_at_once;
};

static void
manual_start(struct dns_backend *backend, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	struct manual *manual = (struct manual *)(void *)backend;

	(void)type;
	if (manual->answers_at_once) {
		done(cookie, &manual->at_once);
		return;
	}
	(void)pthread_mutex_lock(&manual->lock);
	assert_true(manual->count < HELD_MAX);
	struct held *held = &manual->held[manual->count++];

	(void)snprintf(held->name, sizeof(held->name), "%s", name);
	held->done = done;
	held->cookie = cookie;
	(void)pthread_cond_broadcast(&manual->changed);
	(void)pthread_mutex_unlock(&manual->lock);
}

/* Answer the questions that are held now, not those that come meanwhile. */
static void
manual_answer(struct manual *manual, const struct dns_answer *answer)
{
	(void)pthread_mutex_lock(&manual->lock);
	size_t count = manual->count;

	for (size_t i = 0; i < count; i++) {
		struct held held = manual->held[i];

		(void)pthread_mutex_unlock(&manual->lock);
		held.done(held.cookie, answer);
		(void)pthread_mutex_lock(&manual->lock);
	}
	manual->count -= count;
	memmove(manual->held, &manual->held[count],
	    manual->count * sizeof(manual->held[0]));
	(void)pthread_mutex_unlock(&manual->lock);
}

static void
manual_free(struct dns_backend *backend)
{
	const struct dns_answer servfail = { .status = DNS_SERVFAIL };
	struct manual *manual = (struct manual *)(void *)backend;

	manual_answer(manual, &servfail);
	(void)pthread_mutex_destroy(&manual->lock);
	(void)pthread_cond_destroy(&manual->changed);
	free(manual);
}

/* Wait until ${count} questions are held. */
static void
manual_wait(struct manual *manual, size_t count)
{
	(void)pthread_mutex_lock(&manual->lock);
	while (manual->count < count)
		(void)pthread_cond_wait(&manual->changed, &manual->lock);
	(void)pthread_mutex_unlock(&manual->lock);
}

struct fixture {
	struct manual *manual;
	struct clock clock;
	struct dns *dns;
	struct arena *arena;
};

static struct fixture *
fixture_new(struct dns_options options)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->manual = calloc(1, sizeof(*fixture->manual));
	assert_non_null(fixture->manual);
	fixture->manual->base.start = manual_start;
	fixture->manual->base.free = manual_free;
	(void)pthread_mutex_init(&fixture->manual->lock, NULL);
	(void)pthread_cond_init(&fixture->manual->changed, NULL);
	fixture->clock.fixed = 1000;
	options.clock = &fixture->clock;
	fixture->dns = dns_new(&fixture->manual->base, &options);
	fixture->arena = arena_new();
	return (fixture);
}

static void
fixture_free(struct fixture *fixture)
{
	dns_free(fixture->dns);
	arena_free(fixture->arena);
	free(fixture);
}

static struct span record = SPAN_LITERAL("\3abc");

static const struct dns_answer good = { .status = DNS_OK,
	.security = DNS_SECURE,
	.ttl = 100,
	.count = 1,
	.rdata = &record };

static void
answer_at_once(struct fixture *fixture, struct dns_answer answer)
{
	fixture->manual->at_once = answer;
	fixture->manual->answers_at_once = true;
}

static struct dns_answer
look(struct fixture *fixture, const char *name)
{
	struct dns_answer answer;

	dns_lookup(
	    fixture->dns, name, DNS_TYPE_TXT, 0, fixture->arena, &answer);
	return (answer);
}

static struct dns_counters
counters_of(struct fixture *fixture)
{
	struct dns_counters counters;

	dns_counters(fixture->dns, &counters);
	return (counters);
}

static void
test_hit(void **state)
{
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });

	(void)state;
	answer_at_once(fixture, good);
	for (int i = 0; i < 3; i++) {
		struct dns_answer answer =
		    look(fixture, i == 1 ? "A.Example." : "a.example");

		assert_int_equal(answer.status, DNS_OK);
		assert_int_equal(answer.security, DNS_SECURE);
		assert_int_equal(answer.ttl, 100 - i);
		assert_int_equal(answer.count, 1);
		assert_true(span_eq(answer.rdata[0], record));
		assert_ptr_not_equal(answer.rdata[0].data, record.data);
		fixture->clock.fixed++;
	}
	struct dns_counters counters = counters_of(fixture);

	assert_int_equal(counters.questions, 3);
	assert_int_equal(counters.hits, 2);
	assert_int_equal(counters.started, 1);
	assert_int_equal(counters.entries, 1);
	fixture_free(fixture);
}

/* Types are told apart. */
static void
test_types(void **state)
{
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });
	struct dns_answer answer;

	(void)state;
	answer_at_once(fixture, good);
	(void)look(fixture, "a.example");
	dns_lookup(
	    fixture->dns, "a.example", DNS_TYPE_A, 0, fixture->arena, &answer);
	assert_int_equal(counters_of(fixture).started, 2);
	fixture_free(fixture);
}

struct ttl_case {
	enum dns_status status;
	uint32_t ttl;
	uint32_t kept;
};

static void
test_ttl(void **state)
{
	static const struct ttl_case cases[] = {
		{ DNS_OK, 100, 100 },
		{ DNS_OK, 5000, 1000 }, /* max_ttl below */
		{ DNS_OK, UINT32_MAX, 1000 },
		{ DNS_OK, 0, 1 },
		{ DNS_NODATA, 60, 60 },
		{ DNS_NXDOMAIN, 60, 60 },
		{ DNS_NXDOMAIN, 0, 1 },
		{ DNS_SERVFAIL, 0, DNS_FAILURE_TTL },
		{ DNS_SERVFAIL, 900, DNS_FAILURE_TTL },
		{ DNS_TIMEOUT, 0, DNS_FAILURE_TTL },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct fixture *fixture =
		    fixture_new((struct dns_options){ .max_ttl = 1000 });
		struct dns_answer given = { .status = cases[i].status,
			.ttl = cases[i].ttl };

		if (given.status == DNS_OK) {
			given.count = 1;
			given.rdata = &record;
		}
		answer_at_once(fixture, given);
		struct dns_answer answer = look(fixture, "a.example");

		assert_int_equal(answer.status, cases[i].status);
		assert_int_equal(answer.ttl, cases[i].kept);
		fixture->clock.fixed += cases[i].kept - 1;
		(void)look(fixture, "a.example");
		assert_int_equal(counters_of(fixture).started, 1);
		fixture->clock.fixed++;
		(void)look(fixture, "a.example");
		assert_int_equal(counters_of(fixture).started, 2);
		assert_int_equal(counters_of(fixture).evicted, 0);
		assert_int_equal(counters_of(fixture).entries, 1);
		fixture_free(fixture);
	}
}

/* RFC 2308 5: negative answers have a limit of their own. */
static void
test_negative_limit(void **state)
{
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });

	(void)state;
	answer_at_once(
	    fixture, (struct dns_answer){ .status = DNS_NODATA, .ttl = 80000 });
	assert_int_equal(look(fixture, "a.example").ttl, DNS_MAX_NEGATIVE_TTL);
	fixture_free(fixture);
}

static void
test_clock_set_back(void **state)
{
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });

	(void)state;
	answer_at_once(fixture, good);
	(void)look(fixture, "a.example");
	fixture->clock.fixed -= 500;
	(void)look(fixture, "a.example");
	assert_int_equal(counters_of(fixture).started, 2);
	fixture_free(fixture);
}

static void
test_least_recently_used_goes(void **state)
{
	struct fixture *fixture =
	    fixture_new((struct dns_options){ .cache_entries = 3 });

	(void)state;
	answer_at_once(fixture, good);
	(void)look(fixture, "a");
	(void)look(fixture, "b");
	(void)look(fixture, "c");
	(void)look(fixture, "a");
	(void)look(fixture, "d"); /* b goes */
	assert_int_equal(counters_of(fixture).started, 4);
	(void)look(fixture, "a");
	(void)look(fixture, "c");
	(void)look(fixture, "d");
	assert_int_equal(counters_of(fixture).started, 4);
	(void)look(fixture, "b");
	assert_int_equal(counters_of(fixture).started, 5);
	assert_int_equal(counters_of(fixture).evicted, 2);
	assert_int_equal(counters_of(fixture).entries, 3);
	fixture_free(fixture);
}

/* Large answers do not multiply the memory; even one that the cache cannot hold
 * reaches who asked. */
static void
test_bytes_are_bounded(void **state)
{
	static unsigned char large[DNS_MAX_BYTES];
	struct span rdata = span_new(large, sizeof(large));
	struct dns_answer answer = {
		.status = DNS_OK, .ttl = 100, .count = 1, .rdata = &rdata
	};
	struct fixture *fixture = fixture_new(
	    (struct dns_options){ .cache_bytes = (size_t)2 * DNS_MAX_BYTES });

	(void)state;
	answer_at_once(fixture, answer);
	for (int i = 0; i < 10; i++) {
		const char *name = arena_printf(fixture->arena, "n%d", i);

		assert_int_equal(
		    look(fixture, name).rdata[0].len, DNS_MAX_BYTES);
	}
	assert_int_equal(counters_of(fixture).entries, 1);
	assert_int_equal(counters_of(fixture).evicted, 9);
	fixture_free(fixture);
	fixture = fixture_new((struct dns_options){ .cache_bytes = 1000 });
	answer_at_once(fixture, answer);
	assert_int_equal(look(fixture, "a").rdata[0].len, DNS_MAX_BYTES);
	assert_int_equal(counters_of(fixture).entries, 0);
	fixture_free(fixture);
}

static void
test_oversized_answers(void **state)
{
	static unsigned char large[DNS_MAX_BYTES + 1];
	static struct span many[DNS_MAX_RECORDS + 1];
	struct span one = span_new(large, sizeof(large));
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });

	(void)state;
	answer_at_once(fixture,
	    (struct dns_answer){
		.status = DNS_OK, .ttl = 9, .count = 1, .rdata = &one });
	assert_int_equal(look(fixture, "a").status, DNS_SERVFAIL);
	answer_at_once(fixture, (struct dns_answer){ .status = DNS_OK,
				    .ttl = 9,
				    .count = UNIT_COUNT(many),
				    .rdata = many });
	assert_int_equal(look(fixture, "b").status, DNS_SERVFAIL);
	assert_int_equal(look(fixture, "b").count, 0);
	fixture_free(fixture);
}

/* A name with a label of 63 bytes and 253 in all is the longest. */
static void
test_names(void **state)
{
	char name[300];
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });

	(void)state;
	answer_at_once(fixture, good);
	memset(name, 'a', sizeof(name));
	name[63] = name[127] = name[191] = '.';
	name[253] = '\0';
	assert_int_equal(look(fixture, name).status, DNS_OK);
	name[253] = '.';
	name[254] = '\0';
	assert_int_equal(look(fixture, name).status, DNS_OK);
	name[253] = 'a';
	assert_int_equal(look(fixture, name).status, DNS_NXDOMAIN);
	name[64] = '\0';
	assert_int_equal(look(fixture, name).status, DNS_OK);
	name[63] = 'a';
	assert_int_equal(look(fixture, name).status, DNS_NXDOMAIN);
	assert_int_equal(look(fixture, "a..b").status, DNS_NXDOMAIN);
	dns_prefetch(fixture->dns, "a..b", DNS_TYPE_A);
	assert_int_equal(counters_of(fixture).started, 2);
	fixture_free(fixture);
}

/* A waiter gives up at its deadline; the late answer serves the next. */
static void
test_late_answer(void **state)
{
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });
	struct dns_answer answer;
	int64_t before = clock_monotonic_ms();

	(void)state;
	dns_lookup(fixture->dns, "a.example", DNS_TYPE_TXT, before + 60,
	    fixture->arena, &answer);
	assert_int_equal(answer.status, DNS_TIMEOUT);
	assert_int_equal(answer.count, 0);
	int64_t took = clock_monotonic_ms() - before;

	assert_true(took >= 60 && took < 2000);
	assert_int_equal(look(fixture, "a.example").status, DNS_TIMEOUT);
	manual_answer(fixture->manual, &good);
	assert_int_equal(look(fixture, "a.example").status, DNS_OK);
	assert_int_equal(counters_of(fixture).started, 1);
	assert_int_equal(counters_of(fixture).joined, 1);
	assert_int_equal(counters_of(fixture).failures, 0);
	fixture_free(fixture);
}

struct asker {
	struct fixture *fixture;
	const char *name;
	enum dns_status status;
};

static void *
ask(void *cookie)
{
	struct asker *asker = cookie;
	struct arena *arena = arena_new();
	struct dns_answer answer;

	dns_lookup(asker->fixture->dns, asker->name, DNS_TYPE_TXT, INT64_MAX,
	    arena, &answer);
	asker->status = answer.status;
	arena_free(arena);
	return (NULL);
}

#define ASKERS 8

/* Equal questions at the same time are one; its TTL of 0 and a cache without
 * room for it do not keep it from anybody. */
static void
test_joined(void **state)
{
	struct fixture *fixture =
	    fixture_new((struct dns_options){ .cache_bytes = 1 });
	struct asker askers[ASKERS];
	pthread_t threads[ASKERS];
	struct dns_answer answer = good;

	(void)state;
	answer.ttl = 0;
	for (int i = 0; i < ASKERS; i++) {
		askers[i] = (struct asker){ .fixture = fixture,
			.name = i % 2 == 0 ? "a.example" : "A.EXAMPLE." };
		assert_int_equal(
		    pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
	}
	while (counters_of(fixture).questions < ASKERS)
		continue;
	manual_wait(fixture->manual, 1);
	manual_answer(fixture->manual, &answer);
	for (int i = 0; i < ASKERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(askers[i].status, DNS_OK);
	}
	assert_int_equal(counters_of(fixture).started, 1);
	assert_int_equal(counters_of(fixture).joined, ASKERS - 1);
	assert_int_equal(counters_of(fixture).entries, 0);
	fixture_free(fixture);
}

/* One gather: known, on its way, new, twice the same, no name, unanswered. */
static void
test_gather(void **state)
{
	static const struct dns_question questions[] = {
		{ "known", DNS_TYPE_TXT },
		{ "fetched", DNS_TYPE_TXT },
		{ "new", DNS_TYPE_TXT },
		{ "NEW.", DNS_TYPE_TXT },
		{ "no..name", DNS_TYPE_TXT },
	};
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });
	struct dns_answer answers[UNIT_COUNT(questions)];
	int64_t before = clock_monotonic_ms();

	(void)state;
	answer_at_once(fixture, good);
	(void)look(fixture, "known");
	fixture->manual->answers_at_once = false;
	dns_prefetch(fixture->dns, "fetched", DNS_TYPE_TXT);
	dns_gather(fixture->dns, questions, UNIT_COUNT(questions), before + 50,
	    fixture->arena, answers);
	assert_true(clock_monotonic_ms() < before + 2000);
	assert_int_equal(answers[0].status, DNS_OK);
	assert_int_equal(answers[1].status, DNS_TIMEOUT);
	assert_int_equal(answers[2].status, DNS_TIMEOUT);
	assert_int_equal(answers[3].status, DNS_TIMEOUT);
	assert_int_equal(answers[4].status, DNS_NXDOMAIN);
	assert_int_equal(counters_of(fixture).started, 3);
	manual_answer(fixture->manual, &good);
	dns_gather(fixture->dns, questions, UNIT_COUNT(questions), 0,
	    fixture->arena, answers);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(answers[i].status, DNS_OK);
	dns_gather(fixture->dns, questions, 0, 0, fixture->arena, answers);
	fixture_free(fixture);
}

/* A flood of names is held back, and a lookup gets its turn after it. */
static void
test_too_many_under_way(void **state)
{
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });
	struct asker asker = { .fixture = fixture, .name = "last" };
	struct dns_answer answer;
	pthread_t thread;

	(void)state;
	for (int i = 0; i < DNS_MAX_UNDER_WAY + 100; i++)
		dns_prefetch(fixture->dns,
		    arena_printf(fixture->arena, "n%d", i), DNS_TYPE_TXT);
	assert_int_equal(counters_of(fixture).started, DNS_MAX_UNDER_WAY);
	dns_lookup(fixture->dns, "more", DNS_TYPE_TXT,
	    clock_monotonic_ms() + 20, fixture->arena, &answer);
	assert_int_equal(answer.status, DNS_TIMEOUT);
	assert_int_equal(counters_of(fixture).started, DNS_MAX_UNDER_WAY);
	assert_int_equal(pthread_create(&thread, NULL, ask, &asker), 0);
	manual_answer(fixture->manual, &good);
	manual_wait(fixture->manual, 1);
	assert_string_equal(fixture->manual->held[0].name, "last");
	manual_answer(fixture->manual, &good);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(asker.status, DNS_OK);
	fixture_free(fixture);
}

static void
test_free_with_questions_under_way(void **state)
{
	struct fixture *fixture = fixture_new((struct dns_options){ 0 });

	(void)state;
	for (int i = 0; i < 100; i++)
		dns_prefetch(fixture->dns,
		    arena_printf(fixture->arena, "n%d", i), DNS_TYPE_TXT);
	assert_int_equal(counters_of(fixture).entries, 100);
	fixture_free(fixture);
	dns_free(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hit),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_negative_limit),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_least_recently_used_goes),
		cmocka_unit_test(test_bytes_are_bounded),
		cmocka_unit_test(test_oversized_answers),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_late_answer),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_gather),
		cmocka_unit_test(test_too_many_under_way),
		cmocka_unit_test(test_free_with_questions_under_way),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
