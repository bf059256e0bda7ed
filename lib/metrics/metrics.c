#include "metrics/metrics.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/arena_impl.h"
#include "metrics/metrics_print.h"

const uint64_t metrics_wait_bounds[] = { 500, 1000, 2500, 5000, 10000, 25000,
	50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
	30000000, 0 };

/* Where the values of a family stand. */
struct place {
	size_t first;                      /* of its cells */
	size_t counts[METRICS_MAX_LABELS]; /* of its labels' values, or 1 */
	size_t bounds;
	size_t cells; /* of one series: of a histogram one for each bound, one
	               * above them, and the sum */
};

struct metrics {
	const struct metrics_family *families;
	size_t count;
	struct arena *arena;
	struct place *places;
	_Atomic uint64_t *cells;
};

static size_t
count_values(const struct metrics_label *label)
{
	size_t count = 0;

	while (label->name != NULL && label->values[count] != NULL)
		count++;
	return (label->name == NULL ? 1 : count);
}

static size_t
count_bounds(const struct metrics_family *family)
{
	size_t count = 0;

	while (family->bounds != NULL && family->bounds[count] != 0) {
		assert(count == 0 ||
		       family->bounds[count - 1] < family->bounds[count]);
		count++;
	}
	assert(count <= METRICS_MAX_BOUNDS);
	return (count);
}

/* Store the place of ${family} from cell ${first} on; return how many cells it
 * takes. */
static size_t
find_place(
    const struct metrics_family *family, size_t first, struct place *place)
{
	bool histogram = family->type == METRICS_HISTOGRAM;
	size_t series = 1;

	assert(histogram == (family->bounds != NULL));
	place->first = first;
	place->bounds = count_bounds(family);
	place->cells = histogram ? place->bounds + 2 : 1;
	for (size_t i = 0; i < METRICS_MAX_LABELS; i++) {
		place->counts[i] = count_values(&family->labels[i]);
		series *= place->counts[i];
	}
	return (series * place->cells);
}

struct metrics *
metrics_new(const struct metrics_family *families)
{
	struct metrics *metrics = arena_impl_malloc(sizeof(*metrics));
	size_t cells = 0;

	*metrics =
	    (struct metrics){ .families = families, .arena = arena_new() };
	while (families[metrics->count].name != NULL)
		metrics->count++;
	metrics->places = arena_array(
	    metrics->arena, metrics->count, sizeof(*metrics->places));
	for (size_t i = 0; i < metrics->count; i++)
		cells += find_place(&families[i], cells, &metrics->places[i]);
	metrics->cells =
	    arena_array(metrics->arena, cells, sizeof(*metrics->cells));
	for (size_t i = 0; i < cells; i++)
		atomic_init(&metrics->cells[i], 0);
	return (metrics);
}

void
metrics_free(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	arena_free(metrics->arena);
	free(metrics);
}

/* The first cell of ${series}. */
static size_t
cell_of(const struct metrics *metrics, struct metrics_series series)
{
	assert(series.family < metrics->count);
	const struct place *place = &metrics->places[series.family];
	size_t number = 0;

	for (size_t i = 0; i < METRICS_MAX_LABELS; i++) {
		assert(series.values[i] < place->counts[i]);
		number = number * place->counts[i] + series.values[i];
	}
	return (place->first + number * place->cells);
}

static uint64_t
read_cell(const struct metrics *metrics, size_t cell)
{
	return (
	    atomic_load_explicit(&metrics->cells[cell], memory_order_relaxed));
}

static void
add_to(struct metrics *metrics, size_t cell, uint64_t amount)
{
	(void)atomic_fetch_add_explicit(
	    &metrics->cells[cell], amount, memory_order_relaxed);
}

void
metrics_add(
    struct metrics *metrics, struct metrics_series series, uint64_t amount)
{
	add_to(metrics, cell_of(metrics, series), amount);
}

void
metrics_set(
    struct metrics *metrics, struct metrics_series series, uint64_t value)
{
	atomic_store_explicit(&metrics->cells[cell_of(metrics, series)], value,
	    memory_order_relaxed);
}

void
metrics_observe(
    struct metrics *metrics, struct metrics_series series, uint64_t value)
{
	size_t first = cell_of(metrics, series);
	const uint64_t *bounds = metrics->families[series.family].bounds;
	size_t bucket = 0;

	/* A bound belongs to the values below it. */
	while (bounds[bucket] != 0 && value > bounds[bucket])
		bucket++;
	add_to(metrics, first + bucket, 1);
	add_to(
	    metrics, first + metrics->places[series.family].bounds + 1, value);
}

uint64_t
metrics_get(const struct metrics *metrics, struct metrics_series series)
{
	size_t first = cell_of(metrics, series);
	const struct place *place = &metrics->places[series.family];
	uint64_t total = read_cell(metrics, first);

	for (size_t i = 1; i + 1 < place->cells; i++)
		total += read_cell(metrics, first + i);
	return (total);
}

static void
print_series(const struct metrics *metrics, struct metrics_series series,
    struct buf *page)
{
	const struct metrics_family *family = &metrics->families[series.family];
	const struct place *place = &metrics->places[series.family];
	size_t first = cell_of(metrics, series);
	uint64_t counts[METRICS_MAX_BOUNDS + 1];

	if (family->type != METRICS_HISTOGRAM) {
		metrics_print_value(
		    page, family, series.values, read_cell(metrics, first));
		return;
	}
	for (size_t i = 0; i <= place->bounds; i++)
		counts[i] = read_cell(metrics, first + i);
	metrics_print_histogram(page, family, series.values, counts,
	    read_cell(metrics, first + place->bounds + 1));
}

void
metrics_print(const struct metrics *metrics, struct buf *page)
{
	for (size_t i = 0; i < metrics->count; i++) {
		const size_t *counts = metrics->places[i].counts;
		size_t series = counts[0] * counts[1];

		metrics_print_head(page, &metrics->families[i]);
		for (size_t j = 0; j < series; j++)
			print_series(metrics,
			    METRICS_SERIES(i, j / counts[1], j % counts[1]),
			    page);
	}
}
