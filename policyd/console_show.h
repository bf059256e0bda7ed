/*
 * console_show.h: the daemon's state, and all that is known of one.
 */
#ifndef POLICYD_CONSOLE_SHOW_H
#define POLICYD_CONSOLE_SHOW_H

#include "console_job.h"

/**
 * console_show_status(job):
 * Tell of the daemon, its limits, lists, store: a line each.
 */
enum console_progress console_show_status(struct console_job *job);

/**
 * console_show_who(job):
 * Tell of the command's who: what limits know of him, whether he is locked, and
 * what the admin was told; combined keys too.
 */
enum console_progress console_show_who(struct console_job *job);

#endif
