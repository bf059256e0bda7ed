#include "support/unit.h"

#include "dkim/verify.h"

#include <string.h>

#include "base/buf.h"
#include "mail/message.h"
#include "support/dkim.h"

#define NOW 1700000000

static const struct clock then = { .fixed = NOW };

#define MESSAGE                                                                \
	"From: Joe <joe@example.com>\r\n"                                      \
	"Subject : Is dinner  ready?\r\n"                                      \
	"Subject: No\r\n"                                                      \
	"\r\n"                                                                 \
	"Hi.\r\n\r\nWe lost  the game. \r\n\r\n"

#define KEY_NAME "sel._domainkey.example.com"
#define PLAIN "v=1; a=rsa-sha256; d=example.com; s=sel; h=From:Subject; "
#define ED "v=1; a=ed25519-sha256; d=example.com; s=sel; h=From:Subject; "
#define ED_RFC_P "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

/* Changes to the options that most cases have. */
enum {
	PARTIAL = 1, /* accept_partial_body */
	EXPIRED = 2, /* accept_expired */
	STRONG = 4,  /* min_rsa_bits 2048 */
};

struct verify_case {
	const char *tags;       /* of the signature, but for bh= and b= */
	const char *key;        /* to sign with */
	const char *records[7]; /* at KEY_NAME; $P is p= of the key */
	const char *zone;       /* more lines of the zone, or NULL */
	const char *message;    /* to verify instead of MESSAGE, or NULL */
	int options;
	enum dkim_result result;
	const char *reason; /* a part of it, or NULL */
	bool testing;
};

static const struct verify_case cases[] = {
	/* Keys and algorithms. */
	{ PLAIN, "rsa1024.pem", { "v=DKIM1; p=$P" }, NULL, NULL, 0, DKIM_PASS,
	    NULL, false },
	{ PLAIN, "rsa2048.pem", { "p=$P" }, NULL, NULL, STRONG, DKIM_PASS, NULL,
	    false },
	{ PLAIN, "rsa8192.pem", { "k=rsa; p=$P" }, NULL, NULL, 0, DKIM_PASS,
	    NULL, false },
	{ ED, "ed25519.pem", { "k=ed25519; p=$P" }, NULL, NULL, STRONG,
	    DKIM_PASS, NULL, false },
	/* RFC 8301 3.2. */
	{ PLAIN, "rsa512.pem", { "v=DKIM1; p=$P" }, NULL, NULL, 0,
	    DKIM_PERMERROR, "fewer than 1024", false },
	{ PLAIN, "rsa1024.pem", { "v=DKIM1; p=$P" }, NULL, NULL, STRONG,
	    DKIM_POLICY, "shorter than this site accepts", false },
	/* RFC 8301 3.1. */
	{ "v=1; a=rsa-sha1; d=example.com; s=sel; h=From; ", "rsa1024.pem",
	    { "p=$P" }, NULL, NULL, 0, DKIM_PERMERROR, "rsa-sha1", false },
	{ ED, "ed25519.pem", { "k=rsa; p=$P" }, NULL, NULL, 0, DKIM_PERMERROR,
	    "not an RSA key", false },
	{ PLAIN, "rsa1024.pem", { "k=ed25519; p=" ED_RFC_P }, NULL, NULL, 0,
	    DKIM_PERMERROR, "type does not match a=", false },
	{ ED, "ed25519.pem", { "k=ed25519; p=" ED_RFC_P }, NULL, NULL, 0,
	    DKIM_FAIL, "does not match the header", false },
	{ PLAIN, "rsa1024.pem", { "v=DKIM1; p=" }, NULL, NULL, 0,
	    DKIM_PERMERROR, "revoked", false },
	{ PLAIN, "rsa1024.pem", { "p=$P; v=DKIM1" }, NULL, NULL, 0,
	    DKIM_PERMERROR, "v= is not first", false },
	{ PLAIN, "rsa1024.pem", { "h=sha1; p=$P" }, NULL, NULL, 0,
	    DKIM_PERMERROR, "does not allow sha256", false },
	{ PLAIN, "rsa1024.pem", { "h=sha1:sha256; p=$P" }, NULL, NULL, 0,
	    DKIM_PASS, NULL, false },
	{ PLAIN, "rsa1024.pem", { "s=tlsrpt; p=$P" }, NULL, NULL, 0,
	    DKIM_PERMERROR, "does not allow email", false },
	{ PLAIN, "rsa1024.pem", { "s=tlsrpt:email; n=hi; p=$P" }, NULL, NULL, 0,
	    DKIM_PASS, NULL, false },
	{ PLAIN, "rsa1024.pem", { "t=y; p=$P" }, NULL, NULL, 0, DKIM_PASS, NULL,
	    true },
	/* RFC 6376 3.6.1, t=s. */
	{ PLAIN "i=@example.com; ", "rsa1024.pem", { "t=s; p=$P" }, NULL, NULL,
	    0, DKIM_PASS, NULL, false },
	{ PLAIN, "rsa1024.pem", { "t=s; p=$P" }, NULL, NULL, 0, DKIM_PASS, NULL,
	    false },
	{ PLAIN "i=joe@sub.example.com; ", "rsa1024.pem", { "t=y:s; p=$P" },
	    NULL, NULL, 0, DKIM_PERMERROR, "t=s forbids", true },
	{ PLAIN "i=joe@sub.example.com; ", "rsa1024.pem", { "p=$P" }, NULL,
	    NULL, 0, DKIM_PASS, NULL, false },
	/* Canonicalizations. */
	{ PLAIN "c=relaxed; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, 0,
	    DKIM_PASS, NULL, false },
	{ PLAIN "c=simple/relaxed; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, 0,
	    DKIM_PASS, NULL, false },
	{ PLAIN "c=relaxed/relaxed;\r\n ", "rsa1024.pem", { "p=$P" }, NULL,
	    "From:Joe\t<joe@example.com>\r\nSubject:Is dinner\r\n ready?\r\n"
	    "subject:  No \r\n\r\nHi.\r\n\r\nWe lost the game.\r\n\r\n\r\n",
	    0, DKIM_PASS, NULL, false },
	{ PLAIN "c=simple/relaxed; ", "rsa1024.pem", { "p=$P" }, NULL,
	    "From:Joe <joe@example.com>\r\nSubject : Is dinner  ready?\r\n"
	    "Subject: No\r\n\r\nHi.\r\n\r\nWe lost  the game. \r\n\r\n",
	    0, DKIM_FAIL, "does not match the header", false },
	{ PLAIN "c=relaxed/simple; ", "rsa1024.pem", { "p=$P" }, NULL,
	    MESSAGE "\r\n\r\n", 0, DKIM_PASS, NULL, false },
	{ PLAIN "c=relaxed/simple; ", "rsa1024.pem", { "p=$P" }, NULL,
	    MESSAGE " \r\n", 0, DKIM_FAIL, "the body has changed", false },
	/* RFC 6376 5.4.2: the lowest Subject is signed, others may come. */
	{ PLAIN, "rsa1024.pem", { "p=$P" }, NULL, "Subject: more\r\n" MESSAGE,
	    0, DKIM_PASS, NULL, false },
	{ "v=1; a=rsa-sha256; d=example.com; s=sel; "
	  "h=From:Subject:Subject:Subject;",
	    "rsa1024.pem", { "p=$P" }, NULL, NULL, 0, DKIM_PASS, NULL, false },
	{ "v=1; a=rsa-sha256; d=example.com; s=sel; "
	  "h=From:Subject:Subject:Subject;",
	    "rsa1024.pem", { "p=$P" }, NULL, "Subject: more\r\n" MESSAGE, 0,
	    DKIM_FAIL, "does not match the header", false },
	{ "v=1; a=rsa-sha256; d=example.com; s=sel; h=From:X-None; ",
	    "rsa1024.pem", { "p=$P" }, NULL, NULL, 0, DKIM_PASS, NULL, false },
	{ "v=1; a=rsa-sha256; d=example.com; s=sel; h=From:X-None; ",
	    "rsa1024.pem", { "p=$P" }, NULL, "X-None:\r\n" MESSAGE, 0,
	    DKIM_FAIL, "does not match the header", false },
	/* RFC 6376 3.5: h= never means the signature itself. */
	{ "v=1; a=rsa-sha256; d=example.com; s=sel; h=From:DKIM-Signature; ",
	    "rsa1024.pem", { "p=$P" }, NULL, NULL, 0, DKIM_PASS, NULL, false },
	/* RFC 6376 8.15: an author whom nobody signed. */
	{ PLAIN, "rsa1024.pem", { "p=$P" }, NULL,
	    "From: eve@evil.example\r\n" MESSAGE, 0, DKIM_POLICY,
	    "not every From field is signed", false },
	{ PLAIN, "rsa1024.pem", { "p=$P" }, NULL,
	    "from : eve@evil.example\r\n" MESSAGE, 0, DKIM_POLICY,
	    "not every From field is signed", false },
	/* l= */
	{ PLAIN "l=5; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, 0, DKIM_POLICY,
	    "only a part", false },
	{ PLAIN "l=5; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, PARTIAL,
	    DKIM_PASS, NULL, false },
	{ PLAIN "l=5; ", "rsa1024.pem", { "p=$P" }, NULL,
	    "From: Joe <joe@example.com>\r\nSubject: No\r\n\r\nHi.\r\nBuy!",
	    PARTIAL, DKIM_PASS, NULL, false },
	{ PLAIN "l=28; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, 0, DKIM_PASS,
	    NULL, false },
	{ PLAIN "l=29; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, PARTIAL,
	    DKIM_FAIL, "shorter than l=", false },
	{ PLAIN "l=0; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, PARTIAL,
	    DKIM_PASS, NULL, false },
	{ PLAIN "l=99999999999999999999999; ", "rsa1024.pem", { "p=$P" }, NULL,
	    NULL, PARTIAL, DKIM_FAIL, "shorter than l=", false },
	/* Times; the skew is 300 seconds. */
	{ PLAIN "t=1699999000; x=1700000000; ", "rsa1024.pem", { "p=$P" }, NULL,
	    NULL, 0, DKIM_PASS, NULL, false },
	{ PLAIN "t=1699999000; x=1699999999; ", "rsa1024.pem", { "p=$P" }, NULL,
	    NULL, 0, DKIM_POLICY, "expired", false },
	{ PLAIN "t=1699999000; x=1699999999; ", "rsa1024.pem", { "p=$P" }, NULL,
	    NULL, EXPIRED, DKIM_PASS, NULL, false },
	/* A bad signature is no better for being old. */
	{ PLAIN "x=1699999999; ", "rsa1024.pem", { "p=$P" }, NULL,
	    "From: a\r\n\r\nHi", 0, DKIM_FAIL, "the body has changed", false },
	{ PLAIN "t=1700000300; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, 0,
	    DKIM_PASS, NULL, false },
	{ PLAIN "t=1700000301; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, 0,
	    DKIM_POLICY, "future", false },
	{ PLAIN "t=9999999999999; ", "rsa1024.pem", { "p=$P" }, NULL, NULL, 0,
	    DKIM_POLICY, "future", false },
	{ PLAIN "t=1; x=1699999999999; ", "rsa1024.pem", { "p=$P" }, NULL, NULL,
	    0, DKIM_PASS, NULL, false },
	/* The DNS. */
	{ PLAIN, "rsa1024.pem", { NULL }, NULL, NULL, 0, DKIM_PERMERROR,
	    "no key for the signature", false },
	{ PLAIN, "rsa1024.pem", { NULL }, KEY_NAME ". 60 IN A 192.0.2.1\n",
	    NULL, 0, DKIM_PERMERROR, "no key for the signature", false },
	{ PLAIN, "rsa1024.pem", { NULL }, "; @servfail " KEY_NAME ".\n", NULL,
	    0, DKIM_TEMPERROR, "cannot say", false },
	{ PLAIN, "rsa1024.pem", { NULL }, "; @timeout " KEY_NAME ". TXT\n",
	    NULL, 0, DKIM_TEMPERROR, "in time", false },
	{ PLAIN, "rsa1024.pem", { NULL },
	    KEY_NAME ". 60 IN CNAME k.example.net.\n"
		     "k.example.net. 60 IN TXT \"p=\"\n",
	    NULL, 0, DKIM_PERMERROR, "revoked", false },
	/* RFC 6376 3.6.2.2: several TXT records. */
	{ PLAIN, "rsa1024.pem", { "v=spf1 -all", "v=DKIM1; p=$P", "x" }, NULL,
	    NULL, 0, DKIM_PASS, NULL, false },
	{ ED, "ed25519.pem",
	    { "k=ed25519; p=" ED_RFC_P, "k=ed25519; p=$P", "p=" }, NULL, NULL,
	    0, DKIM_PASS, NULL, false },
	{ PLAIN, "rsa1024.pem", { "p=", "k=ed25519; p=" ED_RFC_P }, NULL, NULL,
	    0, DKIM_PERMERROR, "", false },
	{ ED, "ed25519.pem", { "p=", "k=ed25519; p=" ED_RFC_P }, NULL, NULL, 0,
	    DKIM_FAIL, "does not match the header", false },
	{ PLAIN, "rsa1024.pem", { "v=DKIM1; p=?", "p=" }, NULL, NULL, 0,
	    DKIM_PERMERROR, "revoked", false },
	{ PLAIN, "rsa1024.pem", { "hello", "v=spf1 -all" }, NULL, NULL, 0,
	    DKIM_PERMERROR, "no TXT record is a key record", false },
	{ PLAIN, "rsa1024.pem", { "hello" }, NULL, NULL, 0, DKIM_PERMERROR,
	    "the key record is malformed", false },
};

/* The text ${in} with $P replaced by ${p}. */
static const char *
fill_in(struct arena *arena, const char *in, const char *p)
{
	struct span rest = span_str(in);
	struct span before;

	if (!span_take_until(&rest, '$', &before))
		return (in);
	return (arena_printf(arena, "%s%s%s", arena_str(arena, before), p,
	    arena_str(arena, span_tail(rest, 1))));
}

static const char *
zone_of(struct arena *arena, const struct verify_case *wanted)
{
	struct dkim_private *key = support_key(arena, wanted->key);
	const char *p = dkim_private_public(key, arena);
	struct buf zone;

	buf_init(&zone, arena, 100000);
	buf_add_str(&zone, "example.com. 60 IN A 192.0.2.1\n");
	for (size_t i = 0; wanted->records[i] != NULL; i++)
		buf_add_str(&zone, support_txt(arena, KEY_NAME,
				       fill_in(arena, wanted->records[i], p)));
	if (wanted->zone != NULL)
		buf_add_str(&zone, wanted->zone);
	dkim_private_free(key);
	return (buf_str(&zone));
}

/* Verify ${text} below ${fields} with the keys in ${zone}. */
static const struct dkim_verification *
verify(struct arena *arena, const char *zone, const char *text,
    const struct dkim_verify_options *options, size_t *count)
{
	struct message message;
	struct dns *dns = support_dns(arena, zone);
	struct keycache *keys = keycache_new(4);

	message_parse(arena, span_str(text), &message);
	struct dkim_verify *work = dkim_verify_new(
	    arena, options, &message.headers, "example.com", dns, keys, &then);

	dkim_verify_body(work, message.body);
	const struct dkim_verification *out =
	    dkim_verify_finish(work, clock_monotonic_ms() + 200, count);

	dkim_verify_free(work);
	keycache_free(keys);
	dns_free(dns);
	return (out);
}

static void
check_case(const struct verify_case *wanted)
{
	struct arena *arena = arena_new();
	const struct dkim_verify_options options = {
		.max_signatures = 10,
		.min_rsa_bits = wanted->options & STRONG ? 2048 : 1024,
		.accept_partial_body = (wanted->options & PARTIAL) != 0,
		.accept_expired = (wanted->options & EXPIRED) != 0,
		.clock_skew = 300,
	};
	const char *text = arena_printf(arena, "DKIM-Signature:%s\r\n%s",
	    support_sign(arena, wanted->tags, wanted->key, MESSAGE),
	    wanted->message == NULL ? MESSAGE : wanted->message);
	size_t count;
	const struct dkim_verification *out =
	    verify(arena, zone_of(arena, wanted), text, &options, &count);
	const char *reason = out->reason == NULL ? "" : out->reason;

	assert_int_equal(count, 1);
	if (out->result != wanted->result ||
	    (wanted->reason == NULL) != (out->reason == NULL) ||
	    (wanted->reason != NULL && strstr(reason, wanted->reason) == NULL))
		fail_msg("%s [%s ...]: %s (%s)", wanted->tags,
		    wanted->records[0] == NULL ? "" : wanted->records[0],
		    dkim_result_name(out->result), reason);
	assert_int_equal(out->testing, wanted->testing);
	assert_string_equal(out->domain, "example.com");
	arena_free(arena);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		check_case(&cases[i]);
	dkim_verify_free(NULL);
}

static const struct dkim_verify_options plain_options = {
	.max_signatures = 3,
	.min_rsa_bits = 1024,
	.clock_skew = 300,
};

/* The zone that the tests below use: KEY_NAME has rsa1024.pem. */
static const char *
plain_zone(struct arena *arena)
{
	static const struct verify_case wanted = { .key = "rsa1024.pem",
		.records = { "p=$P" } };

	return (zone_of(arena, &wanted));
}

static void
test_none(void **state)
{
	struct arena *arena = arena_new();
	size_t count;

	(void)state;
	(void)verify(arena, plain_zone(arena), MESSAGE, &plain_options, &count);
	assert_int_equal(count, 0);
	(void)verify(arena, plain_zone(arena), "", &plain_options, &count);
	assert_int_equal(count, 0);
	arena_free(arena);
}

/* A malformed signature beside a good one costs only itself. */
static void
test_malformed_beside(void **state)
{
	static const char *const junk[] = { "", " ", " nonsense", " v=1; v=1",
		" a=\xff\x01", " =", " v=2; d=example.com", ";;;" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(junk); i++) {
		struct arena *arena = arena_new();
		const char *text = arena_printf(arena,
		    "DKIM-Signature:%s\r\nDKIM-Signature:%s\r\n"
		    "DKIM-Signature:%s\r\n" MESSAGE,
		    junk[i], support_sign(arena, PLAIN, "rsa1024.pem", MESSAGE),
		    junk[i]);
		size_t count;
		const struct dkim_verification *out = verify(
		    arena, plain_zone(arena), text, &plain_options, &count);

		assert_int_equal(count, 3);
		assert_int_equal(out[0].result, DKIM_PERMERROR);
		assert_non_null(out[0].reason);
		assert_int_equal(out[1].result, DKIM_PASS);
		assert_int_equal(out[2].result, DKIM_PERMERROR);
		arena_free(arena);
	}
}

/* Junk on top does not hide the author's own signature. */
static void
test_many(void **state)
{
	struct arena *arena = arena_new();
	struct buf text;
	size_t count;

	(void)state;
	buf_init(&text, arena, 1000000);
	for (int i = 0; i < 200; i++)
		buf_printf(&text,
		    "DKIM-Signature: v=1; a=rsa-sha256; d=%s; s=j%d; h=From; "
		    "bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; "
		    "b=AAAA\r\n",
		    i == 100 ? "sub.example.com" : "example.net", i);
	buf_printf(&text, "DKIM-Signature:%s\r\n" MESSAGE,
	    support_sign(arena, PLAIN, "rsa1024.pem", MESSAGE));
	const struct dkim_verification *out = verify(
	    arena, plain_zone(arena), buf_str(&text), &plain_options, &count);
	size_t neutral = 0;

	assert_int_equal(count, 201);
	for (size_t i = 0; i < count; i++)
		if (out[i].result == DKIM_NEUTRAL) {
			assert_string_equal(out[i].reason,
			    "not verified: more than 3 signatures");
			neutral++;
		}
	assert_int_equal(neutral, 198);
	/* His own domain, one above or below it, then from the top. */
	assert_int_equal(out[200].result, DKIM_PASS);
	assert_int_equal(out[100].result, DKIM_PERMERROR);
	assert_int_equal(out[0].result, DKIM_PERMERROR);
	assert_int_equal(out[1].result, DKIM_NEUTRAL);
	arena_free(arena);
}

static void
test_too_many_to_read(void **state)
{
	struct arena *arena = arena_new();
	struct buf text;
	size_t count;

	(void)state;
	buf_init(&text, arena, 1000000);
	for (int i = 0; i < 1001; i++)
		buf_add_str(&text, "DKIM-Signature: a\r\n");
	const struct dkim_verification *out = verify(
	    arena, plain_zone(arena), buf_str(&text), &plain_options, &count);

	assert_int_equal(count, 1001);
	assert_int_equal(out[999].result, DKIM_PERMERROR);
	assert_int_equal(out[1000].result, DKIM_NEUTRAL);
	assert_non_null(strstr(out[1000].reason, "1000"));
	arena_free(arena);
}

/* Signatures over each other's fields, with equal and unequal limits. */
static void
test_several(void **state)
{
	struct arena *arena = arena_new();
	size_t count;
	const char *first = arena_printf(arena, "DKIM-Signature:%s\r\n" MESSAGE,
	    support_sign(arena, PLAIN "l=5; c=simple/relaxed; ", "rsa1024.pem",
		MESSAGE));
	const char *second = arena_printf(arena, "DKIM-Signature:%s\r\n%s",
	    support_sign(arena,
		"v=1; a=rsa-sha256; d=example.com; s=sel; c=relaxed; "
		"h=dkim-signature:From; ",
		"rsa1024.pem", first),
	    first);
	const struct dkim_verification *out =
	    verify(arena, plain_zone(arena), second, &plain_options, &count);

	(void)state;
	assert_int_equal(count, 2);
	assert_int_equal(out[0].result, DKIM_PASS);
	assert_int_equal(out[1].result, DKIM_POLICY);
	assert_string_equal(out[0].identity, "@example.com");
	assert_int_equal(strlen(out[0].b), 8);
	assert_string_not_equal(out[0].b, out[1].b);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_malformed_beside),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_many_to_read),
		cmocka_unit_test(test_several),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
