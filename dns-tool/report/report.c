#include "report/report.h"

#include "base/buf.h"

#define SUMMARY_MAX_BYTES 200

size_t
report_count(const struct report *report, enum finding_severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < report->findings->count; i++)
		if (report->findings->items[i].severity == severity &&
		    report->findings->items[i].accepted == NULL)
			count++;
	return (count);
}

const char *
report_summary(const struct report *report, struct arena *arena)
{
	static const enum finding_severity order[] = { FINDING_ERROR,
		FINDING_WARNING, FINDING_NOTICE };
	struct buf text;

	buf_init(&text, arena, SUMMARY_MAX_BYTES);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		size_t count = report_count(report, order[i]);

		if (count > 0)
			buf_printf(&text, "%s%zu %s%s",
			    text.len > 0 ? ", " : "", count,
			    finding_severity_name(order[i]),
			    count == 1 ? "" : "s");
	}
	if (text.len == 0)
		buf_add_str(&text,
		    report->changes_only ? "nothing new" : "all is right");
	return (buf_str(&text));
}
