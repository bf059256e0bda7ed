#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "check/ask.h"
#include "check/check.h"
#include "net.h"

#define SMTP_PORT 25
/* A port that is blocked stays silent; who has not answered by then is. */
#define PATIENCE_MS 7000

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	int64_t deadline;
};

/* What came of one family. */
struct tried {
	bool any;
	bool works;
	const char *reason; /* of the last that did not */
};

static void
try_address(const struct work *work, const struct network_address *address,
    struct tried *tried)
{
	int fd = net_connect(address, SMTP_PORT, SOCK_STREAM, work->deadline);

	tried->any = true;
	if (fd >= 0) {
		tried->works = true;
		(void)close(fd);
		return;
	}
	tried->reason = arena_printf(work->arena, "%s: %s",
	    network_address_print(work->arena, address), strerror(errno));
}

/* One that answers is enough. */
static void
try_host(
    const struct work *work, const char *host, int family, struct tried *tried)
{
	struct ask_addresses found;

	ask_addresses(work->check, host, work->arena, &found);
	for (size_t i = 0; i < found.count && !tried->works; i++)
		if (found.items[i].family == family)
			try_address(work, &found.items[i], tried);
}

static bool
has_family(const struct server *server, int family)
{
	for (size_t i = 0; i < server->address_count; i++)
		if (server->addresses[i].family == family)
			return (true);
	return (false);
}

static void
judge_family(const struct work *work, int family)
{
	const struct conf_list *hosts = &work->check->settings->outgoing_hosts;
	const char *name = family == AF_INET ? "IPv4" : "IPv6";
	struct tried tried = { 0 };

	if (!has_family(work->check->server, family))
		return;
	for (size_t i = 0; i < hosts->count && !tried.works; i++)
		try_host(work, hosts->items[i], family, &tried);
	if (tried.works)
		finding_ok(work->findings, "outgoing", name,
		    "port 25 of others can be reached");
	else if (tried.any)
		finding_add(work->findings,
		    &(struct finding){
			.id = "outgoing.blocked",
			.subject = name,
			.severity =
			    family == AF_INET ? FINDING_ERROR : FINDING_WARNING,
			.text = "no connection to port 25 of others comes "
				"about, so mail does not leave",
			.found = tried.reason,
			.command = family == AF_INET
		                       ? NULL
		                       : "postconf -e "
		                         "smtp_address_preference=ipv4",
			.advice = "ask the provider to open outgoing port 25, "
				  "or send through a relay (relayhost in "
				  "Postfix's main.cf)",
		    });
}

void
outgoing_probe(const struct check *check, struct finding_list *findings)
{
	const int64_t patience = clock_monotonic_ms() + PATIENCE_MS;
	const struct conf_list *hosts = &check->settings->outgoing_hosts;
	const struct work work = { check, findings, findings->arena,
		patience < check->deadline ? patience : check->deadline };

	for (size_t i = 0; i < hosts->count; i++) {
		dns_prefetch(check->dns, hosts->items[i], DNS_TYPE_A);
		dns_prefetch(check->dns, hosts->items[i], DNS_TYPE_AAAA);
	}
	judge_family(&work, AF_INET);
	judge_family(&work, AF_INET6);
}
