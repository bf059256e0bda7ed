#include "meter_names.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "engine.h"
#include "list_health.h"
#include "meter_families.h"
#include "metrics/metrics_print.h"
#include "table.h"

#define PAGE_MAX_BYTES ((size_t)256 * 1024)
#define NAME_MAX_BYTES ((size_t)96)

struct rule {
	char name[NAME_MAX_BYTES];
	uint64_t done;
	uint64_t would;
};

struct meter_names {
	struct rule rules[METER_NAMES_MAX_RULES];
	size_t rule_count;
	pthread_mutex_t lock; /* of what follows */
	struct arena *arena;  /* of the page */
	struct span page;
};

struct meter_names *
meter_names_new(void)
{
	struct meter_names *names = arena_impl_malloc(sizeof(*names));

	*names = (struct meter_names){ .arena = arena_new() };
	(void)pthread_mutex_init(&names->lock, NULL);
	return (names);
}

void
meter_names_free(struct meter_names *names)
{
	if (names == NULL)
		return;
	arena_free(names->arena);
	(void)pthread_mutex_destroy(&names->lock);
	free(names);
}

static struct rule *
rule_of(struct meter_names *names, const char *name)
{
	size_t i = 0;

	while (i < names->rule_count && strcmp(names->rules[i].name, name) != 0)
		i++;
	size_t size = strlen(name) + sizeof(char);

	if (i == METER_NAMES_MAX_RULES || size > NAME_MAX_BYTES)
		return (NULL);
	if (i == names->rule_count) {
		memcpy(names->rules[i].name, name, size);
		names->rule_count++;
	}
	return (&names->rules[i]);
}

void
meter_names_rule(struct meter_names *names, const char *name, bool shadow)
{
	struct rule *rule = rule_of(names, name);

	if (rule != NULL)
		*(shadow ? &rule->would : &rule->done) += 1;
}

/* Values of one family, under names. */
struct column {
	struct buf *page;
	struct metrics_family family;
	const char *const *names;
};

static void
begin(struct column *column, struct buf *page, enum meter_named family,
    const char *const *names)
{
	*column = (struct column){ page, meter_named_families[family], names };
	column->family.labels[0] =
	    (struct metrics_label){ meter_named_labels[family], names };
	metrics_print_head(page, &column->family);
}

static void
add(const struct column *column, size_t name, uint64_t value)
{
	const size_t values[METRICS_MAX_LABELS] = { name };

	metrics_print_value(column->page, &column->family, values, value);
}

static void
print_rules(
    const struct meter_names *names, struct arena *arena, struct buf *page)
{
	const char **labels =
	    arena_array(arena, names->rule_count + 1, sizeof(*labels));
	struct column column;

	for (size_t i = 0; i < names->rule_count; i++)
		labels[i] = names->rules[i].name;
	begin(&column, page, METER_RULES_DONE, labels);
	for (size_t i = 0; i < names->rule_count; i++)
		add(&column, i, names->rules[i].done);
	begin(&column, page, METER_RULES_WOULD, labels);
	for (size_t i = 0; i < names->rule_count; i++)
		add(&column, i, names->rules[i].would);
}

static uint64_t
list_value(enum meter_named family, const struct list_figures *figures)
{
	switch (family) {
	case METER_LIST_QUESTIONS:
		return (figures->asked);
	case METER_LIST_LISTED:
		return (figures->listed);
	case METER_LIST_LATE:
		return (figures->late);
	case METER_LIST_SECONDS:
		return (figures->took_us);
	case METER_LIST_OUT:
		return (figures->state != LIST_UNTESTED &&
			figures->state != LIST_WELL);
	case METER_RULES_DONE:
	case METER_RULES_WOULD:
	case METER_RECORDS:
	case METER_EVICTED:
	case METER_NAMED:
		break;
	}
	return (0);
}

static void
print_lists(struct engine *engine, struct arena *arena, struct buf *page)
{
	size_t count;

	if (engine_health(engine) == NULL)
		return;
	const struct list_figures *figures =
	    list_health_figures(engine_health(engine), arena, &count);
	const char **labels = arena_array(arena, count + 1, sizeof(*labels));

	for (size_t i = 0; i < count; i++)
		labels[i] = figures[i].zone;
	for (unsigned int family = METER_LIST_QUESTIONS;
	     family <= METER_LIST_OUT; family++) {
		struct column column;

		begin(&column, page, (enum meter_named)family, labels);
		for (size_t i = 0; i < count; i++)
			add(&column, i,
			    list_value((enum meter_named)family, &figures[i]));
	}
}

static void
print_tables(struct engine *engine, struct arena *arena, struct buf *page)
{
	static const char *const kinds[] = { "listed", "override", "account",
		"greylist", "greyclient", "known", "network", "domain",
		"history", "bounces", "notice", "locked" };
	const struct accounting_rules *rules =
	    &engine_config(engine)->accounting;
	size_t fixed = sizeof(kinds) / sizeof(kinds[0]);
	size_t count = fixed + rules->limit_count;
	const char **labels = arena_array(arena, count + 1, sizeof(*labels));
	struct column column;

	for (size_t i = 0; i < count; i++)
		labels[i] = i < fixed ? kinds[i]
		                      : arena_printf(arena, "limit %s",
					    rules->limits[i - fixed].name);
	begin(&column, page, METER_RECORDS, labels);
	for (size_t i = 0; i < count; i++)
		add(&column, i, table_count(engine_table(engine, labels[i])));
	begin(&column, page, METER_EVICTED, labels);
	for (size_t i = 0; i < count; i++)
		add(&column, i, table_evicted(engine_table(engine, labels[i])));
}

void
meter_names_snapshot(struct meter_names *names, struct engine *engine)
{
	struct arena *arena = arena_new();
	struct arena *old;
	struct buf page;

	buf_init(&page, arena, PAGE_MAX_BYTES);
	print_rules(names, arena, &page);
	print_lists(engine, arena, &page);
	print_tables(engine, arena, &page);
	(void)pthread_mutex_lock(&names->lock);
	old = names->arena;
	names->arena = arena;
	names->page = buf_span(&page);
	(void)pthread_mutex_unlock(&names->lock);
	arena_free(old);
}

void
meter_names_print(struct meter_names *names, struct buf *page)
{
	(void)pthread_mutex_lock(&names->lock);
	buf_add(page, names->page);
	(void)pthread_mutex_unlock(&names->lock);
}
