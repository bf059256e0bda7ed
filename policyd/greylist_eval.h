/*
 * greylist_eval.h: who passes, from what is remembered of him; decides only.
 */
#ifndef POLICYD_GREYLIST_EVAL_H
#define POLICYD_GREYLIST_EVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "greylist.h"

/* What is known of a message's key and client, zero when nothing is: before and
 * after it. */
struct greylist_view {
	struct greylist_record key;
	struct greylist_client client;
	bool key_changed;
	bool client_changed;
};

/**
 * greylist_eval(rules, view, now, answer):
 * Store the ${answer}, and change ${view} to what is to be remembered.
 */
void greylist_eval(const struct greylist_rules *rules,
    struct greylist_view *view, int64_t now, struct greylist_answer *answer);

/**
 * greylist_eval_has_passed(rules, key, now):
 * Say whether ${key} passed, and still does.
 */
bool greylist_eval_has_passed(const struct greylist_rules *rules,
    const struct greylist_record *key, int64_t now);

/**
 * greylist_eval_key_expires(rules, key), greylist_eval_client_expires(rules,
 * client):
 * Return when the record is worth nothing any more.
 */
int64_t greylist_eval_key_expires(
    const struct greylist_rules *rules, const struct greylist_record *key);
int64_t greylist_eval_client_expires(
    const struct greylist_rules *rules, const struct greylist_client *client);

#endif
