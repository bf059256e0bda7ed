/*
 * ledger_client.h: one connection to mailreeve-quotad, for one thread, blocking
 * with a limit.  It connects when first used, and again after it broke.
 */
#ifndef LEDGER_LEDGER_CLIENT_H
#define LEDGER_LEDGER_CLIENT_H

#include "ledger/ledger_frame.h"

#define LEDGER_SOCKET "/run/mailreeve/quotad.sock"
#define LEDGER_CLIENT_QUEUE ((size_t)2048)

struct ledger_client;

/**
 * ledger_client_new(path, timeout_ms), ledger_client_free(client):
 * A client of the daemon at the UNIX socket ${path}, which need not be there
 * yet; no call takes longer than ${timeout_ms}.  NULL if memory is short or
 * the path is too long for a socket.
 */
struct ledger_client *ledger_client_new(const char *path, unsigned timeout_ms);
void ledger_client_free(struct ledger_client *client);

/**
 * ledger_client_set_timeout(client, timeout_ms):
 * Let no later call take longer than ${timeout_ms}; 0: what is not at hand is
 * not waited for.
 */
void ledger_client_set_timeout(
    struct ledger_client *client, unsigned timeout_ms);

/**
 * ledger_client_call(client, request, reply):
 * Send ${request} (its tag is ours to choose) and wait for its reply, whose
 * strings live until the next call.  Return 0, or -1 with the reason in
 * ledger_client_error(): then nobody knows whether it was carried out.  A
 * connection that turns out to be closed, before a byte of a reply came, is
 * made anew once; a lease that was granted to nobody dies with its connection.
 */
int ledger_client_call(struct ledger_client *client,
    struct ledger_request *request, struct ledger_reply *reply);

/**
 * ledger_client_send(client, request):
 * Send a ${request} that has no reply, without waiting for more than room to
 * write it.  Return 0, or -1 as above.
 */
int ledger_client_send(
    struct ledger_client *client, struct ledger_request *request);

/**
 * ledger_client_queue(client, request), ledger_client_flush(client):
 * Have a ${request} that has no reply sent with the next one, or by
 * ledger_client_flush(), or when LEDGER_CLIENT_QUEUE bytes wait: who is woken
 * for it can do both at once.  Return 0, or -1 as above.
 */
int ledger_client_queue(
    struct ledger_client *client, struct ledger_request *request);
int ledger_client_flush(struct ledger_client *client);

/**
 * ledger_client_next(client, reply):
 * Wait for one more reply to the last call (LEDGER_MORE), without a limit of
 * time.  Return 0 or -1.
 */
int ledger_client_next(
    struct ledger_client *client, struct ledger_reply *reply);

/**
 * ledger_client_error(client):
 * Return why the last call failed: "cannot connect to PATH: No such file or
 * directory".
 */
const char *ledger_client_error(const struct ledger_client *client);

#endif
