#include "receiver/dialog.h"

#define MAX_VERSION 64

void
dialog_init(struct dialog *dialog, struct arena *arena,
    const struct header_list *headers, struct receiver_report *report)
{
	size_t signatures = header_count(headers, "DKIM-Signature");

	*dialog = (struct dialog){
		.arena = arena, .report = report, .signatures = signatures
	};
	*report =
	    (struct receiver_report){ .opinions = arena_array(arena, signatures,
					  sizeof(struct wire_opinion)) };
	permit_find(arena, headers, &dialog->permit);
}

static enum dialog_step
take_hello(struct dialog *dialog, const struct frame *frame)
{
	if (dialog->report->version != NULL || frame->payload.len > MAX_VERSION)
		return (DIALOG_GARBAGE);
	dialog->report->version = wire_text(dialog->arena, frame->payload);
	return (DIALOG_TALKING);
}

/* Only the keys of the message's own signatures: whoever took over the process
 * may not ask for names that carry the message away. */
static enum dialog_step
take_question(struct dialog *dialog, const struct frame *frame)
{
	struct wire_question question;

	if (dialog->asked++ == RECEIVER_MAX_QUESTIONS ||
	    !wire_take_question(frame->payload, dialog->arena, &question) ||
	    question.type != DNS_TYPE_TXT)
		return (DIALOG_GARBAGE);
	dialog->name =
	    permit_name(&dialog->permit, dialog->arena, question.name);
	return (DIALOG_ASKED);
}

/* One for each field at most, from the top: so their number has a limit. */
static enum dialog_step
take_opinion(struct dialog *dialog, const struct frame *frame)
{
	struct receiver_report *report = dialog->report;
	struct wire_opinion opinion;
	size_t count = report->opinion_count;

	if (!dialog->ended ||
	    !wire_take_opinion(frame->payload, dialog->arena, &opinion) ||
	    opinion.field >= dialog->signatures ||
	    (count > 0 && opinion.field <= report->opinions[count - 1].field))
		return (DIALOG_GARBAGE);
	report->opinions[report->opinion_count++] = opinion;
	return (DIALOG_TALKING);
}

enum dialog_step
dialog_take(struct dialog *dialog, const struct frame *frame)
{
	if (frame->type == FRAME_HELLO)
		return (take_hello(dialog, frame));
	if (dialog->report->version == NULL)
		return (DIALOG_GARBAGE);
	switch (frame->type) {
	case FRAME_QUESTION:
		return (take_question(dialog, frame));
	case FRAME_OPINION:
		return (take_opinion(dialog, frame));
	case FRAME_READY:
		return (dialog->ended || frame->payload.len > 0 ? DIALOG_GARBAGE
								: DIALOG_READY);
	case FRAME_DONE:
		return (!dialog->ended || frame->payload.len > 0
			    ? DIALOG_GARBAGE
			    : DIALOG_DONE);
	case FRAME_HELLO:
	case FRAME_FIELD:
	case FRAME_END_OF_FIELDS:
	case FRAME_BODY:
	case FRAME_END:
	case FRAME_ANSWER:
		break;
	}
	return (DIALOG_GARBAGE);
}
