/*
 * command_print.h: what the ledger has, as JSON.
 */
#ifndef QUOTAD_COMMAND_PRINT_H
#define QUOTAD_COMMAND_PRINT_H

#include <jansson.h>

#include "record.h"
#include "store.h"

/**
 * command_print_account(account, configured), command_print_holder(holder),
 * command_print_status(totals, store):
 * Return an object, which the caller owns: what an account has, with the limits
 * that hold and where they come from, ${configured} being those of the file;
 * what a holder has; how much there is in the ${store} of that name.
 */
json_t *command_print_account(const struct record_account *account,
    const struct record_limits *configured);
json_t *command_print_holder(const struct record_holder *holder);
json_t *command_print_status(
    const struct store_totals *totals, const char *store);

#endif
