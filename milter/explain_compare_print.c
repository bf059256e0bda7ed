#include "explain_compare_print.h"

/* Lines of running text are cut at blanks. */
#define WIDTH 76

static const char *
known(const char *text)
{
	return (text != NULL ? text : "(unreadable)");
}

/* Print ${text} after ${head}, in lines of which the others begin with
 * ${indent}. */
static void
print_wrapped(
    FILE *stream, const char *head, const char *indent, const char *text)
{
	struct span rest = span_str(text);
	const char *before = head;
	size_t used = span_str(head).len;

	while (rest.len > 0) {
		struct span word;

		(void)span_take_until(&rest, ' ', &word);
		if (before != head && used + 1 + word.len > WIDTH) {
			(void)fprintf(stream, "\n%s", indent);
			used = span_str(indent).len;
		} else {
			(void)fputs(before, stream);
			used += before == head ? 0 : 1;
		}
		(void)fwrite(word.data, 1, word.len, stream);
		used += word.len;
		before = " ";
	}
	(void)fputc('\n', stream);
}

/* A result with its reason, if it has one. */
static void
print_result(
    FILE *stream, const char *who, const char *result, const char *reason)
{
	(void)fprintf(stream, "    %s: %s", who, result);
	if (reason != NULL)
		(void)fprintf(stream, " (%s)", reason);
	(void)fputc('\n', stream);
}

static void
print_difference(FILE *stream, const struct explain_compared *compared)
{
	static const char *const heads[] = { NULL,
		"    The same: ", "    Why: ", "    " };
	const struct difference *difference = &compared->difference;

	print_result(stream, "Mailreeve",
	    dkim_result_name(compared->ours->result), compared->ours->reason);
	print_result(stream, "libopendkim",
	    wire_result_name(compared->theirs->result),
	    compared->theirs->reason);
	print_wrapped(
	    stream, heads[difference->kind], "      ", difference->text);
}

static void
print_signature(FILE *stream, const struct explain_compared *compared)
{
	const struct dkim_verification *ours = compared->ours;

	(void)fprintf(stream, "  d=%s s=%s a=%s", known(ours->domain),
	    known(ours->selector), dkim_algorithm_name(ours->algorithm));
	if (compared->difference.kind == DIFFERENCE_NONE) {
		(void)fprintf(
		    stream, ": both say %s\n", dkim_result_name(ours->result));
		return;
	}
	(void)fputc('\n', stream);
	print_difference(stream, compared);
}

/* What holds for several in a row is said once. */
static void
print_signatures(FILE *stream, const struct explain_comparison *comparison)
{
	const char *said = NULL;

	for (size_t i = 0; i < comparison->count; i++) {
		const struct explain_compared *compared =
		    &comparison->signatures[i];
		const char *note = compared->difference.note;

		if (compared->theirs == NULL)
			continue;
		print_signature(stream, compared);
		if (note != NULL && note != said)
			print_wrapped(stream, "    Note: ", "      ", note);
		said = note;
	}
}

void
explain_compare_text(FILE *stream, const struct explain_comparison *comparison)
{
	const struct receiver_report *report = &comparison->report;

	if (comparison->skipped != NULL) {
		(void)fprintf(stream, "Not compared with libopendkim: %s\n",
		    comparison->skipped);
		return;
	}
	(void)fprintf(stream,
	    "Compared with libopendkim%s%s, which receivers with OpenDKIM run:"
	    "\n",
	    report->version != NULL ? " " : "",
	    report->version != NULL ? report->version : "");
	if (report->state != RECEIVER_JUDGED) {
		print_wrapped(stream, "  ", "  ", report->reason);
		return;
	}
	print_signatures(stream, comparison);
}

static json_t *
text(const char *value)
{
	json_t *string = value == NULL ? json_null() : json_string(value);

	return (string != NULL ? string : json_string("(not UTF-8)"));
}

static json_t *
signature(const struct explain_compared *compared)
{
	const struct dkim_verification *ours = compared->ours;
	const struct wire_opinion *theirs = compared->theirs;

	return (json_pack("{s:o, s:o, s:s, s:s, s:o, s:s, s:o, s:I, s:s, s:o, "
			  "s:o}",
	    "domain", text(ours->domain), "selector", text(ours->selector),
	    "algorithm", dkim_algorithm_name(ours->algorithm), "ours",
	    dkim_result_name(ours->result), "ours_reason", text(ours->reason),
	    "result", wire_result_name(theirs->result), "reason",
	    text(theirs->reason), "bits", (json_int_t)theirs->bits,
	    "difference", difference_name(compared->difference.kind),
	    "explanation", text(compared->difference.text), "note",
	    text(compared->difference.note)));
}

static const char *
state_name(const struct explain_comparison *comparison)
{
	static const char *const names[] = { "judged", "crashed", "slow",
		"insatiable", "garbage", "trouble" };

	return (comparison->skipped != NULL ? "skipped"
					    : names[comparison->report.state]);
}

json_t *
explain_compare_json(const struct explain_comparison *comparison)
{
	const struct receiver_report *report = &comparison->report;
	json_t *list = json_array();

	for (size_t i = 0; i < comparison->count; i++)
		if (comparison->signatures[i].theirs != NULL)
			(void)json_array_append_new(
			    list, signature(&comparison->signatures[i]));
	return (json_pack("{s:{s:s, s:o, s:o, s:I, s:o}}", "opendkim", "state",
	    state_name(comparison), "reason",
	    text(comparison->skipped != NULL ? comparison->skipped
					     : report->reason),
	    "version", text(report->version), "questions",
	    (json_int_t)report->question_count, "signatures", list));
}
