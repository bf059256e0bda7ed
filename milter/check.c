#include "check.h"

#include <string.h>
#include <sys/socket.h>

struct check {
	struct mail *mail;
	struct dkim_verify *dkim;
};

static bool
is_inbound(const struct mail *mail)
{
	return (mail->direction == MAIL_INBOUND);
}

/* A message from a UNIX socket has no client that anything could be asked
 * about. */
static bool
has_client(const struct mail *mail)
{
	return (mail->session->client.family != AF_UNSPEC);
}

static struct spf_query
spf_query(const struct mail *mail, enum spf_identity identity, int64_t deadline)
{
	return ((struct spf_query){
	    .identity = identity,
	    .client = mail->session->client,
	    .helo = mail->session->helo,
	    .mail_from = mail->mail_from,
	    .receiver = mail->authserv_id,
	    .now = clock_now(service_clock(mail->service)),
	    .deadline = deadline,
	});
}

/* Postfix gives a client the name that leads back to its address, or "unknown";
 * other MTAs give the address in brackets. */
static bool
has_verified_name(const struct mail *mail)
{
	const char *name = mail->session->client_name;

	return (name != NULL && name[0] != '\0' && name[0] != '[' &&
		strcmp(name, "unknown") != 0);
}

void
check_prefetch(const struct mail *mail)
{
	struct dns *dns = service_dns(mail->service);
	struct spf_query query = spf_query(mail, SPF_MAIL_FROM, 0);

	if (!has_client(mail))
		return;
	spf_prefetch(dns, &query);
	query.identity = SPF_HELO;
	if (query.helo != NULL)
		spf_prefetch(dns, &query);
	if (!has_verified_name(mail))
		iprev_prefetch(dns, &mail->session->client);
}

/* How many domains in From are evaluated. */
static size_t
author_count(const struct from *from)
{
	return (from->domain_count < CHECK_MAX_AUTHORS ? from->domain_count
						       : CHECK_MAX_AUTHORS);
}

struct check *
check_new(struct mail *mail)
{
	struct check *check = arena_alloc(mail->arena, sizeof(*check));
	struct dns *dns = service_dns(mail->service);

	check->mail = mail;
	for (size_t i = 0; is_inbound(mail) && i < author_count(&mail->from);
	     i++)
		dmarc_prefetch(dns, mail->from.domains[i]);
	check->dkim = dkim_verify_new(mail->arena,
	    &mail->config->verify_options, &mail->headers, mail->from.domain,
	    dns, service_keys(mail->service), service_clock(mail->service));
	return (check);
}

void
check_body(struct check *check, struct span bytes)
{
	dkim_verify_body(check->dkim, bytes);
}

static const struct spf_outcome *
eval_spf(const struct mail *mail, enum spf_identity identity, int64_t deadline)
{
	struct spf_query query = spf_query(mail, identity, deadline);
	struct spf_outcome *out = arena_alloc(mail->arena, sizeof(*out));

	spf_eval(
	    service_dns(mail->service), &query, mail->arena, mail->trace, out);
	return (out);
}

/* RFC 7208 2.4: for the null path MAIL FROM is postmaster at the HELO name,
 * which is what is asked for HELO. */
static const struct spf_outcome *
eval_helo(const struct mail *mail, const struct spf_outcome *mail_from,
    int64_t deadline)
{
	if (mail->session->helo == NULL)
		return (NULL);
	if (mail->mail_from[0] != '\0')
		return (eval_spf(mail, SPF_HELO, deadline));
	struct spf_outcome *helo = arena_alloc(mail->arena, sizeof(*helo));

	*helo = *mail_from;
	helo->identity = SPF_HELO;
	return (helo);
}

/*
 * RFC 9989 3.2.4: what SPF vouches for is the domain of MAIL FROM, and the HELO
 * name for the null path only.  A pass of HELO never stands for one of MAIL
 * FROM: anybody can choose a HELO name that passes (CVE-2019-20790).
 */
static const struct dmarc_identifier *
spf_identifier(struct arena *arena, const struct spf_outcome *spf)
{
	if (spf == NULL || spf->domain == NULL ||
	    (spf->result != SPF_PASS && spf->result != SPF_TEMPERROR))
		return (NULL);
	struct dmarc_identifier *identifier =
	    arena_alloc(arena, sizeof(*identifier));

	identifier->domain = spf->domain;
	identifier->pass = spf->result == SPF_PASS;
	return (identifier);
}

/*
 * A signature counts when its result is pass, and might have when the DNS did
 * not say.  One that expired, covers a part of the body, or was not tried
 * because there were too many, does not.  RFC 6376 3.6.1 wants mail with a key
 * in test (t=y) treated like unsigned mail, to spare its signer harm; here a
 * failure harms nobody and a pass can only help him, so that it counts.
 */
static struct dmarc_identifier *
dkim_identifiers(
    struct arena *arena, const struct outcome *outcome, size_t *count)
{
	struct dmarc_identifier *identifiers =
	    arena_array(arena, outcome->dkim_count, sizeof(*identifiers));

	*count = 0;
	for (size_t i = 0; i < outcome->dkim_count; i++) {
		const struct dkim_verification *dkim = &outcome->dkim[i];

		if (dkim->result == DKIM_PASS || dkim->result == DKIM_TEMPERROR)
			identifiers[(*count)++] =
			    (struct dmarc_identifier){ .domain = dkim->domain,
				    .pass = dkim->result == DKIM_PASS };
	}
	return (identifiers);
}

/* What could be aligned with an author.  RFC 9989 4.4: with a repeated From
 * field nothing can, since each reader may see another one; so it never passes,
 * and its domains' policies apply. */
static void
add_identifiers(const struct mail *mail, const struct outcome *outcome,
    struct dmarc_query *query)
{
	if (mail->from.status == FROM_SEVERAL_FIELDS) {
		trace_add(mail->trace, "dmarc", 0,
		    "several From fields: nothing is aligned");
		return;
	}
	query->spf = spf_identifier(mail->arena, outcome->spf_mail_from);
	query->dkim =
	    dkim_identifiers(mail->arena, outcome, &query->dkim_count);
}

/* Why From, or a part of it, cannot be evaluated; NULL: all of it can. */
static const char *
author_problem(const struct from *from)
{
	static const char too_many[] =
	    "From has more domains than are evaluated";

	if (from->domain_count > CHECK_MAX_AUTHORS)
		return (too_many);
	switch (from->status) {
	case FROM_TOO_MANY:
		return (too_many);
	case FROM_NONE:
		return ("there is no From field");
	case FROM_NO_MAILBOX:
		return ("From has no mailbox");
	case FROM_MALFORMED:
		return ("From cannot be read");
	case FROM_SEVERAL_FIELDS:
		return (from->malformed || from->domain_count == 0
			    ? "From cannot be read"
			    : NULL);
	case FROM_OK:
	case FROM_SEVERAL_DOMAINS:
		break;
	}
	return (NULL);
}

/* Every domain that a reader could take for the author's is evaluated. */
static void
eval_dmarc(const struct mail *mail, int64_t deadline, struct outcome *outcome)
{
	const struct config *config = mail->config;
	const struct from *from = &mail->from;
	struct dmarc_options options = { .suffixes = config->suffixes,
		.deadline = deadline };
	struct dmarc_query query = { .spf = NULL };
	struct dmarc_outcome *out = arena_array(
	    mail->arena, author_count(from) + 1, sizeof(*outcome->dmarc));
	const char *problem = author_problem(from);

	options.discovery =
	    config->suffixes == NULL
		? DMARC_TREEWALK
		: (enum dmarc_discovery)config->settings.discovery;
	add_identifiers(mail, outcome, &query);
	struct dmarc *dmarc = dmarc_new(
	    service_dns(mail->service), &options, mail->arena, mail->trace);

	outcome->dmarc = out;
	for (size_t i = 0; i < author_count(from); i++) {
		query.author_domain = from->domains[i];
		dmarc_eval(dmarc, &query, &out[outcome->dmarc_count++]);
	}
	if (problem != NULL)
		out[outcome->dmarc_count++] =
		    (struct dmarc_outcome){ .result = DMARC_PERMERROR,
			    .reason = problem };
}

static enum iprev_result
eval_iprev(const struct mail *mail, int64_t deadline)
{
	if (has_verified_name(mail)) {
		trace_add(mail->trace, "iprev", 0,
		    "iprev=pass: the mail server found %s to lead back to the "
		    "address",
		    mail->session->client_name);
		return (IPREV_PASS);
	}
	return (iprev_eval(service_dns(mail->service), &mail->session->client,
	    deadline, mail->arena, mail->trace));
}

/* Verify the signatures; return the microseconds that this took besides waiting
 * for the DNS. */
static int64_t
finish_dkim(struct check *check, int64_t deadline, struct outcome *outcome)
{
	int64_t began = clock_monotonic_us();

	dkim_verify_trace(check->dkim, check->mail->trace);
	outcome->dkim =
	    dkim_verify_finish(check->dkim, deadline, &outcome->dkim_count);
	return (clock_monotonic_us() - began - dkim_verify_dns_us(check->dkim));
}

/* Of the time for a message, one part in so many is kept for the policy of the
 * author's domain: the sender chooses the servers that SPF and DKIM ask, and
 * slow ones must not hide that from us. */
#define KEPT_PART 4

/* What decides comes first, what is told for information only last. */
void
check_finish(struct check *check, struct outcome *outcome)
{
	const struct mail *mail = check->mail;
	int64_t began = clock_monotonic_us();
	int64_t patience = mail->config->settings.dns_timeout * 1000;
	int64_t deadline = began / 1000 + patience;
	int64_t sooner = deadline - patience / KEPT_PART;
	bool asks = is_inbound(mail) && has_client(mail);

	if (asks)
		outcome->spf_mail_from = eval_spf(mail, SPF_MAIL_FROM, sooner);
	int64_t computed = finish_dkim(check, sooner, outcome);

	if (is_inbound(mail))
		eval_dmarc(mail, deadline, outcome);
	if (asks) {
		outcome->spf_helo =
		    eval_helo(mail, outcome->spf_mail_from, deadline);
		outcome->iprev = eval_iprev(mail, deadline);
	}
	outcome->dns_us = clock_monotonic_us() - began - computed;
}

void
check_free(struct check *check)
{
	if (check != NULL)
		dkim_verify_free(check->dkim);
}
