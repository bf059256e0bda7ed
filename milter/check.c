#include "check.h"

#include "report.h"

struct check {
	struct mail *mail;
	struct dkim_verify *dkim;
};

struct check *
check_new(struct mail *mail)
{
	struct check *check = arena_alloc(mail->arena, sizeof(*check));

	check->mail = mail;
	check->dkim =
	    dkim_verify_new(mail->arena, &mail->config->verify_options,
		&mail->headers, mail->from.domain, service_dns(mail->service),
		service_keys(mail->service), service_clock(mail->service));
	return (check);
}

void
check_body(struct check *check, struct span bytes)
{
	dkim_verify_body(check->dkim, bytes);
}

void
check_finish(struct check *check, struct outcome *outcome)
{
	outcome->dkim = dkim_verify_finish(check->dkim, &outcome->dkim_count);
	outcome->dns_us = dkim_verify_dns_us(check->dkim);
	outcome->authentication_results = report_authres(check->mail->arena,
	    check->mail->authserv_id, outcome->dkim, outcome->dkim_count);
}

void
check_free(struct check *check)
{
	if (check != NULL)
		dkim_verify_free(check->dkim);
}
