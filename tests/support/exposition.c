#include "support/exposition.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define TEXT_MAX 4096

/* A page on its way. */
struct reading {
	struct arena *arena;
	struct exposition *page;
	const char *error; /* NULL so far */
	/* Of the family that is read: */
	struct exposition_family *family;
	bool typed;
	size_t samples;
	/* Of the histogram that is read, and which of its lines come next: */
	const char *labels;
	double bound, count;
	enum {
		BUCKET,
		SUM,
		COUNT
	} next;
};

static bool
wrong(struct reading *reading, const char *text)
{
	if (reading->error == NULL)
		reading->error = text;
	return (false);
}

static bool
is_name_byte(unsigned char byte)
{
	return (isalnum(byte) || byte == '_' || byte == ':');
}

static const char *
take_name(struct reading *reading, struct span *rest)
{
	struct span name = span_take_while(rest, is_name_byte);

	if (name.len == 0 || isdigit(name.data[0]))
		(void)wrong(reading, "no name");
	return (arena_str(reading->arena, name));
}

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);

	return (
	    len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0);
}

static bool
finish_family(struct reading *reading)
{
	if (reading->family == NULL)
		return (true);
	if (!reading->typed || reading->samples == 0)
		return (wrong(reading, "the family before has no samples"));
	if (reading->next != BUCKET || reading->labels != NULL)
		return (wrong(reading, "the histogram before is not whole"));
	return (true);
}

static bool
read_help(struct reading *reading, struct span rest)
{
	struct exposition *page = reading->page;
	const char *name = take_name(reading, &rest);

	if (!finish_family(reading))
		return (false);
	if (!span_take_byte(&rest, ' ') || rest.len == 0)
		return (wrong(reading, "HELP without text"));
	for (size_t i = 0; i < rest.len; i++)
		if (rest.data[i] == '\\' &&
		    (++i == rest.len || strchr("\\n", rest.data[i]) == NULL))
			return (wrong(reading, "a bad escape in HELP"));
	for (size_t i = 0; i < page->family_count; i++)
		if (strcmp(page->families[i].name, name) == 0)
			return (wrong(reading, "a family comes twice"));
	if (page->family_count == EXPOSITION_FAMILIES)
		return (wrong(reading, "too many families"));
	reading->family = &page->families[page->family_count++];
	reading->family->name = name;
	reading->typed = false;
	reading->samples = 0;
	return (true);
}

static bool
read_type(struct reading *reading, struct span rest)
{
	const char *name = take_name(reading, &rest);
	bool total = ends_with(name, "_total");

	if (reading->family == NULL || reading->typed ||
	    strcmp(reading->family->name, name) != 0)
		return (wrong(reading, "TYPE does not follow its HELP"));
	(void)span_take_byte(&rest, ' ');
	reading->family->type = arena_str(reading->arena, rest);
	reading->typed = true;
	if (span_is(rest, "counter") ? !total : total)
		return (wrong(reading, "counters alone end in _total"));
	if (!span_is(rest, "counter") && !span_is(rest, "gauge") &&
	    !span_is(rest, "histogram"))
		return (wrong(reading, "no type"));
	return (true);
}

/* Take "NAME=\"VALUE\"" and put it into ${labels}, or an le into ${bound}. */
static bool
take_label(struct reading *reading, struct span *rest, struct buf *names,
    struct buf *labels, const char **bound)
{
	const char *name = take_name(reading, rest);
	struct buf value;

	buf_init(&value, reading->arena, TEXT_MAX);
	if (!span_take_byte(rest, '=') || !span_take_byte(rest, '"'))
		return (wrong(reading, "a label without a quoted value"));
	while (rest->len > 0 && rest->data[0] != '"') {
		if (span_take_byte(rest, '\\') &&
		    (rest->len == 0 || strchr("\\\"n", rest->data[0]) == NULL))
			return (wrong(reading, "a bad escape in a label"));
		buf_add(&value, span_head(*rest, 1));
		span_skip(rest, 1);
	}
	if (!span_take_byte(rest, '"'))
		return (wrong(reading, "a quote is missing"));
	if (strcmp(name, "le") == 0) {
		*bound = buf_str(&value);
		return (true);
	}
	buf_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
	buf_printf(labels, "%s=%s;", name, buf_str(&value));
	return (true);
}

static bool
take_labels(struct reading *reading, struct span *rest, const char **labels,
    const char **bound)
{
	struct exposition_family *family = reading->family;
	struct buf names, text;

	buf_init(&names, reading->arena, TEXT_MAX);
	buf_init(&text, reading->arena, TEXT_MAX);
	if (span_take_byte(rest, '{'))
		do
			if (!take_label(reading, rest, &names, &text, bound))
				return (false);
		while (span_take_byte(rest, ','));
	if (names.len + text.len > 0 || *bound != NULL)
		if (!span_take_byte(rest, '}'))
			return (wrong(reading, "a brace is missing"));
	if (family->labels == NULL)
		family->labels = buf_str(&names);
	if (strcmp(family->labels, buf_str(&names)) != 0)
		return (wrong(reading, "other labels than before"));
	*labels = buf_str(&text);
	return (true);
}

static bool
read_number(const char *text, double *out)
{
	char *end;

	if (strcmp(text, "+Inf") == 0) {
		*out = INFINITY;
		return (true);
	}
	if (!isdigit((unsigned char)text[0]))
		return (false);
	*out = strtod(text, &end);
	return (*end == '\0');
}

/* One line of a histogram: buckets up to +Inf, the sum, the count. */
static bool
check_histogram(struct reading *reading, const char *end, const char *labels,
    const char *bound, double value)
{
	double le = 0;

	if (reading->labels != NULL && strcmp(reading->labels, labels) != 0)
		return (wrong(reading, "labels change inside a histogram"));
	if (strcmp(end, "_bucket") == 0 && reading->next == BUCKET) {
		bool first = reading->labels == NULL;

		if (bound == NULL || !read_number(bound, &le))
			return (wrong(reading, "a bucket without le"));
		if (!first && (le <= reading->bound || value < reading->count))
			return (wrong(reading, "buckets do not rise"));
		reading->labels = labels;
		reading->bound = le;
		reading->count = value;
		reading->next = isinf(le) ? SUM : BUCKET;
		return (true);
	}
	if (strcmp(end, "_sum") == 0 && reading->next == SUM) {
		reading->next = COUNT;
		return (true);
	}
	if (strcmp(end, "_count") != 0 || reading->next != COUNT)
		return (wrong(reading, "a line of a histogram is missing"));
	if (value != reading->count)
		return (wrong(reading, "the count is not that of +Inf"));
	reading->labels = NULL;
	reading->next = BUCKET;
	return (true);
}

static bool
check_sample(struct reading *reading, const char *name, const char *labels,
    const char *bound, double value)
{
	const struct exposition_family *family = reading->family;
	size_t len = strlen(family->name);

	if (strncmp(name, family->name, len) != 0)
		return (wrong(reading, "a sample of another family"));
	if (strcmp(family->type, "histogram") == 0)
		return (
		    check_histogram(reading, name + len, labels, bound, value));
	if (name[len] != '\0' || bound != NULL)
		return (wrong(reading, "a sample of another family"));
	return (true);
}

static bool
read_sample(struct reading *reading, struct span line)
{
	struct exposition *page = reading->page;
	struct span rest = line;
	const char *name = take_name(reading, &rest);
	const char *labels = "";
	const char *bound = NULL;
	double value = 0;

	if (reading->family == NULL || !reading->typed)
		return (wrong(reading, "a sample without its family"));
	if (!take_labels(reading, &rest, &labels, &bound))
		return (false);
	const char *series =
	    arena_str(reading->arena, span_head(line, line.len - rest.len));

	if (!span_take_byte(&rest, ' ') ||
	    !read_number(arena_str(reading->arena, rest), &value))
		return (wrong(reading, "no number"));
	if (exposition_find(page, series, &(double){ 0 }))
		return (wrong(reading, "a series comes twice"));
	if (page->sample_count == EXPOSITION_SAMPLES)
		return (wrong(reading, "too many samples"));
	page->samples[page->sample_count++] =
	    (struct exposition_sample){ series, value };
	reading->samples++;
	return (check_sample(reading, name, labels, bound, value));
}

static bool
read_line(struct reading *reading, struct span line)
{
	if (span_starts(line, "# HELP "))
		return (read_help(reading, span_tail(line, 7)));
	if (span_starts(line, "# TYPE "))
		return (read_type(reading, span_tail(line, 7)));
	return (read_sample(reading, line));
}

struct exposition *
exposition_parse(struct arena *arena, struct span text, const char **error)
{
	struct reading reading = { .arena = arena,
		.page = arena_alloc(arena, sizeof(*reading.page)) };
	size_t number = 0;
	struct span line;
	bool good = true;

	while (good && text.len > 0) {
		number++;
		good = span_take_until(&text, '\n', &line)
		           ? read_line(&reading, line)
		           : wrong(&reading, "no line end");
	}
	if (good && finish_family(&reading) && reading.error == NULL)
		return (reading.page);
	*error = arena_printf(arena, "line %zu: %s: %s", number, reading.error,
	    arena_str(arena, line));
	return (NULL);
}

bool
exposition_find(
    const struct exposition *exposition, const char *series, double *value)
{
	for (size_t i = 0; i < exposition->sample_count; i++)
		if (strcmp(exposition->samples[i].series, series) == 0) {
			*value = exposition->samples[i].value;
			return (true);
		}
	return (false);
}
