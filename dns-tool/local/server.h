/*
 * server.h: what this mail server is, by its own configuration: the truth that
 * its records are derived from.
 */
#ifndef LOCAL_SERVER_H
#define LOCAL_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/network.h"
#include "dkim/keystore.h"

/* A DKIM key of the domain. */
struct server_key {
	const char *selector;
	enum dkim_algorithm algorithm;
	enum keystore_state state;
	unsigned int bits;  /* 0: the private key could not be read */
	const char *record; /* text of its TXT record; NULL likewise */
};

/* A service that mail clients and servers connect to. */
enum server_service {
	SERVER_SMTP,        /* 25 */
	SERVER_SUBMISSIONS, /* 465 */
	SERVER_SUBMISSION,  /* 587 */
	SERVER_IMAP,        /* 143 */
	SERVER_IMAPS,       /* 993 */
	SERVER_POP3,        /* 110 */
	SERVER_POP3S,       /* 995 */
	SERVER_SIEVE,       /* 4190 */
	SERVER_SERVICES,
};

/* SHA-256 of a SubjectPublicKeyInfo, for TLSA 3 1 1 (RFC 6698, RFC 7672). */
struct server_spki {
	const char *hex;  /* 64 digits in lower case */
	const char *file; /* where it was read */
	bool next;        /* of the next certificate */
};

struct server {
	const char *domain;   /* lower-case A-labels, as all names here */
	const char *hostname; /* NULL: not known */
	const struct network_address *addresses;
	size_t address_count;
	const struct server_key *keys; /* in the order of keys.json */
	size_t key_count;
	bool offers[SERVER_SERVICES];
	const struct server_spki *spki;
	size_t spki_count;
	const char *const *acme_accounts; /* URIs */
	size_t acme_account_count;
	bool postfix;                   /* it is here */
	const char *mynetworks;         /* of Postfix, as text; or NULL */
	const char *relay_restrictions; /* likewise */
	bool dovecot;
	const char *imap_certificate; /* Dovecot's file; or NULL */
	bool cleartext; /* Dovecot takes passwords without encryption */
};

#endif
