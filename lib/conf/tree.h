/*
 * tree.h: a configuration file as libconfuse's tree, whose values have been
 * checked against our table while the line was known.
 */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include <confuse.h>
#include <stdbool.h>

#include "base/compat.h"
#include "conf/conf.h"

/* Where one value stands, and so on for those that were read before. */
struct conf_places {
	const struct conf_places *older;
	const char *name; /* of the option */
	size_t index;     /* among its values */
	struct conf_place place;
};

/* A configuration that is being read. */
struct tree {
	struct arena *arena;
	conf_complain *complain;
	void *cookie;
	unsigned int depth; /* of includes */
	unsigned int files;
	bool failed;
	cfg_t *root;
	const struct conf_places *places; /* of the values in root itself */
};

/**
 * tree_init(tree, arena, complain, cookie):
 * Make ${tree} an empty one whose errors go to ${complain} with ${cookie}.
 */
void tree_init(struct tree *tree, struct arena *arena, conf_complain *complain,
    void *cookie);

/**
 * tree_done(tree):
 * Free what libconfuse holds.
 */
void tree_done(struct tree *tree);

/**
 * tree_read(tree, table, path):
 * Read the file ${path}, or nothing when it is NULL, into ${tree}->root.
 * Return -1, and complain, when something in it is wrong.
 */
int tree_read(
    struct tree *tree, const struct conf_option *table, const char *path);

/**
 * tree_text(section, option, index):
 * Return the value at ${index} of ${option} as text, or NULL past the last.
 */
const char *tree_text(
    cfg_t *section, const struct conf_option *option, size_t index);

/**
 * tree_section(section, option, index):
 * Return the subsection at ${index} of ${option}, or NULL past the last.
 */
cfg_t *tree_section(
    cfg_t *section, const struct conf_option *option, size_t index);

/**
 * tree_line(section):
 * Return the line that ${section} begins on.
 */
int tree_line(cfg_t *section);

/**
 * tree_fail(tree, file, line, format, ...):
 * Complain about ${line} of ${file}, or all of ${file} when ${line} is 0.
 */
void tree_fail(struct tree *tree, const char *file, int line,
    const char *format, ...) COMPAT_PRINTF(4, 5);

#endif
