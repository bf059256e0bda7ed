/*
 * dkim_compare.c: what libopendkim makes of signatures, where that is not what
 * we make of them, and that mailreeve-explain --compare explains it rightly.
 * The README's claims about libopendkim are cases here.
 *
 *	dkim_compare EXPLAIN CRASHING
 *
 * CRASHING is a library whose dkim_eoh() aborts.
 */
#include "support/unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "dkim/tags.h"
#include "support/command.h"
#include "support/dkim.h"
#include "support/files.h"

#define MAX_TEXT 1000000
#define AUTHOR "From: Joe <joe@example.com>\r\n"
#define MESSAGE AUTHOR "Subject: Dinner\r\n\r\nHi.\r\n\r\nWe lost the game.\r\n"
#define NAME "sel._domainkey.example.com"
#define RSA "v=1; a=rsa-sha256; d=example.com; s=sel; h=From:Subject; "
#define ED25519 "v=1; a=ed25519-sha256; d=example.com; s=sel; h=From; "
#define GOOD "v=DKIM1; p=$P"
#define SERVFAIL "; @servfail " NAME "\n"
#define PAST "t=1700000000; x=1700000100; "
#define T64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define T512 T64 T64 T64 T64 T64 T64 T64 T64

struct fixture {
	const char *program;
	const char *folder;
	const char *crashing;
};

struct compare_case {
	const char *tags; /* of the signature, but for bh= and b= */
	const char *key;  /* to sign with */
	/* At NAME; $P is p= of the key, $Q the same as bare RSAPublicKey; or
	 * SERVFAIL. */
	const char *records[3];
	const char *ours, *theirs;
	const char *difference;
	const char *explanation; /* a part of it, or NULL */
	const char *like;        /* tags to hash by, or NULL: the tags */
	const char *signed_text; /* NULL: MESSAGE */
	const char *sent_text;   /* NULL: the signed one */
	const char *option;      /* a line of the configuration, or NULL */
	const char *time;        /* of --time, or NULL */
};

static const struct compare_case cases[] = {
	{ RSA, "rsa2048.pem", { GOOD }, "pass", "pass", "same", NULL },
	{ RSA, "rsa1024.pem", { GOOD }, "pass", "pass", "same", NULL },
	{ ED25519, "ed25519.pem", { "v=DKIM1; k=ed25519; p=$P" }, "pass",
	    "pass", "same", NULL },
	{ RSA, "rsa2048.pem", { "v=DKIM1; t=y; p=$P" }, "pass", "pass", "same",
	    NULL },
	/* RFC 4871 3.6.1 had g=; both pass over it as RFC 6376 does. */
	{ RSA, "rsa2048.pem", { "v=DKIM1; g=other; p=$P" }, "pass", "pass",
	    "same", NULL },
	{ RSA, "rsa2048.pem", { GOOD }, "fail", "fail", "same", NULL,
	    .sent_text = MESSAGE "Buy!\r\n" },
	{ RSA "t=abc; ", "rsa2048.pem", { GOOD }, "permerror", "permerror",
	    "same", NULL },
	{ RSA "l=500; ", "rsa2048.pem", { GOOD }, "fail", "fail", "same",
	    NULL },
	/* They pass what we do not. */
	{ RSA "l=5; ", "rsa2048.pem", { GOOD }, "policy", "pass", "explained",
	    "leaves a part of the body unsigned" },
	{ RSA "l=5; ", "rsa2048.pem", { GOOD }, "policy", "pass", "explained",
	    "leaves a part of the body unsigned",
	    .sent_text = MESSAGE "Buy!\r\n" },
	{ RSA, "rsa2048.pem", { "p=$P; v=DKIM1" }, "permerror", "pass",
	    "explained", "v= is not first" },
	{ RSA, "rsa2048.pem", { "v=DKIM1; k=rsa; k=rsa; p=$P" }, "permerror",
	    "pass", "explained", "malformed in the key record" },
	{ RSA, "rsa1024.pem", { GOOD }, "policy", "pass", "explained",
	    "min_verify_bits", .option = "min_verify_bits = 2048" },
	{ RSA "t=1700000000; t=1700000000; ", "rsa2048.pem", { GOOD },
	    "permerror", "pass", "explained", "malformed in the signature",
	    .like = RSA },
	{ "v=0.5; a=rsa-sha256; d=example.com; s=sel; h=From; ", "rsa2048.pem",
	    { GOOD }, "permerror", "pass", "explained", "write v=1" },
	/* We pass what they do not. */
	{ RSA, "rsa8192.pem", { GOOD }, "pass", "temperror", "explained",
	    "reads 1023 bytes" },
	{ RSA, "rsa2048.pem", { "v=DKIM1; n=" T512 T64 T64 "; p=$P" }, "pass",
	    "temperror", "explained", "reads 1023 bytes" },
	{ RSA, "rsa2048.pem", { GOOD, "hello" }, "pass", "temperror",
	    "explained", "several TXT records" },
	{ RSA, "rsa2048.pem", { "v=DKIM1; p=", GOOD }, "pass", "temperror",
	    "explained", "several TXT records" },
	{ RSA, "rsa2048.pem", { "v=DKIM1; p=$Q" }, "pass", "permerror",
	    "explained", "bare RSAPublicKey" },
	{ RSA, "rsa2048.pem", { "v=DKIM1; n=\xc3\xbc; p=$P" }, "pass",
	    "temperror", "explained", "anything but ASCII" },
	{ RSA "i=j\xc3\xb6@example.com; ", "rsa2048.pem", { GOOD }, "pass",
	    "permerror", "explained", "internationalized" },
	{ RSA, "rsa2048.pem", { GOOD }, "pass", "permerror", "explained",
	    "From is missing", .signed_text = "Subject: x\r\n\r\nHi.\r\n" },
	{ RSA, "rsa2048.pem", { GOOD }, "pass", "permerror", "explained",
	    "holds no address", .signed_text = "From: a:;\r\n\r\nHi.\r\n" },
	{ RSA "c=relaxed/relaxed; ", "rsa2048.pem", { GOOD }, "pass",
	    "permerror", "explained", "last line end",
	    .signed_text = AUTHOR "\r\nHi." },
	{ RSA "c=relaxed/relaxed; ", "rsa2048.pem", { GOOD }, "pass", "fail",
	    "explained", "last line end", .signed_text = AUTHOR "\r\nHi. " },
	{ RSA, "rsa2048.pem", { GOOD }, "pass", "fail", "explained",
	    "drops such a field",
	    .signed_text = AUTHOR "Subject\t: x\r\n\r\nHi.\r\n" },
	{ RSA, "rsa2048.pem", { GOOD }, "pass", "pass", "same", NULL,
	    .signed_text = AUTHOR "Subject : x\r\n\r\nHi.\r\n" },
	{ RSA "c=relaxed/relaxed; ", "rsa2048.pem", { GOOD }, "pass", "fail",
	    "explained", "stands alone",
	    .signed_text = AUTHOR "\r\nHi.\rHo.\r\n" },
	{ RSA PAST, "rsa2048.pem", { GOOD }, "pass", "permerror", "explained",
	    "this host's clock", .time = "1700000050" },
	{ RSA PAST, "rsa2048.pem", { GOOD }, "fail", "permerror", "explained",
	    "this host's clock", .sent_text = MESSAGE "Buy!\r\n",
	    .time = "1700000050" },
	{ RSA PAST, "rsa2048.pem", { GOOD }, "policy", "permerror", "words",
	    "calls an expired", .time = "1700000150" },
	{ RSA PAST, "rsa2048.pem", { GOOD }, "pass", "permerror", "explained",
	    "accept_expired", .option = "accept_expired = yes" },
	{ RSA PAST, "rsa2048.pem", { SERVFAIL }, "temperror", "permerror",
	    "explained", "before it asks for the key" },
	{ RSA "t=4100000000; ", "rsa2048.pem", { SERVFAIL }, "temperror",
	    "permerror", "explained", "before it asks for the key" },
	/* Both refuse it. */
	{ RSA PAST, "rsa2048.pem", { GOOD }, "policy", "permerror", "words",
	    "expired" },
	{ RSA "t=4100000000; ", "rsa2048.pem", { GOOD }, "policy", "permerror",
	    "words", "future" },
	{ RSA, "rsa512.pem", { GOOD }, "permerror", "policy", "words",
	    "fewer than 1024" },
	{ RSA, "rsa2048.pem", { "v=DKIM1; p=" }, "permerror", "fail", "words",
	    "another word" },
	{ RSA, "rsa2048.pem", { NULL }, "permerror", "fail", "words",
	    "neither finds a key record" },
	{ RSA, "rsa2048.pem", { "v=DKIM1; s=web; p=$P" }, "permerror", "fail",
	    "words", "another word" },
	{ RSA, "rsa2048.pem", { "v=DKIM1; h=sha1; p=$P" }, "permerror", "fail",
	    "words", "another word" },
	{ RSA "i=joe@sub.example.com; ", "rsa2048.pem",
	    { "v=DKIM1; t=s; p=$P" }, "permerror", "fail", "words",
	    "another word" },
	{ RSA, "rsa2048.pem", { "hello" }, "permerror", "temperror", "words",
	    "defer the message for days" },
	{ "v=1; v=1; a=rsa-sha256; d=example.com; s=sel; h=From; ",
	    "rsa2048.pem", { GOOD }, "permerror", "fail", "words",
	    "another word" },
};

/* p= of ${key} as the RSAPublicKey that stands in its SubjectPublicKeyInfo. */
static const char *
bare_rsa(struct arena *arena, const char *p)
{
	struct span der;

	assert_true(tags_decode_base64(arena, span_str(p), &der));
	/* RFC 5280 4.1: 24 bytes come before that of a key of 2048 bits. */
	span_skip(&der, 24);
	return (tags_encode_base64(arena, der));
}

/* The text ${in} with $P or $Q replaced. */
static const char *
fill_in(struct arena *arena, const char *in, const struct dkim_private *key)
{
	struct span rest = span_str(in);
	struct span before;
	const char *p = dkim_private_public(key, arena);

	if (!span_take_until(&rest, '$', &before))
		return (in);
	if (span_peek(rest) == 'Q')
		p = bare_rsa(arena, p);
	return (arena_printf(arena, "%s%s%s", arena_str(arena, before), p,
	    arena_str(arena, span_tail(rest, 1))));
}

static const char *
zone_of(struct arena *arena, const struct compare_case *wanted)
{
	struct dkim_private *key = support_key(arena, wanted->key);
	struct buf zone;

	buf_init(&zone, arena, MAX_TEXT);
	buf_add_str(&zone, "example.com. 60 IN A 192.0.2.1\n");
	for (size_t i = 0; i < 3 && wanted->records[i] != NULL; i++) {
		const char *record = wanted->records[i];

		buf_add_str(&zone, strcmp(record, SERVFAIL) == 0
				       ? SERVFAIL
				       : support_txt(arena, NAME,
					     fill_in(arena, record, key)));
	}
	dkim_private_free(key);
	return (buf_str(&zone));
}

static const char *
write_file(struct arena *arena, const struct fixture *fixture, const char *name,
    const char *text)
{
	const char *path = arena_printf(arena, "%s/%s", fixture->folder, name);

	assert_int_equal(files_write(path, span_str(text), 0600), 0);
	return (path);
}

/* Run mailreeve-explain --compare and return what it says of the signatures. */
static json_t *
explain(struct arena *arena, const struct fixture *fixture, const char *zone,
    const char *message, const char *option, const char *time)
{
	const char *arguments[] = { fixture->program, "-c",
		write_file(arena, fixture, "conf",
		    arena_printf(arena, "%s\n", option != NULL ? option : "")),
		"--zone", zone, "--compare", "--json", message,
		time != NULL ? "--time" : NULL, time, NULL };
	struct command_result result;
	json_error_t error;

	assert_int_equal(command_run(arena, arguments, NULL, &result), 0);
	assert_int_equal(result.status, 0);
	json_t *root = json_loadb((const char *)result.out.data, result.out.len,
	    JSON_REJECT_DUPLICATES, &error);

	assert_non_null(root);
	json_t *opendkim = json_incref(
	    json_object_get(json_object_get(root, "compare"), "opendkim"));

	json_decref(root);
	assert_string_equal(
	    json_string_value(json_object_get(opendkim, "state")), "judged");
	return (opendkim);
}

static const char *
text_of(json_t *entry, const char *name)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return (text != NULL ? text : "");
}

static void
check_entry(const struct compare_case *wanted, size_t number, json_t *entry)
{
	if (strcmp(text_of(entry, "ours"), wanted->ours) != 0 ||
	    strcmp(text_of(entry, "result"), wanted->theirs) != 0 ||
	    strcmp(text_of(entry, "difference"), wanted->difference) != 0 ||
	    (wanted->explanation != NULL &&
		strstr(text_of(entry, "explanation"), wanted->explanation) ==
		    NULL))
		fail_msg("case %zu: %s (%s), libopendkim %s (%s), %s: %s",
		    number, text_of(entry, "ours"),
		    text_of(entry, "ours_reason"), text_of(entry, "result"),
		    text_of(entry, "reason"), text_of(entry, "difference"),
		    text_of(entry, "explanation"));
}

static void
check_case(const struct fixture *fixture, size_t number)
{
	const struct compare_case *wanted = &cases[number];
	struct arena *arena = arena_new();
	const char *text =
	    wanted->signed_text != NULL ? wanted->signed_text : MESSAGE;
	const char *field = support_sign_like(arena, wanted->tags,
	    wanted->like != NULL ? wanted->like : wanted->tags, wanted->key,
	    text);
	const char *message = write_file(arena, fixture, "message",
	    arena_printf(arena, "DKIM-Signature:%s\r\n%s", field,
		wanted->sent_text != NULL ? wanted->sent_text : text));
	const char *zone =
	    write_file(arena, fixture, "zone", zone_of(arena, wanted));
	json_t *opendkim = explain(
	    arena, fixture, zone, message, wanted->option, wanted->time);
	json_t *list = json_object_get(opendkim, "signatures");

	assert_int_equal(json_array_size(list), 1);
	check_entry(wanted, number, json_array_get(list, 0));
	json_decref(opendkim);
	arena_free(arena);
}

static void
test_differences(void **state)
{
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		check_case(*state, i);
}

/* The entry number ${index} for the message ${file} of the scenarios. */
static void
check_mail(struct arena *arena, const struct fixture *fixture, const char *file,
    size_t index, const struct compare_case *wanted)
{
	json_t *opendkim = explain(arena, fixture, "scenario/mails/keys.zone",
	    arena_printf(arena, "scenario/mails/%s", file), NULL, NULL);

	check_entry(wanted, index,
	    json_array_get(json_object_get(opendkim, "signatures"), index));
	json_decref(opendkim);
}

/* RFC 8301 3.1: "rsa-sha1 MUST NOT be used for signing or verifying". */
static void
test_sha1(void **state)
{
	static const struct compare_case wanted = { .ours = "permerror",
		.theirs = "pass",
		.difference = "explained",
		.explanation = "RFC 8301" };
	struct arena *arena = arena_new();

	check_mail(arena, *state, "sha1.eml", 0, &wanted);
	arena_free(arena);
}

/* RFC 8616: U-labels in d=. */
static void
test_eai(void **state)
{
	static const struct compare_case wanted = { .ours = "pass",
		.theirs = "permerror",
		.difference = "explained",
		.explanation = "internationalized" };
	struct arena *arena = arena_new();

	check_mail(arena, *state, "eai.eml", 0, &wanted);
	arena_free(arena);
}

static void
test_dns_trouble(void **state)
{
	static const struct compare_case wanted = {
		.ours = "temperror", .theirs = "temperror", .difference = "same"
	};
	struct arena *arena = arena_new();

	check_mail(arena, *state, "servfail.eml", 0, &wanted);
	arena_free(arena);
}

/* A malformed field beside a good one: the library judges both, the milter
 * neither. */
static void
test_malformed_beside(void **state)
{
	static const struct compare_case good = {
		.ours = "pass", .theirs = "pass", .difference = "same"
	};
	static const struct compare_case bad = {
		.ours = "permerror", .theirs = "permerror", .difference = "same"
	};
	struct arena *arena = arena_new();

	check_mail(arena, *state, "malformed.eml", 0, &bad);
	check_mail(arena, *state, "malformed.eml", 1, &good);
	arena_free(arena);
}

/* libopendkim has no limit: 201 signatures are 201 keys to look up, and it
 * verifies the last one.  We look at max_signatures, and its milter at 3. */
static void
test_many(void **state)
{
	const struct fixture *fixture = *state;
	struct arena *arena = arena_new();
	struct dkim_private *key = support_key(arena, "rsa1024.pem");
	const char *record = support_record(arena, key, "v=DKIM1; ");
	struct buf zone, text;
	size_t neutral = 0, passed = 0, noted = 0;

	buf_init(&zone, arena, MAX_TEXT);
	buf_init(&text, arena, MAX_TEXT);
	for (int i = 0; i < 201; i++) {
		const char *name =
		    arena_printf(arena, "s%d._domainkey.example.net", i);
		const char *tags = arena_printf(arena,
		    "v=1; a=rsa-sha256; d=example.net; s=s%d; h=From; ", i);

		buf_add_str(&zone, support_txt(arena, name, record));
		buf_printf(&text, "DKIM-Signature:%s\r\n",
		    support_sign(arena, tags, "rsa1024.pem", MESSAGE));
	}
	buf_add_str(&text, MESSAGE);
	json_t *opendkim = explain(arena, fixture,
	    write_file(arena, fixture, "zone", buf_str(&zone)),
	    write_file(arena, fixture, "message", buf_str(&text)), NULL, NULL);
	json_t *list = json_object_get(opendkim, "signatures");
	json_t *entry;
	size_t index;

	assert_int_equal(json_array_size(list), 201);
	json_array_foreach(list, index, entry)
	{
		passed += strcmp(text_of(entry, "result"), "pass") == 0;
		neutral += strcmp(text_of(entry, "ours"), "neutral") == 0;
		noted +=
		    strstr(text_of(entry, "note"), "three topmost") != NULL;
	}
	assert_int_equal(passed, 201);
	assert_int_equal(neutral, 191);
	assert_int_equal(noted, 198);
	assert_int_equal(
	    json_integer_value(json_object_get(opendkim, "questions")), 201);
	assert_string_equal(
	    text_of(json_array_get(list, 200), "difference"), "explained");
	json_decref(opendkim);
	dkim_private_free(key);
	arena_free(arena);
}

/* One signature more than it is given: there is no word from it, and no version
 * of it. */
static void
test_too_many(void **state)
{
	const struct fixture *fixture = *state;
	struct arena *arena = arena_new();
	struct command_result result;
	struct buf text;

	buf_init(&text, arena, MAX_TEXT);
	for (int i = 0; i < 1001; i++)
		buf_add_str(&text, "DKIM-Signature: a\r\n");
	buf_add_str(&text, MESSAGE);
	const char *const arguments[] = { fixture->program, "-c",
		write_file(
		    arena, fixture, "conf", "max_header_fields = 2000\n"),
		"--zone", "scenario/mails/keys.zone", "--compare",
		write_file(arena, fixture, "message", buf_str(&text)), NULL };

	assert_int_equal(command_run(arena, arguments, NULL, &result), 0);
	assert_int_equal(result.status, 0);
	const char *out = arena_str(arena, result.out);

	assert_non_null(strstr(out,
	    "Compared with libopendkim, which receivers with OpenDKIM run:\n"
	    "  the message has more than 1000 DKIM-Signature fields"));
	arena_free(arena);
}

/* Our own result and the status stay when libopendkim crashes. */
static void
test_crash(void **state)
{
	const struct fixture *fixture = *state;
	struct arena *arena = arena_new();
	const char *const arguments[] = { fixture->program, "-c",
		write_file(arena, fixture, "conf", "\n"), "--zone",
		"scenario/mails/keys.zone", "--compare",
		"scenario/mails/good.eml", NULL };
	struct command_result result;

	assert_int_equal(setenv("LD_PRELOAD", fixture->crashing, 1), 0);
	assert_int_equal(command_run(arena, arguments, NULL, &result), 0);
	assert_int_equal(unsetenv("LD_PRELOAD"), 0);
	const char *text = arena_str(arena, result.out);

	assert_int_equal(result.status, 0);
	assert_non_null(strstr(text, "dkim=pass"));
	assert_non_null(strstr(text, "libopendkim crashed (Aborted)"));
	assert_null(strstr(text, "both say"));
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
		cmocka_unit_test_prestate(test_differences, &fixture),
		cmocka_unit_test_prestate(test_sha1, &fixture),
		cmocka_unit_test_prestate(test_eai, &fixture),
		cmocka_unit_test_prestate(test_dns_trouble, &fixture),
		cmocka_unit_test_prestate(test_malformed_beside, &fixture),
		cmocka_unit_test_prestate(test_many, &fixture),
		cmocka_unit_test_prestate(test_too_many, &fixture),
		cmocka_unit_test_prestate(test_crash, &fixture),
	};

	if (fixture.program == NULL || fixture.folder == NULL) {
		(void)fprintf(stderr, "usage: dkim_compare EXPLAIN CRASHING\n");
		return (64);
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	files_remove(fixture.folder);
	arena_free(arena);
	return (failed);
}
