/*
 * policy_client.h: Postfix's side of the policy protocol
 * (SMTPD_POLICY_README), and whatever no Postfix would say.
 */
#ifndef SUPPORT_POLICY_CLIENT_H
#define SUPPORT_POLICY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compat.h"
#include "base/span.h"

/* How long a reply may take; sanitizers are slow. */
#define POLICY_CLIENT_TIMEOUT_MS 20000

/* Attributes of a request that Postfix 3.7 sends, and others that a test adds.
 */
#define POLICY_REQUEST_MAX ((size_t)48)

struct policy_request {
	struct arena *arena;
	struct {
		const char *name;
		const char *value;
	} attributes[POLICY_REQUEST_MAX];
	size_t count;
};

/**
 * policy_request_new(arena, state):
 * Return a request in ${state} with the 29 attributes of Postfix 3.7 in its
 * order, from a stranger at 198.51.100.7 to bob@example.org.
 */
struct policy_request *policy_request_new(
    struct arena *arena, const char *state);

/**
 * policy_request_set(request, name, format, ...):
 * Give the attribute ${name} that value; add it if it is not there.
 */
void policy_request_set(struct policy_request *request, const char *name,
    const char *format, ...) COMPAT_PRINTF(3, 4);

/**
 * policy_request_print(request):
 * Return ${request} as it goes over the wire, with the empty line.
 */
struct span policy_request_print(const struct policy_request *request);

struct policy_client;

/**
 * policy_client_open(socket, error):
 * Connect to ${socket}, "unix:PATH" or "inet:PORT@ADDRESS".  On failure return
 * NULL and store a constant reason in ${error}.
 */
struct policy_client *policy_client_open(
    const char *socket, const char **error);

/**
 * policy_client_close(client):
 * Close the connection.  NULL is harmless.
 */
void policy_client_close(struct policy_client *client);

/**
 * policy_client_fd(client):
 * Return the connection.
 */
int policy_client_fd(const struct policy_client *client);

/**
 * policy_client_send(client, bytes):
 * Send ${bytes} as they are.  Return 0, or -1 when the other side is gone.
 */
int policy_client_send(
    struct policy_client *client, struct span bytes) COMPAT_MUST_CHECK;

/**
 * policy_client_read(client, arena, timeout_ms):
 * Read one reply and return what stands after "action=", or NULL with the
 * reason in policy_client_error(): a reply that is not one line and an empty
 * one, a connection that ended, or none in time.
 */
const char *policy_client_read(
    struct policy_client *client, struct arena *arena, int timeout_ms);

/**
 * policy_client_ask(client, request):
 * Send ${request} and return the reply as policy_client_read() does; it lives
 * as long as the request.
 */
const char *policy_client_ask(
    struct policy_client *client, const struct policy_request *request);

/**
 * policy_client_is_silent(client, ms):
 * Say whether nothing more comes for ${ms}, and the connection stays open.
 */
bool policy_client_is_silent(struct policy_client *client, int ms);

/**
 * policy_client_is_closed(client, ms):
 * Say whether the other side closes within ${ms}, whatever it says before.
 */
bool policy_client_is_closed(struct policy_client *client, int ms);

/**
 * policy_client_error(client):
 * Return why the last function failed.
 */
const char *policy_client_error(const struct policy_client *client);

#endif
