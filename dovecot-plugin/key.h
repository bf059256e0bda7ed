/*
 * key.h: the account that a quota root is.  Plain C.
 */
#ifndef DOVECOT_PLUGIN_KEY_H
#define DOVECOT_PLUGIN_KEY_H

#include <stdbool.h>
#include <stddef.h>

/**
 * key_make(template, user, out, size):
 * Write the account's key for ${user} ("al@a.example") to ${out}, which has
 * ${size} bytes: ${template} "user" is "user/al@a.example", "domain" is
 * "domain/a.example", others are keys as they stand.  Return false, and "" in
 * ${out}, when the user has no such account: he has no domain, or nothing
 * follows the key's last slash.  What does not fit is no key either.
 */
bool key_make(const char *template, const char *user, char *out, size_t size);

#endif
