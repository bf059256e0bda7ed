/*
 * policyctl_print.h: tables, times and numbers for people.
 */
#ifndef POLICYD_POLICYCTL_PRINT_H
#define POLICYD_POLICYCTL_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

#define POLICYCTL_PRINT_COLUMNS 8

struct policyctl_table;

/**
 * policyctl_print_table(arena, heads), policyctl_print_row(table, cells):
 * Begin a table with the ${heads} of its columns, ended by NULL; a head that
 * begins with ">" is of numbers, which end in line.  Add a row of as many
 * cells; foreign bytes are made harmless.  All are copied.
 */
struct policyctl_table *policyctl_print_table(
    struct arena *arena, const char *const heads[]);
void policyctl_print_row(
    struct policyctl_table *table, const char *const cells[]);

/**
 * policyctl_print_end(table, stream):
 * Print it, its columns as wide as they must be; nothing when it has no rows.
 * Return how many there are.
 */
size_t policyctl_print_end(const struct policyctl_table *table, FILE *stream);

/**
 * policyctl_print_ms(arena, ms):
 * Return a time in words: "now", "12 s", "3 min", "2 h 5 min", "4 d 3 h".
 */
const char *policyctl_print_ms(struct arena *arena, int64_t ms);

/**
 * policyctl_print_period(arena, ms):
 * Return what a limit's period is called: "hour", "10 minutes".
 */
const char *policyctl_print_period(struct arena *arena, int64_t ms);

/**
 * policyctl_print_text(arena, line, name), policyctl_print_words(arena, line,
 * name), policyctl_print_number(arena, line, name), policyctl_print_int(line,
 * name), policyctl_print_bool(line, name):
 * Return a member of a line of the answer: a harmless string, "" when there is
 * none; the same with blanks for "_"; a number as text, "no limit" for null;
 * the number, 0; whether it is true.
 */
const char *policyctl_print_text(
    struct arena *arena, const json_t *line, const char *name);
const char *policyctl_print_words(
    struct arena *arena, const json_t *line, const char *name);
const char *policyctl_print_number(
    struct arena *arena, const json_t *line, const char *name);
int64_t policyctl_print_int(const json_t *line, const char *name);
bool policyctl_print_bool(const json_t *line, const char *name);

/**
 * policyctl_print_harmless(arena, text):
 * Return ${text} so that no terminal obeys it.
 */
const char *policyctl_print_harmless(struct arena *arena, const char *text);

#endif
