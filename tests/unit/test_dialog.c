#include "support/unit.h"

#include "receiver/dialog.h"

#include <string.h>

#define SIGNATURES 3

static void
begin(
    struct dialog *dialog, struct arena *arena, struct receiver_report *report)
{
	struct header_list *headers = arena_alloc(arena, sizeof(*headers));

	header_list_init(headers, arena);
	for (int i = 0; i < SIGNATURES; i++)
		header_list_add(headers, span_str("DKIM-Signature"),
		    span_str(" v=1; d=example.com; s=s"));
	dialog_init(dialog, arena, headers, report);
}

/* One thing that the process says: a letter, and what follows from it. */
struct dialog_case {
	const char *says;      /* h hello, q question, r ready, o and a digit an
	                        * opinion of that field, d done, e: the message has
	                        * ended, x a frame that only goes to the process,
	                        * s an opinion about SPF */
	enum dialog_step step; /* what the last one leads to */
};

static const struct dialog_case cases[] = {
	{ "h", DIALOG_TALKING },
	{ "hr", DIALOG_READY },
	{ "hq", DIALOG_ASKED },
	{ "hqr", DIALOG_READY },
	{ "hreo0", DIALOG_TALKING },
	{ "hreo0o1o2d", DIALOG_DONE },
	{ "hreo2d", DIALOG_DONE },
	{ "hreqo2", DIALOG_TALKING },
	{ "hrd", DIALOG_GARBAGE },  /* before the end */
	{ "hro0", DIALOG_GARBAGE }, /* likewise */
	{ "her", DIALOG_GARBAGE },  /* after it */
	{ "r", DIALOG_GARBAGE },    /* without a greeting */
	{ "q", DIALOG_GARBAGE },
	{ "hh", DIALOG_GARBAGE },
	{ "hreo3", DIALOG_GARBAGE },   /* there is no such field */
	{ "hreo0o0", DIALOG_GARBAGE }, /* two of one */
	{ "hreo2o1", DIALOG_GARBAGE }, /* upwards */
	{ "hx", DIALOG_GARBAGE },
};

static void
add_opinion(struct buf *buf, size_t field)
{
	const struct wire_opinion opinion = { .field = field,
		.result = WIRE_PASS };

	wire_add_opinion(buf, &opinion);
}

static void
add_spf_opinion(struct buf *buf)
{
	const struct wire_spf_opinion opinion = { .result = SPF_PASS };

	wire_add_spf_opinion(buf, &opinion);
}

static void
add_question(struct buf *buf, const char *name, uint32_t type)
{
	const struct wire_question question = { .name = name, .type = type };

	wire_add_question(buf, &question);
}

/* Say what ${letter} means; ${next} is the one after it. */
static enum dialog_step
say(struct dialog *dialog, char letter, char next)
{
	struct buf payload;
	struct frame frame = { .type = FRAME_FIELD };

	buf_init(&payload, dialog->arena, 1000);
	switch (letter) {
	case 'h':
		frame.type = FRAME_HELLO;
		buf_add_str(&payload, "2.11.0");
		break;
	case 'q':
		frame.type = FRAME_QUESTION;
		add_question(&payload, "s._domainkey.example.com", 16);
		break;
	case 'o':
		frame.type = FRAME_OPINION;
		add_opinion(&payload, (size_t)(next - '0'));
		break;
	case 's':
		frame.type = FRAME_SPF_OPINION;
		add_spf_opinion(&payload);
		break;
	case 'r':
		frame.type = FRAME_READY;
		break;
	case 'd':
		frame.type = FRAME_DONE;
		break;
	default:
		break;
	}
	frame.payload = buf_span(&payload);
	return (dialog_take(dialog, &frame));
}

static void
check_case(const struct dialog_case *wanted)
{
	struct arena *arena = arena_new();
	struct receiver_report report;
	struct dialog dialog;
	enum dialog_step step = DIALOG_TALKING;

	begin(&dialog, arena, &report);
	for (const char *at = wanted->says; *at != '\0'; at++) {
		if (*at == 'e')
			dialog.ended = true;
		else if (*at < '0' || *at > '9')
			step = say(&dialog, *at, at[1]);
		if (at[1] != '\0' && step == DIALOG_GARBAGE &&
		    (at[1] < '0' || at[1] > '9'))
			fail_msg("%s: garbage too early", wanted->says);
	}
	if (step != wanted->step)
		fail_msg("%s: %d", wanted->says, (int)step);
	arena_free(arena);
}

static void
test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		check_case(&cases[i]);
}

static enum dialog_step
ask(struct dialog *dialog, const char *name, uint32_t type)
{
	struct buf payload;
	struct frame frame = { .type = FRAME_QUESTION };

	buf_init(&payload, dialog->arena, 1000);
	add_question(&payload, name, type);
	frame.payload = buf_span(&payload);
	return (dialog_take(dialog, &frame));
}

/* Only the keys of the message's own signatures are asked for: nothing of the
 * message can leave through the DNS. */
static void
test_names(void **state)
{
	static const char *const refused[] = { "", "example.com",
		"secret.evil.example", "a b._domainkey.example.com",
		"_domainkey.example.com", "s._domainkey.",
		"s.._domainkey.example.com", "c2VjcmV0._domainkey.example.com",
		"s._domainkey.evil.example",
		"secret.s._domainkey.example.com" };
	struct arena *arena = arena_new();
	struct receiver_report report;
	struct dialog dialog;

	(void)state;
	begin(&dialog, arena, &report);
	(void)say(&dialog, 'h', 0);
	for (size_t i = 0; i < UNIT_COUNT(refused); i++) {
		assert_int_equal(ask(&dialog, refused[i], 16), DIALOG_ASKED);
		assert_null(dialog.name);
	}
	assert_int_equal(
	    ask(&dialog, "S._domainkey.Example.com.", 16), DIALOG_ASKED);
	assert_string_equal(dialog.name, "s._domainkey.example.com");
	assert_int_equal(
	    ask(&dialog, "s._domainkey.example.com", 1), DIALOG_GARBAGE);
	arena_free(arena);
}

static void
test_too_many_questions(void **state)
{
	struct arena *arena = arena_new();
	struct receiver_report report;
	struct dialog dialog;

	(void)state;
	begin(&dialog, arena, &report);
	(void)say(&dialog, 'h', 0);
	for (int i = 0; i < RECEIVER_MAX_QUESTIONS; i++)
		assert_int_equal(say(&dialog, 'q', 0), DIALOG_ASKED);
	assert_int_equal(say(&dialog, 'q', 0), DIALOG_INSATIABLE);
	arena_free(arena);
}

/* Where it was given an SPF question, it says other things. */
static const struct dialog_case spf_cases[] = {
	{ "hq", DIALOG_ASKED },
	{ "hs", DIALOG_TALKING },
	{ "hqqsd", DIALOG_DONE },
	{ "hd", DIALOG_GARBAGE },  /* without an opinion */
	{ "hss", DIALOG_GARBAGE }, /* two */
	{ "ho0", DIALOG_GARBAGE }, /* about no signature */
	{ "hr", DIALOG_GARBAGE },
	{ "s", DIALOG_GARBAGE },
	{ "hx", DIALOG_GARBAGE },
	{ "hqqqq", DIALOG_INSATIABLE },
};

static void
test_spf_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(spf_cases); i++) {
		struct arena *arena = arena_new();
		struct receiver_report report;
		struct dialog dialog;
		enum dialog_step step = DIALOG_TALKING;

		dialog_init_spf(&dialog, arena, 3, &report);
		for (const char *at = spf_cases[i].says; *at != '\0'; at++)
			if (*at != '0')
				step = say(&dialog, *at, at[1]);
		if (step != spf_cases[i].step)
			fail_msg("%s: %d", spf_cases[i].says, (int)step);
		arena_free(arena);
	}
}

struct spf_question_case {
	const char *name;
	uint32_t type;
	enum dialog_step step;
	const char *asked; /* NULL: nobody is */
};

/* Any name, of the types that SPF needs; of the obsolete one there is none. */
static const struct spf_question_case spf_questions[] = {
	{ "Example.COM", DNS_TYPE_TXT, DIALOG_ASKED, "example.com" },
	{ "a b.example.com", DNS_TYPE_A, DIALOG_ASKED, "a b.example.com" },
	{ "example.com", DNS_TYPE_AAAA, DIALOG_ASKED, "example.com" },
	{ "example.com", DNS_TYPE_MX, DIALOG_ASKED, "example.com" },
	{ "1.2.0.192.in-addr.arpa", DNS_TYPE_PTR, DIALOG_ASKED,
	    "1.2.0.192.in-addr.arpa" },
	{ "", DNS_TYPE_TXT, DIALOG_ASKED, "" },
	{ "example.com", 99, DIALOG_ASKED, NULL },
	{ "example.com", 255, DIALOG_GARBAGE, NULL },
	{ "example.com", DNS_TYPE_NS, DIALOG_GARBAGE, NULL },
};

static void
test_spf_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(spf_questions); i++) {
		const struct spf_question_case *wanted = &spf_questions[i];
		struct arena *arena = arena_new();
		struct receiver_report report;
		struct dialog dialog;

		dialog_init_spf(&dialog, arena, 3, &report);
		(void)say(&dialog, 'h', 0);
		assert_int_equal(
		    ask(&dialog, wanted->name, wanted->type), wanted->step);
		if (wanted->asked != NULL)
			assert_string_equal(dialog.name, wanted->asked);
		else
			assert_null(dialog.name);
		arena_free(arena);
	}
}

/* A message gives no cause to speak of SPF. */
static void
test_spf_unasked(void **state)
{
	struct arena *arena = arena_new();
	struct receiver_report report;
	struct dialog dialog;

	(void)state;
	begin(&dialog, arena, &report);
	(void)say(&dialog, 'h', 0);
	dialog.ended = true;
	assert_int_equal(say(&dialog, 's', 0), DIALOG_GARBAGE);
	arena_free(arena);
}

static void
test_version(void **state)
{
	struct arena *arena = arena_new();
	struct receiver_report report;
	struct dialog dialog;
	struct frame frame = { .type = FRAME_HELLO,
		.payload = span_str("2\n\033[2J") };
	char version[65];

	(void)state;
	begin(&dialog, arena, &report);
	assert_int_equal(dialog_take(&dialog, &frame), DIALOG_TALKING);
	assert_string_equal(report.version, "2??[2J");
	memset(version, '1', sizeof(version));
	begin(&dialog, arena, &report);
	frame.payload = span_new(version, sizeof(version));
	assert_int_equal(dialog_take(&dialog, &frame), DIALOG_GARBAGE);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_too_many_questions),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_spf_order),
		cmocka_unit_test(test_spf_names),
		cmocka_unit_test(test_spf_unasked),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
