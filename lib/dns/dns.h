/*
 * dns.h: questions to the DNS and their answers, whoever gives them.
 *
 * A struct dns is a bounded cache in front of a backend: dns_unbound (the real
 * one) or dns_zone (a zone file, for tests and mailreeve-explain).  It is safe
 * to use from many threads.  Parallelism comes from asking early:
 * dns_prefetch() starts a question, dns_lookup() or dns_gather() later waits
 * for it.
 */
#ifndef DNS_DNS_H
#define DNS_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/span.h"

/* RR types, with their numbers on the wire. */
enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_MX = 15,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SRV = 33,
	DNS_TYPE_DS = 43,
	DNS_TYPE_RRSIG = 46,
	DNS_TYPE_DNSKEY = 48,
	DNS_TYPE_TLSA = 52,
	DNS_TYPE_CAA = 257,
};

enum dns_status {
	DNS_OK,       /* at least one record */
	DNS_NODATA,   /* the name exists, but has no such record */
	DNS_NXDOMAIN, /* the name does not exist */
	DNS_SERVFAIL, /* the servers cannot say, or the answer is bogus */
	DNS_TIMEOUT,  /* no answer before the deadline */
};

/* RFC 4033 5. */
enum dns_security {
	DNS_INDETERMINATE, /* nobody validated */
	DNS_INSECURE,
	DNS_SECURE,
	DNS_BOGUS,
};

struct dns_answer {
	enum dns_status status;
	enum dns_security security;
	uint32_t ttl; /* seconds that the answer may still be kept */
	size_t count;
	struct span *rdata; /* count records' RDATA, uncompressed wire format */
};

struct dns_question {
	const char *name; /* A-labels, with or without the final dot */
	enum dns_type type;
};

/* What the cache did since it was made. */
struct dns_counters {
	uint64_t questions; /* asked by dns_lookup() and dns_gather() */
	uint64_t hits;      /* of these, answered by the cache */
	uint64_t joined;    /* of these, joined to a question under way */
	uint64_t started;   /* asked of the backend, prefetched ones too */
	uint64_t failures;  /* SERVFAIL or time-out from the backend */
	uint64_t evicted;   /* dropped for room before their TTL ended */
	uint64_t entries;   /* held now, with those under way */
	uint64_t under_way; /* asked of the backend and not yet answered */
};

/**
 * dns_observer(cookie, status, us):
 * The backend answered a question with ${status} after ${us} microseconds.
 * Called from any thread; it must be quick and ask nothing.
 */
typedef void dns_observer(void *cookie, enum dns_status status, int64_t us);

struct dns_options {
	size_t cache_entries;      /* 0: DNS_CACHE_ENTRIES */
	size_t cache_bytes;        /* 0: DNS_CACHE_BYTES */
	uint32_t max_ttl;          /* seconds; 0: DNS_MAX_TTL */
	const struct clock *clock; /* NULL: clock_system */
	dns_observer *observer;    /* NULL: nobody */
	void *observer_cookie;
};

#define DNS_CACHE_ENTRIES 20000
#define DNS_CACHE_BYTES ((size_t)32 * 1024 * 1024)
#define DNS_MAX_TTL 86400
/* RFC 2308 5: a negative answer is kept for at most three hours. */
#define DNS_MAX_NEGATIVE_TTL 10800
/* More questions than these are not under way at once: a lookup waits for its
 * turn, a prefetch is forgotten. */
#define DNS_MAX_UNDER_WAY 1024
/* Of these, for one domain. */
#define DNS_MAX_OF_DOMAIN 32
/* The last of all places are for domains without a question under way, so that
 * a few domains with silent servers do not hold up all others. */
#define DNS_KEPT_PLACES 256
/* An answer with more records or bytes is SERVFAIL. */
#define DNS_MAX_RECORDS 256
#define DNS_MAX_BYTES 65536
/* A failure is remembered this long, so that a dead server is not asked once a
 * message (RFC 9520 3.2). */
#define DNS_FAILURE_TTL 5

struct dns;
struct dns_backend;

/**
 * dns_new(backend, options):
 * Return a cache in front of ${backend}, which it owns from now on.  NULL
 * ${options} are all defaults.
 */
struct dns *dns_new(
    struct dns_backend *backend, const struct dns_options *options);

/**
 * dns_free(dns):
 * Free ${dns} and its backend; no other thread may use them.  Questions under
 * way are given up.  NULL is harmless.
 */
void dns_free(struct dns *dns);

/**
 * dns_prefetch(dns, name, type):
 * Start asking for ${type} at ${name} unless the answer is known or on its way.
 * Never waits; a name that is no domain name is ignored.
 */
void dns_prefetch(struct dns *dns, const char *name, enum dns_type type);

/**
 * dns_lookup(dns, name, type, deadline, arena, answer):
 * Find the records of ${type} at ${name}, waiting until clock_monotonic_ms() is
 * ${deadline} at most.  CNAMEs are followed.  Store the outcome in ${answer};
 * its records live as long as ${arena}.  After ${deadline} the outcome is
 * DNS_TIMEOUT, and the answer when it comes is kept for the next who asks; what
 * is known is given whatever ${deadline}.  ASCII case does not matter; bytes
 * other than dots stand for themselves.  A name that is no domain name (a label
 * over 63 bytes, a name over 253, an empty label, the root) is DNS_NXDOMAIN:
 * nobody can have registered it.
 */
void dns_lookup(struct dns *dns, const char *name, enum dns_type type,
    int64_t deadline, struct arena *arena, struct dns_answer *answer);

/**
 * dns_gather(dns, questions, count, deadline, arena, answers):
 * As dns_lookup() for ${count} questions at once, under one deadline: it takes
 * as long as the slowest.
 */
void dns_gather(struct dns *dns, const struct dns_question *questions,
    size_t count, int64_t deadline, struct arena *arena,
    struct dns_answer *answers);

/**
 * dns_txt(arena, rdata):
 * Return the text of a TXT record: its character-strings joined without blanks
 * (RFC 7208 3.3, RFC 6376 3.6.2.2).  Malformed RDATA gives an empty span.
 */
struct span dns_txt(struct arena *arena, struct span rdata);

/**
 * dns_counters(dns, out):
 * Store the counters of ${dns} in ${out}.
 */
void dns_counters(struct dns *dns, struct dns_counters *out);

#endif
