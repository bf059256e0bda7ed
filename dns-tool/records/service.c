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
	unsigned int port;
	const char *name;
	enum service_tls tls;
} services[SERVER_SERVICES] = {
	[SERVER_SMTP] = { 25, "smtp", SERVICE_STARTTLS },
	[SERVER_SUBMISSIONS] = { 465, "submissions", SERVICE_IMPLICIT },
	[SERVER_SUBMISSION] = { 587, "submission", SERVICE_STARTTLS },
	[SERVER_IMAP] = { 143, "imap", SERVICE_STARTTLS },
	[SERVER_IMAPS] = { 993, "imaps", SERVICE_IMPLICIT },
	[SERVER_POP3] = { 110, "pop3", SERVICE_STARTTLS },
	[SERVER_POP3S] = { 995, "pop3s", SERVICE_IMPLICIT },
	[SERVER_SIEVE] = { 4190, "sieve", SERVICE_STARTTLS },
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
