#include "support/unit.h"

#include "receiver/difference.h"

#include <string.h>

#include "mail/message.h"
#include "receiver/opendkim.h"

/* What the real libopendkim says is in conformance/dkim_compare.c; here is what
 * it never said so far. */
struct difference_case {
	enum dkim_result ours;
	enum wire_result theirs;
	struct facts facts;
	uint32_t code;
	enum difference_kind kind;
	const char *text; /* a part of it, or NULL */
	const char *note; /* likewise */
};

static const struct difference_case cases[] = {
	{ DKIM_PASS, WIRE_PASS, { 0 }, 0, DIFFERENCE_NONE, NULL, NULL },
	{ DKIM_FAIL, WIRE_FAIL, { 0 }, OPENDKIM_BAD_SIGNATURE, DIFFERENCE_NONE,
	    NULL, NULL },
	{ DKIM_PASS, WIRE_PASS, { .position = 2 }, 0, DIFFERENCE_NONE, NULL,
	    NULL },
	{ DKIM_PASS, WIRE_PASS, { .position = 3 }, 0, DIFFERENCE_NONE, NULL,
	    "three topmost" },
	/* Nobody knows why. */
	{ DKIM_PASS, WIRE_FAIL, { 0 }, OPENDKIM_BAD_SIGNATURE,
	    DIFFERENCE_UNKNOWN, "please report", NULL },
	{ DKIM_FAIL, WIRE_PASS, { 0 }, 0, DIFFERENCE_UNKNOWN, "please report",
	    NULL },
	{ DKIM_POLICY, WIRE_PASS, { 0 }, 0, DIFFERENCE_UNKNOWN, "please report",
	    NULL },
	{ DKIM_TEMPERROR, WIRE_FAIL, { 0 }, OPENDKIM_NO_KEY, DIFFERENCE_UNKNOWN,
	    "please report", NULL },
	{ DKIM_PASS, WIRE_TEMPERROR, { 0 }, OPENDKIM_KEY_FAIL,
	    DIFFERENCE_UNKNOWN, "please report", NULL },
	{ DKIM_PASS, WIRE_NONE, { 0 }, 4711, DIFFERENCE_UNKNOWN,
	    "please report", NULL },
	/* A fact alone explains nothing: the code must fit. */
	{ DKIM_PASS, WIRE_FAIL,
	    { .no_author = true,
		.non_ascii = true,

		.records = 2 },
	    OPENDKIM_BAD_SIGNATURE, DIFFERENCE_UNKNOWN, "please report", NULL },
	{ DKIM_PASS, WIRE_FAIL, { .lone_line_end = true },
	    OPENDKIM_BAD_SIGNATURE, DIFFERENCE_KNOWN, "stands alone", NULL },
	{ DKIM_PASS, WIRE_PERMERROR, { .other_clock = true }, OPENDKIM_EXPIRED,
	    DIFFERENCE_KNOWN, "clock", NULL },
	{ DKIM_PASS, WIRE_PERMERROR, { 0 }, OPENDKIM_EXPIRED,
	    DIFFERENCE_UNKNOWN, "please report", NULL },
	/* Both clocks agree. */
	{ DKIM_POLICY, WIRE_PERMERROR, { .other_clock = true, .expired = true },
	    OPENDKIM_EXPIRED, DIFFERENCE_WORDS, "calls an expired", NULL },
	{ DKIM_POLICY, WIRE_PERMERROR, { .other_clock = true, .future = true },
	    OPENDKIM_FUTURE, DIFFERENCE_WORDS, "from the future", NULL },
	{ DKIM_FAIL, WIRE_PERMERROR, { .other_clock = true }, OPENDKIM_FUTURE,
	    DIFFERENCE_KNOWN, "clock", NULL },
	/* Who cannot have the key refuses nothing. */
	{ DKIM_TEMPERROR, WIRE_PERMERROR, { .expired = true }, OPENDKIM_EXPIRED,
	    DIFFERENCE_KNOWN, "before it asks for the key", NULL },
	{ DKIM_TEMPERROR, WIRE_PERMERROR, { .future = true }, OPENDKIM_FUTURE,
	    DIFFERENCE_KNOWN, "before it asks for the key", NULL },
	{ DKIM_TEMPERROR, WIRE_POLICY, { 0 }, OPENDKIM_KEY_TOO_SMALL,
	    DIFFERENCE_UNKNOWN, "please report", NULL },
	{ DKIM_PASS, WIRE_PERMERROR, { .expired = true }, OPENDKIM_EXPIRED,
	    DIFFERENCE_KNOWN, "accept_expired", NULL },
	{ DKIM_POLICY, WIRE_PASS, { .unsigned_from = true }, 0,
	    DIFFERENCE_KNOWN, "leaves a From field unsigned", NULL },
	{ DKIM_FAIL, WIRE_PASS, { .unsigned_from = true }, 0,
	    DIFFERENCE_UNKNOWN, "please report", NULL },
	{ DKIM_PERMERROR, WIRE_PASS, { .malformed = true }, 0, DIFFERENCE_KNOWN,
	    "occurs twice", NULL },
	{ DKIM_PERMERROR, WIRE_PASS, { .old_version = true }, 0,
	    DIFFERENCE_KNOWN, "v=0.5", NULL },
	{ DKIM_PERMERROR, WIRE_PASS, { 0 }, 0, DIFFERENCE_UNKNOWN,
	    "please report", NULL },
	{ DKIM_PERMERROR, WIRE_PERMERROR, { 0 }, OPENDKIM_REFUSED_FIELD,
	    DIFFERENCE_NONE, NULL, "gives up" },
	{ DKIM_NEUTRAL, WIRE_PASS, { .position = 12 }, 0, DIFFERENCE_KNOWN,
	    "has no limit", "three topmost" },
};

static bool
holds(const char *text, const char *part)
{
	if (part == NULL || text == NULL)
		return (part == text);
	return (strstr(text, part) != NULL);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const struct difference_case *wanted = &cases[i];
		const struct dkim_verification ours = { .result = wanted->ours,
			.algorithm = DKIM_RSA_SHA256 };
		const struct wire_opinion theirs = { .result = wanted->theirs,
			.code = wanted->code };
		struct difference found =
		    difference_find(&ours, &theirs, &wanted->facts);

		if (found.kind != wanted->kind ||
		    !holds(found.text, wanted->text) ||
		    !holds(found.note, wanted->note))
			fail_msg("case %zu: %s, %s, %s", i,
			    difference_name(found.kind),
			    found.text != NULL ? found.text : "-",
			    found.note != NULL ? found.note : "-");
	}
}

#define FROM "From: joe@example.com\r\n"
#define NOW 1000
#define SKEW 10
#define PLAIN "DKIM-Signature: v=1; a=rsa-sha256; d=e; s=s; "

struct facts_case {
	const char *message;
	size_t position;
	const char *records[3]; /* NULL: no answer */
	struct facts facts;
};

static const struct facts_case facts_cases[] = {
	{ FROM "\r\nHi.\r\n", 0, { NULL }, { 0 } },
	{ PLAIN "\r\n" FROM "\r\nHi.\r\n", 0, { NULL }, { 0 } },
	{ PLAIN "l=4\r\n\r\nHi.\r\n", 0, { NULL }, { .partial = true } },
	{ PLAIN "l=5\r\n\r\nHi.\r\n", 0, { NULL }, { 0 } },
	{ PLAIN "i=\xc3\xbc@e\r\n\r\n", 0, { NULL }, { .non_ascii = true } },
	{ PLAIN "\r\n" PLAIN "l=1\r\n\r\nHi.\r\n", 1, { NULL },
	    { .position = 1, .partial = true } },
	{ PLAIN "t=1; t=1\r\n\r\n", 0, { NULL }, { .malformed = true } },
	{ PLAIN "v=0.5\r\n\r\n", 0, { NULL }, { .malformed = true } },
	{ "DKIM-Signature: v = 0.5 ; d=e\r\n\r\n", 0, { NULL },
	    { .old_version = true } },
	{ PLAIN "x=999\r\n\r\n", 0, { NULL }, { .expired = true } },
	{ PLAIN "x=1000\r\n\r\n", 0, { NULL }, { 0 } },
	{ PLAIN "t=1010\r\n\r\n", 0, { NULL }, { 0 } },
	{ PLAIN "t=1011\r\n\r\n", 0, { NULL }, { .future = true } },
	{ PLAIN "t=2; x=2\r\n\r\n", 0, { NULL },
	    { .expired = true, .future = true } },
	{ PLAIN "\r\nTo : a\r\n\r\n", 0, { NULL }, { 0 } },
	{ PLAIN "\r\nTo\t: a\r\n\r\n", 0, { NULL },
	    { .odd_field_name = true } },
	{ PLAIN "c=relaxed/relaxed\r\n\r\nHi.", 0, { NULL },
	    { .no_final_line = true } },
	{ PLAIN "c=relaxed/simple\r\n\r\nHi.", 0, { NULL }, { 0 } },
	{ PLAIN "c=relaxed/relaxed\r\n\r\n", 0, { NULL }, { 0 } },
	{ PLAIN "\r\n\r\nHi\rHo\r\n", 0, { NULL }, { .lone_line_end = true } },
	{ PLAIN "\r\n\r\n", 0, { "v=DKIM1; p=" },
	    { .records = 1, .record_bytes = 11 } },
	{ PLAIN "\r\n\r\n", 0, { "p=; v=DKIM1" },
	    { .records = 1, .record_bytes = 11, .record_late_v = true } },
	{ PLAIN "\r\n\r\n", 0, { "p=;;" },
	    { .records = 1, .record_bytes = 4, .record_malformed = true } },
	{ PLAIN "\r\n\r\n", 0, { "n=\xc3\xbc;p=" },
	    { .records = 1, .record_bytes = 7, .record_non_ascii = true } },
	/* SEQUENCE { INTEGER }, then SEQUENCE { SEQUENCE }. */
	{ PLAIN "\r\n\r\n", 0, { "p=MIIBCgKCAQEA" },
	    { .records = 1, .record_bytes = 14, .record_bare_rsa = true } },
	{ PLAIN "\r\n\r\n", 0, { "p=MIIBIjANBgkq" },
	    { .records = 1, .record_bytes = 14 } },
	{ PLAIN "\r\n\r\n", 0, { "p=MAMCAQA=" },
	    { .records = 1, .record_bytes = 10, .record_bare_rsa = true } },
	/* A length of 127 bytes, of which none are there. */
	{ PLAIN "\r\n\r\n", 0, { "p=MP8=" },
	    { .records = 1, .record_bytes = 6 } },
	/* Of several nothing is said. */
	{ PLAIN "\r\n\r\n", 0, { "p=; v=DKIM1", "a" }, { .records = 2 } },
};

/* The answer that ${records} make: each one string. */
static struct dns_answer
answer_of(struct arena *arena, const char *const *records)
{
	struct dns_answer answer = { .status = DNS_OK,
		.rdata = arena_array(arena, 3, sizeof(struct span)) };

	for (; records[answer.count] != NULL; answer.count++) {
		const char *text = records[answer.count];

		answer.rdata[answer.count] = span_str(
		    arena_printf(arena, "%c%s", (int)strlen(text), text));
	}
	return (answer);
}

static void
test_facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(facts_cases); i++) {
		const struct facts_case *wanted = &facts_cases[i];
		struct arena *arena = arena_new();
		struct dns_answer answer = answer_of(arena, wanted->records);
		struct message message;
		struct facts found;

		message_parse(arena, span_str(wanted->message), &message);
		const struct facts_of of = { &message.headers, message.body,
			wanted->position, NOW, SKEW };

		facts_find(
		    arena, &of, answer.count == 0 ? NULL : &answer, &found);
		const struct facts *facts = &wanted->facts;

		if (found.position != facts->position ||
		    found.non_ascii != facts->non_ascii ||
		    found.malformed != facts->malformed ||
		    found.old_version != facts->old_version ||
		    found.expired != facts->expired ||
		    found.future != facts->future ||
		    found.partial != facts->partial ||
		    found.odd_field_name != facts->odd_field_name ||
		    found.no_final_line != facts->no_final_line ||
		    found.lone_line_end != facts->lone_line_end ||
		    found.records != facts->records ||
		    found.record_bytes != facts->record_bytes ||
		    found.record_malformed != facts->record_malformed ||
		    found.record_late_v != facts->record_late_v ||
		    found.record_non_ascii != facts->record_non_ascii ||
		    found.record_bare_rsa != facts->record_bare_rsa)
			fail_msg("facts of case %zu", i);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_facts),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
