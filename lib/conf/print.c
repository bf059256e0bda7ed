#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "conf/value.h"

/* Long enough for any configuration that conf_load() reads, quoted. */
#define LINE_MAX_BYTES (4 * CONF_FILE_SIZE_MAX)

static int64_t
number_at(const struct conf_option *option, const void *member)
{
	if (option->type == CONF_BOOL)
		return (*(const bool *)member);
	if (option->type == CONF_WORD)
		return (*(const int *)member);
	return (*(const int64_t *)member);
}

static void
add_list(struct buf *line, const struct conf_list *list)
{
	buf_add_byte(line, '{');
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buf_add_str(line, ", ");
		value_quote(line, list->items[i]);
	}
	buf_add_byte(line, '}');
}

/* Append the value, or return false when there is none to write. */
static bool
add_value(
    struct buf *line, const struct conf_option *option, const void *member)
{
	if (option->type == CONF_LIST) {
		add_list(line, member);
		return (true);
	}
	if (option->type == CONF_STRING) {
		const char *string = *(const char *const *)member;

		if (string != NULL)
			value_quote(line, string);
		return (string != NULL);
	}
	int64_t number = number_at(option, member);

	/* Not set and without default: see struct conf_option. */
	if (option->value == NULL &&
	    number == (option->type == CONF_WORD ? -1 : 0))
		return (false);
	value_print(line, option, number);
	return (true);
}

static void
print_help(FILE *stream, struct arena *arena, const struct conf_option *option,
    const char *indent)
{
	struct buf text;

	buf_init(&text, arena, LINE_MAX_BYTES);
	value_allowed(&text, option);
	(void)fprintf(stream, "%s# %s\n%s# (%s", indent,
	    option->help != NULL ? option->help : option->name, indent,
	    buf_str(&text));
	if (option->value != NULL)
		(void)fprintf(stream, "; default %s", option->value);
	(void)fprintf(stream, ")\n");
}

static void print_table(FILE *stream, struct arena *arena,
    const struct conf_option *table, const void *values, const char *indent);

static void
print_sections(FILE *stream, struct arena *arena,
    const struct conf_option *option, const struct conf_sections *sections,
    const char *indent)
{
	const char *deeper = arena_printf(arena, "%s\t", indent);

	if (sections->count == 0)
		(void)fprintf(
		    stream, "%s#%s \"title\" { }\n", indent, option->name);
	for (size_t i = 0; i < sections->count; i++) {
		/* UNSAFE: i is less than count. */
		const void *item =
		    (const char *)sections->items + i * option->section_size;
		const struct conf_place *place = item;
		struct buf title;

		buf_init(&title, arena, LINE_MAX_BYTES);
		value_quote(&title, place->title);
		(void)fprintf(stream, "%s%s %s {\n", indent, option->name,
		    buf_str(&title));
		print_table(stream, arena, option->section, item, deeper);
		(void)fprintf(stream, "%s}\n", indent);
	}
}

static void
print_table(FILE *stream, struct arena *arena, const struct conf_option *table,
    const void *values, const char *indent)
{
	for (const struct conf_option *option = table; option->name != NULL;
	     option++) {
		/* UNSAFE: the table gives the offset of its own struct. */
		const void *member = (const char *)values + option->offset;
		struct buf line;

		if (option != table)
			(void)fputc('\n', stream);
		print_help(stream, arena, option, indent);
		if (option->type == CONF_SECTION) {
			print_sections(stream, arena, option, member, indent);
			continue;
		}
		buf_init(&line, arena, LINE_MAX_BYTES);
		bool is_set = add_value(&line, option, member);

		(void)fprintf(stream, "%s%s%s =%s%s\n", indent,
		    is_set ? "" : "#", option->name, is_set ? " " : "",
		    buf_str(&line));
	}
}

void
conf_print(FILE *stream, const struct conf_option *table, const void *values)
{
	struct arena *arena = arena_new();

	print_table(stream, arena, table, values, "");
	arena_free(arena);
}

static void
print_names(FILE *stream, struct arena *arena, const struct conf_option *table,
    const char *prefix)
{
	for (; table->name != NULL; table++) {
		if (table->type == CONF_SECTION)
			print_names(stream, arena, table->section,
			    arena_printf(arena, "%s%s.", prefix, table->name));
		else
			(void)fprintf(stream, "%s%s\n", prefix, table->name);
	}
}

void
conf_names(FILE *stream, const struct conf_option *table)
{
	struct arena *arena = arena_new();

	print_names(stream, arena, table, "");
	arena_free(arena);
}
