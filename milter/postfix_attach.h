/*
 * postfix_attach.h: how to make Postfix use the milter.  Only decides.
 */
#ifndef MILTER_POSTFIX_ATTACH_H
#define MILTER_POSTFIX_ATTACH_H

#include "daemon/endpoint.h"
#include "postfix.h"

enum postfix_attach {
	POSTFIX_ATTACH_DONE,    /* it uses the milter */
	POSTFIX_ATTACH_COMMAND, /* after that it does */
	POSTFIX_ATTACH_BY_HAND, /* which of its milters is OpenDKIM? */
	POSTFIX_ATTACH_TWICE,   /* it uses the milter and OpenDKIM */
};

/**
 * postfix_attach_find(postfix, endpoint, opendkim, arena, command):
 * Say how ${postfix} comes to use the milter at ${endpoint}, beside the milters
 * that it uses already, but in the place of OpenDKIM's, which listens on
 * ${opendkim}, its own word for it, "" when that is not known, or NULL when
 * there is none.  ${command} is the command, or NULL.
 */
enum postfix_attach postfix_attach_find(const struct postfix *postfix,
    const struct endpoint *endpoint, const char *opendkim, struct arena *arena,
    const char **command);

#endif
