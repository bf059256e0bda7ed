/*
 * console_explain.h: the whole trace of a request, which counts nothing.
 */
#ifndef POLICYD_CONSOLE_EXPLAIN_H
#define POLICYD_CONSOLE_EXPLAIN_H

#include "console_job.h"

/**
 * console_explain(job):
 * Have the engine explain the command's request: a line for each step, the
 * reply at the end.
 */
enum console_progress console_explain(struct console_job *job);

#endif
