/*
 * store_explain.h: what SQLite says, in words with a cure for the admin.
 */
#ifndef STORE_STORE_EXPLAIN_H
#define STORE_STORE_EXPLAIN_H

#include "base/arena.h"

/**
 * store_explain(arena, path, code, what):
 * Return what the result ${code} of SQLite means for the file ${path}; ${what}
 * is SQLite's word, or the system's.
 */
const char *store_explain(
    struct arena *arena, const char *path, int code, const char *what);

/**
 * store_explain_away(arena, path, what):
 * Return that ${path} is not to be used any more, because it ${what}.
 */
const char *store_explain_away(
    struct arena *arena, const char *path, const char *what);

#endif
