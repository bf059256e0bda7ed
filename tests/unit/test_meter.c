/* meter.h: the manual page lists each metric with its type and labels, and no
 * other. */
#include "support/unit.h"

#include <string.h>

#include "meter.h"
#include "metrics/metrics.h"
#include "metrics/metrics_process.h"
#include "support/exposition.h"
#include "support/files.h"

/* Tests run in tests/. */
#define PAGE "../milter/mailreeve-milter.8"
#define ITEM ".It Li "
#define KIND ".Pq "
#define MAX_ITEMS 256

static struct exposition *
print_all(struct arena *arena)
{
	struct metrics_process *process = metrics_process_new(0, "1");
	struct meter *meter = meter_new();
	struct meter_state state = { 0 };
	const char *error = NULL;
	struct buf page;

	buf_init(&page, arena, METRICS_MAX_BYTES);
	meter_print(meter, &state, &page);
	metrics_process_print(process, &page);
	meter_free(meter);
	metrics_process_free(process);
	struct exposition *read =
	    exposition_parse(arena, buf_span(&page), &error);

	if (read == NULL)
		fail_msg("%s", error);
	return (read);
}

/* "NAME counter: direction, action" for each item of the section METRICS. */
static size_t
read_items(struct arena *arena, const char *items[MAX_ITEMS])
{
	const char *name = NULL;
	bool inside = false;
	size_t count = 0;
	struct span text;
	struct span line;

	assert_int_equal(files_read(arena, PAGE, &text), 0);
	while (span_take_line(&text, &line)) {
		if (span_starts(line, ".Sh "))
			inside = span_is(line, ".Sh METRICS");
		if (!inside)
			continue;
		if (span_starts(line, ITEM))
			name = arena_str(arena, span_tail(line, strlen(ITEM)));
		if (!span_starts(line, KIND) || name == NULL)
			continue;
		assert_true(count < MAX_ITEMS);
		items[count++] = arena_printf(arena, "%s %s", name,
		    arena_str(arena, span_tail(line, strlen(KIND))));
		name = NULL;
	}
	return (count);
}

static bool
has(const char *const *items, size_t count, const char *item)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(items[i], item) == 0)
			return (true);
	return (false);
}

static void
test_page(void **state)
{
	struct arena *arena = arena_new();
	struct exposition *all = print_all(arena);
	const char *items[MAX_ITEMS];
	const char *known[EXPOSITION_FAMILIES];
	size_t count = read_items(arena, items);

	(void)state;
	for (size_t i = 0; i < all->family_count; i++) {
		const struct exposition_family *family = &all->families[i];
		bool labels = family->labels[0] != '\0';

		known[i] = arena_printf(arena, "%s %s%s%s", family->name,
		    family->type, labels ? ": " : "", family->labels);
		if (!has(items, count, known[i]))
			fail_msg("not in %s: %s", PAGE, known[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (!has(known, all->family_count, items[i]))
			fail_msg("in %s alone: %s", PAGE, items[i]);
	assert_int_equal(count, all->family_count);
	arena_free(arena);
}

/* A program that knows its place: names begin alike, and a page is small. */
static void
test_names(void **state)
{
	struct arena *arena = arena_new();
	struct exposition *all = print_all(arena);

	(void)state;
	for (size_t i = 0; i < all->family_count; i++) {
		const char *name = all->families[i].name;

		if (strncmp(name, "mailreeve_milter_", 17) != 0 &&
		    strncmp(name, "process_", 8) != 0 &&
		    strcmp(name, "mailreeve_build_info") != 0)
			fail_msg("%s", name);
	}
	assert_true(all->sample_count < 300);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
