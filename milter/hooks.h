/*
 * hooks.h: libmilter's callbacks: they copy what the MTA says into a struct
 * mail and do nothing else.
 */
#ifndef MILTER_HOOKS_H
#define MILTER_HOOKS_H

#include "service.h"
#include <libmilter/mfapi.h>

/**
 * hooks_register(service):
 * Register the filter with libmilter; its callbacks work for ${service}. Return
 * 0, or -1 when libmilter refuses.
 */
int hooks_register(struct service *service);

#endif
