#include "policyctl_usage.h"

#include <string.h>

struct policyctl_table *
policyctl_usage_table(struct arena *arena)
{
	static const char *const heads[] = { "LIMIT", "WHO", ">USED", "OF",
		">TRIED", ">LEFT", "ALL FREE", "RATE FROM", NULL };

	return (policyctl_print_table(arena, heads));
}

/* "300 recipients/hour". */
static const char *
rate_text(struct arena *arena, const json_t *line)
{
	const char *unit = policyctl_print_words(arena, line, "unit");
	const char *period = policyctl_print_period(
	    arena, policyctl_print_int(line, "period_ms"));

	if (!json_is_integer(json_object_get(line, "rate")))
		return ("no limit");
	return (arena_printf(arena, "%s %s/%s",
	    policyctl_print_number(arena, line, "rate"), unit, period));
}

/* When nothing of it is used any more. */
static const char *
free_text(struct arena *arena, const json_t *line)
{
	if (policyctl_print_int(line, "used") == 0)
		return ("now");
	return (arena_printf(arena, "in %s",
	    policyctl_print_ms(arena, policyctl_print_int(line, "reset_ms"))));
}

void
policyctl_usage_row(
    struct arena *arena, struct policyctl_table *table, const json_t *line)
{
	const char *limit = policyctl_print_text(arena, line, "limit");
	const char *cells[] = {
		policyctl_print_bool(line, "shadow")
		    ? arena_printf(arena, "%s (shadow)", limit)
		    : limit,
		policyctl_print_text(arena, line, "key"),
		policyctl_print_number(arena, line, "used"),
		rate_text(arena, line),
		policyctl_print_number(arena, line, "tried"),
		json_is_integer(json_object_get(line, "left"))
		    ? policyctl_print_number(arena, line, "left")
		    : "-",
		free_text(arena, line),
		policyctl_print_text(arena, line, "source"),
	};

	policyctl_print_row(table, cells);
}
