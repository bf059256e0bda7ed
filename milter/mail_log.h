/*
 * mail_log.h: the log lines of one message.
 */
#ifndef MILTER_MAIL_LOG_H
#define MILTER_MAIL_LOG_H

#include "mail.h"
#include "outcome.h"

/**
 * mail_log(mail, outcome):
 * Write the info line of ${mail}, and a warning when it went unsigned or was
 * refused.
 */
void mail_log(const struct mail *mail, const struct outcome *outcome);

/**
 * mail_log_not_applied(mail):
 * Write a warning that libmilter would not change ${mail}, which was deferred.
 */
void mail_log_not_applied(const struct mail *mail);

/**
 * mail_log_aborted(mail, queue_id):
 * Write that the client left ${mail}, which has ${queue_id} or none yet (NULL),
 * before its end: info once its header had begun, else debug, for that is what
 * every refused recipient looks like.
 */
void mail_log_aborted(const struct mail *mail, const char *queue_id);

#endif
