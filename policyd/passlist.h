/*
 * passlist.h: who is never greylisted: postgrey's whitelist_clients and
 * whitelist_recipients files, read as they are; immutable once read.
 */
#ifndef POLICYD_PASSLIST_H
#define POLICYD_PASSLIST_H

#include <stdbool.h>

#include "conf/conf.h"
#include "request.h"

#define PASSLIST_MAX_LINES ((size_t)100000)

struct passlist;

/**
 * passlist_new(client_files, recipient_files, arena, complain, cookie):
 * Read the files: domains (and what is below them), addresses, networks,
 * prefixes of addresses ("192.0.2"), /regular expressions/ of clients;
 * addresses, domains, "user@" and /regular expressions/ of recipients.  A line
 * that is none is an error with file and line, told to ${complain}: then the
 * result is NULL.  It lives as long as ${arena}, but for what passlist_free()
 * frees.
 */
struct passlist *passlist_new(const struct conf_list *client_files,
    const struct conf_list *recipient_files, struct arena *arena,
    conf_complain *complain, void *cookie);

/**
 * passlist_free(list):
 * Free the compiled expressions.  NULL is harmless.
 */
void passlist_free(struct passlist *list);

/**
 * passlist_match(list, request):
 * Return the line that the client or the recipient of ${request} meets, or
 * NULL.
 */
const char *passlist_match(
    const struct passlist *list, const struct request *request);

/**
 * passlist_count(list):
 * Return how many lines there are.
 */
size_t passlist_count(const struct passlist *list);

#endif
