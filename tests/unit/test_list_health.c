/* list_health.h: RFC 5782 5. */
#include "list_health.h"

#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "support/dkim.h"
#include "support/slowdns.h"
#include "support/unit.h"

#define LIST(name)                                                             \
	{                                                                      \
		.zone = (name), .must_be_listed = "2.0.0.127",                 \
		.must_not_be_listed = "1.0.0.127"                              \
	}

#define LIST_OF_CLIENTS(name)                                                  \
	{                                                                      \
		.zone = (name), .subjects = LIST_CLIENT,                       \
		.must_be_listed = "2.0.0.127",                                 \
		.must_not_be_listed = "1.0.0.127"                              \
	}

/* ::FFFF:7F00:0 to :F but its last digit (RFC 5782 2.4). */
#define MAPPED "0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"

static const struct dns_list lists[] = {
	LIST("well.example"),
	LIST("dead.example"),
	LIST("all.example"),
	LIST("refuses.example"),
	LIST("sold.example"),
	LIST("broken.example"),
	LIST("late.example"),
	/* dnswl.org's test entry has no weight. */
	LIST("white.example"),
	{ .zone = "domains.example",
	    .must_be_listed = "test",
	    .must_not_be_listed = "invalid" },
	{ .zone = "untested.example" },
	/* It refuses who asks for what must not be listed only. */
	LIST("half.example"),
	LIST("odd.example"),
	/* RFC 5782 5: what IPv6 lists MUST and MUST NOT contain. */
	LIST_OF_CLIENTS("v6.example"),
	LIST_OF_CLIENTS("all6.example"),
	LIST_OF_CLIENTS("v4.example"),
	LIST_OF_CLIENTS("none.example"),
};

static const char zone[] = "2.0.0.127.well.example. 60 IN A 127.0.0.2\n"
			   "*.all.example. 60 IN A 127.0.0.2\n"
			   "*.refuses.example. 60 IN A 127.255.255.254\n"
			   "*.sold.example. 60 IN A 192.0.2.80\n"
			   "; @servfail 2.0.0.127.broken.example\n"
			   "1.0.0.127.broken.example. 60 IN TXT x\n"
			   "; @timeout 1.0.0.127.late.example\n"
			   "2.0.0.127.late.example. 60 IN A 127.0.0.2\n"
			   "2.0.0.127.white.example. 60 IN A 127.0.10.0\n"
			   "test.domains.example. 60 IN A 127.0.1.2\n"
			   "2.0.0.127.half.example. 60 IN A 127.0.0.2\n"
			   "1.0.0.127.half.example. 60 IN A 127.255.255.255\n"
			   "2.0.0.127.odd.example. 60 IN A 127.0.0.2\n"
			   "2.0.0.127.odd.example. 60 IN A 127.255.255.252\n"
			   "2." MAPPED ".v6.example. 60 IN A 127.0.0.2\n"
			   "2.0.0.127.all6.example. 60 IN A 127.0.0.2\n"
			   "*.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
			   ".all6.example. 60 IN A 127.0.0.2\n"
			   "2.0.0.127.v4.example. 60 IN A 127.0.0.2\n";

/* In the order of lists. */
static const struct {
	enum list_state first; /* after one test */
	enum list_state second;
} expected[] = {
	{ LIST_WELL, LIST_WELL },
	{ LIST_UNTESTED, LIST_DEAD },
	{ LIST_ALL, LIST_ALL },
	{ LIST_REFUSED, LIST_REFUSED },
	{ LIST_UNTESTED, LIST_DEAD },
	{ LIST_UNTESTED, LIST_SILENT },
	{ LIST_UNTESTED, LIST_SILENT },
	{ LIST_WELL, LIST_WELL },
	{ LIST_WELL, LIST_WELL },
	{ LIST_WELL, LIST_WELL },
	{ LIST_REFUSED, LIST_REFUSED },
	{ LIST_REFUSED, LIST_REFUSED },
	{ LIST_WELL, LIST_WELL },
	{ LIST_ALL, LIST_ALL },
	{ LIST_WELL, LIST_WELL },
	{ LIST_UNTESTED, LIST_DEAD },
};

struct fixture {
	struct arena *arena;
	struct log *log;
	struct buf lines;
	struct list_health *health;
};

static void
write_line(void *cookie, enum log_level level, const char *line)
{
	struct buf *lines = cookie;

	(void)level;
	buf_add_str(lines, line);
	buf_add_str(lines, "\n");
}

static void
begin(struct fixture *fixture)
{
	fixture->arena = arena_new();
	fixture->log = log_new("test");
	buf_init(&fixture->lines, fixture->arena, 100000);
	log_set_writer(fixture->log, write_line, &fixture->lines);
	fixture->health = list_health_new(fixture->log);
}

static void
end(struct fixture *fixture)
{
	list_health_free(fixture->health);
	log_free(fixture->log);
	arena_free(fixture->arena);
}

static struct list_figures
figures_of(struct fixture *fixture, const char *name)
{
	size_t count;
	const struct list_figures *figures =
	    list_health_figures(fixture->health, fixture->arena, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(figures[i].zone, name) == 0)
			return (figures[i]);
	fail_msg("no figures of %s", name);
	return (figures[0]);
}

/* Test with the zone file ${text}. */
static void
test_once(struct fixture *fixture, const char *text,
    const struct dns_list *some, size_t count)
{
	struct dns *dns = support_dns(fixture->arena, text);

	list_health_test(fixture->health, dns, some, count,
	    clock_monotonic_ms() + 2000, fixture->arena);
	dns_free(dns);
}

static size_t
count_lines(struct fixture *fixture, const char *word)
{
	size_t count = 0;

	for (const char *at = strstr(buf_str(&fixture->lines), word);
	     at != NULL; at = strstr(at + 1, word))
		count++;
	return (count);
}

static void
test_states(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	for (size_t i = 0; i < UNIT_COUNT(lists); i++)
		assert_false(list_health_is_out(fixture.health, &lists[i]));
	test_once(&fixture, zone, lists, UNIT_COUNT(lists));
	for (size_t i = 0; i < UNIT_COUNT(lists); i++)
		if (figures_of(&fixture, lists[i].zone).state !=
		    expected[i].first)
			fail_msg("first test of %s", lists[i].zone);
	test_once(&fixture, zone, lists, UNIT_COUNT(lists));
	for (size_t i = 0; i < UNIT_COUNT(lists); i++) {
		bool out = expected[i].second != LIST_WELL;

		if (figures_of(&fixture, lists[i].zone).state !=
		    expected[i].second)
			fail_msg("second test of %s", lists[i].zone);
		assert_int_equal(
		    list_health_is_out(fixture.health, &lists[i]), out);
	}
	/* Each is told once, with what to do. */
	test_once(&fixture, zone, lists, UNIT_COUNT(lists));
	assert_int_equal(count_lines(&fixture, "list_out"), 10);
	assert_int_equal(count_lines(&fixture, "your own resolver"), 3);
	assert_int_equal(count_lines(&fixture, "list_back"), 0);
	end(&fixture);
}

/* Whatever the reason was, one good test brings it back. */
static void
test_back(void **state)
{
	static const char good[] = "2.0.0.127.all.example. 60 IN A 127.0.0.2\n";
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	test_once(&fixture, zone, &lists[2], 1);
	assert_true(list_health_is_out(fixture.health, &lists[2]));
	test_once(&fixture, good, &lists[2], 1);
	assert_false(list_health_is_out(fixture.health, &lists[2]));
	assert_int_equal(count_lines(&fixture, "list_back"), 1);
	/* One failure after it is only one. */
	test_once(&fixture, "x. 60 IN A 192.0.2.1\n", &lists[2], 1);
	assert_false(list_health_is_out(fixture.health, &lists[2]));
	test_once(&fixture, good, &lists[2], 1);
	test_once(&fixture, "x. 60 IN A 192.0.2.1\n", &lists[2], 1);
	assert_false(list_health_is_out(fixture.health, &lists[2]));
	end(&fixture);
}

/* Silence counts in a row only. */
static void
test_silence(void **state)
{
	struct fixture fixture;
	struct list_figures figures;

	(void)state;
	begin(&fixture);
	for (int i = 1; i < LIST_HEALTH_SILENCES; i++)
		list_health_answered(
		    fixture.health, &lists[0], false, true, 1500000);
	list_health_answered(fixture.health, &lists[0], true, false, 2000);
	for (int i = 1; i < LIST_HEALTH_SILENCES; i++)
		list_health_answered(
		    fixture.health, &lists[0], false, true, 1500000);
	assert_false(list_health_is_out(fixture.health, &lists[0]));
	list_health_answered(fixture.health, &lists[0], false, true, 1500000);
	assert_true(list_health_is_out(fixture.health, &lists[0]));
	figures = figures_of(&fixture, "well.example");
	assert_int_equal(figures.state, LIST_SILENT);
	assert_int_equal(figures.asked, 2 * LIST_HEALTH_SILENCES);
	assert_int_equal(figures.listed, 1);
	assert_int_equal(figures.late, 2 * LIST_HEALTH_SILENCES - 1);
	assert_int_equal(figures.took_us, 2000);
	test_once(&fixture, zone, lists, 1);
	assert_false(list_health_is_out(fixture.health, &lists[0]));
	end(&fixture);
}

static void
test_refusals(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	list_health_refused(fixture.health, &lists[0], LIST_ANSWERS);
	assert_false(list_health_is_out(fixture.health, &lists[0]));
	list_health_refused(fixture.health, &lists[0], LIST_REFUSES);
	assert_int_equal(
	    figures_of(&fixture, "well.example").state, LIST_REFUSED);
	/* Late questions do not hide the reason. */
	for (int i = 0; i < 2 * LIST_HEALTH_SILENCES; i++)
		list_health_answered(
		    fixture.health, &lists[0], false, true, 1500000);
	assert_int_equal(
	    figures_of(&fixture, "well.example").state, LIST_REFUSED);
	list_health_refused(fixture.health, &lists[1], LIST_ASTRAY);
	assert_true(list_health_is_out(fixture.health, &lists[1]));
	assert_int_equal(count_lines(&fixture, "list_out"), 2);
	end(&fixture);
}

static const struct slowdns_rule silent_zone[] = {
	{ "late.example", SLOWDNS_NEVER }, { NULL, 0 }
};

/* One list that never answers costs the deadline, and the others are known. */
static void
test_deadline(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	struct dns *dns = dns_new(
	    slowdns_new(support_zone(fixture.arena, zone), silent_zone), NULL);
	int64_t before = clock_monotonic_ms();

	list_health_test(fixture.health, dns, lists, UNIT_COUNT(lists),
	    before + 200, fixture.arena);
	assert_true(clock_monotonic_ms() - before < 5000);
	assert_int_equal(figures_of(&fixture, "well.example").state, LIST_WELL);
	list_health_test(fixture.health, dns, lists, UNIT_COUNT(lists),
	    clock_monotonic_ms() + 50, fixture.arena);
	assert_int_equal(
	    figures_of(&fixture, "late.example").state, LIST_SILENT);
	dns_free(dns);
	end(&fixture);
}

#define THREADS 4
#define ROUNDS 2000

static void *
use(void *cookie)
{
	struct list_health *health = cookie;
	struct arena *arena = arena_new();
	size_t count;

	for (int i = 0; i < ROUNDS; i++) {
		const struct dns_list *list =
		    &lists[(size_t)i % UNIT_COUNT(lists)];

		list_health_answered(health, list, i % 3 == 0, i % 7 == 0, i);
		(void)list_health_is_out(health, list);
		if (i % 100 == 0) {
			list_health_refused(health, list, LIST_REFUSES);
			(void)list_health_figures(health, arena, &count);
		}
	}
	arena_free(arena);
	return (NULL);
}

/* Many threads at once; none of their answers is lost. */
static void
test_threads(void **state)
{
	struct fixture fixture;
	pthread_t threads[THREADS];
	uint64_t asked = 0;
	size_t count;

	(void)state;
	begin(&fixture);
	log_set_level(fixture.log, LOG_LEVEL_ERROR);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, use, fixture.health), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	const struct list_figures *figures =
	    list_health_figures(fixture.health, fixture.arena, &count);

	for (size_t i = 0; i < count; i++)
		asked += figures[i].asked;
	assert_int_equal(count, UNIT_COUNT(lists));
	assert_int_equal(asked, THREADS * ROUNDS);
	end(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_threads),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
