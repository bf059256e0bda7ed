/* Debian 12's hiredis 0.14 has no TLS. */
#include <assert.h>

#include "shared_tls.h"

struct shared_tls *
shared_tls_new(const char *ca, struct arena *arena, const char **error)
{
	(void)ca;
	*error = arena_strdup(arena,
	    "shared_tls: this build's hiredis has no TLS (Debian has it from "
	    "release 13 on); use a UNIX socket, or a tunnel such as stunnel's");
	return (NULL);
}

int
shared_tls_start(struct shared_tls *tls, struct redisContext *connection)
{
	(void)tls;
	(void)connection;
	return (-1);
}

void
shared_tls_free(struct shared_tls *tls)
{
	assert(tls == NULL);
}
