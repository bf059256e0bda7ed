/*
 * unit.h: cmocka with the headers that must stand before it.
 */
#ifndef SUPPORT_UNIT_H
#define SUPPORT_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

/* The number of elements of the array ${cases}. */
#define UNIT_COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

#endif
