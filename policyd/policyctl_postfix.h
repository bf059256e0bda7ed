/*
 * policyctl_postfix.h: this host's Postfix and our sockets, for the commands
 * that look at them.
 */
#ifndef POLICYD_POLICYCTL_POSTFIX_H
#define POLICYD_POLICYCTL_POSTFIX_H

#include <stdbool.h>

#include "base/span.h"
#include "config.h"
#include "doctor.h"
#include "doctor_postfix.h"

/**
 * policyctl_postfix_read(config, arena, out):
 * Ask postconf(1), and look for the sockets of ${config}.  Return false when
 * there is no Postfix, or it does not say.
 */
bool policyctl_postfix_read(const struct config *config, struct arena *arena,
    struct doctor_postfix *out);

/**
 * policyctl_postfix_mynetworks(arena):
 * Return Postfix's mynetworks, empty when postconf(1) does not say.
 */
struct span policyctl_postfix_mynetworks(struct arena *arena);

/**
 * policyctl_postfix_socket(where, arena, out):
 * Store in ${out} whether Postfix reaches the socket ${where} and somebody
 * listens.
 */
void policyctl_postfix_socket(
    const char *where, struct arena *arena, struct doctor_socket *out);

#endif
