/*
 * shared_tls.h: TLS to the server of shared limits: shared_tls.c where hiredis
 * has it, and else shared_plain.c, which says that it has not.  CMake chooses.
 */
#ifndef POLICYD_SHARED_TLS_H
#define POLICYD_SHARED_TLS_H

#include "base/arena.h"

struct redisContext;
struct shared_tls;

/**
 * shared_tls_new(ca, arena, error):
 * Return what verifies servers by the certificates in the file ${ca}, or by the
 * system's when that is NULL.  On failure return NULL with the reason in
 * ${error}.
 */
struct shared_tls *shared_tls_new(
    const char *ca, struct arena *arena, const char **error);

/**
 * shared_tls_start(tls, connection):
 * Speak TLS over ${connection}, which is being made.  Return 0, or -1 with the
 * reason in ${connection}->errstr.
 */
int shared_tls_start(struct shared_tls *tls, struct redisContext *connection);

/**
 * shared_tls_free(tls):
 * Free ${tls}; its connections must be gone.  NULL is harmless.
 */
void shared_tls_free(struct shared_tls *tls);

#endif
