/* What discovery = auto promises, over many zones: beside the tree walk and the
 * public suffix list, each by itself. */
#include "dmarc/dmarc.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dmarc/align.h"
#include "dns/name.h"
#include "support/files.h"
#include "support/recorder.h"
#include "support/unit.h"

#define ZONES 3000

#define MODES 3

static const char suffixes[] = "com\nshared.com\n*.wild.com\n!own.wild.com\n";

static const char *const bases[] = { "com", "shared.com", "x.com", "wild.com",
	"c.wild.com", "own.wild.com", "a.shared.com" };

/* Most have no psd=, as in the wild. */
static const char *const records[] = { "v=DMARC1; p=reject",
	"v=DMARC1; p=none; sp=reject", "v=DMARC1; p=reject; psd=u",
	"v=DMARC1; p=reject; psd=y", "v=DMARC1; p=reject; psd=n", "v=spf1 -all",
	NULL, NULL, NULL, NULL };

static struct orgdomain *list;
static unsigned int seed = 1;

static size_t
pick(size_t count)
{
	return ((size_t)rand_r(&seed) % count);
}

static const char *
pick_name(struct arena *arena)
{
	const char *name = bases[pick(UNIT_COUNT(bases))];

	for (size_t more = pick(8); more > 0; more--)
		name =
		    arena_printf(arena, "%s.%s", pick(3) > 0 ? "a" : "b", name);
	return (name);
}

/* Return ${zone} with records, or none, at ${name} and all names above it that
 * ${other} does not have. */
static const char *
add_records(
    struct arena *arena, const char *zone, const char *name, const char *other)
{
	while (name != NULL) {
		const char *record = records[pick(UNIT_COUNT(records))];
		const char *dot = strchr(name, '.');

		if (record != NULL && !name_is_within(other, name))
			zone = arena_printf(arena,
			    "%s_dmarc.%s. 60 IN TXT \"%s\"\n", zone, name,
			    record);
		name = dot == NULL ? NULL : dot + 1;
	}
	return (zone);
}

/* What one way of discovery makes of a zone. */
struct view {
	bool aligned;       /* the identifier with the author */
	bool aligned_back;  /* and the other way round */
	const char *record; /* whose policy is the author's; or NULL */
};

static bool
is_aligned(struct dns *dns, struct arena *arena, enum dmarc_discovery mode,
    const char *author, const char *identifier)
{
	struct discover discover = { .dns = dns,
		.deadline = clock_monotonic_ms() + 10000,
		.arena = arena,
		.max_queries = DISCOVER_MAX_QUERIES };
	struct align align = { .discover = &discover,
		.discovery = mode,
		.suffixes = list,
		.author_domain = author };

	return (align_check(&align, "", identifier, false) == ALIGN_YES);
}

static struct view
look(struct dns *dns, struct arena *arena, enum dmarc_discovery mode,
    const char *author, const char *identifier)
{
	struct dmarc_options options = { .discovery = mode,
		.suffixes = list,
		.deadline = clock_monotonic_ms() + 10000 };
	struct dmarc_query query = { .author_domain = author };
	struct dmarc_outcome out;

	dmarc_eval(dmarc_new(dns, &options, arena, NULL), &query, &out);
	return ((struct view){
	    .aligned = is_aligned(dns, arena, mode, author, identifier),
	    .aligned_back = is_aligned(dns, arena, mode, identifier, author),
	    .record = out.record_domain,
	});
}

static void
fail_for(const char *what, const char *zone, const char *author,
    const char *identifier)
{
	fail_msg(
	    "%s: author %s, identifier %s\n%s", what, author, identifier, zone);
}

/* The policy is what the walk finds (RFC 9989 4.10.1), but for that of an
 * organization of its own below a public suffix. */
static void
check_record(const struct view views[MODES], const char *zone,
    const char *author, const char *identifier)
{
	const char *walk = views[DMARC_TREEWALK].record;
	const char *psl = views[DMARC_PSL].record;
	const char *automatic = views[DMARC_AUTO].record;

	if (walk == NULL || automatic == NULL) {
		if (walk != automatic)
			fail_for("a policy missed or made up", zone, author,
			    identifier);
		return;
	}
	if (strcmp(automatic, walk) == 0)
		return;
	if (!name_is_within(automatic, orgdomain_find(list, author)))
		fail_for("the policy of another", zone, author, identifier);
	if (psl != NULL && strcmp(walk, psl) == 0)
		fail_for("a policy against both", zone, author, identifier);
}

static void
check(const struct view views[MODES], const char *zone, const char *author,
    const char *identifier)
{
	const struct view *walk = &views[DMARC_TREEWALK];
	const struct view *automatic = &views[DMARC_AUTO];

	for (size_t i = 0; i < MODES; i++)
		if (views[i].aligned != views[i].aligned_back)
			fail_for("only one way", zone, author, identifier);
	if (automatic->aligned && !walk->aligned)
		fail_for("more than the walk", zone, author, identifier);
	check_record(views, zone, author, identifier);
}

static void
test_promises(void **state)
{
	size_t aligned = 0;
	size_t policies = 0;

	(void)state;
	for (size_t i = 0; i < ZONES; i++) {
		struct arena *arena = arena_new();
		struct recorder recorder;
		struct view views[MODES];
		const char *author = pick_name(arena);
		const char *identifier = pick_name(arena);
		const char *zone = add_records(arena, "", author, "");

		zone = add_records(arena, zone, identifier, author);
		struct dns *dns = recorder_zone(arena, zone, &recorder);

		for (size_t mode = 0; mode < MODES; mode++)
			views[mode] = look(dns, arena,
			    (enum dmarc_discovery)mode, author, identifier);
		check(views, zone, author, identifier);
		aligned += views[DMARC_AUTO].aligned;
		policies += views[DMARC_AUTO].record != NULL;
		dns_free(dns);
		arena_free(arena);
	}
	/* The zones are no desert. */
	assert_true(aligned > ZONES / 20 && policies > ZONES / 4);
}

static int
set_up(void **state)
{
	struct arena *arena = arena_new();
	const char *folder = files_folder(arena, "suffixes");
	const char *error = NULL;

	(void)state;
	assert_non_null(folder);
	const char *path = arena_printf(arena, "%s/list", folder);

	assert_int_equal(files_write(path, span_str(suffixes), 0600), 0);
	list = orgdomain_new(path, arena, &error);
	files_remove(folder);
	assert_null(error);
	arena_free(arena);
	return (0);
}

static int
tear_down(void **state)
{
	(void)state;
	orgdomain_free(list);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_promises) };

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
