/*
 * complain.h: where a complaint about the configuration goes: to the terminal
 * of who asked for a check, or to the log of who serves.  Each is a
 * conf_complain.
 */
#ifndef DAEMON_COMPLAIN_H
#define DAEMON_COMPLAIN_H

#include <stdbool.h>

/**
 * complain_is_sudoer(void):
 * Say whether who runs us came by sudo: he can paste the commands that he
 * reads once they begin with it.
 */
bool complain_is_sudoer(void);

/**
 * complain_print_error(cookie, text):
 * complain_print_warning(cookie, text):
 * Write ${text} to standard error, with cure_with_sudo() for a sudoer.
 * ${cookie} is not used.
 */
void complain_print_error(void *cookie, const char *text);
void complain_print_warning(void *cookie, const char *text);

/**
 * complain_log_error(cookie, text):
 * complain_log_warning(cookie, text):
 * Write the event config with ${text} to the struct log at ${cookie}.
 */
void complain_log_error(void *cookie, const char *text);
void complain_log_warning(void *cookie, const char *text);

#endif
