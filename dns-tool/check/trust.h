/*
 * trust.h: which certificates clients and senders trust.
 */
#ifndef CHECK_TRUST_H
#define CHECK_TRUST_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/**
 * trust_context(ca_file):
 * Return a client's context that trusts the authorities in ${ca_file}, or the
 * system's when it is NULL, and goes on whatever the certificate; NULL when
 * OpenSSL fails.  The caller gives it to SSL_CTX_free().
 */
SSL_CTX *trust_context(const char *ca_file);

/**
 * trust_old_context(void):
 * Return one that speaks no TLS newer than 1.1.
 */
SSL_CTX *trust_old_context(void);

/**
 * trust_names(certificate, arena):
 * Return the names that ${certificate} is for, with commas.
 */
const char *trust_names(X509 *certificate, struct arena *arena);

/**
 * trust_seconds_left(certificate, now):
 * Return the seconds from ${now} until ${certificate} ends; negative when it
 * has.
 */
int64_t trust_seconds_left(X509 *certificate, int64_t now);

#endif
