/*
 * spf2_dns.h: libspf2's questions to the DNS, answered through the pipe.
 */
#ifndef RECEIVER_SPF2_DNS_H
#define RECEIVER_SPF2_DNS_H

#include "base/arena.h"
#include "receiver/inside.h"

/* libspf2's headers use what these define. */
#include <netinet/in.h>
#include <sys/types.h>

#include <spf2/spf.h>

/**
 * spf2_dns_new(arena):
 * Return a source of DNS answers for libspf2, which lives as long as ${arena}.
 */
SPF_dns_server_t *spf2_dns_new(struct arena *arena);

/**
 * spf2_dns_set(dns, inside):
 * Let ${dns} ask through ${inside}, which must outlive it.
 */
void spf2_dns_set(SPF_dns_server_t *dns, struct inside *inside);

#endif
