/*
 * include.h: the files that include("pattern") means.
 */
#ifndef CONF_INCLUDE_H
#define CONF_INCLUDE_H

#include "conf/conf.h"

/**
 * include_find(arena, includer, pattern, out):
 * Store in ${out}, sorted, the paths that ${pattern} matches, relative to the
 * folder of the file ${includer}.  None is fine when ${pattern} has a wildcard.
 * Return NULL, or what is wrong.  All lives as long as ${arena}.
 */
const char *include_find(struct arena *arena, const char *includer,
    const char *pattern, struct conf_list *out);

#endif
