/*
 * recorder.h: which questions reach a source of answers, in their order.
 */
#ifndef SUPPORT_RECORDER_H
#define SUPPORT_RECORDER_H

#include "base/arena.h"
#include "dns/dns_backend.h"

/* The questions of one test; more are counted only. */
#define RECORDER_MAX 256

struct recorder {
	struct arena *arena;
	struct dns_backend *inner;
	const char *questions[RECORDER_MAX]; /* "TXT _dmarc.example.com" */
	size_t count;
};

/**
 * recorder_zone(arena, zone, recorder):
 * Return a resolver that answers from the zone file with the text ${zone} and
 * writes what it is asked into ${recorder}, which must outlive it.
 */
struct dns *recorder_zone(
    struct arena *arena, const char *zone, struct recorder *recorder);

#endif
