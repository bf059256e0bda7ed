/*
 * maillog_stamp.h: the time stamps of mail logs: "Nov 26 05:00:00" in local
 * time and without a year, or RFC 3339, as rsyslog and journalctl write it.
 */
#ifndef POLICYD_MAILLOG_STAMP_H
#define POLICYD_MAILLOG_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Where a log without years stands. */
struct maillog_stamp {
	int year;
	int month; /* of the last stamp, from 1 on; 0: none yet */
};

/**
 * maillog_stamp_take(stamp, line, when):
 * Move what stands before the host's name in ${line} into ${when}, in
 * milliseconds since 1970.  A month that is far behind the last one begins a
 * year in ${stamp}.  Return false when there is no time stamp.
 */
bool maillog_stamp_take(
    struct maillog_stamp *stamp, struct span *line, int64_t *when);

#endif
