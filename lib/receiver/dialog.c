#include "receiver/dialog.h"

#define MAX_VERSION 64
/* RFC 4408 3.1.1: obsolete. */
#define TYPE_SPF 99

void
dialog_init(struct dialog *dialog, struct arena *arena,
    const struct header_list *headers, struct receiver_report *report)
{
	size_t signatures = header_count(headers, "DKIM-Signature");

	*dialog = (struct dialog){ .arena = arena,
		.report = report,
		.signatures = signatures,
		.max_questions = RECEIVER_MAX_QUESTIONS };
	*report =
	    (struct receiver_report){ .opinions = arena_array(arena, signatures,
					  sizeof(struct wire_opinion)) };
	permit_find(arena, headers, &dialog->permit);
}

void
dialog_init_spf(struct dialog *dialog, struct arena *arena,
    size_t max_questions, struct receiver_report *report)
{
	*dialog = (struct dialog){ .arena = arena,
		.report = report,
		.ended = true,
		.about_spf = true,
		.max_questions = max_questions };
	*report = (struct receiver_report){ 0 };
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
allow_key(struct dialog *dialog, const struct wire_question *question)
{
	if (question->type != DNS_TYPE_TXT)
		return (DIALOG_GARBAGE);
	dialog->type = DNS_TYPE_TXT;
	dialog->name =
	    permit_name(&dialog->permit, dialog->arena, question->name);
	return (DIALOG_ASKED);
}

static const char *
lower(struct arena *arena, const char *name)
{
	char *out = arena_strdup(arena, name);

	for (char *at = out; *at != '\0'; at++)
		*at = (char)span_lower((unsigned char)*at);
	return (out);
}

/* Any name: the process knows no more than client, HELO and sender, which an
 * SPF record may have put into any name anyway (RFC 7208 7).  The type of the
 * experiment is obsolete (RFC 7208 3.1) and nobody has such records. */
static enum dialog_step
allow_any(struct dialog *dialog, const struct wire_question *question)
{
	switch (question->type) {
	case DNS_TYPE_A:
	case DNS_TYPE_AAAA:
	case DNS_TYPE_MX:
	case DNS_TYPE_PTR:
	case DNS_TYPE_TXT:
		dialog->name = lower(dialog->arena, question->name);
		break;
	case TYPE_SPF:
		dialog->name = NULL;
		break;
	default:
		return (DIALOG_GARBAGE);
	}
	dialog->type = (enum dns_type)question->type;
	return (DIALOG_ASKED);
}

static enum dialog_step
take_question(struct dialog *dialog, const struct frame *frame)
{
	struct wire_question question;

	if (!wire_take_question(frame->payload, dialog->arena, &question))
		return (DIALOG_GARBAGE);
	if (dialog->asked++ >= dialog->max_questions)
		return (DIALOG_INSATIABLE);
	return (dialog->about_spf ? allow_any(dialog, &question)
				  : allow_key(dialog, &question));
}

static enum dialog_step
take_spf_opinion(struct dialog *dialog, const struct frame *frame)
{
	struct wire_spf_opinion *opinion =
	    arena_alloc(dialog->arena, sizeof(*opinion));

	if (!dialog->about_spf || dialog->report->spf != NULL ||
	    !wire_take_spf_opinion(frame->payload, dialog->arena, opinion))
		return (DIALOG_GARBAGE);
	dialog->report->spf = opinion;
	return (DIALOG_TALKING);
}

static enum dialog_step
take_done(const struct dialog *dialog, const struct frame *frame)
{
	if (!dialog->ended || frame->payload.len > 0 ||
	    (dialog->about_spf && dialog->report->spf == NULL))
		return (DIALOG_GARBAGE);
	return (DIALOG_DONE);
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
		return (take_done(dialog, frame));
	case FRAME_SPF_OPINION:
		return (take_spf_opinion(dialog, frame));
	case FRAME_HELLO:
	case FRAME_FIELD:
	case FRAME_END_OF_FIELDS:
	case FRAME_BODY:
	case FRAME_END:
	case FRAME_ANSWER:
	case FRAME_SPF:
		break;
	}
	return (DIALOG_GARBAGE);
}
