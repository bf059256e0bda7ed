/*
 * dialog.h: what a process may say, and when.  Its words come from a library
 * that reads strangers' text, so that each is taken for a stranger's.
 */
#ifndef RECEIVER_DIALOG_H
#define RECEIVER_DIALOG_H

#include <stdbool.h>

#include "receiver/frame.h"
#include "receiver/receiver.h"

/* What the process wants, or has come to. */
enum dialog_step {
	DIALOG_TALKING,
	DIALOG_ASKED, /* waits for an answer */
	DIALOG_READY, /* for the body */
	DIALOG_DONE,
	DIALOG_GARBAGE, /* it may not say that, or not now */
};

struct dialog {
	struct arena *arena;
	struct receiver_report *report;
	size_t signatures; /* DKIM-Signature fields that it was given */
	bool ended;        /* it was given the whole message */
	size_t asked;
	const char *name; /* DIALOG_ASKED: this TXT record; NULL: nobody can
	                   * have it */
};

/**
 * dialog_init(dialog, arena, signatures, report):
 * Begin with a process that gets a message with ${signatures} DKIM-Signature
 * fields; its opinions go into ${report}.
 */
void dialog_init(struct dialog *dialog, struct arena *arena, size_t signatures,
    struct receiver_report *report);

/**
 * dialog_take(dialog, frame):
 * Take what the process said.
 */
enum dialog_step dialog_take(struct dialog *dialog, const struct frame *frame);

#endif
