/*
 * dialog.h: what a process may say, and when.  Its words come from a library
 * that reads strangers' text, so that each is taken for a stranger's.
 */
#ifndef RECEIVER_DIALOG_H
#define RECEIVER_DIALOG_H

#include <stdbool.h>

#include "mail/header.h"
#include "receiver/frame.h"
#include "receiver/permit.h"
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
	struct permit permit;
	size_t asked;
	const char *name; /* DIALOG_ASKED: this TXT record; NULL: it is no key
	                   * of the message's and there is none */
};

/**
 * dialog_init(dialog, arena, headers, report):
 * Begin with a process that gets a message with ${headers}; its opinions go
 * into ${report}.
 */
void dialog_init(struct dialog *dialog, struct arena *arena,
    const struct header_list *headers, struct receiver_report *report);

/**
 * dialog_take(dialog, frame):
 * Take what the process said.
 */
enum dialog_step dialog_take(struct dialog *dialog, const struct frame *frame);

#endif
