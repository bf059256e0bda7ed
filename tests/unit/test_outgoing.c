/* What is found wrong with submitted mail, and what is not. */
#include "outgoing.h"

#include <string.h>

#include "base/buf.h"
#include "support/unit.h"

#define GOOD "From: a@example.org\r\nDate: x\r\n"
#define URL "List-Unsubscribe: <https://example.org/u?1>\r\n"
#define POST "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

/* Signatures: d= of the one there is, with what it covers. */
#define SIGNED "example.org"
static const char *const all_fields[] = { "from", "list-unsubscribe",
	"list-unsubscribe-post" };

static const struct {
	const char *header;
	const char *signed_by; /* NULL: unsigned; "": another signs */
	size_t fields;         /* of all_fields, that are signed */
	const char *kinds;     /* with a blank before each */
	const char *text;      /* of the last; or NULL: not looked at */
} cases[] = {
	{ GOOD, SIGNED, 3, "", NULL },
	{ GOOD, "mail.example.org", 3, "", NULL },
	{ "From: a@b.example.org\r\nDate: x\r\n", SIGNED, 3, "", NULL },
	{ GOOD "To: a@b\r\nCc: c@d\r\nReceived: x\r\nReceived: y\r\n", SIGNED,
	    3, "", NULL },
	{ GOOD, NULL, 0, " not_aligned", "no DKIM signature of example.org" },
	{ GOOD, "", 0, "", NULL },
	{ GOOD, "example.net", 3, " not_aligned",
	    "signed by example.net, not by example.org" },
	{ GOOD, "anexample.org", 3, " not_aligned", NULL },
	{ "Date: x\r\n", NULL, 0, " no_from", "no From field" },
	{ "Date: x\r\nFrom: a@example.org\r\nfrom : b@example.org\r\n", SIGNED,
	    3, " no_from", "more than one From field" },
	{ "Date: x\r\nFrom: a@example.org, b@example.org\r\n", SIGNED, 3,
	    " no_from", "2 authors in From" },
	{ "Date: x\r\nFrom: a@example.org, b@example.net\r\n", SIGNED, 3,
	    " no_from", "authors of several domains in From" },
	{ "Date: x\r\nFrom: undisclosed:;\r\n", NULL, 0, " no_from",
	    "no address in From" },
	{ "Date: x\r\nFrom: a@b@c\r\n", NULL, 0, " no_from", NULL },
	{ GOOD "Date : y\r\n", SIGNED, 3, " duplicate", "2 Date fields" },
	{ GOOD "Message-ID: <1@x>\r\nmessage-id: <2@x>\r\n", SIGNED, 3,
	    " duplicate", "2 Message-ID fields" },
	{ GOOD "Subject: a\r\nTo: a\r\nTo: b\r\nSubject: b\r\nTo: c\r\n",
	    SIGNED, 3, " duplicate", "2 Subject fields, 3 To fields" },
	{ GOOD "Cc: a\r\nCc: b\r\n", SIGNED, 3, " duplicate", NULL },
	{ GOOD "Sender: a\r\nSender: b\r\n", SIGNED, 3, " duplicate", NULL },
	{ GOOD "Reply-To: a\r\nReply-To: b\r\n", SIGNED, 3, " duplicate",
	    NULL },
	{ GOOD "Content-Type: a\r\nContent-Type: b\r\n", SIGNED, 3,
	    " duplicate", NULL },
	{ GOOD URL URL POST, SIGNED, 3, " duplicate", NULL },
	{ "From: a@example.org\r\n", SIGNED, 3, " no_date", "no Date field" },
	{ "From: a@example.org\r\nResent-Date: x\r\n", SIGNED, 3, " no_date",
	    NULL },
	{ "To: a\r\nTo: b\r\n", NULL, 0, " no_from duplicate no_date", NULL },
	/* RFC 8058. */
	{ GOOD URL POST, SIGNED, 3, "", NULL },
	{ GOOD URL POST, "", 0, "", NULL },
	{ GOOD "list-unsubscribe:\r\n (x) <mailto:u@example.org>,\r\n "
	       "< HTTPS://example.org/ > (y)\r\nLIST-UNSUBSCRIBE-POST:\r\n "
	       "list-unsubscribe=one-click \r\n",
	    SIGNED, 3, "", NULL },
	{ GOOD POST, SIGNED, 3, " one_click",
	    "List-Unsubscribe-Post without List-Unsubscribe" },
	{ GOOD URL, SIGNED, 3, " one_click",
	    "List-Unsubscribe without List-Unsubscribe-Post" },
	{ GOOD "List-Unsubscribe: <mailto:u@example.org>\r\n" POST, SIGNED, 3,
	    " one_click", "List-Unsubscribe without an https address" },
	{ GOOD "List-Unsubscribe: <http://example.org/>\r\n" POST, SIGNED, 3,
	    " one_click", NULL },
	{ GOOD "List-Unsubscribe: https://example.org/\r\n" POST, SIGNED, 3,
	    " one_click", NULL },
	{ GOOD "List-Unsubscribe: <https://>\r\n" POST, SIGNED, 3, " one_click",
	    NULL },
	{ GOOD "List-Unsubscribe: <https://example.org/\r\n" POST, SIGNED, 3,
	    " one_click", NULL },
	{ GOOD "List-Unsubscribe: (<https://example.org/>\r\n" POST, SIGNED, 3,
	    " one_click", NULL },
	{ GOOD "List-Unsubscribe:\r\n" POST, SIGNED, 3, " one_click", NULL },
	{ GOOD URL "List-Unsubscribe-Post: One-Click\r\n", SIGNED, 3,
	    " one_click",
	    "List-Unsubscribe-Post is not List-Unsubscribe=One-Click" },
	{ GOOD URL POST, SIGNED, 1, " one_click",
	    "List-Unsubscribe is not signed" },
	{ GOOD URL POST, SIGNED, 2, " one_click",
	    "List-Unsubscribe-Post is not signed" },
	{ GOOD URL POST, NULL, 0, " not_aligned one_click", NULL },
};

static void
check_case(size_t number, struct arena *arena)
{
	struct header_list headers;
	struct from from;
	const char *signed_by = cases[number].signed_by;
	struct outgoing_facts facts = { .headers = &headers, .from = &from };
	struct buf kinds;
	size_t count;

	header_list_init(&headers, arena);
	(void)header_parse(&headers, span_str(cases[number].header));
	address_from(arena, &headers, &from);
	if (signed_by == NULL || signed_by[0] != '\0')
		facts.signed_by = &cases[number].signed_by;
	facts.signed_by_count = signed_by == NULL ? 0 : 1;
	facts.signed_fields = all_fields;
	facts.signed_field_count = cases[number].fields;
	const struct outgoing_finding *found =
	    outgoing_check(&facts, arena, &count);

	buf_init(&kinds, arena, 256);
	for (size_t i = 0; i < count; i++)
		buf_printf(&kinds, " %s", outgoing_kind_name(found[i].kind));
	if (!span_is(buf_span(&kinds), cases[number].kinds))
		fail_msg("%zu: %s: %s", number, cases[number].header,
		    buf_str(&kinds));
	if (cases[number].text != NULL)
		assert_string_equal(found[count - 1].text, cases[number].text);
}

static void
test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();

		check_case(i, arena);
		arena_free(arena);
	}
}

static void
test_refusal(void **state)
{
	static const struct outgoing_finding findings[] = {
		{ OUTGOING_NO_FROM, "no From field" },
		{ OUTGOING_DUPLICATE, "2 To fields" },
		{ OUTGOING_NO_DATE, "no Date field" },
	};
	static const char *const names[] = { "not_aligned", "no_date",
		"no_from" };
	struct arena *arena = arena_new();

	(void)state;
	assert_null(outgoing_refusal(arena, findings, 3, names, 0));
	assert_null(outgoing_refusal(arena, findings, 3, names, 1));
	assert_null(outgoing_refusal(arena, findings, 0, names, 3));
	assert_string_equal(
	    outgoing_refusal(arena, findings, 3, names, 2), "no Date field");
	assert_string_equal(outgoing_refusal(arena, findings, 3, names, 3),
	    "no From field; no Date field");
	arena_free(arena);
}

/* However many there are, the text stays short: it goes into a reply. */
static void
test_size(void **state)
{
	struct arena *arena = arena_new();
	struct header_list headers;
	struct from from;
	struct outgoing_facts facts = { .headers = &headers, .from = &from };
	static const char *const names[] = { "Date", "Message-ID", "Subject",
		"To", "Cc", "Bcc", "Sender", "Reply-To", "In-Reply-To",
		"References", "MIME-Version", "Content-Type",
		"Content-Transfer-Encoding", "List-Id", "List-Unsubscribe",
		"List-Unsubscribe-Post" };
	size_t count;

	(void)state;
	header_list_init(&headers, arena);
	for (size_t i = 0; i < 2000 * UNIT_COUNT(names); i++)
		header_list_add(&headers,
		    span_str(names[i % UNIT_COUNT(names)]), span_str(" x"));
	address_from(arena, &headers, &from);
	const struct outgoing_finding *found =
	    outgoing_check(&facts, arena, &count);

	assert_int_equal(count, 3);
	assert_int_equal(found[1].kind, OUTGOING_DUPLICATE);
	assert_true(strlen(found[1].text) < 512);
	assert_non_null(strstr(found[1].text, "List-Unsubscribe-Post"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_size),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
