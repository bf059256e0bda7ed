#include "support/unit.h"

#include "dkim/signature.h"

#include <string.h>

#include "base/buf.h"

#define BH "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="
#define BASE " v=1; a=rsa-sha256; d=example.com; s=sel; h=From:To; bh=" BH ";"

static const struct {
	const char *value;
	const char *error; /* a part of it, or NULL */
} cases[] = {
	{ BASE " b=AAAA", NULL },
	{ BASE "\r\n\tb=AA\r\n\t AA ; ", NULL },
	{ BASE " b=AAAA; c=relaxed/relaxed; q=dns/txt; l=10; t=1; x=2; z=a|b;"
	       " unknown=tag",
	    NULL },
	{ BASE " b=AAAA; q=x/y : dns/txt", NULL },
	{ BASE " b=AAAA; q=dns/txt : x/y", NULL },
	{ BASE " b=AAAA; t=999999999999; x=9999999999999", NULL },
	{ BASE " b=AAAA; t=9999999999999", NULL },
	{ " a=RSA-SHA256; v=1; d=EXAMPLE.com; s=sel; h=a : b\r\n : fROM; bh=" BH
	  "; b=AAAA",
	    NULL },
	/* RFC 8616 5: U-labels and UTF-8 in i=. */
	{ " v=1; a=ed25519-sha256; d=b\xc3\xbc"
	  "cher.example; s=sel; h=From; bh=" BH
	  "; b=AAAA; i=j\xc3\xb6=65@b\xc3\xbc"
	  "cher.example",
	    NULL },
	{ "", "no tags" },
	{ " v=1; a", "\"=\"" },
	/* RFC 6376 3.2: a duplicate. */
	{ BASE " b=AAAA; v=1", "twice" },
	{ BASE " b=AAAA; l=1; l=2", "twice" },
	{ " a=rsa-sha256; d=example.com; s=sel; h=From; bh=" BH "; b=AAAA",
	    "v= is missing" },
	{ " v=2; a=rsa-sha256; d=example.com; s=sel; h=From; bh=" BH "; b=AAAA",
	    "v= is not 1" },
	{ " v=1; d=example.com; s=sel; h=From; bh=" BH "; b=AAAA",
	    "a= is missing" },
	{ " v=1; a=rsa-md5; d=example.com; s=sel; h=From; bh=" BH "; b=AAAA",
	    "a= is unknown" },
	/* RFC 8301 3.1. */
	{ " v=1; a=rsa-sha1; d=example.com; s=sel; h=From; bh=" BH "; b=AAAA",
	    "rsa-sha1" },
	{ " v=1; a=rsa-sha256; s=sel; h=From; bh=" BH "; b=AAAA",
	    "d= is missing" },
	{ " v=1; a=rsa-sha256; d=exa mple.com; s=sel; h=From; bh=" BH
	  "; b=AAAA",
	    "d= is not" },
	{ " v=1; a=rsa-sha256; d=a..com; s=sel; h=From; bh=" BH "; b=AAAA",
	    "d= is not" },
	{ " v=1; a=rsa-sha256; d=a.com(.b.com; s=sel; h=From; bh=" BH
	  "; b=AAAA",
	    "d= is not" },
	{ " v=1; a=rsa-sha256; d=\xff.com; s=sel; h=From; bh=" BH "; b=AAAA",
	    "d= is not" },
	{ " v=1; a=rsa-sha256; d=example.com; h=From; bh=" BH "; b=AAAA",
	    "s= is missing" },
	{ " v=1; a=rsa-sha256; d=example.com; s=; h=From; bh=" BH "; b=AAAA",
	    "s= is not" },
	{ " v=1; a=rsa-sha256; d=example.com; s=.sel; h=From; bh=" BH
	  "; b=AAAA",
	    "s= is not" },
	{ " v=1; a=rsa-sha256; d=example.com; s=sel; bh=" BH "; b=AAAA",
	    "h= is missing" },
	/* RFC 6376 5.4: From is signed. */
	{ " v=1; a=rsa-sha256; d=example.com; s=sel; h=To:Subject; bh=" BH
	  "; b=AAAA",
	    "does not sign From" },
	{ " v=1; a=rsa-sha256; d=example.com; s=sel; h=; bh=" BH "; b=AAAA",
	    "not a list" },
	{ " v=1; a=rsa-sha256; d=example.com; s=sel; h=From:; bh=" BH
	  "; b=AAAA",
	    "not a list" },
	{ " v=1; a=rsa-sha256; d=example.com; s=sel; h=From To; bh=" BH
	  "; b=AAAA",
	    "not a list" },
	{ " v=1; a=rsa-sha256; d=example.com; s=sel; h=From; b=AAAA",
	    "bh= is missing" },
	{ " v=1; a=rsa-sha256; d=example.com; s=sel; h=From; bh=?; b=AAAA",
	    "bh= is not base64" },
	{ " v=1; a=rsa-sha256; d=example.com; s=sel; h=From; bh=AAAA; b=AAAA",
	    "bh= is not a SHA-256" },
	{ BASE, "b= is missing" },
	{ BASE " b=", "b= is empty" },
	{ BASE " b=!", "b= is not base64" },
	{ BASE " b=AAAA; c=strict", "c= is unknown" },
	{ BASE " b=AAAA; c=simple/strict", "c= is unknown" },
	{ BASE " b=AAAA; c=", "c= is unknown" },
	{ BASE " b=AAAA; c=simple/", "c= is unknown" },
	{ BASE " b=AAAA; i=joe@example.org", "not within d=" },
	/* Text that ends like d= is not below it. */
	{ BASE " b=AAAA; i=joe@badexample.com", "not within d=" },
	{ BASE " b=AAAA; i=joe", "i= is not an address" },
	{ BASE " b=AAAA; i=joe@", "i= is not an address" },
	{ BASE " b=AAAA; i=", "i= is not an address" },
	{ BASE " b=AAAA; i=j=0Aoe@example.com", "control" },
	{ BASE " b=AAAA; i=j=oe@example.com", "quoted-printable" },
	{ BASE " b=AAAA; l=", "l= is not" },
	{ BASE " b=AAAA; l=-1", "l= is not" },
	{ BASE " b=AAAA; l=0x1", "l= is not" },
	{ BASE " b=AAAA; q=http", "q= does not" },
	{ BASE " b=AAAA; t=now", "t= is not" },
	{ BASE " b=AAAA; x=", "x= is not" },
	/* RFC 6376 3.5: x= is greater than t=. */
	{ BASE " b=AAAA; t=2; x=2", "not later" },
	{ BASE " b=AAAA; t=9999999999999; x=2", "not later" },
};

static void
test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct signature signature;

		signature_parse(arena, span_str(cases[i].value), &signature);
		if (cases[i].error == NULL && signature.error != NULL)
			fail_msg("%s: %s", cases[i].value, signature.error);
		if (cases[i].error != NULL &&
		    (signature.error == NULL ||
			strstr(signature.error, cases[i].error) == NULL))
			fail_msg("%s: %s", cases[i].value,
			    signature.error == NULL ? "(none)"
						    : signature.error);
		arena_free(arena);
	}
}

static void
test_all_tags(void **state)
{
	struct arena *arena = arena_new();
	struct signature s;

	(void)state;
	signature_parse(arena,
	    span_str(" v=1; a=rsa-sha256; c=relaxed; d=Example.COM; "
		     "s=Sel.2024; i=j=6Fe.=3D@Mail.example.com; t=10; "
		     "x=20; l=7; h=From : to\r\n :X ;bh=" BH
		     ";b= QUJD\r\n REVG R0g=\r\n ;z=x"),
	    &s);
	assert_null(s.error);
	assert_int_equal(s.algorithm, DKIM_RSA_SHA256);
	assert_int_equal(s.header_canon, DKIM_RELAXED);
	assert_int_equal(s.body_canon, DKIM_SIMPLE);
	assert_string_equal(s.domain, "example.com");
	assert_string_equal(s.selector, "sel.2024");
	assert_string_equal(s.key_name, "sel.2024._domainkey.example.com");
	assert_string_equal(s.identity, "joe.=@mail.example.com");
	assert_string_equal(s.identity_domain, "mail.example.com");
	assert_int_equal(s.timestamp, 10);
	assert_int_equal(s.expiration, 20);
	assert_true(s.has_length);
	assert_int_equal(s.length, 7);
	assert_int_equal(s.name_count, 3);
	assert_true(span_is(s.names[1], "to"));
	assert_true(span_is(s.names[2], "X"));
	assert_true(span_is(s.bytes, "ABCDEFGH"));
	assert_string_equal(s.b, "QUJDREVG");
	assert_true(span_is(s.after_b, ";z=x"));
	assert_true(span_ends_nocase(s.before_b, span_str(";b=")));
	arena_free(arena);
}

static void
test_defaults(void **state)
{
	struct arena *arena = arena_new();
	struct signature s;

	(void)state;
	signature_parse(arena, span_str(BASE " b=AAAA"), &s);
	assert_int_equal(s.header_canon, DKIM_SIMPLE);
	assert_int_equal(s.body_canon, DKIM_SIMPLE);
	assert_string_equal(s.identity, "@example.com");
	assert_int_equal(s.timestamp, -1);
	assert_int_equal(s.expiration, -1);
	assert_false(s.has_length);
	/* A length that fits in nothing is longer than every body. */
	signature_parse(
	    arena, span_str(BASE " b=AAAA; l=99999999999999999999999999"), &s);
	assert_null(s.error);
	assert_true(s.length == UINT64_MAX - 1);
	/* RFC 8616: names are told in A-labels. */
	signature_parse(arena,
	    span_str(" v=1; a=rsa-sha256; d=b\xc3\xbc"
		     "cher.example; s=s; h=From; bh=" BH "; b=AAAA"),
	    &s);
	assert_string_equal(s.domain, "xn--bcher-kva.example");
	/* What can be read of a malformed one is told. */
	signature_parse(arena,
	    span_str(" v=3; a=rsa-sha256; d=example.com; s=sel; b=QUJDREVGR0g"),
	    &s);
	assert_non_null(s.error);
	assert_string_equal(s.domain, "example.com");
	assert_string_equal(s.selector, "sel");
	assert_string_equal(s.b, "QUJDREVG");
	arena_free(arena);
}

static void
test_limits(void **state)
{
	struct arena *arena = arena_new();
	struct signature s;
	struct buf value;

	(void)state;
	buf_init(&value, arena, (size_t)2 * SIGNATURE_MAX_BYTES);
	buf_add_str(&value,
	    " v=1; a=rsa-sha256; d=a.com; s=s; b=AAAA; bh=" BH "; h=From");
	for (int i = 1; i < SIGNATURE_MAX_NAMES; i++)
		buf_add_str(&value, ":X");
	signature_parse(arena, buf_span(&value), &s);
	assert_null(s.error);
	assert_int_equal(s.name_count, SIGNATURE_MAX_NAMES);
	buf_add_str(&value, ":X");
	signature_parse(arena, buf_span(&value), &s);
	assert_string_equal(s.error, "h= has too many names");
	buf_cut(&value, 0);
	buf_add_str(&value, BASE " b=AAAA; z=");
	while (value.len < SIGNATURE_MAX_BYTES)
		buf_add_byte(&value, 'z');
	signature_parse(arena, buf_span(&value), &s);
	assert_null(s.error);
	buf_add_byte(&value, 'z');
	signature_parse(arena, buf_span(&value), &s);
	assert_non_null(strstr(s.error, "longer than 65536"));
	/* s= and d= that make too long a name together. */
	const char *label =
	    "a23456789012345678901234567890123456789012345678901"
	    "234567890";

	buf_cut(&value, 0);
	buf_printf(&value,
	    " v=1; a=rsa-sha256; d=%s.%s.%s; s=%s; b=AAAA; bh=" BH "; h=From",
	    label, label, label, label);
	signature_parse(arena, buf_span(&value), &s);
	assert_string_equal(s.error, "s= and d= make too long a name");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_all_tags),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_limits),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
