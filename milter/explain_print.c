#include "explain_print.h"

#include <jansson.h>

#include "base/log_format.h"
#include "explain_compare_print.h"

/* Of one foreign text. */
#define FOREIGN_MAX_BYTES ((size_t)64 * 1024)

static const char *
key_algorithm(const struct dkim_sign_key *key)
{
	return (dkim_algorithm_name(dkim_private_algorithm(key->private)));
}

static const char *
known(const char *text)
{
	return (text != NULL ? text : "(unreadable)");
}

/* Print what a stranger wrote so that the terminal does not obey it. */
static void
print_foreign(FILE *stream, const char *before, const char *text)
{
	struct arena *arena = arena_new();
	struct buf out;

	buf_init(&out, arena, FOREIGN_MAX_BYTES);
	log_format_value(&out, span_str(text));
	(void)fprintf(stream, "%s%s\n", before, buf_str(&out));
	arena_free(arena);
}

static void
print_verification(FILE *stream, const struct dkim_verification *dkim)
{
	(void)fprintf(stream, "  dkim=%s  d=%s s=%s a=%s",
	    dkim_result_name(dkim->result), known(dkim->domain),
	    known(dkim->selector), dkim_algorithm_name(dkim->algorithm));
	if (dkim->key_bits > 0)
		(void)fprintf(stream, " (%u bits)", dkim->key_bits);
	if (dkim->reason != NULL)
		(void)fprintf(stream, "\n    because %s", dkim->reason);
	(void)fputc('\n', stream);
}

static void
print_inbound(FILE *stream, const struct outcome *outcome)
{
	(void)fprintf(stream, "Inbound message, %zu DKIM signature%s\n",
	    outcome->dkim_count, outcome->dkim_count == 1 ? "" : "s");
	for (size_t i = 0; i < outcome->dkim_count; i++)
		print_verification(stream, &outcome->dkim[i]);
}

static void
print_outbound(FILE *stream, const struct outcome *outcome)
{
	(void)fprintf(stream, "Outbound message, %s\n",
	    outcome->signature_count > 0 ? "signed" : "not signed");
	for (size_t i = 0; i < outcome->signature_count; i++)
		(void)fprintf(stream, "  d=%s s=%s a=%s\n",
		    outcome->keys[i].domain, outcome->keys[i].selector,
		    key_algorithm(&outcome->keys[i]));
	if (outcome->unsigned_reason != NULL)
		print_foreign(stream, "  because ", outcome->unsigned_reason);
}

static void
print_field(FILE *stream, const char *name, const char *value)
{
	(void)fprintf(stream, "  %s:", name);
	for (; *value != '\0'; value++)
		if (*value != '\r')
			(void)fputc(*value, stream);
	(void)fputc('\n', stream);
}

void
explain_print_text(
    FILE *stream, const struct mail *mail, const struct outcome *outcome)
{
	if (mail->from.address != NULL)
		print_foreign(stream, "Author ", mail->from.address);
	if (outcome->outbound)
		print_outbound(stream, outcome);
	else
		print_inbound(stream, outcome);
	(void)fprintf(stream, "Verdict: %s, because %s\n",
	    verdict_action_name(outcome->verdict.action),
	    outcome->verdict.reason);
	if (outcome->verdict.action >= VERDICT_REJECT)
		(void)fprintf(stream, "  SMTP reply: %s %s %s\n",
		    outcome->verdict.code, outcome->verdict.status,
		    outcome->verdict.text);
	if (outcome->deletion_count > 0)
		(void)fprintf(stream, "Fields removed as forged: %zu\n",
		    outcome->deletion_count);
	if (outcome->authentication_results == NULL &&
	    outcome->signature_count == 0)
		return;
	(void)fputs("Fields added:\n", stream);
	if (outcome->authentication_results != NULL)
		print_field(stream, "Authentication-Results",
		    outcome->authentication_results);
	for (size_t i = 0; i < outcome->signature_count; i++)
		print_field(stream, "DKIM-Signature", outcome->signatures[i]);
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

void
explain_print_json(FILE *stream, const struct outcome *outcome,
    const struct explain_comparison *comparison)
{
	json_t *root = json_pack(
	    "{s:i, s:s, s:o, s:o, s:o, s:I, s:{s:s, s:s}, s:o}", "schema", 1,
	    "direction", outcome->outbound ? "outbound" : "inbound", "dkim",
	    verifications(outcome), "signatures", signatures(outcome),
	    "unsigned", text(outcome->unsigned_reason), "forged_removed",
	    (json_int_t)outcome->deletion_count, "verdict", "action",
	    verdict_action_name(outcome->verdict.action), "reason",
	    outcome->verdict.reason, "authentication_results",
	    field_body(outcome->authentication_results));

	if (comparison != NULL)
		(void)json_object_set_new(
		    root, "compare", explain_compare_json(comparison));
	(void)json_dumpf(root, stream, JSON_COMPACT);
	(void)fputc('\n', stream);
	json_decref(root);
}
