/*
 * judge.h: the verdict on a message whose results are known.
 */
#ifndef MILTER_JUDGE_H
#define MILTER_JUDGE_H

#include <stdbool.h>

#include "mail.h"
#include "outcome.h"

/**
 * judge_message(mail, trouble, outcome):
 * Store in ${outcome}, which has the results of ${mail}, what is wrong with
 * mail that is submitted, and the verdict.  ${trouble}: we failed at our own
 * work.  Outbound mail is never judged by the results of others.
 */
void judge_message(struct mail *mail, bool trouble, struct outcome *outcome);

#endif
