/*
 * absence.h: whether clients had to do without us since we last served.
 */
#ifndef QUOTAD_ABSENCE_H
#define QUOTAD_ABSENCE_H

#include <stdbool.h>

/**
 * absence_begins(void):
 * We end in good order.  Where systemd holds the socket, and keeps our folder
 * (systemd.exec(5), RuntimeDirectoryPreserve=restart), clients wait for our
 * return.
 */
void absence_begins(void);

/**
 * absence_was_noticed(void):
 * Return whether anything may have happened without us: unless we ended in good
 * order and this is the restart that followed, it may.
 */
bool absence_was_noticed(void);

#endif
