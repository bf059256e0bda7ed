/*
 * txt.h: TXT records in the form of zone files.
 */
#ifndef DNS_TOOL_TXT_H
#define DNS_TOOL_TXT_H

#include "base/arena.h"

/**
 * txt_print(name, text, arena):
 * Return the line, or lines in parentheses, of a zone file (RFC 1035 5.1) for a
 * TXT record at the absolute ${name} without its final dot: ${text}, cut into
 * strings of at most 255 bytes (RFC 1035 3.3.14), which readers join again (RFC
 * 6376 3.6.2.2).  Quotes, backslashes and bytes that are
 * not printable are escaped.
 */
const char *txt_print(const char *name, const char *text, struct arena *arena);

#endif
