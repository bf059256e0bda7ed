/*
 * quotactl.h: what the commands of mailreeve-quotactl share.
 */
#ifndef QUOTACTL_QUOTACTL_H
#define QUOTACTL_QUOTACTL_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "ledger/ledger_client.h"

#define QUOTACTL_PROGRAM "mailreeve-quotactl"

struct quotactl {
	struct arena *arena;
	struct ledger_client *client;
	const char *path;    /* of the socket */
	const char *doveadm; /* the program, with options of its own */
	bool json;
	bool all;     /* --all */
	bool dirty;   /* --dirty */
	bool dry;     /* --dry-run */
	char **words; /* the command, and what follows it; ended by NULL */
	int count;
};

struct quotactl_command {
	const char *name;
	const char *usage; /* what follows the name */
	const char *help;
	int (*run)(struct quotactl *ctl); /* returns an exit status */
};

/* The table's rows, each beside its functions. */
extern const struct quotactl_command quotactl_get, quotactl_list,
    quotactl_holders, quotactl_top, quotactl_status, quotactl_watch;
extern const struct quotactl_command quotactl_set, quotactl_forget,
    quotactl_dirty, quotactl_bind, quotactl_unbind;
extern const struct quotactl_command quotactl_verify, quotactl_repair,
    quotactl_import;

/* Called with each object of an answer; returns false to hear no more. */
typedef bool quotactl_see(void *cookie, json_t *object);

/**
 * quotactl_ask(ctl, text, see, cookie):
 * Give the daemon the command ${text}; show each object that it says to ${see},
 * which may be NULL.
 * Return an exit status of sysexits.h, after telling standard error why when it
 * is not EX_OK.
 */
int quotactl_ask(
    struct quotactl *ctl, const char *text, quotactl_see *see, void *cookie);

/**
 * quotactl_size(bytes, arena):
 * Return ${bytes} for people: "1.5G".
 */
const char *quotactl_size(json_int_t bytes, struct arena *arena);

/**
 * quotactl_number(text, duration, out):
 * Read "10G", "500M", "12" or, with ${duration}, "7d", "12h", as bytes or
 * seconds.  Return -1 for what is none.
 */
int quotactl_number(const char *text, bool duration, int64_t *out);

#endif
