#include "conf/conf.h"

#include <stdbool.h>
#include <string.h>

#include "conf/tree.h"
#include "conf/value.h"

static int store_table(struct tree *tree, cfg_t *section,
    const struct conf_option *table, void *out);

static void
store_string(struct tree *tree, const char *text, void *member)
{
	*(const char **)member =
	    text != NULL ? arena_strdup(tree->arena, text) : NULL;
}

static void
store_list(struct tree *tree, cfg_t *section, const struct conf_option *option,
    struct conf_list *list)
{
	size_t count = 0;

	while (tree_text(section, option, count) != NULL)
		count++;
	const char **items = arena_array(tree->arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] =
		    arena_strdup(tree->arena, tree_text(section, option, i));
	*list = (struct conf_list){ .items = items, .count = count };
}

static int
store_number(struct tree *tree, cfg_t *section,
    const struct conf_option *option, const char *text, void *member)
{
	int64_t number = option->type == CONF_WORD ? -1 : 0;

	/* tree_read() has checked each text by its own table; what fails here
	 * came through a path into another section. */
	if (text != NULL && !value_number(option, span_str(text), &number)) {
		tree_fail(tree, section->filename, tree_line(section),
		    "option `%s': found `%s'", option->name, text);
		return (-1);
	}
	if (option->type == CONF_BOOL)
		*(bool *)member = number != 0;
	else if (option->type == CONF_WORD)
		*(int *)member = (int)number;
	else
		*(int64_t *)member = number;
	return (0);
}

static int
store_sections(struct tree *tree, cfg_t *section,
    const struct conf_option *option, struct conf_sections *sections)
{
	size_t count = 0;

	while (tree_section(section, option, count) != NULL)
		count++;
	*sections = (struct conf_sections){ .count = count,
		.items =
		    arena_array(tree->arena, count, option->section_size) };
	for (size_t i = 0; i < count; i++) {
		cfg_t *from = tree_section(section, option, i);
		/* UNSAFE: i is less than count. */
		void *item = (char *)sections->items + i * option->section_size;
		struct conf_place *place = item;

		place->title = arena_strdup(tree->arena, cfg_title(from));
		place->file = arena_strdup(tree->arena, from->filename);
		place->line = tree_line(from);
		if (store_table(tree, from, option->section, item) != 0)
			return (-1);
	}
	return (0);
}

static int
store_option(struct tree *tree, cfg_t *section,
    const struct conf_option *option, void *member)
{
	if (option->type == CONF_SECTION)
		return (store_sections(tree, section, option, member));
	if (option->type == CONF_LIST) {
		store_list(tree, section, option, member);
		return (0);
	}
	const char *text = tree_text(section, option, 0);

	if (text == NULL)
		text = option->value;
	if (option->type == CONF_STRING) {
		store_string(tree, text, member);
		return (0);
	}
	return (store_number(tree, section, option, text, member));
}

static int
store_table(struct tree *tree, cfg_t *section, const struct conf_option *table,
    void *out)
{
	for (; table->name != NULL; table++) {
		/* UNSAFE: the table gives the offset of its own struct. */
		void *member = (char *)out + table->offset;

		if (store_option(tree, section, table, member) != 0)
			return (-1);
	}
	return (0);
}

int
conf_load(struct arena *arena, const struct conf_option *table,
    const char *path, conf_complain *complain, void *cookie, void *out,
    const struct conf_places **places)
{
	struct tree tree;
	int rc = -1;

	tree_init(&tree, arena, complain, cookie);
	if (tree_read(&tree, table, path) == 0)
		rc = store_table(&tree, tree.root, table, out);
	if (places != NULL)
		*places = tree.places;
	tree_done(&tree);
	return (rc);
}

void
conf_defaults(struct arena *arena, const struct conf_option *table, void *out)
{
	(void)conf_load(arena, table, NULL, NULL, NULL, out, NULL);
}

const struct conf_place *
conf_place_of(const struct conf_places *places, const char *name, size_t index)
{
	/* The newest comes first: the last of two lines for one option wins. */
	for (; places != NULL; places = places->older)
		if (places->index == index && strcmp(places->name, name) == 0)
			return (&places->place);
	return (NULL);
}

const char *
conf_complaint(struct arena *arena, const struct conf_places *places,
    const char *path, const char *name, size_t index, const char *text)
{
	const struct conf_place *place = conf_place_of(places, name, index);

	if (place != NULL)
		return (arena_printf(arena, "%s:%d: %s: %s", place->file,
		    place->line, name, text));
	if (path != NULL)
		return (arena_printf(arena, "%s: %s: %s", path, name, text));
	return (arena_printf(arena, "%s: %s", name, text));
}
