/*
 * keystore.h: the folder of DKIM keys that mailreeve-dns writes and the milter
 * reads.
 *
 *	DIRECTORY/DOMAIN/keys.json
 *	DIRECTORY/DOMAIN/SELECTOR.rsa.pem
 *	DIRECTORY/DOMAIN/SELECTOR.ed25519.pem
 *
 * keys.json: {"schema":1,"keys":[{"selector","algorithm","state","created",
 * "activated","retired"}]}, algorithm "rsa" or "ed25519", state as below.
 */
#ifndef DKIM_KEYSTORE_H
#define DKIM_KEYSTORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "dkim/dkim.h"
#include "dkim/keyfile.h"

#define KEYSTORE_MAX_DOMAINS 10000
#define KEYSTORE_MAX_KEYS 64 /* of one domain */

enum keystore_state {
	KEYSTORE_PENDING, /* made, perhaps not published yet */
	KEYSTORE_ACTIVE,  /* signed with */
	KEYSTORE_RETIRED, /* published, no longer signed with */
	KEYSTORE_REVOKED, /* published with an empty p= */
};

struct keystore_key {
	const char *domain;   /* lower-case A-labels */
	const char *selector; /* likewise */
	enum dkim_algorithm algorithm;
	enum keystore_state state;
	const char *path; /* of its PEM file */
};

struct keystore {
	struct keystore_key *keys; /* of all domains, by name of the folder */
	size_t count;
	bool absent; /* there is no such directory */
};

/* Receives a sentence without a line end. */
typedef void keystore_complain(void *cookie, const char *text);

/* Who reads a key store. */
struct keystore_reader {
	const struct keyfile_owner *owner;
	keystore_complain *error;   /* a key cannot be used */
	keystore_complain *warning; /* a folder holds no keys */
	void *cookie;
};

/**
 * keystore_load(arena, directory, reader, out):
 * Read every keys.json below ${directory} into ${out}, which lives as long as
 * ${arena}; private keys stay on disk.  A directory that does not exist is
 * absent and holds no keys.  Warn ${reader} of a folder that is not named for a
 * domain or has no keys.json, and leave it out.  Tell it of each file that is
 * wrong, or that others than root and ${reader}->owner could change, and return
 * -1 then, else 0.
 */
int keystore_load(struct arena *arena, const char *directory,
    const struct keystore_reader *reader, struct keystore *out);

#endif
