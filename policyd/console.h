/*
 * console.h: the socket of mailreeve-policyctl: a line of JSON for a command,
 * lines of JSON for its answer, {"schema":1,...}.  Root and our own user may
 * connect (SO_PEERCRED).
 */
#ifndef POLICYD_CONSOLE_H
#define POLICYD_CONSOLE_H

#include "base/arena.h"
#include "base/log.h"
#include "engine.h"

#define CONSOLE_MAX_COMMAND ((size_t)65536)
#define CONSOLE_MAX_CONNECTIONS 16

struct console;
struct event_base;
struct serve;

/**
 * console_new(base, path, engine, serve, log, arena, error), console_free(
 * console):
 * Listen at the UNIX socket ${path}.  NULL with the reason in ${error}.
 */
struct console *console_new(struct event_base *base, const char *path,
    struct engine *engine, const struct serve *serve, const struct log *log,
    struct arena *arena, const char **error);
void console_free(struct console *console);

#endif
