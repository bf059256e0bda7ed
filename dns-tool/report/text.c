#include <inttypes.h>
#include <string.h>

#include "report/report.h"

#define INDENT 10
#define MIN_WIDTH 40
#define SECOND_MS 1000.0

/* ECMA-48: bold red, yellow, cyan, green; dim. */
static const char *const colours[] = { "\033[32m", "\033[36m", "\033[33m",
	"\033[1;31m" };
#define PLAIN "\033[0m"
#define DIM "\033[2m"

struct page {
	FILE *stream;
	const struct report_style *style;
	unsigned int width;
};

static void
put(const struct page *page, const char *text)
{
	(void)fputs(text, page->stream);
}

/* The length of the first word, and how wide it is: bytes that go on a
 * character of UTF-8 take no room. */
static size_t
word_of(const char *text, size_t *width)
{
	size_t len = strcspn(text, " \n");

	*width = 0;
	for (size_t i = 0; i < len; i++)
		*width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return (len);
}

/* Write ${text} behind ${label}, folded between words. */
static void
put_folded(const struct page *page, const char *label, const char *text)
{
	size_t column = INDENT + strlen(label);

	(void)fprintf(page->stream, "%*s%s", INDENT, "", label);
	while (*text != '\0') {
		size_t width;
		size_t len = word_of(text, &width);

		if (column + width > page->width && column > INDENT) {
			(void)fprintf(page->stream, "\n%*s", INDENT, "");
			column = INDENT;
		}
		(void)fwrite(text, 1, len, page->stream);
		column += width;
		/* UNSAFE: len bytes of the string were a word. */
		text += len;
		if (*text == '\n') {
			(void)fprintf(page->stream, "\n%*s", INDENT, "");
			column = INDENT;
		} else if (*text == ' ') {
			(void)fputc(' ', page->stream);
			column++;
		}
		text += *text != '\0';
	}
	(void)fputc('\n', page->stream);
}

/* Lines that are to be copied stay whole. */
static void
put_lines(const struct page *page, const char *label, const char *text)
{
	if (text == NULL)
		return;
	(void)fprintf(page->stream, "%*s%s\n", INDENT, "", label);
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		(void)fprintf(
		    page->stream, "%*s%.*s\n", INDENT + 2, "", (int)len, text);
		/* UNSAFE: a NUL ends the string at the latest. */
		text += len + (text[len] == '\n');
	}
}

static void
put_cure(const struct page *page, const struct finding *finding)
{
	put_lines(page, "take out of the DNS:", finding->remove);
	put_lines(page, "put into the DNS:", finding->add);
	put_lines(page, "run:", finding->command);
	if (finding->advice != NULL)
		put_folded(page, "cure: ", finding->advice);
}

static void
put_finding(const struct page *page, const struct finding *finding)
{
	bool colour = page->style->colour;

	(void)fprintf(page->stream, "%s%-9s%s %s%s%s  %s\n",
	    colour ? colours[finding->severity] : "",
	    finding->accepted != NULL
		? "accepted"
		: finding_severity_name(finding->severity),
	    colour ? PLAIN : "", colour ? "\033[1m" : "", finding->subject,
	    colour ? PLAIN : "", finding->id);
	put_folded(page, "", finding->text);
	if (finding->accepted != NULL) {
		put_folded(page, "accepted: ", finding->accepted);
		return;
	}
	if (finding->expected != NULL)
		put_folded(page, "expected: ", finding->expected);
	if (finding->found != NULL)
		put_folded(page, "found: ", finding->found);
	put_cure(page, finding);
	put(page, "\n");
}

static void
put_right(const struct page *page, const struct finding *finding)
{
	(void)fprintf(page->stream, "%s%-9s%s %s%s%s: %s\n",
	    page->style->colour ? colours[FINDING_OK] : "", "ok",
	    page->style->colour ? PLAIN : "", finding->id,
	    finding->subject[0] != '\0' ? "  " : "", finding->subject,
	    finding->text);
}

void
report_text(FILE *stream, const struct report *report,
    const struct report_style *style, struct arena *arena)
{
	const struct page page = { stream, style,
		style->width < MIN_WIDTH ? MIN_WIDTH : style->width };

	for (int severity = FINDING_ERROR; severity > FINDING_OK; severity--)
		for (size_t i = 0; i < report->findings->count; i++)
			if ((int)report->findings->items[i].severity ==
			    severity)
				put_finding(&page, &report->findings->items[i]);
	for (size_t i = 0; style->all && i < report->findings->count; i++)
		if (report->findings->items[i].severity == FINDING_OK)
			put_right(&page, &report->findings->items[i]);
	for (size_t i = 0; i < report->gone_count; i++)
		(void)fprintf(stream, "%-9s %s\n", "gone", report->gone[i]);
	(void)fprintf(
	    stream, "%s: %s", report->domain, report_summary(report, arena));
	if (!report->changes_only)
		(void)fprintf(stream, "; %zu things are right",
		    report_count(report, FINDING_OK));
	(void)fprintf(stream, " (%.1f s)\n", (double)report->ms / SECOND_MS);
}
