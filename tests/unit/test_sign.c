#include "support/unit.h"

#include "dkim/sign.h"

#include <stdlib.h>
#include <string.h>

#include "dkim/tags.h"
#include "dkim/verify.h"
#include "mail/message.h"
#include "support/dkim.h"

#define NOW 1700000000

static const struct clock then = { .fixed = NOW };

static const struct dkim_verify_options verify_options = {
	.max_signatures = 10,
	.min_rsa_bits = 1024,
	.clock_skew = 300,
};

#define HEADER                                                                 \
	"Received: from a\r\n\tby b; now\r\n"                                  \
	"From: Joe <joe@example.com>\r\n"                                      \
	"To: a@example.org,\r\n  b@example.org\r\n"                            \
	"Subject:  Is  dinner\tready? \r\n"                                    \
	"Date: today\r\n"

struct fixture {
	struct arena *arena;
	struct message message;
	struct dkim_private *rsa;
	struct dkim_private *ed25519;
	struct dns *dns;
	struct keycache *keys;
};

static void
fixture_init(struct fixture *f, const char *text)
{
	struct arena *arena = arena_new();

	f->arena = arena;
	message_parse(arena, span_str(text), &f->message);
	f->rsa = support_key(arena, "rsa2048.pem");
	f->ed25519 = support_key(arena, "ed25519.pem");
	f->dns = support_dns(
	    arena, arena_printf(arena, "%s%s",
		       support_txt(arena, "r._domainkey.example.com",
			   support_record(arena, f->rsa, "v=DKIM1; ")),
		       support_txt(arena, "e._domainkey.example.com",
			   support_record(arena, f->ed25519, "v=DKIM1; "))));
	f->keys = keycache_new(10);
}

static void
fixture_done(struct fixture *f)
{
	dkim_private_free(f->rsa);
	dkim_private_free(f->ed25519);
	dns_free(f->dns);
	keycache_free(f->keys);
	arena_free(f->arena);
}

/* Sign the message with both keys; store the two fields in ${values}. */
static void
sign(struct fixture *f, const struct dkim_sign_options *options,
    const char *identity, const char *values[2])
{
	const struct dkim_sign_key keys[2] = {
		{ "example.com", "r", identity, f->rsa },
		{ "example.com", "e", identity, f->ed25519 },
	};
	struct dkim_sign *work = dkim_sign_new(
	    f->arena, options, &f->message.headers, keys, 2, &then);

	dkim_sign_body(work, f->message.body);
	assert_int_equal(dkim_sign_finish(work, values), 0);
	dkim_sign_free(work);
}

/* Put ${values} on top of the message, one above the other. */
static void
put_on_top(struct fixture *f, const char *values[2])
{
	struct header_list old = f->message.headers;

	header_list_init(&f->message.headers, f->arena);
	for (size_t i = 0; i < 2; i++)
		header_list_add(&f->message.headers, span_str("DKIM-Signature"),
		    span_str(values[i]));
	for (size_t i = 0; i < old.count; i++)
		header_list_add(&f->message.headers, old.fields[i].raw_name,
		    old.fields[i].value);
}

/* Verify; both signatures must come out as ${wanted}. */
static void
verify(struct fixture *f, enum dkim_result wanted, const char *identity)
{
	size_t count;
	struct dkim_verify *work = dkim_verify_new(f->arena, &verify_options,
	    &f->message.headers, "example.com", f->dns, f->keys, &then);

	dkim_verify_body(work, f->message.body);
	const struct dkim_verification *out =
	    dkim_verify_finish(work, clock_monotonic_ms() + 1000, &count);

	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		if (out[i].result != wanted)
			fail_msg("%s: %s", dkim_result_name(out[i].result),
			    out[i].reason == NULL ? "-" : out[i].reason);
		assert_string_equal(out[i].identity, identity);
		assert_string_equal(out[i].domain, "example.com");
	}
	assert_int_equal(out[0].algorithm, DKIM_RSA_SHA256);
	assert_int_equal(out[0].key_bits, 2048);
	assert_string_equal(out[0].selector, "r");
	assert_int_equal(out[1].algorithm, DKIM_ED25519_SHA256);
	dkim_verify_free(work);
}

/* No line of ${value}, as it stands behind its name, has 78 columns or more. */
static void
check_folds(const char *value)
{
	size_t column = strlen("DKIM-Signature:");

	assert_int_equal(value[0], ' ');
	for (const char *p = value; *p != '\0'; p++) {
		if (*p == '\r') {
			assert_int_equal(p[1], '\n');
			assert_true(p[2] == '\t' && p[3] > ' ');
			p++;
			column = 0;
			continue;
		}
		column += *p == '\t' ? 8 : 1;
		assert_true(column < 78);
	}
}

static const char *const bodies[] = { HEADER "\r\nHi.\r\n\r\nJoe.\r\n",
	HEADER "\r\n", HEADER, HEADER "\r\n\r\n\r\n",
	HEADER "\r\n \t \r\n \r\n", HEADER "\r\nno line end",
	HEADER "\r\n  blanks \t at  end \t ",
	HEADER "\r\n8-bit \xc3\xa9 \xff\r\n" };

static void
test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bodies) * 4; i++) {
		const struct dkim_sign_options options = {
			.header_canon = i & 1 ? DKIM_RELAXED : DKIM_SIMPLE,
			.body_canon = i & 2 ? DKIM_RELAXED : DKIM_SIMPLE,
			.ttl = i & 1 ? 604800 : 0,
		};
		struct fixture f;
		const char *values[2];

		fixture_init(&f, bodies[i / 4]);
		sign(&f, &options, NULL, values);
		check_folds(values[0]);
		check_folds(values[1]);
		assert_null(strstr(values[0], " l="));
		assert_non_null(strstr(values[0], "t=1700000000;"));
		assert_int_equal(strstr(values[0], "x=1700604800;") != NULL,
		    options.ttl > 0);
		put_on_top(&f, values);
		verify(&f, DKIM_PASS, "@example.com");
		fixture_done(&f);
	}
	dkim_sign_free(NULL);
}

/* Return h= without folds. */
static const char *
names_of(struct arena *arena, const char *value)
{
	const char *start = strstr(value, "h=");
	struct span names;
	struct span rest = span_str(start);
	char *out = arena_alloc(arena, rest.len + 1);
	size_t len = 0;

	assert_true(span_take_until(&rest, ';', &names));
	for (size_t i = 2; i < names.len; i++)
		if (!span_is_space(names.data[i]))
			out[len++] = (char)names.data[i];
	return (out);
}

static const char *const some[] = { "Subject", "subject", "X-A", "Received",
	"x-mailreeve-verdict", "Return-Path", "List-Id" };
static const char *const over[] = { "x-a", "List-Id", "To", "From" };

static const struct {
	const char *header;
	bool listed; /* sign those in some, oversign those in over */
	const char *names;
} name_cases[] = {
	{ "From: a\r\n", false,
	    "From:From:Reply-To:To:Cc:Subject:Date:Message-ID:In-Reply-To:"
	    "References:MIME-Version:Content-Type:Content-Transfer-Encoding" },
	{ "From: a\r\nTo: b\r\nSender: c\r\nReceived: d\r\nReturn-Path: e\r\n"
	  "Delivered-To: f\r\nAuthentication-Results: g\r\nX-Mailreeve-V: h\r\n"
	  "List-Unsubscribe: i\r\nlist-unsubscribe-post: j\r\nList-Id: k\r\n"
	  "to: l\r\nDKIM-Signature: m\r\n",
	    false,
	    "From:From:Sender:Reply-To:To:To:To:Cc:Subject:Date:Message-ID:"
	    "In-Reply-To:References:MIME-Version:Content-Type:"
	    "Content-Transfer-Encoding:List-Id:List-Unsubscribe:"
	    "List-Unsubscribe:List-Unsubscribe-Post:List-Unsubscribe-Post" },
	{ "From: a\r\nX-A: b\r\nX-A: c\r\nSubject: d\r\nReceived: e\r\n"
	  "X-Mailreeve-Verdict: f\r\n",
	    true, "From:From:Subject:X-A:X-A:X-A:List-Id:To" },
	{ "List-Id: a\r\nFrom: b\r\n", true,
	    "From:From:X-A:List-Id:List-Id:To" },
	{ "From: a\r\nX-A:1\r\nX-A:2\r\nX-A:3\r\nX-A:4\r\nX-A:5\r\nX-A:6\r\n"
	  "X-A:7\r\nX-A:8\r\nX-A:9\r\nX-A:10\r\nX-A:11\r\n",
	    true,
	    "From:From:X-A:X-A:X-A:X-A:X-A:X-A:X-A:X-A:X-A:X-A:X-A:X-A:List-Id:To" },
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(name_cases); i++) {
		bool listed = name_cases[i].listed;
		const struct dkim_sign_options options = {
			.header_canon = DKIM_RELAXED,
			.headers = listed ? some : NULL,
			.header_count = UNIT_COUNT(some),
			.oversigned = listed ? over : NULL,
			.oversigned_count = UNIT_COUNT(over),
		};
		struct fixture f;
		const char *values[2];

		fixture_init(
		    &f, name_cases[i].header); /* a message without a body */
		sign(&f, &options, NULL, values);
		assert_string_equal(
		    names_of(f.arena, values[0]), name_cases[i].names);
		fixture_done(&f);
	}
}

/* Five hundred names of h= are enough for any mail; no field is left out of a
 * signature in silence. */
static void
test_refusal(void **state)
{
	static const struct {
		size_t fields;
		bool refused;
	} cases[] = { { 1, false }, { 400, false }, { 600, true } };
	const struct dkim_sign_options options = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct header_list headers;

		header_list_init(&headers, arena);
		header_list_add(&headers, span_str("From"), span_str(" a"));
		for (size_t n = 0; n < cases[i].fields; n++)
			header_list_add(
			    &headers, span_str("To"), span_str(" b"));
		struct dkim_sign *signing = dkim_sign_new(
		    arena, &options, &headers, NULL, 0, &clock_system);

		assert_int_equal(
		    dkim_sign_refusal(signing) != NULL, cases[i].refused);
		dkim_sign_free(signing);
		arena_free(arena);
	}
}

/* RFC 6376 5.4.2: fields that are added above or below are noticed when their
 * name is oversigned. */
static void
test_oversigned(void **state)
{
	static const char *const names[] = { "From", "to", "List-Unsubscribe",
		"Content-Type" };
	const struct dkim_sign_options options = { .body_canon = DKIM_RELAXED };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(names); i++) {
		struct fixture f;
		const char *values[2];

		fixture_init(
		    &f, HEADER "List-Unsubscribe: <https://a>\r\n\r\nHi\r\n");
		sign(&f, &options, NULL, values);
		put_on_top(&f, values);
		verify(&f, DKIM_PASS, "@example.com");
		header_list_add(
		    &f.message.headers, span_str("X-Other"), span_str(" a"));
		verify(&f, DKIM_PASS, "@example.com");
		header_list_add(
		    &f.message.headers, span_str(names[i]), span_str(" a"));
		verify(&f, DKIM_FAIL, "@example.com");
		fixture_done(&f);
	}
}

static const struct {
	const char *identity;
	const char *written; /* without folds */
} identity_cases[] = {
	{ "@example.com", "i=@example.com;" },
	{ "joe@mail.example.com", "i=joe@mail.example.com;" },
	{ "j o;=\xc3\xa9@example.com", "i=j=20o=3B=3D=C3=A9@example.com;" },
	{ "\"a@b\"@example.com", "i=\"a@b\"@example.com;" },
	{ "an.address.of.many.words.that.cannot.stand.on.one.line.of.less."
	  "than.78.columns@example.com",
	    "i=an.address.of.many.words.that.cannot.stand.on.one.line.of.less."
	    "than.78.columns@example.com;" },
};

static void
test_identity(void **state)
{
	const struct dkim_sign_options options = { .body_canon = DKIM_RELAXED };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(identity_cases); i++) {
		struct fixture f;
		const char *values[2];

		fixture_init(&f, HEADER "\r\nHi.\r\n");
		sign(&f, &options, identity_cases[i].identity, values);
		check_folds(values[0]);
		struct span flat = tags_unfold(f.arena, span_str(values[0]));

		assert_non_null(strstr(
		    arena_str(f.arena, flat), identity_cases[i].written));
		put_on_top(&f, values);
		verify(&f, DKIM_PASS, identity_cases[i].identity);
		fixture_done(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_oversigned),
		cmocka_unit_test(test_identity),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
