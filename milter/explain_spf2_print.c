#include "explain_spf2_print.h"

#include "explain_compare_print.h"

static const char *
domain_of(const struct spf_outcome *ours)
{
	return (ours->domain != NULL ? ours->domain : "(no domain)");
}

static void
print_identity(FILE *stream, const struct explain_spf2 *compared)
{
	const struct wire_spf_opinion *theirs = compared->report.spf;
	const struct spf_outcome *ours = compared->ours;
	const struct difference *difference = &compared->difference;

	(void)fprintf(
	    stream, "  SPF of %s for %s", domain_of(ours), compared->client);
	if (difference->kind == DIFFERENCE_NONE) {
		(void)fprintf(
		    stream, ": both say %s\n", spf_result_name(ours->result));
	} else {
		(void)fputc('\n', stream);
		explain_compare_result(stream, "Mailreeve",
		    spf_result_name(ours->result), ours->reason);
		explain_compare_result(stream, "libspf2",
		    spf_result_name(theirs->result), theirs->reason);
		explain_compare_wrapped(
		    stream, "    Why: ", "      ", difference->text);
	}
	if (difference->note != NULL)
		explain_compare_wrapped(
		    stream, "    Note: ", "      ", difference->note);
}

void
explain_spf2_text(FILE *stream, const struct explain_spf2 *compared)
{
	const struct receiver_report *report = &compared->report;

	if (compared->skipped != NULL) {
		(void)fprintf(stream, "Not compared with libspf2: %s\n",
		    compared->skipped);
		return;
	}
	(void)fprintf(stream,
	    "Compared with libspf2%s%s, which receivers with Exim run:\n",
	    report->version != NULL ? " " : "",
	    report->version != NULL ? report->version : "");
	if (report->state == RECEIVER_JUDGED)
		print_identity(stream, compared);
	else
		explain_compare_wrapped(stream, "  ", "  ", report->reason);
	if (report->state == RECEIVER_INSATIABLE)
		explain_compare_wrapped(stream, "  ", "  ",
		    "RFC 7208 4.6.4 stops at ten look-ups, so others call such "
		    "a record permerror: use fewer");
}

static json_t *
identity(const struct explain_spf2 *compared)
{
	const struct wire_spf_opinion *theirs = compared->report.spf;
	const struct spf_outcome *ours = compared->ours;

	return (json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:s, s:o, s:o}",
	    "identity", ours->identity == SPF_HELO ? "helo" : "mailfrom",
	    "domain", explain_compare_string(ours->domain), "ours",
	    spf_result_name(ours->result), "ours_reason",
	    explain_compare_string(ours->reason), "result",
	    spf_result_name(theirs->result), "reason",
	    explain_compare_string(theirs->reason), "explanation",
	    explain_compare_string(theirs->explanation), "difference",
	    difference_name(compared->difference.kind), "cause",
	    explain_compare_string(compared->difference.text), "note",
	    explain_compare_string(compared->difference.note)));
}

json_t *
explain_spf2_json(const struct explain_spf2 *compared)
{
	const struct receiver_report *report = &compared->report;
	const char *skipped = compared->skipped;
	json_t *list = json_array();

	if (skipped == NULL && report->state == RECEIVER_JUDGED)
		(void)json_array_append_new(list, identity(compared));
	return (json_pack("{s:s, s:o, s:o, s:I, s:o}", "state",
	    skipped != NULL ? "skipped" : explain_compare_state(report->state),
	    "reason",
	    explain_compare_string(skipped != NULL ? skipped : report->reason),
	    "version", explain_compare_string(report->version), "questions",
	    (json_int_t)report->question_count, "identities", list));
}
