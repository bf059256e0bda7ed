#include "explain_json.h"

#include "explain_compare_print.h"
#include "explain_steps.h"

static const char *
key_algorithm(const struct dkim_sign_key *key)
{
	return (dkim_algorithm_name(dkim_private_algorithm(key->private)));
}

/* A string, or null; bytes that are no UTF-8 cannot be in JSON. */
static json_t *
text(const char *value)
{
	json_t *string = value == NULL ? json_null() : json_string(value);

	return (string != NULL ? string : json_string("(not UTF-8)"));
}

/* The body of a field in one line. */
static json_t *
field_body(const char *value)
{
	if (value == NULL)
		return (json_null());
	struct arena *arena = arena_new();
	struct span unfolded = header_unfold(arena, span_str(value));
	json_t *string =
	    json_stringn((const char *)unfolded.data, unfolded.len);

	arena_free(arena);
	return (string != NULL ? string : json_string("(not UTF-8)"));
}

static json_t *
verifications(const struct outcome *outcome)
{
	json_t *list = json_array();

	for (size_t i = 0; i < outcome->dkim_count; i++) {
		const struct dkim_verification *dkim = &outcome->dkim[i];

		(void)json_array_append_new(list,
		    json_pack("{s:o, s:o, s:s, s:s, s:o}", "domain",
			text(dkim->domain), "selector", text(dkim->selector),
			"algorithm", dkim_algorithm_name(dkim->algorithm),
			"result", dkim_result_name(dkim->result), "reason",
			text(dkim->reason)));
	}
	return (list);
}

static json_t *
signatures(const struct outcome *outcome)
{
	json_t *list = json_array();

	for (size_t i = 0; i < outcome->signature_count; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:o, s:o, s:s, s:o}", "domain",
			      text(outcome->keys[i].domain), "selector",
			      text(outcome->keys[i].selector), "algorithm",
			      key_algorithm(&outcome->keys[i]), "value",
			      field_body(outcome->signatures[i])));
	return (list);
}

static json_t *
spf(const struct spf_outcome *outcome)
{
	if (outcome == NULL)
		return (json_null());
	return (json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:i}", "result",
	    spf_result_name(outcome->result), "domain", text(outcome->domain),
	    "mechanism", text(outcome->mechanism), "record_at",
	    text(outcome->record_at), "reason", text(outcome->reason),
	    "explanation", text(outcome->explanation), "lookups",
	    (int)outcome->terms, "void_lookups", (int)outcome->voids));
}

static json_t *
aligned(const struct dmarc_identifier *identifier)
{
	return (text(identifier == NULL ? NULL : identifier->domain));
}

static json_t *
policy(const struct dmarc_outcome *dmarc, enum dmarc_policy value)
{
	return (
	    text(dmarc->policy_tag == NULL ? NULL : dmarc_policy_name(value)));
}

static json_t *
dmarcs(const struct outcome *outcome)
{
	json_t *list = json_array();

	for (size_t i = 0; i < outcome->dmarc_count; i++) {
		const struct dmarc_outcome *dmarc = &outcome->dmarc[i];

		(void)json_array_append_new(list,
		    json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:s, "
			      "s:o, s:o, s:o}",
			"domain", text(dmarc->author_domain), "result",
			dmarc_result_name(dmarc->result),
			"organizational_domain",
			text(dmarc->organizational_domain), "record_domain",
			text(dmarc->record_domain), "policy_tag",
			text(dmarc->policy_tag), "policy",
			policy(dmarc, dmarc->policy), "applied",
			policy(dmarc, dmarc->applied), "testing",
			dmarc->testing, "discovery",
			dmarc_discovery_name(dmarc->method), "spf_aligned",
			aligned(dmarc->spf), "dkim_aligned",
			aligned(dmarc->dkim), "reason", text(dmarc->reason)));
	}
	return (list);
}

static json_t *
findings(const struct outcome *outcome)
{
	json_t *list = json_array();

	for (size_t i = 0; i < outcome->finding_count; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:o}", "kind",
			      outgoing_kind_name(outcome->findings[i].kind),
			      "text", text(outcome->findings[i].text)));
	return (list);
}

static json_t *
verdict_object(const struct verdict *verdict)
{
	json_t *reply = json_null();

	if (verdict->code != NULL)
		reply = json_sprintf(
		    "%s %s %s", verdict->code, verdict->status, verdict->text);
	return (json_pack("{s:s, s:s, s:o, s:o, s:o}", "action",
	    verdict_action_name(verdict->action), "would",
	    verdict_action_name(verdict->would), "reason",
	    text(verdict->reason), "rule", text(verdict->rule), "reply",
	    reply));
}

void
explain_json(FILE *stream, const struct mail *mail,
    const struct outcome *outcome, const struct explain_comparison *comparison)
{
	json_t *root = json_pack(
	    "{s:i, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, "
	    "s:o, s:o, s:o}",
	    "schema", 1, "direction",
	    outcome->outbound ? "outbound" : "inbound", "author",
	    text(mail->from.address), "iprev",
	    iprev_result_name(outcome->iprev), "spf_helo",
	    spf(outcome->spf_helo), "spf_mail_from",
	    spf(outcome->spf_mail_from), "dkim", verifications(outcome),
	    "dmarc", dmarcs(outcome), "signatures", signatures(outcome),
	    "unsigned", text(outcome->unsigned_reason), "outgoing",
	    findings(outcome), "forged_removed",
	    (json_int_t)outcome->deletion_count, "verdict",
	    verdict_object(&outcome->verdict), "authentication_results",
	    field_body(outcome->authentication_results), "received_spf",
	    field_body(outcome->received_spf), "verdict_field",
	    field_body(outcome->verdict_field));

	if (mail->trace != NULL)
		(void)json_object_set_new(
		    root, "steps", explain_steps_json(mail->trace));
	if (comparison != NULL)
		(void)json_object_set_new(
		    root, "compare", explain_compare_json(comparison));
	(void)json_dumpf(root, stream, JSON_COMPACT);
	(void)fputc('\n', stream);
	json_decref(root);
}
