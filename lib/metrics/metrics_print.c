#include "metrics/metrics_print.h"

#include <inttypes.h>
#include <string.h>

#define MICROSECONDS 1000000
#define DIGITS 6

static const char *const type_names[] = {
	[METRICS_COUNTER] = "counter",
	[METRICS_GAUGE] = "gauge",
	[METRICS_HISTOGRAM] = "histogram",
};

/* A backslash and a line end are escaped everywhere, a quote in the value of a
 * label only. */
static void
add_escaped(struct buf *page, const char *text, bool quoted)
{
	struct span rest = span_str(text);

	for (; rest.len > 0; span_skip(&rest, 1)) {
		int byte = span_peek(rest);

		if (byte == '\n') {
			buf_add_str(page, "\\n");
			continue;
		}
		if (byte == '\\' || (quoted && byte == '"'))
			buf_add_byte(page, '\\');
		buf_add_byte(page, (unsigned char)byte);
	}
}

/* Seconds without zeros that say nothing: a bound must always look the same. */
static void
add_seconds(struct buf *page, uint64_t value)
{
	unsigned int rest = (unsigned int)(value % MICROSECONDS);
	int digits = DIGITS;

	buf_printf(page, "%" PRIu64, value / MICROSECONDS);
	if (rest == 0)
		return;
	for (; rest % 10 == 0; rest /= 10)
		digits--;
	buf_printf(page, ".%0*u", digits, rest);
}

static void
add_number(struct buf *page, enum metrics_unit unit, uint64_t value)
{
	switch (unit) {
	case METRICS_PLAIN:
		buf_printf(page, "%" PRIu64, value);
		return;
	case METRICS_TIME:
		add_seconds(page, value);
		return;
	}
}

/* Append ${name}="${value}" after what stands in braces before it; ${count}
 * tells how much. */
static void
begin_label(struct buf *page, const char *name, size_t *count)
{
	buf_add_byte(page, (*count)++ == 0 ? '{' : ',');
	buf_add_str(page, name);
	buf_add_str(page, "=\"");
}

static size_t
add_labels(
    struct buf *page, const struct metrics_family *family, const size_t *values)
{
	size_t count = 0;

	for (size_t i = 0; i < METRICS_MAX_LABELS; i++) {
		const struct metrics_label *label = &family->labels[i];

		if (label->name == NULL)
			break;
		begin_label(page, label->name, &count);
		add_escaped(page, label->values[values[i]], true);
		buf_add_byte(page, '"');
	}
	return (count);
}

void
metrics_print_head(struct buf *page, const struct metrics_family *family)
{
	buf_printf(page, "# HELP %s ", family->name);
	add_escaped(page, family->help, false);
	buf_printf(
	    page, "\n# TYPE %s %s\n", family->name, type_names[family->type]);
}

static void
add_line(struct buf *page, const struct metrics_family *family,
    const char *suffix, const size_t *values, enum metrics_unit unit,
    uint64_t value)
{
	buf_printf(page, "%s%s", family->name, suffix);
	if (add_labels(page, family, values) > 0)
		buf_add_byte(page, '}');
	buf_add_byte(page, ' ');
	add_number(page, unit, value);
	buf_add_byte(page, '\n');
}

void
metrics_print_value(struct buf *page, const struct metrics_family *family,
    const size_t *values, uint64_t value)
{
	add_line(page, family, "", values, family->unit, value);
}

/* ${bound} 0 stands for +Inf. */
static void
add_bucket(struct buf *page, const struct metrics_family *family,
    const size_t *values, uint64_t bound, uint64_t count)
{
	buf_printf(page, "%s_bucket", family->name);
	size_t labels = add_labels(page, family, values);

	begin_label(page, "le", &labels);
	if (bound == 0)
		buf_add_str(page, "+Inf");
	else
		add_number(page, family->unit, bound);
	buf_printf(page, "\"} %" PRIu64 "\n", count);
}

void
metrics_print_histogram(struct buf *page, const struct metrics_family *family,
    const size_t *values, const uint64_t *counts, uint64_t sum)
{
	uint64_t total = 0;

	for (size_t i = 0;; i++) {
		total += counts[i];
		add_bucket(page, family, values, family->bounds[i], total);
		if (family->bounds[i] == 0)
			break;
	}
	add_line(page, family, "_sum", values, family->unit, sum);
	add_line(page, family, "_count", values, METRICS_PLAIN, total);
}
