#include <string.h>

#include "check/check.h"
#include "check/session.h"
#include "records/service.h"

/* Recipients that are nobody's here (RFC 2606, RFC 6761), in the ways in which
 * servers have let themselves be talked into relaying. */
static const char *const recipients[] = {
	"<relay-test@example.invalid>",
	"<relay-test%example.invalid@%s>",
	"<\"relay-test@example.invalid\"@%s>",
	"<@%s:relay-test@example.invalid>",
};

/* Addresses that stand for strangers: those of documentation (RFC 5737, RFC
 * 3849) and two of the Internet's first. */
static const char *const strangers[] = { "192.0.2.1", "198.51.100.1",
	"203.0.113.1", "8.8.8.8", "2001:db8::1", "2001:4860:4860::8888" };

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
};

static bool
is_separator(unsigned char byte)
{
	return (byte == ',' || span_is_space(byte));
}

static bool
is_no_separator(unsigned char byte)
{
	return (!is_separator(byte));
}

/* "[::1]/128", as Postfix writes it, without its brackets. */
static const char *
plain(struct arena *arena, struct span word)
{
	struct span rest = word;
	struct span inner;

	if (!span_take_byte(&rest, '[') || !span_take_until(&rest, ']', &inner))
		return (arena_str(arena, word));
	return (arena_printf(arena, "%.*s%.*s", (int)inner.len,
	    (const char *)inner.data, (int)rest.len, (const char *)rest.data));
}

/* The network of ${mynetworks} that ${address} is in, or NULL. */
static const char *
trusted(const struct work *work, const struct network_address *address)
{
	const char *mynetworks = work->check->server->mynetworks;
	struct span rest = span_str(mynetworks != NULL ? mynetworks : "");

	for (;;) {
		(void)span_take_while(&rest, is_separator);
		const char *word =
		    plain(work->arena, span_take_while(&rest, is_no_separator));
		struct network network;

		if (word[0] == '\0')
			return (NULL);
		if (network_parse(word, &network) == 0 &&
		    network_contains(&network, address))
			return (word);
	}
}

static void
judge_networks(const struct work *work)
{
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		struct network_address stranger;

		if (network_address_parse(strangers[i], &stranger) != 0)
			continue;
		const char *network = trusted(work, &stranger);

		if (network == NULL)
			continue;
		finding_add(work->findings,
		    &(struct finding){
			.id = "relay.networks",
			.subject = network,
			.severity = FINDING_ERROR,
			.text = arena_printf(work->arena,
			    "Postfix relays for strangers: mynetworks has %s "
			    "in it, and so %s",
			    network, strangers[i]),
			.command = "postconf -e 'mynetworks = 127.0.0.0/8 "
				   "[::1]/128' && systemctl reload postfix",
		    });
		return;
	}
}

/* Is there something that stops others (postconf(5),
 * smtpd_relay_restrictions)? */
static void
judge_restrictions(const struct work *work)
{
	const char *restrictions = work->check->server->relay_restrictions;

	if (restrictions == NULL ||
	    strstr(restrictions, "reject_unauth_destination") != NULL ||
	    strstr(restrictions, "defer_unauth_destination") != NULL)
		return;
	finding_add(work->findings,
	    &(struct finding){
		.id = "relay.restrictions",
		.subject = "smtpd_relay_restrictions",
		.severity = FINDING_ERROR,
		.text = "nothing in Postfix's restrictions keeps strangers "
			"from relaying",
		.found = restrictions,
		.command = "postconf -e 'smtpd_relay_restrictions = "
			   "permit_mynetworks permit_sasl_authenticated "
			   "defer_unauth_destination' && systemctl reload "
			   "postfix",
	    });
}

static bool
accepts(const struct work *work, struct session *session, const char *recipient)
{
	const char *reply = session_ask(
	    session, arena_printf(work->arena, "RCPT TO:%s", recipient));

	return (reply != NULL && reply[0] == '2');
}

static const char *
recipient_at(const struct work *work, size_t index)
{
	const char *host = work->check->server->hostname;
	const char *form = recipients[index];
	const char *hole = strstr(form, "%s");

	if (hole == NULL)
		return (form);
	return (arena_printf(
	    work->arena, "%.*s%s%s", (int)(hole - form), form, host, &hole[2]));
}

/* What a stranger would try; nothing is sent after the recipient. */
static void
try_recipients(const struct work *work, struct session *session,
    const struct network_address *address)
{
	const char *taken = NULL;
	const char *reply =
	    session_ask(session, "MAIL FROM:<relay-test@example.invalid>");

	if (reply == NULL || reply[0] != '2')
		reply = session_ask(session, "MAIL FROM:<>");
	if (reply == NULL || reply[0] != '2')
		return;
	for (size_t i = 0;
	     taken == NULL && i < sizeof(recipients) / sizeof(recipients[0]);
	     i++)
		if (accepts(work, session, recipient_at(work, i)))
			taken = recipient_at(work, i);
	(void)session_ask(session, "RSET");
	if (taken != NULL)
		finding_add(work->findings,
		    &(struct finding){
			.id = "relay.open",
			.subject = network_address_print(work->arena, address),
			.severity = FINDING_ERROR,
			.text = arena_printf(work->arena,
			    "it takes mail from strangers to strangers: RCPT "
			    "TO:%s was accepted",
			    taken),
			.advice = "see smtpd_relay_restrictions in Postfix's "
				  "main.cf, and take the server off the "
				  "Internet until then",
		    });
	else
		finding_ok(work->findings, "relay",
		    network_address_print(work->arena, address),
		    "it relays for nobody who is not known");
}

static void
try_address(const struct work *work, const struct network_address *address)
{
	struct session session;

	/* Who may relay from here is no stranger. */
	if (trusted(work, address) != NULL)
		return;
	if (session_open(&session, SERVER_SMTP, address,
		(uint16_t)service_port(SERVER_SMTP),
		work->check->server->hostname, work->check->deadline,
		work->arena))
		try_recipients(work, &session, address);
	session_close(&session);
}

void
relay_probe(const struct check *check, struct finding_list *findings)
{
	const struct server *server = check->server;
	const struct work work = { check, findings, findings->arena };

	judge_networks(&work);
	judge_restrictions(&work);
	if (server->hostname == NULL || !server->offers[SERVER_SMTP])
		return;
	for (size_t i = 0; i < server->address_count; i++)
		try_address(&work, &server->addresses[i]);
}
