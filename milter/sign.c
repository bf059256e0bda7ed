#include "sign.h"

#include <string.h>

#include "dns/name.h"

struct sign {
	struct mail *mail;
	struct signtable_answer answer;
	struct dkim_sign_key *keys; /* of the rule, with this author's i= */
	struct dkim_sign *dkim;     /* NULL: unsigned */
};

/* i= is the author's address where d= may speak for it (RFC 6376 3.5). */
static struct dkim_sign_key *
choose_keys(struct mail *mail, const struct signtable_rule *rule)
{
	struct dkim_sign_key *keys =
	    arena_array(mail->arena, rule->count, sizeof(*keys));

	memcpy(keys, rule->keys, rule->count * sizeof(*keys));
	for (size_t i = 0; i < rule->count && rule->identity_from_author; i++)
		if (name_is_within(mail->from.domain, keys[i].domain))
			keys[i].identity = mail->from.address;
	return (keys);
}

struct sign *
sign_new(struct mail *mail)
{
	struct sign *sign = arena_alloc(mail->arena, sizeof(*sign));
	struct signtable_query query = { .from = &mail->from,
		.login = mail->login };

	sign->mail = mail;
	sign->answer =
	    signtable_find(&mail->config->signtable, mail->arena, &query);
	if (sign->answer.rule == NULL)
		return (sign);
	sign->keys = choose_keys(mail, sign->answer.rule);
	sign->dkim = dkim_sign_new(mail->arena, &mail->config->sign_options,
	    &mail->headers, sign->keys, sign->answer.rule->count,
	    service_clock(mail->service));
	sign->answer.refusal = dkim_sign_refusal(sign->dkim);
	if (sign->answer.refusal != NULL) {
		sign->answer.cause = SIGNTABLE_HEADER;
		dkim_sign_free(sign->dkim);
		sign->dkim = NULL;
	}
	return (sign);
}

void
sign_body(struct sign *sign, struct span bytes)
{
	if (sign->dkim != NULL)
		dkim_sign_body(sign->dkim, bytes);
}

int
sign_finish(struct sign *sign, struct outcome *outcome)
{
	outcome->unsigned_reason = sign->answer.refusal;
	outcome->unsigned_cause = sign->answer.cause;
	if (sign->dkim == NULL)
		return (0);
	outcome->keys = sign->keys;
	outcome->signature_count = sign->answer.rule->count;
	outcome->signatures = arena_array(sign->mail->arena,
	    outcome->signature_count, sizeof(*outcome->signatures));
	if (dkim_sign_finish(sign->dkim, outcome->signatures) == 0)
		return (0);
	outcome->signature_count = 0;
	return (-1);
}

void
sign_free(struct sign *sign)
{
	if (sign != NULL)
		dkim_sign_free(sign->dkim);
}
