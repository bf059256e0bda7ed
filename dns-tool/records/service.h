/*
 * service.h: the services of a mail server, their ports and SRV records.
 */
#ifndef RECORDS_SERVICE_H
#define RECORDS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "local/server.h"

/* How a connection to a port becomes encrypted. */
enum service_tls {
	SERVICE_STARTTLS,
	SERVICE_IMPLICIT,
};

/* An SRV record that clients look for (RFC 6186, RFC 8314, RFC 5804). */
struct service_srv {
	enum server_service service;
	const char *label;
	unsigned int priority; /* implicit TLS comes first (RFC 8314 5.1) */
	bool say_none;         /* publish "." when it is not offered */
};

#define SERVICE_SRV_COUNT 7
extern const struct service_srv service_srv[SERVICE_SRV_COUNT];

/**
 * service_port(service), service_name(service), service_tls(service):
 * Return the port, the IANA name, and how it becomes encrypted.
 */
unsigned int service_port(enum server_service service);
const char *service_name(enum server_service service);
enum service_tls service_tls(enum server_service service);

#endif
