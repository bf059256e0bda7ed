#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "report/report.h"

static json_t *
finding_json(const struct finding *finding)
{
	return (json_pack("{ss ss ss ss ss* ss* ss* ss* ss* ss* ss*}", "id",
	    finding->id, "subject", finding->subject, "severity",
	    finding_severity_name(finding->severity), "text", finding->text,
	    "expected", finding->expected, "found", finding->found, "remove",
	    finding->remove, "add", finding->add, "command", finding->command,
	    "advice", finding->advice, "accepted", finding->accepted));
}

void
report_json(FILE *stream, const struct report *report)
{
	json_t *findings = json_array();
	json_t *gone = json_array();

	for (size_t i = 0; i < report->findings->count; i++)
		(void)json_array_append_new(
		    findings, finding_json(&report->findings->items[i]));
	for (size_t i = 0; i < report->gone_count; i++)
		(void)json_array_append_new(gone, json_string(report->gone[i]));
	json_t *root = json_pack("{si ss ss* sI sI ss so so}", "schema", 1,
	    "domain", report->domain, "hostname", report->hostname, "time",
	    (json_int_t)report->now, "milliseconds", (json_int_t)report->ms,
	    "worst", finding_severity_name(report->worst), "findings", findings,
	    "gone", gone);

	(void)json_dumpf(root, stream, JSON_INDENT(1));
	(void)fputc('\n', stream);
	json_decref(root);
}

/* Monitoring plug-ins' guidelines: a bar begins performance data. */
static void
put_line(FILE *stream, const char *text)
{
	for (; *text != '\0'; text++)
		(void)fputc(*text == '|'    ? '/'
			    : *text == '\n' ? ' '
					    : *text,
		    stream);
}

void
report_nagios(FILE *stream, const struct report *report)
{
	static const char *const words[] = { "OK", "OK", "WARNING",
		"CRITICAL" };
	size_t errors = report_count(report, FINDING_ERROR);
	size_t warnings = report_count(report, FINDING_WARNING);

	(void)fprintf(stream,
	    "MAIL DNS %s - %s: %zu errors, %zu warnings | errors=%zu "
	    "warnings=%zu time=%" PRId64 "ms\n",
	    words[report->worst], report->domain, errors, warnings, errors,
	    warnings, report->ms);
	for (int severity = FINDING_ERROR; severity >= FINDING_WARNING;
	     severity--)
		for (size_t i = 0; i < report->findings->count; i++) {
			const struct finding *finding =
			    &report->findings->items[i];

			if ((int)finding->severity != severity ||
			    finding->accepted != NULL)
				continue;
			(void)fprintf(stream, "%s: %s ",
			    finding_severity_name(finding->severity),
			    finding->id);
			put_line(stream, finding->subject);
			(void)fputs(": ", stream);
			put_line(stream, finding->text);
			(void)fputc('\n', stream);
		}
}

/* A label's value (Prometheus' text format). */
static void
put_label(FILE *stream, const char *name, const char *text)
{
	(void)fprintf(stream, "%s=\"", name);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)fputc('\\', stream);
		if (*text == '\n')
			(void)fputs("\\n", stream);
		else
			(void)fputc(*text, stream);
	}
	(void)fputc('"', stream);
}

static void
put_counts(FILE *stream, const struct report *report)
{
	(void)fputs("# HELP mailreeve_dns_findings Findings of the last check "
		    "that are not accepted.\n"
		    "# TYPE mailreeve_dns_findings gauge\n",
	    stream);
	for (int i = FINDING_NOTICE; i <= FINDING_ERROR; i++) {
		enum finding_severity severity = (enum finding_severity)i;

		(void)fputs("mailreeve_dns_findings{", stream);
		put_label(stream, "domain", report->domain);
		(void)fputc(',', stream);
		put_label(stream, "severity", finding_severity_name(severity));
		(void)fprintf(
		    stream, "} %zu\n", report_count(report, severity));
	}
}

/* Two findings of one id and subject would be one series twice. */
static bool
is_first(const struct finding_list *findings, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (findings->items[i].severity > FINDING_OK &&
		    findings->items[i].accepted == NULL &&
		    strcmp(findings->items[i].id, findings->items[index].id) ==
			0 &&
		    strcmp(findings->items[i].subject,
			findings->items[index].subject) == 0)
			return (false);
	return (true);
}

static void
put_findings(FILE *stream, const struct report *report)
{
	const struct finding_list *list = report->findings;

	(void)fputs("# HELP mailreeve_dns_finding A finding: 1 notice, 2 "
		    "warning, 3 error.\n"
		    "# TYPE mailreeve_dns_finding gauge\n",
	    stream);
	for (size_t i = 0; i < list->count; i++) {
		const struct finding *finding = &list->items[i];

		if (finding->severity == FINDING_OK ||
		    finding->accepted != NULL || !is_first(list, i))
			continue;
		(void)fputs("mailreeve_dns_finding{", stream);
		put_label(stream, "domain", report->domain);
		(void)fputc(',', stream);
		put_label(stream, "id", finding->id);
		(void)fputc(',', stream);
		put_label(stream, "subject", finding->subject);
		(void)fprintf(stream, "} %d\n", (int)finding->severity);
	}
}

static void
put_gauge(FILE *stream, const struct report *report, const char *name,
    const char *help, double value)
{
	(void)fprintf(stream, "# HELP %s %s\n# TYPE %s gauge\n%s{", name, help,
	    name, name);
	put_label(stream, "domain", report->domain);
	(void)fprintf(stream, "} %.3f\n", value);
}

void
report_prometheus(FILE *stream, const struct report *report)
{
	put_counts(stream, report);
	put_findings(stream, report);
	put_gauge(stream, report, "mailreeve_dns_check_timestamp_seconds",
	    "When the last check was made.", (double)report->now);
	put_gauge(stream, report, "mailreeve_dns_check_duration_seconds",
	    "How long it took.", (double)report->ms / 1000);
}
