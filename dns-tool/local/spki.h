/*
 * spki.h: the public keys of certificates, as TLSA records name them.
 */
#ifndef LOCAL_SPKI_H
#define LOCAL_SPKI_H

#include <openssl/x509.h>

#include "base/arena.h"

/**
 * spki_of_file(path, arena, error):
 * Return the SHA-256 of the SubjectPublicKeyInfo (RFC 6698 2.1) of what is in
 * the PEM file ${path}, 64 hexadecimal digits: of its first certificate, else
 * of a private or public key, which is not kept.  Return NULL with the reason,
 * allocated from ${arena}, in ${error}.
 */
const char *spki_of_file(
    const char *path, struct arena *arena, const char **error);

/**
 * spki_of_certificate(certificate, arena):
 * The same of ${certificate}; NULL when OpenSSL fails.
 */
const char *spki_of_certificate(X509 *certificate, struct arena *arena);

#endif
