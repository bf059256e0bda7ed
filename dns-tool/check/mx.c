#include <string.h>

#include "check/ask.h"
#include "check/check.h"
#include "domain.h"
#include "local/interfaces.h"

/* Names of hosts that are looked at; more hosts have nobody. */
#define MAX_HOSTS 20

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
};

static void
complain(const struct work *work, const char *id, const char *host,
    enum finding_severity severity, const char *text, const char *advice)
{
	finding_add(work->findings, &(struct finding){ .id = id,
					.subject = host,
					.severity = severity,
					.text = text,
					.advice = advice });
}

/* RFC 2181 10.3: an MX names a host, not an alias. */
static void
look_for_alias(const struct work *work, const char *host)
{
	struct dns_answer answer;

	dns_lookup(work->check->dns, host, DNS_TYPE_CNAME,
	    work->check->deadline, work->arena, &answer);
	if (answer.status == DNS_OK && answer.count > 0)
		complain(work, "mx.alias", host, FINDING_WARNING,
		    "the MX record names an alias, which some senders do not "
		    "follow (RFC 2181 10.3)",
		    "let the MX record name the host that the alias leads to");
}

static void
look_at_host(const struct work *work, const char *host)
{
	struct ask_addresses found;

	ask_addresses(work->check, host, work->arena, &found);
	if (ask_failed(found.status)) {
		complain(work, "mx.unknown", host, FINDING_WARNING,
		    ask_trouble(found.status),
		    "look at the name servers of this host");
		return;
	}
	if (found.count == 0)
		complain(work, "mx.no_address", host, FINDING_ERROR,
		    "the MX record names a host without an address",
		    "give the host an A record, or name another");
	for (size_t i = 0; i < found.count; i++)
		if (!interfaces_is_public(&found.items[i]))
			complain(work, "mx.private", host, FINDING_ERROR,
			    arena_printf(work->arena,
				"its address %s cannot be reached from the "
				"Internet",
				network_address_print(
				    work->arena, &found.items[i])),
			    "publish the public address");
	look_for_alias(work, host);
}

void
mx_probe(const struct check *check, struct finding_list *findings)
{
	const struct work work = { check, findings, findings->arena };
	struct dns_answer answer;

	dns_lookup(check->dns, check->server->domain, DNS_TYPE_MX,
	    check->deadline, findings->arena, &answer);
	for (size_t i = 0; i < answer.count && i < MAX_HOSTS; i++) {
		const char *host = domain_of_rdata(
		    findings->arena, span_tail(answer.rdata[i], 2));

		if (host == NULL) {
			complain(&work, "mx.malformed", check->server->domain,
			    FINDING_ERROR,
			    "an MX record names what is no host name",
			    "let it name a host");
		} else if (host[0] == '\0') {
			/* RFC 7505. */
			complain(&work, "mx.null", check->server->domain,
			    FINDING_ERROR,
			    "a null MX says that the domain takes no mail",
			    "take the record with the \".\" out");
		} else {
			look_at_host(&work, host);
		}
	}
}
