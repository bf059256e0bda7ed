#include <string.h>
#include <time.h>

#include "report/report.h"

#define DATE_MAX_BYTES 32

/* One page that needs nothing else: no script, no font, no picture. */
static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, "
    "initial-scale=1\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; style-src 'unsafe-inline'\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; --line: #8885; --error: #c62828; "
    "--warning: #b26a00; --notice: #1565c0; --ok: #2e7d32; }\n"
    "@media (prefers-color-scheme: dark) { :root { --error: #ff8a80; "
    "--warning: #ffb74d; --notice: #90caf9; --ok: #a5d6a7; } }\n"
    "body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; "
    "max-width: 60rem; padding: 1rem; }\n"
    "h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }\n"
    "section { border: 1px solid var(--line); border-left-width: 6px; "
    "border-radius: 6px; margin: 1rem 0; padding: .5rem 1rem; }\n"
    "h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }\n"
    "p { margin: .4rem 0; overflow-wrap: anywhere; white-space: pre-line; "
    "}\n"
    "pre { background: #8882; border-radius: 4px; margin: .3rem 0; "
    "overflow-x: auto; padding: .5rem; }\n"
    "dt { font-weight: bold; } dd { margin: 0 0 .4rem; overflow-wrap: "
    "anywhere; white-space: pre-line; }\n"
    ".id { color: GrayText; font: .85rem ui-monospace, monospace; }\n"
    ".error { border-left-color: var(--error); } .error b { color: "
    "var(--error); }\n"
    ".warning { border-left-color: var(--warning); } .warning b { color: "
    "var(--warning); }\n"
    ".notice { border-left-color: var(--notice); } .notice b { color: "
    "var(--notice); }\n"
    ".accepted { opacity: .7; }\n"
    "li { overflow-wrap: anywhere; }\n"
    "</style>\n";

/* Text of the page; what a stranger wrote is never markup. */
static void
put(FILE *stream, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			(void)fputs("&amp;", stream);
			break;
		case '<':
			(void)fputs("&lt;", stream);
			break;
		case '>':
			(void)fputs("&gt;", stream);
			break;
		case '"':
			(void)fputs("&quot;", stream);
			break;
		default:
			(void)fputc(*text, stream);
		}
}

static void
put_between(
    FILE *stream, const char *before, const char *text, const char *after)
{
	if (text == NULL)
		return;
	(void)fputs(before, stream);
	put(stream, text);
	(void)fputs(after, stream);
}

static void
put_finding(FILE *stream, const struct finding *finding)
{
	const char *severity = finding_severity_name(finding->severity);

	(void)fprintf(stream, "<section class=\"%s%s\">\n<h2><b>%s</b> ",
	    severity, finding->accepted != NULL ? " accepted" : "",
	    finding->accepted != NULL ? "accepted" : severity);
	put(stream, finding->subject);
	put_between(
	    stream, " <span class=\"id\">", finding->id, "</span></h2>\n");
	put_between(stream, "<p>", finding->text, "</p>\n<dl>\n");
	put_between(
	    stream, "<dt>Accepted</dt><dd>", finding->accepted, "</dd>\n");
	put_between(
	    stream, "<dt>Expected</dt><dd>", finding->expected, "</dd>\n");
	put_between(stream, "<dt>Found</dt><dd>", finding->found, "</dd>\n");
	put_between(stream, "<dt>Take out of the DNS</dt><dd><pre>",
	    finding->remove, "</pre></dd>\n");
	put_between(stream, "<dt>Put into the DNS</dt><dd><pre>", finding->add,
	    "</pre></dd>\n");
	put_between(
	    stream, "<dt>Run</dt><dd><pre>", finding->command, "</pre></dd>\n");
	put_between(stream, "<dt>Cure</dt><dd>", finding->advice, "</dd>\n");
	(void)fputs("</dl>\n</section>\n", stream);
}

static void
put_right(FILE *stream, const struct report *report)
{
	(void)fprintf(stream,
	    "<details>\n<summary>%zu things are right</summary>\n<ul>\n",
	    report_count(report, FINDING_OK));
	for (size_t i = 0; i < report->findings->count; i++) {
		const struct finding *finding = &report->findings->items[i];

		if (finding->severity != FINDING_OK)
			continue;
		put_between(
		    stream, "<li><span class=\"id\">", finding->id, "</span> ");
		put_between(stream, "", finding->subject, ": ");
		put_between(stream, "", finding->text, "</li>\n");
	}
	(void)fputs("</ul>\n</details>\n", stream);
}

static void
put_gone(FILE *stream, const struct report *report)
{
	for (size_t i = 0; i < report->gone_count; i++)
		put_between(stream, "<p>No more: ", report->gone[i], "</p>\n");
}

static const char *
date_of(int64_t now, char *text, size_t size)
{
	const time_t when = (time_t)now;
	struct tm tm = { 0 };

	text[0] = '\0';
	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(text, size, "%Y-%m-%d %H:%M UTC", &tm);
	return (text);
}

void
report_html(FILE *stream, const struct report *report, struct arena *arena)
{
	char date[DATE_MAX_BYTES];

	(void)fputs(head, stream);
	put_between(stream, "<title>", report->domain,
	    ": mail check</title>\n</head>\n<body>\n");
	put_between(stream, "<h1>", report->domain, "</h1>\n");
	put_between(stream, "<p>", report_summary(report, arena), "");
	put_between(
	    stream, ". Checked ", date_of(report->now, date, sizeof(date)), "");
	put_between(stream, " at ", report->hostname, "");
	(void)fputs(".</p>\n", stream);
	for (int severity = FINDING_ERROR; severity > FINDING_OK; severity--)
		for (size_t i = 0; i < report->findings->count; i++)
			if ((int)report->findings->items[i].severity ==
			    severity)
				put_finding(
				    stream, &report->findings->items[i]);
	put_gone(stream, report);
	put_right(stream, report);
	(void)fputs("</body>\n</html>\n", stream);
}
