/*
 * keystore_write.h: new keys in the key store (keystore.h).  Whatever happens,
 * keys that were there stay as they were, and the milter finds a store that it
 * can read at every moment.
 */
#ifndef DKIM_KEYSTORE_WRITE_H
#define DKIM_KEYSTORE_WRITE_H

#include <stdint.h>

#include "base/arena.h"
#include "dkim/key.h"
#include "dkim/keyfile.h"
#include "dkim/keystore.h"

enum keystore_outcome {
	KEYSTORE_ADDED,
	KEYSTORE_TAKEN,   /* a selector belongs to another key */
	KEYSTORE_DENIED,  /* this user may not write there */
	KEYSTORE_REFUSED, /* what is there is not in order */
	KEYSTORE_FAILED,  /* the system failed: no space, for example */
};

struct keystore_pair {
	const char *selector; /* lower-case A-labels */
	struct dkim_private *private;
};

/* Keys to add at once: all of them, or none. */
struct keystore_addition {
	const char *directory; /* of the key store */
	const char *domain;    /* lower-case A-labels */
	const struct keystore_pair *keys;
	size_t count;
	enum keystore_state state;
	int64_t now; /* in seconds since 1970 */
};

/**
 * keystore_make(directory, owner, arena, text):
 * Make the key store ${directory}, and the folder that it is in, unless it is
 * there; KEYSTORE_ADDED either way.  Store the reason of any other outcome,
 * with its cure, in ${text}, allocated from ${arena}.
 */
enum keystore_outcome keystore_make(const char *directory,
    const struct keyfile_owner *owner, struct arena *arena, const char **text);

/**
 * keystore_add(addition, owner, arena, text):
 * Write the keys of ${addition} into its store, which exists, for the group of
 * ${owner} to read: the domain's folder if there is none, with mode 0750, the
 * keys with 0640, and last a new keys.json in the place of the old one.  Two at
 * once wait for each other.  Store in ${text} the domain's folder, or else the
 * reason with its cure, allocated from ${arena}.
 */
enum keystore_outcome keystore_add(const struct keystore_addition *addition,
    const struct keyfile_owner *owner, struct arena *arena, const char **text);

#endif
