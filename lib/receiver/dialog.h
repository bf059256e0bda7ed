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
	DIALOG_INSATIABLE, /* it asks more than it is answered */
	DIALOG_GARBAGE,    /* it may not say that, or not now */
};

struct dialog {
	struct arena *arena;
	struct receiver_report *report;
	size_t signatures; /* DKIM-Signature fields that it was given */
	bool ended;        /* it was given the whole message */
	bool about_spf;    /* it was given no message but an SPF question */
	struct permit permit;
	size_t asked;
	size_t max_questions;
	/* DIALOG_ASKED: what for.  Without a name, nobody is asked: there is no
	 * such record. */
	const char *name;
	enum dns_type type;
};

/**
 * dialog_init(dialog, arena, headers, report):
 * Begin with a process that gets a message with ${headers}; its opinions go
 * into ${report}.
 */
void dialog_init(struct dialog *dialog, struct arena *arena,
    const struct header_list *headers, struct receiver_report *report);

/**
 * dialog_init_spf(dialog, arena, max_questions, report):
 * Begin with a process that gets an SPF question instead, and may ask
 * ${max_questions} of its own.
 */
void dialog_init_spf(struct dialog *dialog, struct arena *arena,
    size_t max_questions, struct receiver_report *report);

/**
 * dialog_take(dialog, frame):
 * Take what the process said.
 */
enum dialog_step dialog_take(struct dialog *dialog, const struct frame *frame);

#endif
