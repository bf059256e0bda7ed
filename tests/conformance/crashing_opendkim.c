/*
 * crashing_opendkim.c: loaded before libopendkim, it makes that crash.
 */
/* libopendkim's header wants this one before it. */
#include <stdbool.h>

#include <opendkim/dkim.h>
#include <stdlib.h>

DKIM_STAT
dkim_eoh(DKIM *dkim)
{
	(void)dkim;
	abort();
}
