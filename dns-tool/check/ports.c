#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "check/check.h"
#include "check/parallel.h"
#include "check/session.h"
#include "check/trust.h"
#include "records/service.h"

#define DAY ((int64_t)86400)

/* What the tasks share; they only read it. */
struct ports {
	const struct check *check;
	SSL_CTX *context;
	SSL_CTX *old;
};

/* One service at one address. */
struct work {
	const struct ports *ports;
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	enum server_service service;
	const struct network_address *address;
	const char *subject; /* "993 imaps at 192.0.2.1" */
};

static void
complain(const struct work *work, const char *id,
    enum finding_severity severity, const char *text, const char *command,
    const char *advice)
{
	finding_add(work->findings, &(struct finding){
					.id = id,
					.subject = work->subject,
					.severity = severity,
					.text = text,
					.command = command,
					.advice = advice,
				    });
}

static bool
is_smtp(enum server_service service)
{
	return (service == SERVER_SMTP || service == SERVER_SUBMISSION ||
		service == SERVER_SUBMISSIONS);
}

static const char *
reload_command(enum server_service service)
{
	return (is_smtp(service) ? "systemctl reload postfix"
				 : "systemctl reload dovecot");
}

/* Senders encrypt to port 25 whatever the certificate, unless a policy says
 * otherwise; mail clients do not connect at all. */
static enum finding_severity
severity_of(const struct work *work)
{
	return (work->service == SERVER_SMTP &&
			work->check->settings->mta_sts != CONFIG_STS_ENFORCE
		    ? FINDING_WARNING
		    : FINDING_ERROR);
}

static void
judge_name(const struct work *work, X509 *certificate)
{
	const char *host = work->check->server->hostname;

	if (host == NULL || X509_check_host(certificate, host, 0, 0, NULL) == 1)
		return;
	finding_add(work->findings,
	    &(struct finding){
		.id = "certificate.name",
		.subject = work->subject,
		.severity = severity_of(work),
		.text = "the certificate is for another name",
		.expected = host,
		.found = trust_names(certificate, work->arena),
		.advice = arena_printf(work->arena,
		    "have one issued for %s, and let the server use it", host),
	    });
}

static void
judge_end(const struct work *work, X509 *certificate)
{
	int64_t left = trust_seconds_left(certificate, work->check->now);

	if (left < 0)
		complain(work, "certificate.expired", severity_of(work),
		    arena_printf(work->arena,
			"the certificate ended %lld days ago",
			(long long)(-left / DAY)),
		    NULL,
		    "renew it, for example with certbot renew, and see why "
		    "that did not happen by itself");
	else if (left < work->check->settings->certificate_days * DAY)
		complain(work, "certificate.expires", FINDING_WARNING,
		    arena_printf(work->arena,
			"the certificate ends in %lld days",
			(long long)(left / DAY)),
		    NULL,
		    "see why it is not renewed, for example with certbot "
		    "renew");
}

static void
judge_chain(const struct work *work, SSL *ssl)
{
	long result = SSL_get_verify_result(ssl);

	/* Told by judge_end(). */
	if (result == X509_V_OK || result == X509_V_ERR_CERT_HAS_EXPIRED)
		return;
	complain(work, "certificate.untrusted", severity_of(work),
	    arena_printf(work->arena, "the certificate is not trusted: %s",
		X509_verify_cert_error_string(result)),
	    NULL,
	    result == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
		    result == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
		? "serve it with the intermediate certificates of its issuer "
		  "(fullchain.pem)"
		: "have one issued by an authority that clients know, such as "
		  "Let's Encrypt");
}

static X509 *
read_certificate(const char *path)
{
	BIO *file = BIO_new_file(path, "r");
	X509 *certificate =
	    file == NULL ? NULL : PEM_read_bio_X509(file, NULL, NULL, NULL);

	(void)BIO_free(file);
	return (certificate);
}

/* What the configuration names, and what is served, differ after a renewal of
 * which the server was not told. */
static void
judge_served(const struct work *work, X509 *served)
{
	const struct server *server = work->check->server;
	bool found = false;
	bool same = false;

	for (size_t i = 0; i <= server->spki_count; i++) {
		const char *path = i < server->spki_count
		                       ? server->spki[i].file
		                       : server->imap_certificate;
		bool smtp = i < server->spki_count;
		X509 *certificate =
		    path != NULL && smtp == is_smtp(work->service)
			? read_certificate(path)
			: NULL;

		found |= certificate != NULL;
		same |=
		    certificate != NULL && X509_cmp(certificate, served) == 0;
		X509_free(certificate);
	}
	if (found && !same)
		complain(work, "certificate.stale", FINDING_WARNING,
		    "the server still serves another certificate than the "
		    "one in its file",
		    reload_command(work->service),
		    "let the renewal do this by a deploy hook");
}

static void
judge_tls(const struct work *work, struct session *session)
{
	X509 *certificate = SSL_get1_peer_certificate(session->ssl);
	size_t before = work->findings->count;

	if (certificate == NULL) {
		complain(work, "certificate.none", severity_of(work),
		    "there is no certificate", NULL, "give the server one");
		return;
	}
	judge_name(work, certificate);
	judge_end(work, certificate);
	judge_chain(work, session->ssl);
	judge_served(work, certificate);
	if (work->findings->count == before)
		finding_ok(work->findings, "port", work->subject,
		    "%s, certificate good for %lld days",
		    SSL_get_version(session->ssl),
		    (long long)(trust_seconds_left(
				    certificate, work->check->now) /
				DAY));
	X509_free(certificate);
}

/* Passwords are asked for where users submit, and nowhere in clear. */
static void
judge_auth(const struct work *work, struct session *session)
{
	const char *after;

	if (session->capabilities[0] != '\0' &&
	    session_capable(session->capabilities, "AUTH"))
		complain(work, "auth.cleartext", FINDING_ERROR,
		    "it asks for passwords before the connection is "
		    "encrypted",
		    "postconf -e smtpd_tls_auth_only=yes && systemctl reload "
		    "postfix",
		    NULL);
	if (work->service == SERVER_SUBMISSIONS && !session_greeted(session))
		return;
	after = session_ehlo(session, work->check->server->hostname);
	if (after == NULL || work->service == SERVER_SMTP)
		return;
	if (!session_capable(after, "AUTH"))
		complain(work, "auth.none", FINDING_ERROR,
		    "users cannot log in here", NULL,
		    "set smtpd_sasl_auth_enable=yes for this service in "
		    "Postfix's master.cf");
}

static void
judge_greeting(const struct work *work, const struct session *session)
{
	const char *host = work->check->server->hostname;

	if (work->service != SERVER_SMTP || session->greeting == NULL ||
	    strlen(session->greeting) < 4 || host == NULL)
		return;
	if (strncasecmp(&session->greeting[4], host, strlen(host)) != 0)
		finding_add(work->findings,
		    &(struct finding){
			.id = "helo.greeting",
			.subject = work->subject,
			.severity = FINDING_NOTICE,
			.text = "it greets with another name than it has",
			.expected = host,
			.found = session->greeting,
			.advice = "see smtpd_banner in Postfix's main.cf",
		    });
}

static bool
offers_tls(const struct work *work, const struct session *session)
{
	const char *word = work->service == SERVER_POP3 ? "STLS" : "STARTTLS";

	if (service_tls(work->service) == SERVICE_IMPLICIT ||
	    session_capable(session->capabilities, word))
		return (true);
	complain(work, "tls.none",
	    work->service == SERVER_SMTP ? FINDING_WARNING : FINDING_ERROR,
	    "it offers no encryption", NULL,
	    is_smtp(work->service)
		? "give Postfix a certificate (smtpd_tls_chain_files) and set "
		  "smtpd_tls_security_level=may"
		: "give Dovecot a certificate and set ssl=required");
	return (false);
}

/* TLS 1.0 and 1.1 are not to be used (RFC 8996). */
static void
judge_old(const struct work *work)
{
	struct session session;

	if (work->ports->old != NULL &&
	    session_open(&session, work->service, work->address,
		(uint16_t)service_port(work->service),
		work->check->server->hostname, work->check->deadline,
		work->arena) &&
	    session_starttls(&session) &&
	    session_handshake(
		&session, work->ports->old, work->check->server->hostname))
		complain(work, "tls.old_version",
		    work->service == SERVER_SMTP ? FINDING_NOTICE
						 : FINDING_WARNING,
		    arena_printf(work->arena,
			"it still speaks %s, which is broken (RFC 8996)",
			SSL_get_version(session.ssl)),
		    is_smtp(work->service)
			? "postconf -e 'smtpd_tls_protocols = >=TLSv1.2' "
			  "'smtpd_tls_mandatory_protocols = >=TLSv1.2' && "
			  "systemctl reload postfix"
			: NULL,
		    is_smtp(work->service)
			? NULL
			: "set ssl_min_protocol = TLSv1.2 in Dovecot's "
			  "configuration");
	session_close(&session);
}

static void
judge_session(const struct work *work, struct session *session)
{
	judge_greeting(work, session);
	if (!offers_tls(work, session))
		return;
	if (!session_starttls(session) ||
	    !session_handshake(
		session, work->ports->context, work->check->server->hostname)) {
		complain(work, "tls.fails", severity_of(work),
		    arena_printf(work->arena,
			"encryption does not come about: %s", session->error),
		    NULL, "look into the server's log");
		return;
	}
	judge_tls(work, session);
	if (is_smtp(work->service))
		judge_auth(work, session);
	judge_old(work);
}

static void
look_at(const struct work *work)
{
	struct session session;

	if (session_open(&session, work->service, work->address,
		(uint16_t)service_port(work->service),
		work->check->server->hostname, work->check->deadline,
		work->arena))
		judge_session(work, &session);
	else
		complain(work, "port.closed", FINDING_ERROR,
		    arena_printf(work->arena,
			"the service cannot be reached: %s", session.error),
		    arena_printf(work->arena, "systemctl restart %s",
			is_smtp(work->service) ? "postfix" : "dovecot"),
		    "see whether it listens at this address, and whether the "
		    "firewall lets it");
	session_close(&session);
}

static void
task(void *cookie, size_t index, struct finding_list *findings)
{
	const struct ports *ports = cookie;
	const struct server *server = ports->check->server;
	const struct network_address *address =
	    &server->addresses[index / SERVER_SERVICES];
	enum server_service service =
	    (enum server_service)(index % SERVER_SERVICES);
	const struct work work = { ports, ports->check, findings,
		findings->arena, service, address,
		arena_printf(findings->arena, "%u %s at %s",
		    service_port(service), service_name(service),
		    network_address_print(findings->arena, address)) };

	if (server->offers[service])
		look_at(&work);
}

static void
judge_cleartext(const struct check *check, struct finding_list *findings)
{
	if (check->server->cleartext)
		finding_add(findings,
		    &(struct finding){
			.id = "auth.cleartext",
			.subject = "Dovecot",
			.severity = FINDING_ERROR,
			.text = "it takes passwords over connections that are "
				"not encrypted",
			.advice = "take disable_plaintext_auth=no (2.3) or "
				  "auth_allow_cleartext=yes (2.4) out of its "
				  "configuration",
		    });
}

void
ports_probe(const struct check *check, struct finding_list *findings)
{
	struct ports ports = { .check = check,
		.context = trust_context(check->settings->ca_file),
		.old = trust_old_context() };

	judge_cleartext(check, findings);
	if (ports.context == NULL)
		finding_add(findings,
		    &(struct finding){
			.id = "certificate.unknown",
			.subject = "ca_file",
			.severity = FINDING_WARNING,
			.text = "the file of certificate authorities cannot "
				"be read, so certificates were not judged",
			.advice = "see ca_file in " CONFIG_FILE
				  ", or install ca-certificates",
		    });
	else
		parallel_run(task, &ports,
		    check->server->address_count * SERVER_SERVICES, findings);
	SSL_CTX_free(ports.context);
	SSL_CTX_free(ports.old);
}
