#include "receiver/receiver.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "receiver/child.h"
#include "receiver/dialog.h"
#include "receiver/inside.h"

/* The body goes in parts of this size. */
#define BODY_PART ((size_t)65536)

struct receiver {
	const struct receiver_library *library;
	struct child *child;
};

/* One message on its way. */
struct judgement {
	struct receiver *receiver;
	const struct receiver_options *options;
	struct arena *arena;
	struct receiver_report *report;
	struct dialog dialog;
	int64_t deadline;
};

struct receiver *
receiver_new(const struct receiver_library *library, const char **error)
{
	struct child *child = child_start(library, error);

	if (child == NULL)
		return (NULL);
	struct receiver *receiver = arena_impl_malloc(sizeof(*receiver));

	*receiver = (struct receiver){ .library = library, .child = child };
	return (receiver);
}

void
receiver_free(struct receiver *receiver)
{
	if (receiver == NULL)
		return;
	child_free(receiver->child);
	free(receiver);
}

/* Return false, which ends the judgement, with what the report shall say. */
static bool
give_up(
    struct judgement *judgement, enum receiver_state state, const char *reason)
{
	judgement->report->state = state;
	judgement->report->reason = reason;
	return (false);
}

/* The process ended before its time: tell why. */
static bool
explain_end(struct judgement *judgement)
{
	const char *name = judgement->receiver->library->name;
	struct arena *arena = judgement->arena;
	int status = child_end(judgement->receiver->child, false);

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return (give_up(judgement, RECEIVER_SLOW,
		    arena_printf(arena,
			"%s used up its processor time on this message",
			name)));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return (give_up(judgement, RECEIVER_GARBAGE,
		    arena_printf(arena,
			"%s tried to do what no verifier needs to, as if this "
			"message had taken it over",
			name)));
	if (WIFSIGNALED(status))
		return (give_up(judgement, RECEIVER_CRASHED,
		    arena_printf(arena, "%s crashed (%s): %s", name,
			strsignal(WTERMSIG(status)),
			"receivers that use it would too")));
	if (WEXITSTATUS(status) == INSIDE_EXIT_SANDBOX)
		return (give_up(judgement, RECEIVER_TROUBLE,
		    "its process could not be locked in (seccomp, limits and "
		    "/proc are needed)"));
	return (give_up(judgement, RECEIVER_CRASHED,
	    arena_printf(arena, "%s ended its process (status %d)", name,
		WEXITSTATUS(status))));
}

/* Go on if ${event} is CHILD_FRAME. */
static bool
check_event(struct judgement *judgement, enum child_event event)
{
	const char *name = judgement->receiver->library->name;

	switch (event) {
	case CHILD_FRAME:
		return (true);
	case CHILD_ENDED:
		return (explain_end(judgement));
	case CHILD_LATE:
		return (give_up(judgement, RECEIVER_SLOW,
		    arena_printf(judgement->arena,
			"%s was not done within %lld s", name,
			(long long)(judgement->options->timeout_ms / 1000))));
	case CHILD_BROKEN:
		return (give_up(judgement, RECEIVER_GARBAGE,
		    arena_printf(judgement->arena,
			"the process of %s sent what makes no sense, as if "
			"this message had taken it over",
			name)));
	case CHILD_FAILED:
		break;
	}
	return (give_up(judgement, RECEIVER_TROUBLE, strerror(errno)));
}

static bool
send_frame(
    struct judgement *judgement, enum frame_type type, struct span payload)
{
	if (payload.len > FRAME_MAX_TO_CHILD)
		return (give_up(judgement, RECEIVER_TROUBLE,
		    "a header field is too long for it"));
	return (
	    check_event(judgement, child_send(judgement->receiver->child, type,
				       payload, judgement->deadline)));
}

/* Keep what the library learned, for those who explain its opinions. */
static void
note_answer(struct judgement *judgement, struct dns_answer answer)
{
	struct receiver_report *report = judgement->report;

	if (report->questions == NULL)
		report->questions = arena_array(judgement->arena,
		    judgement->dialog.max_questions,
		    sizeof(*report->questions));
	report->questions[report->question_count++] =
	    (struct receiver_question){ .name = judgement->dialog.name,
		    .type = judgement->dialog.type,
		    .answer = answer };
}

/* Each name is looked up once: not even how often it is asked for tells a name
 * server anything. */
static struct dns_answer
look_up(struct judgement *judgement)
{
	const struct dialog *dialog = &judgement->dialog;
	const struct dns_answer *known =
	    receiver_answer(judgement->report, dialog->name, dialog->type);
	struct dns_answer found;
	int64_t deadline =
	    clock_monotonic_ms() + judgement->options->dns_timeout_ms;

	if (known != NULL)
		return (*known);
	if (deadline > judgement->deadline)
		deadline = judgement->deadline;
	dns_lookup(judgement->options->dns, dialog->name, dialog->type,
	    deadline, judgement->arena, &found);
	note_answer(judgement, found);
	return (found);
}

static bool
answer(struct judgement *judgement)
{
	const struct dialog *dialog = &judgement->dialog;
	struct dns_answer found = {
		.status = dialog->about_spf ? DNS_NODATA : DNS_NXDOMAIN
	};
	struct buf payload;

	if (dialog->name != NULL)
		found = look_up(judgement);
	buf_init(&payload, judgement->arena, FRAME_MAX_TO_CHILD);
	wire_add_answer(&payload, &found);
	return (send_frame(judgement, FRAME_ANSWER, buf_span(&payload)));
}

/* One question for each signature is all that a message gives cause for; an SPF
 * record can make a library ask without an end. */
static bool
tell_insatiable(struct judgement *judgement)
{
	if (!judgement->dialog.about_spf)
		return (check_event(judgement, CHILD_BROKEN));
	return (give_up(judgement, RECEIVER_INSATIABLE,
	    arena_printf(judgement->arena,
		"%s would ask the DNS more than %zu questions",
		judgement->receiver->library->name,
		judgement->dialog.max_questions)));
}

/* Listen, and answer, until the process says ${wanted}. */
static bool
listen_until(struct judgement *judgement, enum dialog_step wanted)
{
	for (;;) {
		struct frame frame = { 0 };
		enum dialog_step step;

		if (!check_event(
			judgement, child_receive(judgement->receiver->child,
				       judgement->deadline, &frame)))
			return (false);
		step = dialog_take(&judgement->dialog, &frame);
		if (step == wanted)
			return (true);
		if (step == DIALOG_ASKED && !answer(judgement))
			return (false);
		if (step == DIALOG_INSATIABLE)
			return (tell_insatiable(judgement));
		if (step != DIALOG_ASKED && step != DIALOG_TALKING)
			return (check_event(judgement, CHILD_BROKEN));
	}
}

static bool
send_fields(struct judgement *judgement, const struct header_list *headers)
{
	for (size_t i = 0; i < headers->count; i++) {
		const struct header_field *field = &headers->fields[i];
		struct arena *arena = arena_new();
		struct buf payload;

		buf_init(&payload, arena,
		    field->raw_name.len + 1 + field->value.len);
		buf_add(&payload, field->raw_name);
		buf_add_byte(&payload, ':');
		buf_add(&payload, field->value);
		bool sent =
		    send_frame(judgement, FRAME_FIELD, buf_span(&payload));

		arena_free(arena);
		if (!sent)
			return (false);
	}
	return (send_frame(judgement, FRAME_END_OF_FIELDS, span_str("")));
}

static bool
send_body(struct judgement *judgement, struct span body)
{
	while (body.len > 0) {
		struct span part = span_head(body, BODY_PART);

		if (!send_frame(judgement, FRAME_BODY, part))
			return (false);
		span_skip(&body, part.len);
	}
	judgement->dialog.ended = true;
	return (send_frame(judgement, FRAME_END, span_str("")));
}

static bool
judge(struct judgement *judgement, const struct header_list *headers,
    struct span body)
{
	if (judgement->dialog.signatures > RECEIVER_MAX_SIGNATURES)
		return (give_up(judgement, RECEIVER_TROUBLE,
		    "the message has more than 1000 DKIM-Signature fields"));
	return (send_fields(judgement, headers) &&
		listen_until(judgement, DIALOG_READY) &&
		send_body(judgement, body) &&
		listen_until(judgement, DIALOG_DONE));
}

void
receiver_judge(struct receiver *receiver,
    const struct receiver_options *options, const struct header_list *headers,
    struct span body, struct arena *arena, struct receiver_report *report)
{
	struct judgement judgement = { .receiver = receiver,
		.options = options,
		.arena = arena,
		.report = report,
		.deadline = clock_monotonic_ms() + options->timeout_ms };

	dialog_init(&judgement.dialog, arena, headers, report);
	report->state = RECEIVER_JUDGED;
	/* What was said before a crash is not worth repeating. */
	if (!judge(&judgement, headers, body))
		report->opinion_count = 0;
}

static bool
judge_spf(struct judgement *judgement, const struct wire_spf *query)
{
	struct arena *arena = judgement->arena;
	const char *const texts[] = { query->client, query->helo,
		query->mail_from, query->receiver };
	struct buf payload;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (span_str(texts[i]).len > WIRE_MAX_TEXT)
			return (give_up(judgement, RECEIVER_TROUBLE,
			    "HELO or MAIL FROM is too long for it"));
	buf_init(&payload, arena, FRAME_MAX_TO_CHILD);
	wire_add_spf(&payload, query);
	return (send_frame(judgement, FRAME_SPF, buf_span(&payload)) &&
		listen_until(judgement, DIALOG_DONE));
}

void
receiver_judge_spf(struct receiver *receiver,
    const struct receiver_options *options, const struct wire_spf *query,
    struct arena *arena, struct receiver_report *report)
{
	size_t questions = options->spf_questions;
	struct judgement judgement = { .receiver = receiver,
		.options = options,
		.arena = arena,
		.report = report,
		.deadline = clock_monotonic_ms() + options->timeout_ms };

	dialog_init_spf(&judgement.dialog, arena,
	    questions > 0 ? questions : RECEIVER_SPF_QUESTIONS, report);
	report->state = RECEIVER_JUDGED;
	if (!judge_spf(&judgement, query))
		report->spf = NULL;
}

const struct wire_opinion *
receiver_opinion(const struct receiver_report *report, size_t field)
{
	for (size_t i = 0; i < report->opinion_count; i++)
		if (report->opinions[i].field == field)
			return (&report->opinions[i]);
	return (NULL);
}

const struct dns_answer *
receiver_answer(
    const struct receiver_report *report, const char *name, enum dns_type type)
{
	for (size_t i = 0; i < report->question_count; i++)
		if (report->questions[i].type == type &&
		    strcmp(report->questions[i].name, name) == 0)
			return (&report->questions[i].answer);
	return (NULL);
}
