/*
 * opendkim_dns.h: libopendkim's questions to the DNS, answered through the
 * pipe.
 */
#ifndef RECEIVER_OPENDKIM_DNS_H
#define RECEIVER_OPENDKIM_DNS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "dns/dns.h"
#include "receiver/inside.h"

/* libopendkim's header wants this one before it. */
#include <stdbool.h>

#include <opendkim/dkim.h>

/**
 * opendkim_dns_set(library, inside):
 * Let ${library} ask through ${inside}, which must outlive it.
 */
void opendkim_dns_set(DKIM_LIB *library, struct inside *inside);

#endif
