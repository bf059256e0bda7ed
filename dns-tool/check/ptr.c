#include <string.h>

#include "base/buf.h"
#include "check/ask.h"
#include "check/check.h"
#include "domain.h"
#include "reverse.h"

/* Names of one address that are looked at. */
#define MAX_NAMES 10
#define TEXT_MAX_BYTES 4096

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	const char *host; /* NULL: not known */
};

static const char *
cure_of_family(const struct network_address *address)
{
	return (address->family == AF_INET6
		    ? "set it where you rent the address; until then, let "
		      "Postfix send over IPv4 only, with: postconf -e "
		      "smtp_address_preference=ipv4"
		    : "set it where you rent the address: in Hostinger's "
		      "panel under VPS, IP address");
}

static const char *
ptr_line(const struct work *work, const char *reverse)
{
	return (work->host == NULL ? NULL
				   : arena_printf(work->arena, "%s. IN PTR %s.",
					 reverse, work->host));
}

static void
complain(const struct work *work, const struct network_address *address,
    const char *id, enum finding_severity severity, const char *text,
    const char *found)
{
	const char *reverse = reverse_name(address, work->arena);

	finding_add(work->findings,
	    &(struct finding){
		.id = id,
		.subject = network_address_print(work->arena, address),
		.severity = severity,
		.text = text,
		.expected = work->host,
		.found = found,
		.remove = found == NULL ? NULL
	                                : arena_printf(work->arena,
					      "%s. IN PTR %s.", reverse, found),
		.add = ptr_line(work, reverse),
		.advice = cure_of_family(address),
	    });
}

/* Does ${name} lead back to ${address} (RFC 8601 3)? */
static bool
leads_back(const struct work *work, const char *name,
    const struct network_address *address)
{
	struct ask_addresses found;

	ask_addresses(work->check, name, work->arena, &found);
	for (size_t i = 0; i < found.count; i++)
		if (found.items[i].family == address->family &&
		    memcmp(found.items[i].bytes, address->bytes,
			sizeof(address->bytes)) == 0)
			return (true);
	return (false);
}

static void
judge_name(const struct work *work, const struct network_address *address,
    const char *name)
{
	if (!leads_back(work, name, address))
		complain(work, address, "ptr.unconfirmed", FINDING_ERROR,
		    "its name does not lead back to it, so receivers do not "
		    "believe the name",
		    name);
	else if (work->host != NULL && strcmp(name, work->host) != 0)
		complain(work, address, "ptr.differs", FINDING_WARNING,
		    "its name is not the one that this server greets with",
		    name);
	else
		finding_ok(work->findings, "ptr",
		    network_address_print(work->arena, address),
		    "its name is %s, which leads back to it", name);
}

static const char *
own_name(const struct work *work, const struct dns_answer *answer)
{
	const char *name = NULL;

	for (size_t i = 0; i < answer->count && i < MAX_NAMES; i++) {
		const char *next =
		    domain_of_rdata(work->arena, answer->rdata[i]);

		if (next != NULL &&
		    (name == NULL ||
			(work->host != NULL && strcmp(next, work->host) == 0)))
			name = next;
	}
	return (name);
}

static void
look_at_address(const struct work *work, const struct network_address *address)
{
	struct dns_answer answer;

	dns_lookup(work->check->dns, reverse_name(address, work->arena),
	    DNS_TYPE_PTR, work->check->deadline, work->arena, &answer);
	const char *name = own_name(work, &answer);

	if (ask_failed(answer.status))
		complain(work, address, "ptr.unknown", FINDING_WARNING,
		    ask_trouble(answer.status), NULL);
	else if (name == NULL)
		complain(work, address, "ptr.missing", FINDING_ERROR,
		    "it has no name, so big receivers refuse its mail", NULL);
	else
		judge_name(work, address, name);
}

/* The name in EHLO (RFC 5321 4.1.1.1). */
static void
look_at_helo(const struct work *work)
{
	struct ask_addresses found;
	bool own = false;

	ask_addresses(work->check, work->host, work->arena, &found);
	for (size_t i = 0; i < found.count; i++)
		own |= ask_is_own(work->check->server, &found.items[i]);
	if (own || ask_failed(found.status))
		return;
	finding_add(work->findings,
	    &(struct finding){
		.id = "helo.unresolved",
		.subject = work->host,
		.severity = FINDING_ERROR,
		.text = found.count == 0
	                    ? "the name that this server greets with has no "
	                      "address"
	                    : "the name that this server greets with leads "
	                      "to another",
		.advice = "publish the host's addresses, or set myhostname in "
			  "Postfix's main.cf to the name that they have",
	    });
}

void
ptr_probe(const struct check *check, struct finding_list *findings)
{
	const struct server *server = check->server;
	const struct work work = { check, findings, findings->arena,
		server->hostname };

	for (size_t i = 0; i < server->address_count; i++)
		dns_prefetch(check->dns,
		    reverse_name(&server->addresses[i], findings->arena),
		    DNS_TYPE_PTR);
	for (size_t i = 0; i < server->address_count; i++)
		look_at_address(&work, &server->addresses[i]);
	if (server->hostname != NULL)
		look_at_helo(&work);
}
