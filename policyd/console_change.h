/*
 * console_change.h: commands that change what the daemon knows.  Each is
 * logged: who did it, and what.
 */
#ifndef POLICYD_CONSOLE_CHANGE_H
#define POLICYD_CONSOLE_CHANGE_H

#include "console_job.h"

/**
 * console_change_reset(job):
 * Forget what the command's who has used, of all limits or the command's one;
 * combined keys too.
 */
enum console_progress console_change_reset(struct console_job *job);

/**
 * console_change_list(job), console_change_listed(job):
 * Allow or block the command's who, or no longer; tell of all who are.
 */
enum console_progress console_change_list(struct console_job *job);
enum console_progress console_change_listed(struct console_job *job);

/**
 * console_change_release(job):
 * Let greylist keys that contain the command's who pass, and unlock him.
 */
enum console_progress console_change_release(struct console_job *job);

/**
 * console_change_override(job), console_change_overrides(job):
 * Set or remove one's own rate of a limit; tell of all that are set.
 */
enum console_progress console_change_override(struct console_job *job);
enum console_progress console_change_overrides(struct console_job *job);

/**
 * console_change_feed(job):
 * Take what the mail log says.
 */
enum console_progress console_change_feed(struct console_job *job);

#endif
