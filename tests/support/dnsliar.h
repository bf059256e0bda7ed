/*
 * dnsliar.h: a resolver that is good for nothing, in each of the ways in which
 * resolvers are; on a free port of 127.0.0.1, over UDP and TCP.
 */
#ifndef SUPPORT_DNSLIAR_H
#define SUPPORT_DNSLIAR_H

enum dnsliar_way {
	DNSLIAR_DOWN,       /* nobody is there */
	DNSLIAR_SILENT,     /* it takes questions and says nothing */
	DNSLIAR_SLOW,       /* it answers after five seconds */
	DNSLIAR_FAILING,    /* SERVFAIL for all */
	DNSLIAR_DENYING,    /* NXDOMAIN for all */
	DNSLIAR_TRUNCATING, /* over UDP truncated, over TCP hung up on */
	DNSLIAR_OVERSIZED,  /* over TCP 300 long TXT records */
	DNSLIAR_CUT,        /* more answers promised than are there */
	DNSLIAR_GARBAGE,    /* bytes that are no answer */
	/* Silent about all in DNSLIAR_SILENT_DOMAIN; _dmarc.DNSLIAR_DOMAIN has
	 * p=reject; nothing else exists. */
	DNSLIAR_PARTIAL,
};

#define DNSLIAR_SLOW_MS 5000
#define DNSLIAR_SILENT_DOMAIN "example.org"
#define DNSLIAR_DOMAIN "sender.example"

struct dnsliar;

/**
 * dnsliar_new(way):
 * Start one that is bad in this ${way}, in a thread of its own.  Any failure
 * ends the test program.
 */
struct dnsliar *dnsliar_new(enum dnsliar_way way);

/**
 * dnsliar_free(liar):
 * Stop ${liar}.  NULL is harmless.
 */
void dnsliar_free(struct dnsliar *liar);

/**
 * dnsliar_address(liar):
 * Return where to ask, "127.0.0.1@PORT".
 */
const char *dnsliar_address(const struct dnsliar *liar);

/**
 * dnsliar_asked(liar):
 * Return how many questions came so far, over UDP or TCP.
 */
unsigned int dnsliar_asked(const struct dnsliar *liar);

#endif
