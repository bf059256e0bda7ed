/*
 * soak.h: what the files of the soak share.  Twenty senders play Postfix at
 * once against the real milter, while its configuration is reloaded all along,
 * its metrics are read and its DNS server loses a tenth of the questions.  What
 * must come of each message is known beforehand, and is looked at.
 */
#ifndef SCENARIO_SOAK_H
#define SCENARIO_SOAK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/compat.h"
#include "support/daemon.h"
#include "support/dnsrelay.h"
#include "support/dnsserver.h"
#include "support/keyfolder.h"
#include "support/milter_client.h"
#include "support/milter_message.h"

#define SOAK_SENDERS 20
/* Domains d0.example, d1.example, ...  Each has the Ed25519 key e1, the first
 * ones an RSA key r1 too. */
#define SOAK_DOMAINS 60
#define SOAK_RSA_DOMAINS 8
/* The one whose key record is too large for UDP. */
#define SOAK_LARGE_DOMAIN (SOAK_DOMAINS - 1)
/* Keys t0, t1, ... of turn.example, of which each reload makes another one
 * sign. */
#define SOAK_TURNS 8
/* DNS_CACHE_ENTRIES would never be full here; these are soon. */
#define SOAK_CACHE_ENTRIES 300
/* The stranger's host. */
#define SOAK_STRANGER "198.51.100.1"
/* A failure of the DNS is told of for a while after the questions were lost:
 * the caches of milter and libunbound keep it for five seconds each, after the
 * question itself took up to DNS_UNBOUND_PATIENCE_MS. */
#define SOAK_EXPLAINED_MS 30000

/* What is counted, for the report and for the log. */
enum soak_count {
	SOAK_SIGNED, /* outbound, signed as they should */
	SOAK_PASS,   /* inbound results, one a signature */
	SOAK_FAIL,
	SOAK_PERMERROR,
	SOAK_TEMPERROR, /* for a question that was dropped */
	SOAK_NONE,      /* inbound messages without a signature */
	SOAK_FORGED,    /* fields removed */
	SOAK_INBOUND,   /* messages that went their way */
	SOAK_TAGGED,    /* into Junk */
	SOAK_REFUSED,   /* for p=reject */
	SOAK_DEFERRED,  /* because a question was dropped */
	SOAK_UNSEEN,    /* signatures of these, whose results nobody saw */
	SOAK_VERIFIED,  /* of these: were signed here before */
	SOAK_ABORTED,   /* messages given up by RSET */
	SOAK_VANISHED,  /* by closing the connection */
	SOAK_RELOADS,
	SOAK_BROKEN, /* reloads of a broken configuration */
	SOAK_COUNTS,
};

/* The milter's process at one time. */
struct soak_sample {
	uint32_t messages; /* done by then */
	long rss;          /* kB */
	long threads;
	long files;
};

struct soak {
	struct arena *arena; /* main's */
	const char *name;    /* of the test, for what it prints */
	uint32_t messages;   /* to be sent */
	bool full;           /* many enough to judge memory */
	bool sanitized;      /* memory figures say nothing */
	struct daemon *daemon;
	const char *socket;
	unsigned int metrics_port;
	unsigned int scrapes;
	struct keyfolder *keys;
	struct dnsserver *server;
	struct dnsrelay *relay;
	struct milter_message *templates[SOAK_DOMAINS]; /* signed */
	uint32_t *latencies[2]; /* microseconds; inbound and outbound */
	atomic_uint latency_counts[2];
	struct soak_sample *samples;
	size_t sample_count;
	int64_t slowest_reload_ms;
	struct soak_sample idle; /* before the load, nobody connected */
	atomic_uint next;        /* number of the next message */
	atomic_uint done;
	atomic_uint running; /* senders */
	atomic_uint counts[SOAK_COUNTS];
	atomic_bool failed;
};

enum soak_kind {
	SOAK_KIND_SIGN,     /* outbound */
	SOAK_KIND_GOOD,     /* inbound: as it was signed */
	SOAK_KIND_TAMPERED, /* with a line more */
	SOAK_KIND_UNSIGNED,
	SOAK_KIND_UNKNOWN, /* its selectors do not exist */
	SOAK_KIND_SEVERAL, /* unknown signatures above the good ones */
	SOAK_KIND_FORGED,  /* good, with fields that could be ours */
};

/* A message and what must come of it. */
struct soak_mail {
	enum soak_kind kind;
	const char *queue_id;
	const char *domain; /* of From */
	struct milter_message *message;
	size_t signatures;  /* outbound: to be made; inbound: to be told of */
	const char *result; /* of signatures whose selector exists */
	size_t forged;      /* fields that go */
};

/* What a domain publishes: who may send for it, and what it wants done with
 * what others send (RFC 7489's and 9989's p=). */
struct soak_policy {
	const char *spf;   /* the result of our client */
	const char *dmarc; /* none, quarantine or reject; NULL: no record */
};

/**
 * soak_fail(soak, format, ...):
 * Say what is wrong; the test ends soon and has failed.  Return -1.
 */
int soak_fail(struct soak *soak, const char *format, ...) COMPAT_PRINTF(2, 3);

/**
 * soak_random(number, salt, bound):
 * Return a number below ${bound} that depends on ${number} and ${salt} alone.
 */
uint32_t soak_random(uint32_t number, uint32_t salt, uint32_t bound);

/**
 * soak_add(soak, what, count):
 * Count ${count} more of ${what}.
 */
void soak_add(struct soak *soak, enum soak_count what, size_t count);

/**
 * soak_world_new(soak):
 * Make keys, DNS server, relay and the milter's configuration.
 */
int soak_world_new(struct soak *soak) COMPAT_MUST_CHECK;

/**
 * soak_world_templates(soak):
 * Let the running milter sign a message of each domain.
 */
int soak_world_templates(struct soak *soak) COMPAT_MUST_CHECK;

/**
 * soak_world_free(soak):
 * Stop and remove what soak_world_new() made.
 */
void soak_world_free(struct soak *soak);

/**
 * soak_mail_make(soak, arena, number, mail):
 * Store the message with that ${number}, allocated from ${arena}, in ${mail}.
 */
void soak_mail_make(struct soak *soak, struct arena *arena, uint32_t number,
    struct soak_mail *mail);

/**
 * soak_mail_outbound(arena, domain, number):
 * Return an unsigned message from ${domain}; ${number} says how long it is.
 */
struct milter_message *soak_mail_outbound(
    struct arena *arena, const char *domain, uint32_t number);

/**
 * soak_mail_received(arena, mail, queue_id):
 * Return ${mail}, which was signed, as it arrives elsewhere.
 */
struct soak_mail soak_mail_received(
    struct arena *arena, const struct soak_mail *mail, const char *queue_id);

/**
 * soak_policy_of(domain):
 * Return what ${domain} publishes.
 */
struct soak_policy soak_policy_of(const char *domain);

/**
 * soak_policy_records(zone, domain):
 * Append it to ${zone}, which is that of "example.".
 */
void soak_policy_records(struct buf *zone, const char *domain);

/**
 * soak_policy_shared(zone):
 * Append what all of them need.
 */
void soak_policy_shared(struct buf *zone);

/**
 * soak_policy_dmarc(mail):
 * Return the result of DMARC that ${mail} must have.
 */
const char *soak_policy_dmarc(const struct soak_mail *mail);

/**
 * soak_policy_action(mail, dmarc):
 * Return what must happen to ${mail} with that result: none, tag or reject.
 */
const char *soak_policy_action(const struct soak_mail *mail, const char *dmarc);

/**
 * soak_policy_excused(soak, arena, mail):
 * Say whether a question was dropped, not long ago, that SPF or DMARC of
 * ${mail} or a signature of it needs.
 */
bool soak_policy_excused(
    struct soak *soak, struct arena *arena, const struct soak_mail *mail);

/**
 * soak_judge(soak, arena, mail, reply):
 * Fail unless ${reply} and the changes of ${mail}'s message are what they must
 * be; count them.
 */
int soak_judge(struct soak *soak, struct arena *arena,
    const struct soak_mail *mail, const char *reply) COMPAT_MUST_CHECK;

/**
 * soak_sender(soak):
 * Send messages until all are sent: the body of a thread.  Returns NULL.
 */
void *soak_sender(void *soak);

/**
 * soak_send(soak, client, mail):
 * Send the message of ${mail} and store the time that it took.
 */
int soak_send(struct soak *soak, struct milter_client *client,
    const struct soak_mail *mail) COMPAT_MUST_CHECK;

/**
 * soak_reload(soak):
 * Reload another good configuration with another signing key, or a broken one.
 */
void soak_reload(struct soak *soak);

/**
 * soak_scrape(soak):
 * Read the metrics once; fail when that fails.
 */
void soak_scrape(struct soak *soak);

/**
 * soak_scrape_check(soak):
 * Fail unless the metrics become what was counted here; all senders are gone.
 */
int soak_scrape_check(struct soak *soak) COMPAT_MUST_CHECK;

/**
 * soak_leak_check(soak):
 * Reload many times, with nobody connected; fail when that leaves memory,
 * threads or files behind.
 */
int soak_leak_check(struct soak *soak) COMPAT_MUST_CHECK;

/**
 * soak_log_check(soak):
 * Fail unless the milter's log tells of each message once, and of each reload.
 */
int soak_log_check(struct soak *soak) COMPAT_MUST_CHECK;

/**
 * soak_meter_new(soak):
 * Make room for samples and latencies.
 */
void soak_meter_new(struct soak *soak);

/**
 * soak_meter_sample(soak):
 * Look at the milter's process.
 */
void soak_meter_sample(struct soak *soak);

/**
 * soak_meter_idle(soak, limit):
 * Return what the process has when nobody is connected, waiting a while until
 * it has no more threads and files than ${limit} (NULL: until it settles).
 */
struct soak_sample soak_meter_idle(
    struct soak *soak, const struct soak_sample *limit);

/**
 * soak_meter_report(soak, ms):
 * Print the figures of a load that took ${ms}; fail when memory, threads or
 * files grew, or when more signatures went without their key than the lost
 * questions explain.
 */
int soak_meter_report(struct soak *soak, int64_t ms) COMPAT_MUST_CHECK;

#endif
