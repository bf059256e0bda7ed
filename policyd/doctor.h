/*
 * doctor.h: whether Postfix asks the daemon what it must ask for each part of
 * it to work, and whether the daemon is well.  Only decides.
 */
#ifndef POLICYD_DOCTOR_H
#define POLICYD_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compat.h"

enum doctor_severity {
	DOCTOR_GOOD,
	DOCTOR_NOTE,    /* worth knowing */
	DOCTOR_WARNING, /* something works less well than it could */
	DOCTOR_ERROR,   /* something does not work at all */
};

struct doctor_finding {
	enum doctor_severity severity;
	const char *about; /* "smtp/inet, submission/inet" or "daemon" */
	const char *text;  /* ends with ", with: COMMAND" where there is one */
};

struct doctor_findings {
	struct arena *arena;
	struct doctor_finding *items;
	size_t count;
	enum doctor_severity worst;
};

/* One socket that we listen at. */
enum doctor_reach {
	DOCTOR_REACHED,
	DOCTOR_ABSENT,
	DOCTOR_NO_SOCKET, /* something else is there */
	DOCTOR_FORBIDDEN, /* Postfix's user may not connect */
	DOCTOR_SILENT,    /* nobody listens */
};

struct doctor_socket {
	const char *name; /* as the configuration writes it */
	const char *path; /* NULL: TCP */
	enum doctor_reach reach;
	const char *user; /* Postfix's */
};

/* A DNS list, as the daemon says. */
struct doctor_list_state {
	const char *zone;
	const char *state;
	bool out;
};

/* What the daemon says of itself. */
struct doctor_daemon {
	const char *error; /* why it does not answer, with its cure, or NULL */
	bool keeps;        /* a store */
	bool store_failing;
	uint64_t records_dropped;
	bool shared; /* limits in Redis or Valkey */
	bool shared_available;
	bool commits_at_rcpt;
	const struct doctor_list_state *lists;
	size_t list_count;
};

/**
 * doctor_init(findings, arena):
 * Make ${findings} empty.
 */
void doctor_init(struct doctor_findings *findings, struct arena *arena);

/**
 * doctor_add(findings, severity, about, format, ...):
 * Add a finding; one with the same text gets ${about} added to its own.
 */
void doctor_add(struct doctor_findings *findings, enum doctor_severity severity,
    const char *about, const char *format, ...) COMPAT_PRINTF(4, 5);

/**
 * doctor_judge_socket(findings, socket), doctor_judge_daemon(findings, daemon):
 * Say what is wrong with a socket, or with the daemon.
 */
void doctor_judge_socket(
    struct doctor_findings *findings, const struct doctor_socket *socket);
void doctor_judge_daemon(
    struct doctor_findings *findings, const struct doctor_daemon *daemon);

/**
 * doctor_severity_name(severity):
 * Return a word: "good", "note", "warning", "error".
 */
const char *doctor_severity_name(enum doctor_severity severity);

#endif
