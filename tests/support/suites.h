/*
 * suites.h: where the conformance suites are, which are no part of the project.
 */
#ifndef SUPPORT_SUITES_H
#define SUPPORT_SUITES_H

#include "base/arena.h"

/* The exit status of a test that is skipped. */
#define SUITES_SKIPPED 77

/**
 * suites_find(arena, path):
 * Return the name of ${path} below $MAILREEVE_SUITES, or without that below
 * shared/suites beside the project, allocated from ${arena}.  Where it is not
 * there, say so on standard output and return NULL: the test then ends with
 * SUITES_SKIPPED.  Tests run in the folder tests.
 */
const char *suites_find(struct arena *arena, const char *path);

#endif
