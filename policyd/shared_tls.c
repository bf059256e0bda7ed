#include "shared_tls.h"

#include <stdlib.h>

#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>

#include "base/arena_impl.h"

/* Where Debian's ca-certificates are. */
#define SYSTEM_CA "/etc/ssl/certs"

struct shared_tls {
	redisSSLContext *context;
};

struct shared_tls *
shared_tls_new(const char *ca, struct arena *arena, const char **error)
{
	redisSSLContextError why = REDIS_SSL_CTX_NONE;
	redisSSLContext *context;
	struct shared_tls *tls;

	(void)redisInitOpenSSL();
	context = redisCreateSSLContext(
	    ca, ca == NULL ? SYSTEM_CA : NULL, NULL, NULL, NULL, &why);
	if (context == NULL) {
		*error = arena_printf(arena, "shared_tls_ca: %s: %s",
		    ca == NULL ? SYSTEM_CA : ca, redisSSLContextGetError(why));
		return (NULL);
	}
	tls = arena_impl_malloc(sizeof(*tls));
	tls->context = context;
	return (tls);
}

int
shared_tls_start(struct shared_tls *tls, struct redisContext *connection)
{
	return (
	    redisInitiateSSLWithContext(connection, tls->context) == REDIS_OK
		? 0
		: -1);
}

void
shared_tls_free(struct shared_tls *tls)
{
	if (tls == NULL)
		return;
	redisFreeSSLContext(tls->context);
	free(tls);
}
