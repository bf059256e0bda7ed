#include "sign.h"

#include <string.h>

#include "dns/name.h"

/* Of i=; as long as an address can be. */
#define MAX_IDENTITY 1024

struct sign {
	struct mail *mail;
	struct signtable_answer answer;
	struct dkim_sign_key *keys; /* of the rules, for this author */
	size_t count;
	const char *broken;     /* why it must wait, or NULL */
	struct dkim_sign *dkim; /* NULL: unsigned */
};

/* i= must be at or below d= (RFC 6376 3.5); else there is none. */
static void
set_identity(struct mail *mail, const struct signtable_rule *rule,
    struct dkim_sign_key *key)
{
	const char *identity = rule->identity_from_author ? mail->from.address
	                       : rule->signer != NULL
	                           ? pattern_expand(mail->arena, rule->signer,
					 mail->from.domain, MAX_IDENTITY)
	                           : NULL;
	const char *at = identity == NULL ? NULL : strrchr(identity, '@');

	if (at != NULL && name_is_within(at + 1, key->domain))
		key->identity = identity;
}

/* Several rows of a table may name the same key: it signs once. */
static bool
has_key(const struct sign *sign, const struct dkim_sign_key *key)
{
	for (size_t i = 0; i < sign->count; i++)
		if (sign->keys[i].private == key->private &&
		    strcmp(sign->keys[i].domain, key->domain) == 0 &&
		    strcmp(sign->keys[i].selector, key->selector) == 0)
			return (true);
	return (false);
}

static void
add_keys(struct sign *sign, const struct signtable_rule *rule)
{
	struct mail *mail = sign->mail;

	if (rule->broken != NULL)
		sign->broken = rule->broken;
	for (size_t i = 0; i < rule->count; i++) {
		struct dkim_sign_key key = rule->keys[i];

		if (key.domain == NULL)
			key.domain = mail->from.domain;
		set_identity(mail, rule, &key);
		if (!has_key(sign, &key))
			sign->keys[sign->count++] = key;
	}
}

static void
choose_keys(struct sign *sign)
{
	const struct signtable_answer *answer = &sign->answer;
	size_t most = 0;

	for (size_t i = 0; i < answer->count; i++)
		most += answer->rules[i]->count;
	sign->keys = arena_array(sign->mail->arena, most, sizeof(*sign->keys));
	for (size_t i = 0; i < answer->count; i++)
		add_keys(sign, answer->rules[i]);
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
	choose_keys(sign);
	if (sign->broken != NULL) {
		sign->answer.refusal = sign->broken;
		sign->answer.cause = SIGNTABLE_BROKEN;
	}
	if (sign->answer.refusal != NULL)
		return (sign);
	sign->dkim = dkim_sign_new(mail->arena, &mail->config->sign_options,
	    &mail->headers, sign->keys, sign->count,
	    service_clock(mail->service));
	sign->answer.refusal = dkim_sign_refusal(sign->dkim);
	if (sign->answer.refusal != NULL) {
		sign->answer.cause = SIGNTABLE_HEADER;
		dkim_sign_free(sign->dkim);
		sign->dkim = NULL;
	}
	return (sign);
}

bool
sign_is_ours(const struct sign *sign)
{
	return (sign->answer.cause != SIGNTABLE_KEY);
}

void
sign_body(struct sign *sign, struct span bytes)
{
	if (sign->dkim != NULL)
		dkim_sign_body(sign->dkim, bytes);
}

const char *const *
sign_fields(const struct sign *sign, size_t *count)
{
	*count = 0;
	if (sign->dkim == NULL)
		return (NULL);
	return (dkim_sign_names(sign->dkim, count));
}

int
sign_finish(struct sign *sign, struct outcome *outcome)
{
	outcome->unsigned_reason = sign->answer.refusal;
	outcome->unsigned_cause = sign->answer.cause;
	if (sign->dkim == NULL)
		return (sign->broken == NULL ? 0 : -1);
	outcome->keys = sign->keys;
	outcome->signature_count = sign->count;
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
