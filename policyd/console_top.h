/*
 * console_top.h: who used most of his limit.
 */
#ifndef POLICYD_CONSOLE_TOP_H
#define POLICYD_CONSOLE_TOP_H

#include "console_job.h"

/**
 * console_top(job):
 * Look at all counters, a slice a call, and tell of the command's count that
 * are nearest to their limit.
 */
enum console_progress console_top(struct console_job *job);

#endif
