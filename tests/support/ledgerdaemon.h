/*
 * ledgerdaemon.h: a daemon that answers a ledger_client, or lies, hangs, and
 * goes away, in a thread.
 */
#ifndef SUPPORT_LEDGERDAEMON_H
#define SUPPORT_LEDGERDAEMON_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/un.h>

#include "ledger/ledger_frame.h"

#define LEDGERDAEMON_MAX_CLIENTS 16
#define LEDGERDAEMON_MAX_REQUESTS 64

/* What the daemon does with a request that has a reply. */
enum ledgerdaemon_manner {
	ANSWERS,
	ANSWERS_BYTE_BY_BYTE,
	ANSWERS_TWICE, /* and once before with another tag */
	ANSWERS_THEN_CLOSES,
	CLOSES_USED, /* at the second request of a connection, without a word */
	CLOSES,      /* at the first */
	CLOSES_HALF, /* after half of a reply */
	IS_SILENT,
	SAYS_HALF,
	FLOODS, /* with replies to what nobody asked, until it cannot */
	SPEAKS_HTTP,
	SAYS_MORE,     /* two lines, and the end */
	SENDS_REQUEST, /* a frame, but none of a daemon */
};

struct ledgerdaemon {
	pthread_t thread;
	int listener;
	int wake[2];
	enum ledgerdaemon_manner manner;
	_Atomic unsigned int connections;
	_Atomic unsigned int requests;
	struct {
		enum ledger_verb verb;
		uint64_t lease;
		int connection; /* a running number from 1 */
	} seen[LEDGERDAEMON_MAX_REQUESTS];
};

/**
 * ledgerdaemon_bind(at):
 * Return a socket bound at ${at}, in the place of one that is there.
 */
int ledgerdaemon_bind(const struct sockaddr_un *at);

/**
 * ledgerdaemon_start(daemon, at, manner), ledgerdaemon_stop(daemon):
 * Serve at ${at} in that ${manner}; end, with all connections.
 */
void ledgerdaemon_start(struct ledgerdaemon *daemon,
    const struct sockaddr_un *at, enum ledgerdaemon_manner manner);
void ledgerdaemon_stop(struct ledgerdaemon *daemon);

#endif
