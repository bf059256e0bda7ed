#include "policyctl_print.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/log_format.h"

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Of one text. */
#define TEXT_MAX_BYTES ((size_t)65536)

struct policyctl_table {
	struct arena *arena;
	size_t columns;
	bool numbers[POLICYCTL_PRINT_COLUMNS];
	size_t widths[POLICYCTL_PRINT_COLUMNS];
	const char *(*rows)[POLICYCTL_PRINT_COLUMNS]; /* the first: heads */
	size_t count;
};

const char *
policyctl_print_harmless(struct arena *arena, const char *text)
{
	struct buf out;

	buf_init(&out, arena, TEXT_MAX_BYTES);
	log_format_printable(&out, span_str(text));
	return (buf_str(&out));
}

/* How many places ${text} takes: continuation bytes of UTF-8 take none. */
static size_t
width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0U) != 0x80;
	return (width);
}

void
policyctl_print_row(struct policyctl_table *table, const char *const cells[])
{
	table->rows = arena_room(table->arena, (void *)table->rows,
	    table->count, sizeof(*table->rows));
	for (size_t i = 0; i < table->columns; i++) {
		const char *cell =
		    policyctl_print_harmless(table->arena, cells[i]);
		size_t width = width_of(cell);

		table->rows[table->count][i] = cell;
		if (width > table->widths[i])
			table->widths[i] = width;
	}
	table->count++;
}

struct policyctl_table *
policyctl_print_table(struct arena *arena, const char *const heads[])
{
	struct policyctl_table *table = arena_alloc(arena, sizeof(*table));
	const char *names[POLICYCTL_PRINT_COLUMNS] = { "" };

	table->arena = arena;
	while (table->columns < POLICYCTL_PRINT_COLUMNS &&
	       heads[table->columns] != NULL) {
		size_t i = table->columns++;

		table->numbers[i] = heads[i][0] == '>';
		names[i] = table->numbers[i] ? &heads[i][1] : heads[i];
	}
	policyctl_print_row(table, names);
	return (table);
}

static void
print_cell(const struct policyctl_table *table, size_t column, const char *cell,
    FILE *stream)
{
	int space = (int)(table->widths[column] - width_of(cell));
	bool last = column + 1 == table->columns;

	if (table->numbers[column])
		(void)fprintf(stream, "%*s%s", space, "", cell);
	else
		(void)fprintf(stream, "%s%*s", cell, last ? 0 : space, "");
	(void)fputs(last ? "\n" : "  ", stream);
}

size_t
policyctl_print_end(const struct policyctl_table *table, FILE *stream)
{
	if (table->count < 2)
		return (0);
	for (size_t row = 0; row < table->count; row++)
		for (size_t i = 0; i < table->columns; i++)
			print_cell(table, i, table->rows[row][i], stream);
	return (table->count - 1);
}

/* ${whole} ${unit}, and what is left of it in the next smaller one. */
static const char *
two_units(struct arena *arena, int64_t ms, int64_t unit, const char *name,
    int64_t smaller, const char *smaller_name)
{
	int64_t rest = ms % unit / smaller;

	if (rest == 0)
		return (arena_printf(arena, "%" PRId64 " %s", ms / unit, name));
	return (arena_printf(arena, "%" PRId64 " %s %" PRId64 " %s", ms / unit,
	    name, rest, smaller_name));
}

const char *
policyctl_print_ms(struct arena *arena, int64_t ms)
{
	if (ms <= 0)
		return ("now");
	if (ms < MINUTE)
		return (arena_printf(
		    arena, "%" PRId64 " s", (ms + SECOND - 1) / SECOND));
	if (ms < HOUR)
		return (two_units(arena, ms, MINUTE, "min", SECOND, "s"));
	if (ms < DAY)
		return (two_units(arena, ms, HOUR, "h", MINUTE, "min"));
	return (two_units(arena, ms, DAY, "d", HOUR, "h"));
}

const char *
policyctl_print_period(struct arena *arena, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 7 * DAY, "week" }, { DAY, "day" }, { HOUR, "hour" },
		{ MINUTE, "minute" }, { SECOND, "second" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ms == units[i].ms)
			return (units[i].name);
		if (ms > 0 && ms % units[i].ms == 0)
			return (arena_printf(arena, "%" PRId64 " %ss",
			    ms / units[i].ms, units[i].name));
	}
	return (arena_printf(arena, "%" PRId64 " ms", ms));
}

const char *
policyctl_print_text(struct arena *arena, const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return (text == NULL ? "" : policyctl_print_harmless(arena, text));
}

int64_t
policyctl_print_int(const json_t *line, const char *name)
{
	return (json_integer_value(json_object_get(line, name)));
}

const char *
policyctl_print_number(
    struct arena *arena, const json_t *line, const char *name)
{
	const json_t *number = json_object_get(line, name);

	if (!json_is_integer(number))
		return ("no limit");
	return (arena_printf(
	    arena, "%" JSON_INTEGER_FORMAT, json_integer_value(number)));
}

const char *
policyctl_print_words(struct arena *arena, const json_t *line, const char *name)
{
	const char *text = policyctl_print_text(arena, line, name);
	char *words = arena_strdup(arena, text);

	for (char *byte = words; *byte != '\0'; byte++)
		if (*byte == '_')
			*byte = ' ';
	return (words);
}

bool
policyctl_print_bool(const json_t *line, const char *name)
{
	return (json_is_true(json_object_get(line, name)));
}
