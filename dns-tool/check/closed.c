#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "check/check.h"
#include "net.h"
#include "records/service.h"

/* From here to ourselves there is no way that takes long. */
#define PATIENCE_MS 2000

/* Services that strangers have nothing to do with. */
static const struct {
	uint16_t port;
	const char *what;
} inner[] = {
	{ 111, "rpcbind" },
	{ 139, "SMB" },
	{ 445, "SMB" },
	{ 953, "rndc" },
	{ 2379, "etcd" },
	{ 3306, "MySQL" },
	{ 5432, "PostgreSQL" },
	{ 6379, "Redis" },
	{ 8891, "OpenDKIM" },
	{ 8953, "unbound-control" },
	{ 9100, "the node exporter" },
	{ 10023, "postgrey" },
	{ 11211, "memcached" },
	{ 11332, "rspamd" },
	{ 11334, "rspamd's controller" },
	{ 12340, "Dovecot's quota-status" },
	{ 27017, "MongoDB" },
};

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	int64_t deadline;
};

static bool
is_open(const struct work *work, const struct network_address *address,
    uint16_t port)
{
	int fd = net_connect(address, port, SOCK_STREAM, work->deadline);

	if (fd >= 0)
		(void)close(fd);
	return (fd >= 0);
}

static void
complain(const struct work *work, const struct network_address *address,
    unsigned int port, const char *what, const char *advice)
{
	finding_add(work->findings,
	    &(struct finding){
		.id = "port.open",
		.subject = arena_printf(work->arena, "%u at %s", port,
		    network_address_print(work->arena, address)),
		.severity = FINDING_WARNING,
		.text = arena_printf(work->arena,
		    "%s listens at a public address; a firewall elsewhere may "
		    "still keep strangers out, which cannot be seen from here",
		    what),
		.advice = advice,
	    });
}

static void
look_at(const struct work *work, const struct network_address *address)
{
	const struct server *server = work->check->server;

	for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
		if (is_open(work, address, inner[i].port))
			complain(work, address, inner[i].port, inner[i].what,
			    "let it listen at 127.0.0.1 only, or close the "
			    "port in the firewall");
	for (size_t i = 0; i < SERVER_SERVICES; i++) {
		enum server_service service = (enum server_service)i;

		if (!server->offers[i] &&
		    is_open(work, address, (uint16_t)service_port(service)))
			complain(work, address, service_port(service),
			    service_name(service),
			    "by the configuration of Postfix and Dovecot it "
			    "is not offered: see who listens, with: ss -ltnp");
	}
}

void
closed_probe(const struct check *check, struct finding_list *findings)
{
	const int64_t patience = clock_monotonic_ms() + PATIENCE_MS;
	const struct work work = { check, findings, findings->arena,
		patience < check->deadline ? patience : check->deadline };

	/* Behind a firewall that drops, the first silent port ends it. */
	for (size_t i = 0; i < check->server->address_count; i++)
		look_at(&work, &check->server->addresses[i]);
}
