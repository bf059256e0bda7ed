#include "conf/tree.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf/include.h"
#include "conf/nearest.h"
#include "conf/text.h"
#include "conf/value.h"

/* A string that value_allowed() writes stays far below. */
#define ALLOWED_MAX 4096

/* libconfuse has no place for a pointer of ours, but leaves simple_value of a
 * function alone; so each section's include() carries this. */
struct level {
	struct tree *tree;
	const struct conf_option *table;
};

/* An option that no file can name; its default value is made when a section
 * begins and is the line of that moment. */
#define LINE_OPTION "\n"

/* What libconfuse says, and what we say around its one argument, if any. */
struct phrase {
	const char *theirs;
	const char *before;
	const char *after;
};

static const struct phrase phrases[] = {
	{ "premature end of file",
	    "the file ends inside a section, a list or an option", NULL },
	{ "unexpected closing brace", "this } closes nothing", NULL },
	{ "unexpected token '%s'", "found `",
	    "' where a name, a value, a comma or a brace should stand; a value "
	    "that holds one needs quotes" },
	{ "missing equal sign after option '%s'", "option `",
	    "': = should follow" },
	{ "attempt to append to non-list option '%s'", "option `",
	    "' is no list: write = in place of +=" },
	{ "found duplicate title '%s'", "a section with the title `",
	    "' stands above already" },
	{ "missing title for section '%s'", "section `",
	    "': a title in quotes should follow" },
	{ "missing parenthesis for function '%s'", "option `",
	    "': ( should follow" },
	{ "missing opening brace for section '%s'", "section `",
	    "': { should follow" },
};

void
tree_init(struct tree *tree, struct arena *arena, conf_complain *complain,
    void *cookie)
{
	*tree = (struct tree){
		.arena = arena, .complain = complain, .cookie = cookie
	};
}

void
tree_done(struct tree *tree)
{
	if (tree->root != NULL)
		(void)cfg_free(tree->root);
	tree->root = NULL;
}

static cfg_opt_t *
find(cfg_t *section, const char *name)
{
	for (cfg_opt_t *at = section->opts; at->name != NULL; at++)
		if (strcmp(at->name, name) == 0)
			return (at);
	return (NULL);
}

static struct level *
level_of(cfg_t *section)
{
	/* Each section has include(); see make_options(). */
	return (
	    (struct level *)(void *)find(section, "include")->simple_value.ptr);
}

void
tree_fail(
    struct tree *tree, const char *file, int line, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	const char *text = arena_vprintf(tree->arena, format, ap);

	va_end(ap);
	text = line > 0
	           ? arena_printf(tree->arena, "%s:%d: %s", file, line, text)
	           : arena_printf(tree->arena, "%s: %s", file, text);
	tree->failed = true;
	if (tree->complain != NULL)
		tree->complain(tree->cookie, text);
}

static void
fail_unknown(struct level *level, cfg_t *section, const char *name)
{
	const char *nearest = nearest_name(level->table, name);

	if (nearest != NULL)
		tree_fail(level->tree, section->filename, section->line,
		    "unknown option `%s'; the nearest name is `%s'", name,
		    nearest);
	else
		tree_fail(level->tree, section->filename, section->line,
		    "unknown option `%s'", name);
}

COMPAT_PRINTF(2, 0)
static void
on_error(cfg_t *section, const char *format, va_list ap)
{
	struct level *level = level_of(section);
	struct tree *tree = level->tree;

	if (strcmp(format, "no such option '%s'") == 0) {
		fail_unknown(level, section, va_arg(ap, const char *));
		return;
	}
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (strcmp(format, phrases[i].theirs) != 0)
			continue;
		tree_fail(tree, section->filename, section->line, "%s%s%s",
		    phrases[i].before,
		    phrases[i].after != NULL ? va_arg(ap, const char *) : "",
		    phrases[i].after != NULL ? phrases[i].after : "");
		return;
	}
	tree_fail(tree, section->filename, section->line, "%s",
	    arena_vprintf(tree->arena, format, ap));
}

static const struct conf_option *
option_of(const struct level *level, const char *name)
{
	for (const struct conf_option *at = level->table; at->name != NULL;
	     at++)
		if (strcmp(at->name, name) == 0)
			return (at);
	return (NULL);
}

/* Remember where the newest value of ${opt} stands.  Values of one file share
 * its name. */
static void
remember_place(struct tree *tree, const cfg_t *section, const cfg_opt_t *opt,
    const struct conf_option *option)
{
	const struct conf_places *older = tree->places;
	struct conf_places *made = arena_alloc(tree->arena, sizeof(*made));

	*made = (struct conf_places){ .older = older,
		.name = option->name,
		.index = opt->nvalues > 0 ? opt->nvalues - 1 : 0,
		.place.line = section->line };
	made->place.file =
	    older != NULL && strcmp(older->place.file, section->filename) == 0
		? older->place.file
		: arena_strdup(tree->arena, section->filename);
	tree->places = made;
}

/* ${text} is no value of ${option}. */
static void
fail_value(struct tree *tree, const cfg_t *section,
    const struct conf_option *option, const char *text)
{
	struct buf buf;

	buf_init(&buf, tree->arena, ALLOWED_MAX);
	if (value_needs_unit(option, span_str(text), &buf)) {
		tree_fail(tree, section->filename, section->line,
		    "option `%s': `%s' has no unit: %s?", option->name, text,
		    buf_str(&buf));
		return;
	}
	value_allowed(&buf, option);
	tree_fail(tree, section->filename, section->line,
	    "option `%s': found `%s', allowed is %s", option->name, text,
	    buf_str(&buf));
}

/* libconfuse calls this for each value that it reads, strings as well as the
 * defaults of lists. */
static int
on_value(cfg_t *section, cfg_opt_t *opt, const char *text, void *result)
{
	struct level *level = level_of(section);
	const struct conf_option *option = option_of(level, opt->name);
	int64_t number;

	/* libconfuse takes section|option for a path. */
	if (option == NULL) {
		fail_unknown(level, section, opt->name);
		return (-1);
	}
	*(const char **)result = text;
	if (section == level->tree->root && section->filename != NULL)
		remember_place(level->tree, section, opt, option);
	if (value_is_text(option) ||
	    value_number(option, span_str(text), &number))
		return (0);
	fail_value(level->tree, section, option, text);
	return (-1);
}

static int
on_begin(cfg_t *section, cfg_opt_t *opt, const char *text, void *result)
{
	(void)opt;
	(void)text;
	*(const char **)result =
	    arena_printf(level_of(section)->tree->arena, "%d", section->line);
	return (0);
}

/* Put the text of the file ${path} into ${section} as if it stood there. */
static int
parse_text(cfg_t *section, const char *path, struct span text)
{
	char *outer_name = section->filename;
	int outer_line = section->line;
	FILE *stream = fmemopen((void *)(uintptr_t)text.data, text.len, "r");
	int rc = -1;

	section->filename = strdup(path);
	if (stream != NULL && section->filename != NULL)
		rc = cfg_parse_fp(section, stream) == CFG_SUCCESS ? 0 : -1;
	if (stream != NULL)
		(void)fclose(stream);
	free(section->filename);
	section->filename = outer_name;
	section->line = outer_line;
	return (rc);
}

static int
parse_file(struct tree *tree, cfg_t *section, const char *path)
{
	struct text_error error = { 0 };
	struct span text;

	if (text_read(tree->arena, path, &text, &error) == 0 &&
	    text_clean(tree->arena, text, &text, &error) == 0)
		return (parse_text(section, path, text));
	if (error.line == 0 && section->filename != NULL)
		tree_fail(tree, section->filename, section->line,
		    "include: %s: %s", path, error.text);
	else
		tree_fail(tree, path, error.line, "%s", error.text);
	return (-1);
}

static int
parse_files(struct tree *tree, cfg_t *section, const struct conf_list *paths)
{
	tree->depth++;
	for (size_t i = 0; i < paths->count; i++) {
		if (++tree->files > CONF_FILES_MAX) {
			tree_fail(tree, section->filename, section->line,
			    "include: more than %d files", CONF_FILES_MAX);
			return (-1);
		}
		if (parse_file(tree, section, paths->items[i]) != 0)
			return (-1);
	}
	tree->depth--;
	return (0);
}

static int
on_include(cfg_t *section, cfg_opt_t *opt, int count, const char **arguments)
{
	struct tree *tree = level_of(section)->tree;
	struct conf_list paths = { 0 };
	const char *problem = NULL;

	(void)opt;
	(void)count;
	/* text_clean() has let one argument pass. */
	assert(count == 1);
	if (tree->depth >= CONF_DEPTH_MAX)
		problem = arena_printf(tree->arena,
		    "files include each other more than %d deep",
		    CONF_DEPTH_MAX);
	else
		problem = include_find(
		    tree->arena, section->filename, arguments[0], &paths);
	if (problem != NULL) {
		tree_fail(tree, section->filename, section->line, "include: %s",
		    problem);
		return (-1);
	}
	return (parse_files(tree, section, &paths));
}

static cfg_opt_t *make_options(
    struct tree *tree, const struct conf_option *table);

static cfg_opt_t
make_option(struct tree *tree, const struct conf_option *option)
{
	cfg_opt_t made = { .name = option->name,
		.type = CFGT_STR,
		.flags = CFGF_NODEFAULT,
		.parsecb = on_value };

	if (option->type == CONF_SECTION) {
		made.type = CFGT_SEC;
		made.flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
		made.parsecb = NULL;
		made.subopts = make_options(tree, option->section);
	} else if (option->type == CONF_LIST && option->value != NULL) {
		made.flags = CFGF_LIST;
		made.def.parsed = arena_strdup(tree->arena, option->value);
	} else if (option->type == CONF_LIST) {
		made.flags = CFGF_LIST | CFGF_NODEFAULT;
	}
	return (made);
}

/* The options of ${table}, then include(), the line, and the end. */
static cfg_opt_t *
make_options(struct tree *tree, const struct conf_option *table)
{
	struct level *level = arena_alloc(tree->arena, sizeof(*level));
	size_t count = 0;

	while (table[count].name != NULL)
		count++;
	cfg_opt_t *options =
	    arena_array(tree->arena, count + 3, sizeof(*options));

	for (size_t i = 0; i < count; i++)
		options[i] = make_option(tree, &table[i]);
	*level = (struct level){ .tree = tree, .table = table };
	options[count] = (cfg_opt_t){ .name = "include",
		.type = CFGT_FUNC,
		.func = on_include,
		.simple_value.ptr = (void **)(void *)level };
	options[count + 1] = (cfg_opt_t){ .name = LINE_OPTION,
		.type = CFGT_STR,
		.flags = CFGF_LIST,
		.def.parsed = arena_strdup(tree->arena, "{0}"),
		.parsecb = on_begin };
	return (options);
}

int
tree_read(struct tree *tree, const struct conf_option *table, const char *path)
{
	const struct conf_list paths = { .items = &path, .count = 1 };

	tree->root = cfg_init(make_options(tree, table), CFGF_NONE);
	if (tree->root == NULL) {
		tree_fail(tree, path != NULL ? path : "", 0,
		    "libconfuse has no memory");
		return (-1);
	}
	(void)cfg_set_error_function(tree->root, on_error);
	if (path == NULL)
		return (0);
	if (parse_files(tree, tree->root, &paths) == 0 && !tree->failed)
		return (0);
	if (!tree->failed)
		tree_fail(tree, path, 0, "libconfuse cannot read this");
	return (-1);
}

const char *
tree_text(cfg_t *section, const struct conf_option *option, size_t index)
{
	const cfg_opt_t *opt = find(section, option->name);

	return (index < opt->nvalues ? opt->values[index]->string : NULL);
}

cfg_t *
tree_section(cfg_t *section, const struct conf_option *option, size_t index)
{
	const cfg_opt_t *opt = find(section, option->name);

	return (index < opt->nvalues ? opt->values[index]->section : NULL);
}

int
tree_line(cfg_t *section)
{
	static const struct conf_option line = { .name = LINE_OPTION };
	const char *text = tree_text(section, &line, 0);

	return (text != NULL ? (int)strtol(text, NULL, 10) : 0);
}
