#include <string.h>

#include "report/report.h"

void
report_html(FILE *stream, const struct report *report, struct arena *arena)
{
	(void)fprintf(stream, "%s", report_summary(report, arena));
}
