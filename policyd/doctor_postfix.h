/*
 * doctor_postfix.h: from what postconf(1) prints to who is asked when: which
 * smtpd(8) of master.cf calls us from which restriction list, with which
 * settings, and what stands before.  Only decides.
 */
#ifndef POLICYD_DOCTOR_POSTFIX_H
#define POLICYD_DOCTOR_POSTFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "daemon/endpoint.h"

/* What is looked at of one Postfix; all of it is the admin's own. */
#define DOCTOR_POSTFIX_MAX_SERVICES ((size_t)100)
#define DOCTOR_POSTFIX_MAX_CALLS ((size_t)1000)

/* Restriction lists, in the order in which smtpd evaluates them. */
enum doctor_list {
	DOCTOR_CLIENT,
	DOCTOR_HELO,
	DOCTOR_SENDER,
	DOCTOR_RELAY,
	DOCTOR_RECIPIENT,
	DOCTOR_DATA,
	DOCTOR_END_OF_DATA,
	DOCTOR_LISTS,
};

/* One check_policy_service that calls us. */
struct doctor_call {
	enum doctor_list list;
	const char *written;        /* what follows check_policy_service */
	const char *via;            /* restriction class, or NULL */
	const char *timeout;        /* in force, "100s" */
	const char *try_limit;      /* in force */
	const char *default_action; /* in force */
	const char *policy_context; /* in force; may be empty */
	bool after_networks;        /* permit_mynetworks stands before it */
	bool after_login;           /* permit_sasl_authenticated does */
	bool after_all;             /* permit, reject, ...: never reached */
	bool after_relay_check;     /* reject_unauth_destination does */
	bool hidden;                /* only in what a $name means */
};

struct doctor_service {
	const char *name;                /* "submission/inet" */
	const char *lists[DOCTOR_LISTS]; /* with the values of $names */
	const char *written[DOCTOR_LISTS];
	bool own[DOCTOR_LISTS]; /* by -o in master.cf */
	bool chroot;
	bool login;        /* offers AUTH */
	bool delay_reject; /* smtpd_delay_reject */
	bool relay_first;  /* the relay list keeps strangers from the
	                    * recipient list */
	const struct doctor_call *calls; /* in order of evaluation */
	size_t call_count;
	const char *elsewhere; /* calls a socket of ours that we do not listen
	                        * at, or NULL */
};

struct doctor_postfix {
	const char *queue_directory;
	const char *version;
	const char *const *names; /* Postfix's of our sockets, ended by NULL */
	const struct doctor_service *services;
	size_t service_count;
};

/* What postconf prints. */
struct doctor_texts {
	struct span main;            /* postconf -x */
	struct span main_written;    /* postconf */
	struct span master;          /* postconf -M */
	struct span service;         /* postconf -Px */
	struct span service_written; /* postconf -P */
};

/**
 * doctor_postfix_parse(texts, endpoints, count, arena, out):
 * Store what ${texts} say about the ${count} ${endpoints} that we listen at in
 * ${out}; it lives as long as ${arena} and ${texts}.
 */
void doctor_postfix_parse(const struct doctor_texts *texts,
    const struct endpoint *endpoints, size_t count, struct arena *arena,
    struct doctor_postfix *out);

/**
 * doctor_postfix_list_name(list):
 * Return "smtpd_client_restrictions", ...
 */
const char *doctor_postfix_list_name(enum doctor_list list);

/**
 * doctor_postfix_with_call(postfix, written, call, compact, arena):
 * Return the restriction list ${written} with ${call} at its front, and without
 * other calls of ours; ${compact}: with no blanks but those within values.
 */
const char *doctor_postfix_with_call(const struct doctor_postfix *postfix,
    const char *written, const char *call, bool compact, struct arena *arena);

/**
 * doctor_postfix_seconds(time):
 * Return how long ${time}, as Postfix writes it, is in seconds, or -1.
 */
long doctor_postfix_seconds(const char *time);

#endif
