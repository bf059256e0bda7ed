/*
 * doveadm.h: what Dovecot's doveadm(1) says.
 */
#ifndef QUOTACTL_DOVEADM_H
#define QUOTACTL_DOVEADM_H

#include "quotactl.h"

/* A longer line is taken for two. */
#define DOVEADM_MAX_LINE 4096

struct doveadm_names {
	struct arena *arena;
	const char **items;
	size_t count;
};

typedef void doveadm_see(void *cookie, char *line);

/**
 * doveadm_run(ctl, arguments, see, cookie):
 * Run doveadm with ${arguments}, which are words of the shell; show each line
 * that it prints to ${see}, which may be NULL.  Return 0, or -1 when it failed,
 * which it says itself.
 */
int doveadm_run(struct quotactl *ctl, const char *arguments, doveadm_see *see,
    void *cookie);

/**
 * doveadm_add(names, name):
 * Add a copy of ${name} to ${names}.
 */
void doveadm_add(struct doveadm_names *names, const char *name);

/**
 * doveadm_users(ctl, names), doveadm_read_users(names):
 * Add all users of Dovecot's userdb to ${names}, or those on standard input,
 * one a line.  The former returns an exit status, after saying what is wrong.
 */
int doveadm_users(struct quotactl *ctl, struct doveadm_names *names);
void doveadm_read_users(struct doveadm_names *names);

#endif
