/*
 * report.h: what a check found, for people and for programs.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "check/finding.h"

struct report {
	const char *domain;
	const char *hostname; /* or NULL */
	int64_t now;          /* seconds since 1970 */
	int64_t ms;           /* that the check took */
	const struct finding_list *findings;
	enum finding_severity worst; /* of those that are not accepted */
	bool changes_only;           /* findings are those that are new */
	const char *const *gone;     /* ids and subjects that are no more */
	size_t gone_count;
};

/* How a terminal shows it. */
struct report_style {
	bool colour;
	bool all; /* what is right, too */
	unsigned int width;
};

/**
 * report_text(stream, report, style, arena):
 * Write a table for people, the worst first, each with its cure.
 */
void report_text(FILE *stream, const struct report *report,
    const struct report_style *style, struct arena *arena);

/**
 * report_json(stream, report):
 * Write one JSON object; mailreeve-dns(1) lists its members.
 */
void report_json(FILE *stream, const struct report *report);

/**
 * report_nagios(stream, report):
 * Write the lines of a plug-in for Nagios: a summary, then what is wrong.
 */
void report_nagios(FILE *stream, const struct report *report);

/**
 * report_prometheus(stream, report):
 * Write metrics in Prometheus' text format, for the node exporter's folder of
 * text files.
 */
void report_prometheus(FILE *stream, const struct report *report);

/**
 * report_html(stream, report, arena):
 * Write one self-contained page for desks and phones.
 */
void report_html(
    FILE *stream, const struct report *report, struct arena *arena);

/**
 * report_count(report, severity):
 * Return how many findings of ${severity} there are that are not accepted; of
 * FINDING_OK how many things are right.
 */
size_t report_count(
    const struct report *report, enum finding_severity severity);

/**
 * report_summary(report, arena):
 * Return "1 error, 2 warnings", or that all is right.
 */
const char *report_summary(const struct report *report, struct arena *arena);

#endif
