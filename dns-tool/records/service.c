#include "records/service.h"

const struct service_srv service_srv[SERVICE_SRV_COUNT] = {
	{ SERVER_SUBMISSIONS, "_submissions._tcp", 0, false },
	{ SERVER_SUBMISSION, "_submission._tcp", 10, true },
	{ SERVER_IMAPS, "_imaps._tcp", 0, false },
	{ SERVER_IMAP, "_imap._tcp", 10, true },
	{ SERVER_POP3S, "_pop3s._tcp", 20, true },
	{ SERVER_POP3, "_pop3._tcp", 30, true },
	{ SERVER_SIEVE, "_sieve._tcp", 0, true },
};

static const struct {
	const char *name;
	unsigned int port;
	enum service_tls tls;
} services[SERVER_SERVICES] = {
	[SERVER_SMTP] = { "smtp", 25, SERVICE_STARTTLS },
	[SERVER_SUBMISSIONS] = { "submissions", 465, SERVICE_IMPLICIT },
	[SERVER_SUBMISSION] = { "submission", 587, SERVICE_STARTTLS },
	[SERVER_IMAP] = { "imap", 143, SERVICE_STARTTLS },
	[SERVER_IMAPS] = { "imaps", 993, SERVICE_IMPLICIT },
	[SERVER_POP3] = { "pop3", 110, SERVICE_STARTTLS },
	[SERVER_POP3S] = { "pop3s", 995, SERVICE_IMPLICIT },
	[SERVER_SIEVE] = { "sieve", 4190, SERVICE_STARTTLS },
};

unsigned int
service_port(enum server_service service)
{
	return (services[service].port);
}

const char *
service_name(enum server_service service)
{
	return (services[service].name);
}

enum service_tls
service_tls(enum server_service service)
{
	return (services[service].tls);
}
