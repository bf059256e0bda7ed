/*
 * fuzz_dialog.c: whatever a library's process writes into its pipe, what we
 * take from it is bounded and printable.  The first byte says how many
 * DKIM-Signature fields the message has, and its top bit that it has ended;
 * 0xff that there is an SPF question instead.
 */
#include <string.h>

#include "fuzz.h"
#include "receiver/dialog.h"

#define SPF_QUESTIONS 5

static void
check_text(const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		FUZZ_CHECK(*text >= ' ' && *text < 0x7f);
}

static void
check_report(const struct receiver_report *report, size_t signatures)
{
	FUZZ_CHECK(report->opinion_count <= signatures);
	for (size_t i = 0; i < report->opinion_count; i++) {
		const struct wire_opinion *opinion = &report->opinions[i];

		FUZZ_CHECK(opinion->field < signatures);
		FUZZ_CHECK(
		    i == 0 || opinion->field > report->opinions[i - 1].field);
		FUZZ_CHECK(wire_result_name(opinion->result) != NULL);
		check_text(opinion->domain);
		check_text(opinion->selector);
		check_text(opinion->algorithm);
		check_text(opinion->reason);
	}
	check_text(report->version);
	if (report->spf != NULL) {
		FUZZ_CHECK(report->spf->result <= SPF_PERMERROR);
		check_text(report->spf->reason);
		check_text(report->spf->explanation);
	}
}

static void
check_question(const struct dialog *dialog)
{
	if (dialog->name != NULL && !dialog->about_spf)
		FUZZ_CHECK(
		    strcmp(dialog->name, "s._domainkey.example.com") == 0);
}

static void
make_fields(struct header_list *headers, struct arena *arena, size_t count)
{
	header_list_init(headers, arena);
	for (size_t i = 0; i < count; i++)
		header_list_add(headers, span_str("DKIM-Signature"),
		    span_str(i == 0 ? " d=example.com; s=s" : " a"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span cursor = span_new(data, size);
	bool about_spf = size > 0 && data[0] == 0xff;
	size_t signatures = size == 0 || about_spf ? 0 : data[0] & 0x7f;
	struct header_list headers;
	struct receiver_report report;
	struct dialog dialog;
	struct frame frame;
	enum dialog_step step = DIALOG_TALKING;

	span_skip(&cursor, 1);
	make_fields(&headers, arena, signatures);
	if (about_spf)
		dialog_init_spf(&dialog, arena, SPF_QUESTIONS, &report);
	else
		dialog_init(&dialog, arena, &headers, &report);
	dialog.ended = size > 0 && (data[0] & 0x80) != 0;
	while (
	    step != DIALOG_GARBAGE && step != DIALOG_DONE &&
	    step != DIALOG_INSATIABLE &&
	    frame_take(&cursor, FRAME_MAX_FROM_CHILD, &frame) == FRAME_WHOLE) {
		FUZZ_CHECK(frame.payload.len <= FRAME_MAX_FROM_CHILD);
		step = dialog_take(&dialog, &frame);
		if (step == DIALOG_ASKED)
			check_question(&dialog);
	}
	FUZZ_CHECK(!about_spf || dialog.asked <= SPF_QUESTIONS + 1);
	check_report(&report, signatures);
	arena_free(arena);
	return (0);
}
