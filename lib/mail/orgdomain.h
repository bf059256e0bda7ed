/*
 * orgdomain.h: where a registered domain begins, by the public suffix list.
 */
#ifndef MAIL_ORGDOMAIN_H
#define MAIL_ORGDOMAIN_H

#include "base/arena.h"

/* A loaded list; it never changes, and any thread may use it. */
struct orgdomain;

/**
 * orgdomain_new(path, arena, error):
 * Load the public suffix list in ${path}, or the system's newest when it is
 * NULL.  On failure return NULL with the reason, allocated from ${arena}, in
 * ${error}.
 */
struct orgdomain *orgdomain_new(
    const char *path, struct arena *arena, const char **error);

/**
 * orgdomain_free(list):
 * Free ${list}.  NULL is harmless.
 */
void orgdomain_free(struct orgdomain *list);

/**
 * orgdomain_find(list, domain):
 * Return the organizational domain of ${domain} (RFC 7489 3.2), lower-case
 * A-labels: the public suffix and one label, a part of ${domain}.  A public
 * suffix is its own.
 */
const char *orgdomain_find(const struct orgdomain *list, const char *domain);

#endif
