/*
 * mx.h: a mail exchanger as an operator writes it.
 */
#ifndef RECORDS_MX_H
#define RECORDS_MX_H

#include "base/arena.h"

/* The preference of this server itself. */
#define MX_OWN_PREFERENCE 10

struct mx {
	unsigned int preference;
	const char *host; /* lower-case A-labels; NULL: the text is none */
};

/**
 * mx_parse(text, arena):
 * Read ${text}, "20 backup.example.net".
 */
struct mx mx_parse(const char *text, struct arena *arena);

#endif
