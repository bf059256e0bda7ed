/*
 * spf_compare.c: what mailreeve-explain --compare tells of libspf2: where it
 * agrees, why it differs, and that nothing it does harms us.
 *
 *	spf_compare EXPLAIN CRASHING
 *
 * CRASHING is a library whose SPF_request_query_mailfrom() aborts.
 */
#include "support/unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "support/command.h"
#include "support/dkim.h"
#include "support/files.h"

#define MAX_TEXT 1000000
#define MESSAGE "From: Joe <joe@example.com>\r\n\r\nHi.\r\n"
#define HEAD "Compared with libspf2 1.2.10, which receivers with Exim run:\n"

struct fixture {
	const char *program;
	const char *folder;
	const char *crashing;
};

/* How the message came. */
struct envelope {
	const char *zone; /* its text */
	const char *client;
	const char *mail_from;
	const char *option; /* one more */
};

static const char *
write_file(struct arena *arena, const struct fixture *fixture, const char *name,
    const char *text)
{
	const char *path = arena_printf(arena, "%s/%s", fixture->folder, name);

	assert_int_equal(files_write(path, span_str(text), 0600), 0);
	return (path);
}

/* Run mailreeve-explain --compare and return what it prints. */
static const char *
explain(struct arena *arena, const struct fixture *fixture,
    const struct envelope *of)
{
	const char *arguments[16] = { fixture->program, "-c",
		write_file(arena, fixture, "conf", "\n"), "--zone",
		write_file(arena, fixture, "zone", of->zone), "--helo",
		"helo.example", "--mail-from", of->mail_from, "--compare",
		write_file(arena, fixture, "message", MESSAGE) };
	struct command_result result;
	size_t count = 11;

	if (of->client != NULL) {
		arguments[count++] = "--client-ip";
		arguments[count++] = of->client;
	}
	arguments[count] = of->option;
	assert_int_equal(command_run(arena, arguments, NULL, &result), 0);
	/* Whatever becomes of libspf2. */
	assert_int_equal(result.status, 0);
	return (arena_str(arena, result.out));
}

/* The same as JSON; the caller owns what is said of libspf2. */
static json_t *
explain_json(struct arena *arena, const struct fixture *fixture,
    const struct envelope *of)
{
	struct envelope json = *of;
	json_error_t error;

	json.option = "--json";
	json_t *root = json_loads(
	    explain(arena, fixture, &json), JSON_REJECT_DUPLICATES, &error);

	assert_non_null(root);
	json_t *spf2 = json_incref(
	    json_object_get(json_object_get(root, "compare"), "spf2"));

	json_decref(root);
	assert_non_null(spf2);
	return (spf2);
}

static const char *
text_of(json_t *entry, const char *name)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return (text != NULL ? text : "");
}

static void
check_text(const char *found, const char *wanted)
{
	if (strstr(found, wanted) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", wanted, found);
}

#define RECORD(name, text) name " 60 IN TXT \"" text "\"\n"

static const char zone[] = RECORD("same.example.", "v=spf1 ip4:192.0.2.1 -all")
    RECORD("helo.example.", "v=spf1 ip4:192.0.2.2 ~all")
	RECORD("open.example.", "v=spf1 ip4:0.0.0.0/0 -all")
	    RECORD("order.example.", "v=spf1 redirect=same.example ~all")
		RECORD("why.example.", "v=spf1 -all exp=text.example")
		    RECORD("text.example.", "You may not")
			RECORD("dead.example.",
			    "v=spf1 a:a.gone a:b.gone a:c.gone -all");

static const struct {
	const char *client;
	const char *mail_from;
	const char *text;
} texts[] = {
	{ "192.0.2.1", "joe@same.example",
	    HEAD "  SPF of same.example for 192.0.2.1: both say pass\n" },
	{ "2001:db8::1", "joe@same.example",
	    HEAD "  SPF of same.example for 2001:db8::1: both say fail\n" },
	/* RFC 7208 2.4: the null path. */
	{ "192.0.2.3", "<>",
	    HEAD "  SPF of helo.example for 192.0.2.3: both say softfail\n" },
	{ "192.0.2.1", "joe@none.example",
	    HEAD "  SPF of none.example for 192.0.2.1: both say none\n" },
	{ "192.0.2.1", "joe@open.example",
	    HEAD "  SPF of open.example for 192.0.2.1\n"
		 "    Mailreeve: pass (" },
	{ "192.0.2.1", "joe@open.example",
	    "    libspf2: permerror (Invalid IPv4 CIDR netmask (=0) near '/0" },
	{ "192.0.2.1", "joe@open.example",
	    "    Why: libspf2 refuses the prefix length 0, which RFC 7208 12 "
	    "allows;\n      leave out" },
	{ "192.0.2.1", "joe@order.example", "write it last\n" },
	{ "192.0.2.1", "joe@why.example",
	    HEAD "  SPF of why.example for 192.0.2.1: both say fail\n"
		 "    Note: libspf2 garbles the explanation" },
	{ "192.0.2.1", "joe@dead.example", "    libspf2: fail\n" },
	{ NULL, "joe@same.example",
	    "Not compared with libspf2: the client's address is not known "
	    "(--client-ip)\n" },
};

static void
test_text(void **state)
{
	for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
		struct arena *arena = arena_new();
		const struct envelope of = { zone, texts[i].client,
			texts[i].mail_from, NULL };

		check_text(explain(arena, *state, &of), texts[i].text);
		arena_free(arena);
	}
}

static void
test_json(void **state)
{
	struct arena *arena = arena_new();
	const struct envelope of = { zone, "192.0.2.1", "joe@order.example",
		NULL };
	json_t *spf2 = explain_json(arena, *state, &of);
	json_t *list = json_object_get(spf2, "identities");
	json_t *entry = json_array_get(list, 0);

	assert_string_equal(text_of(spf2, "state"), "judged");
	assert_string_equal(text_of(spf2, "version"), "1.2.10");
	assert_true(json_is_null(json_object_get(spf2, "reason")));
	assert_int_equal(
	    json_integer_value(json_object_get(spf2, "questions")), 2);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(text_of(entry, "identity"), "mailfrom");
	assert_string_equal(text_of(entry, "domain"), "order.example");
	assert_string_equal(text_of(entry, "ours"), "softfail");
	assert_string_equal(text_of(entry, "result"), "pass");
	assert_string_equal(text_of(entry, "difference"), "explained");
	check_text(text_of(entry, "cause"), "write it last");
	json_decref(spf2);
	arena_free(arena);
}

/* SPF is not about who hands mail in. */
static void
test_outbound(void **state)
{
	const struct fixture *fixture = *state;
	struct arena *arena = arena_new();
	const char *const arguments[] = { fixture->program, "-c",
		write_file(arena, fixture, "conf", "\n"), "--zone",
		write_file(arena, fixture, "zone", zone), "--auth", "joe",
		"--client-ip", "192.0.2.1", "--mail-from", "joe@same.example",
		"--compare", write_file(arena, fixture, "message", MESSAGE),
		NULL };
	struct command_result result;

	assert_int_equal(command_run(arena, arguments, NULL, &result), 0);
	assert_int_equal(result.status, 0);
	check_text(arena_str(arena, result.out),
	    "Not compared with libspf2: the message is outbound");
	arena_free(arena);
}

/* Ten includes in each of three levels. */
static void
test_amplification(void **state)
{
	struct arena *arena = arena_new();
	struct envelope of = { NULL, "192.0.2.1", "joe@n0.example", NULL };
	struct buf tree;

	buf_init(&tree, arena, MAX_TEXT);
	for (int i = 0; i <= 1110; i++) {
		buf_printf(&tree, "n%d.example. 60 IN TXT \"v=spf1", i);
		for (int child = 1; i < 111 && child <= 10; child++)
			buf_printf(
			    &tree, " include:n%d.example", 10 * i + child);
		buf_add_str(&tree, " ?all\"\n");
	}
	of.zone = buf_str(&tree);
	const char *text = explain(arena, *state, &of);
	json_t *spf2 = explain_json(arena, *state, &of);

	check_text(text, "permerror");
	check_text(text,
	    HEAD "  libspf2 would ask the DNS more than 130 questions\n"
		 "  RFC 7208 4.6.4 stops at ten look-ups");
	assert_string_equal(text_of(spf2, "state"), "insatiable");
	assert_int_equal(
	    json_integer_value(json_object_get(spf2, "questions")), 130);
	assert_int_equal(
	    json_array_size(json_object_get(spf2, "identities")), 0);
	json_decref(spf2);
	arena_free(arena);
}

/* CVE-2023-42118, with the library as it is: it judges, or its end is told. */
static void
test_overflow(void **state)
{
	struct arena *arena = arena_new();
	struct envelope of = { NULL, "192.0.2.1", "joe@evil.example", NULL };
	char *tail = arena_alloc(arena, 4001);
	struct buf text;

	memset(tail, 'x', 4000);
	buf_init(&text, arena, MAX_TEXT);
	buf_add_str(&text, "v=spf1 a:");
	for (int i = 0; i < 127; i++)
		buf_add_str(&text, "%{d}");
	buf_add_str(&text, tail);
	of.zone = support_txt(arena, "evil.example", buf_str(&text));
	const char *out = explain(arena, *state, &of);

	check_text(out, "Inbound message");
	check_text(out, HEAD);
	if (strstr(out, "libspf2 crashed (Aborted)") == NULL)
		check_text(out, "SPF of evil.example for 192.0.2.1");
	arena_free(arena);
}

/* Our own result and the status stay when libspf2 crashes. */
static void
test_crash(void **state)
{
	const struct fixture *fixture = *state;
	struct arena *arena = arena_new();
	const struct envelope of = { zone, "192.0.2.1", "joe@same.example",
		NULL };

	assert_int_equal(setenv("LD_PRELOAD", fixture->crashing, 1), 0);
	const char *text = explain(arena, fixture, &of);
	json_t *spf2 = explain_json(arena, fixture, &of);

	assert_int_equal(unsetenv("LD_PRELOAD"), 0);
	check_text(text, "spf=pass");
	check_text(
	    text, "libspf2 crashed (Aborted): receivers that use it would too");
	assert_null(strstr(text, "both say"));
	assert_string_equal(text_of(spf2, "state"), "crashed");
	json_decref(spf2);
	arena_free(arena);
}

int
main(int argc, char *argv[])
{
	struct arena *arena = arena_new();
	struct fixture fixture = { .program = argc == 3 ? argv[1] : NULL,
		.crashing = argc == 3 ? argv[2] : NULL,
		.folder = files_folder(arena, "compare") };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_text, &fixture),
		cmocka_unit_test_prestate(test_json, &fixture),
		cmocka_unit_test_prestate(test_outbound, &fixture),
		cmocka_unit_test_prestate(test_amplification, &fixture),
		cmocka_unit_test_prestate(test_overflow, &fixture),
		cmocka_unit_test_prestate(test_crash, &fixture),
	};

	if (fixture.program == NULL || fixture.folder == NULL) {
		(void)fprintf(stderr, "usage: spf_compare EXPLAIN CRASHING\n");
		return (64);
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	files_remove(fixture.folder);
	arena_free(arena);
	return (failed);
}
