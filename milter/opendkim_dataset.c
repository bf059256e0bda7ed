#include "opendkim_dataset.h"

#include <string.h>
#include <strings.h>

static void
add(struct arena *arena, struct opendkim_dataset *set,
    const struct opendkim_row *row)
{
	set->rows = arena_room(arena, set->rows, set->count, sizeof(*row));
	set->rows[set->count++] = *row;
}

static bool
is_space(unsigned char byte)
{
	return (byte == ' ' || (byte >= '\t' && byte <= '\r'));
}

static bool
is_word(unsigned char byte)
{
	return (!is_space(byte));
}

static const char *
value_or_null(struct arena *arena, struct span value)
{
	value = span_trim(value, is_space);
	return (value.len == 0 ? NULL : arena_str(arena, value));
}

/* a,b=c */
static void
parse_list(struct arena *arena, struct span text, int line,
    struct opendkim_dataset *out)
{
	while (text.len > 0 && out->count < OPENDKIM_DATASET_ROWS) {
		struct span item, key;

		(void)span_take_until(&text, ',', &item);
		if (item.len == 0)
			continue;
		bool has_value = span_take_until(&item, '=', &key);
		struct opendkim_row row = {
			.key = arena_str(arena, span_trim(key, is_space)),
			.value = has_value ? value_or_null(arena, item) : NULL,
			.line = line,
		};

		add(arena, out, &row);
	}
}

/* OpenDKIM reads the pattern of a refile from the first byte of the line. */
static bool
is_ignored(const struct opendkim_dataset *set, struct span line)
{
	return (set->type == OPENDKIM_REFILE &&
		is_space((unsigned char)span_peek(line)));
}

static void
parse_line(struct span line, int number, const struct opendkim_report *report,
    struct opendkim_dataset *out)
{
	struct opendkim_place place = { out->file, number };
	bool ignored;

	if (line.len > OPENDKIM_DATASET_LINE) {
		opendkim_warning(report, &place,
		    "the row is longer than %zu bytes, which OpenDKIM cuts in "
		    "two; it does not count",
		    OPENDKIM_DATASET_LINE);
		return;
	}
	line = span_head(line, span_find(line, '#'));
	line = span_trim_end(line, is_space);
	if (line.len == 0)
		return;
	ignored = is_ignored(out, line);
	line = span_trim(line, is_space);

	struct span key = span_take_while(&line, is_word);
	struct opendkim_row row = {
		.key = arena_str(report->arena, key),
		.value = value_or_null(report->arena, line),
		.line = number,
	};

	if (ignored)
		opendkim_warning(report, &place,
		    "OpenDKIM does not see \"%s\", because a blank stands "
		    "before it; it does not count",
		    row.key);
	else
		add(report->arena, out, &row);
}

void
opendkim_dataset_parse(struct arena *arena, struct span text, int line,
    const struct opendkim_report *report, struct opendkim_dataset *out)
{
	struct span row;

	if (out->type == OPENDKIM_LIST) {
		parse_list(arena, text, line, out);
		return;
	}
	for (int number = 1;
	     out->count < OPENDKIM_DATASET_ROWS && span_take_line(&text, &row);
	     number++)
		parse_line(row, number, report, out);
}

bool
opendkim_dataset_is_expression(
    const struct opendkim_dataset *set, const char *key)
{
	return (set->type == OPENDKIM_REFILE &&
		strpbrk(key, "[](){}?|^$\\") != NULL);
}

const char *
opendkim_dataset_path(struct arena *arena, const char *folder, const char *path)
{
	if (path[0] == '/' || folder == NULL)
		return (path);
	return (arena_printf(arena, "%s/%s", folder, path));
}

/* The kind of ${value} by its prefix, which goes; false when it is one that
 * needs a database or a program. */
static bool
find_type(const char **value, enum opendkim_dataset_type *type)
{
	static const struct {
		const char *prefix;
		enum opendkim_dataset_type type;
	} prefixes[] = {
		{ "csl:", OPENDKIM_LIST },
		{ "file:", OPENDKIM_FILE },
		{ "refile:", OPENDKIM_REFILE },
	};
	const char *colon = strchr(*value, ':');
	const char *comma = strchr(*value, ',');
	size_t len = strlen(*value);

	/* A colon after a comma belongs to an entry of a list. */
	if (colon == NULL || (comma != NULL && comma < colon)) {
		*type = (*value)[0] == '/' ? OPENDKIM_FILE : OPENDKIM_LIST;
		return (len < 3 || strcmp(&(*value)[len - 3], ".db") != 0);
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t prefix = strlen(prefixes[i].prefix);

		if (strncasecmp(*value, prefixes[i].prefix, prefix) != 0)
			continue;
		*type = prefixes[i].type;
		*value = &(*value)[prefix];
		return (true);
	}
	return (false);
}

static int
check_rows(const char *name, const struct opendkim_place *place,
    const struct opendkim_report *report, const struct opendkim_dataset *set)
{
	if (set->count < OPENDKIM_DATASET_ROWS)
		return (0);
	opendkim_error(report, place, "%s: %s has more than %zu rows", name,
	    set->file, OPENDKIM_DATASET_ROWS - 1);
	return (-1);
}

int
opendkim_dataset_load(const char *name, const char *value,
    const struct opendkim_place *place, const char *folder,
    const struct opendkim_report *report, struct opendkim_dataset *out)
{
	struct span text = { 0 };
	const char *error = NULL;

	*out = (struct opendkim_dataset){ .file = place->file };
	if (!find_type(&value, &out->type)) {
		opendkim_error(report, place,
		    "%s: \"%s\" is not a list, a file or a refile; write its "
		    "rows to a file and name that",
		    name, value);
		return (-1);
	}
	if (out->type == OPENDKIM_LIST) {
		text = span_str(value);
	} else {
		out->file = opendkim_dataset_path(report->arena, folder, value);
		error = opendkim_read(out->file, report->arena, &text);
	}
	if (error != NULL) {
		opendkim_error(report, place, "%s: %s", name, error);
		return (-1);
	}
	opendkim_dataset_parse(report->arena, text, place->line, report, out);
	return (check_rows(name, place, report, out));
}
