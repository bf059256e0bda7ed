/* Format strings, and the keys that they make of a request. */
#include "key.h"

#include <string.h>

#include "support/unit.h"

static const struct {
	const char *format;
	const char *error; /* a part of it */
} bad[] = {
	{ "", "it is empty" },
	{ "$", "a dollar sign by itself" },
	{ "a$b", "a dollar sign by itself" },
	{ "${sender", "a } is missing" },
	{ "${}", "there is no ${}" },
	{ "${sasl_usernme}", "did you mean ${sasl_username}?" },
	{ "${senderdomain}", "did you mean ${sender_domain}?" },
	{ "${Sender}", "did you mean ${sender}?" },
	{ "${xyzzyxyzzy}", "there is no ${xyzzyxyzzy} in a request" },
	{ "${asn}${asn}${asn}${asn}${asn}${asn}${asn}${asn}${asn}${asn}${asn}"
	  "${asn}${asn}${asn}${asn}${asn}${asn}",
	    "too many parts" },
};

static void
test_bad(void **state)
{
	struct arena *arena = arena_new();
	char text[KEY_MAX_BYTES + 2];
	const char *error;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
		error = NULL;
		assert_null(key_parse(bad[i].format, arena, &error));
		if (strstr(error, bad[i].error) == NULL)
			fail_msg("%s: %s", bad[i].format, error);
	}
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_null(key_parse(text, arena, &error));
	assert_string_equal(error, "it is too long");
	text[sizeof(text) - 2] = '\0';
	assert_non_null(key_parse(text, arena, &error));
	arena_free(arena);
}

static const struct {
	const char *format;
	const char *key; /* NULL: it does not apply */
	bool of_recipient;
} cases[] = {
	{ "server", "server", false },
	{ "All $$ Here", "all $ here", false },
	{ "${sasl_username}", "ann@example.org", false },
	{ "${sender_domain}|${client_net}", "mail.example.net|192.0.2.0/24",
	    false },
	{ "${recipient}", "bob@example.org", true },
	{ "to ${recipient_domain}", "to example.org", true },
	{ "${client_net}${recipient_mailbox}", "192.0.2.0/24bob@example.org",
	    true },
	{ "${queue_id}", NULL, false },
	{ "x${asn}", NULL, false },
	{ "${recipient}${tls_sni}", NULL, true },
};

static void
fill(struct request *request)
{
	*request = (struct request){ .state = REQUEST_STATE_RCPT };
	request->attributes[REQUEST_SASL_USERNAME] =
	    span_str("Ann@Example.org");
	request->attributes[REQUEST_SENDER] = span_str("ann@Mail.example.net");
	request->attributes[REQUEST_RECIPIENT] = span_str("bob@EXAMPLE.org");
	(void)network_address_parse("192.0.2.7", &request->client);
}

static void
test_expand(void **state)
{
	const struct facts_rules rules = { .client_net_ipv4 = 24 };
	struct arena *arena = arena_new();
	struct request request;
	struct facts facts;

	(void)state;
	fill(&request);
	facts_init(&facts, &request, &rules, arena);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const char *error;
		const struct key *key =
		    key_parse(cases[i].format, arena, &error);
		struct span out;

		assert_non_null(key);
		assert_int_equal(
		    key_uses_recipient(key), cases[i].of_recipient);
		bool applies = key_expand(key, &facts, &out);

		assert_int_equal(applies, cases[i].key != NULL);
		if (applies && !span_is(out, cases[i].key))
			fail_msg("%s", cases[i].format);
	}
	arena_free(arena);
}

/* Expand "${sender}" for one of ${len} bytes that ends with ${last}. */
static struct span
expand_long(struct arena *arena, size_t len, char last)
{
	const struct facts_rules rules = { 0 };
	char *text = arena_alloc(arena, len + 1);
	struct request request = { 0 };
	struct facts facts;
	const char *error;
	struct span out = { 0 };

	memset(text, 'A', len);
	text[len - 1] = last;
	request.attributes[REQUEST_SENDER] = span_str(text);
	facts_init(&facts, &request, &rules, arena);
	assert_true(
	    key_expand(key_parse("${sender}", arena, &error), &facts, &out));
	return (out);
}

static void
test_long(void **state)
{
	struct arena *arena = arena_new();
	struct span fits = expand_long(arena, KEY_MAX_BYTES, 'b');
	struct span one = expand_long(arena, KEY_MAX_BYTES + 1, 'b');
	struct span other = expand_long(arena, KEY_MAX_BYTES + 1, 'c');
	struct span same = expand_long(arena, KEY_MAX_BYTES + 1, 'C');
	struct span longest = expand_long(arena, REQUEST_MAX_LINE, 'b');

	(void)state;
	assert_int_equal(fits.len, KEY_MAX_BYTES);
	assert_int_equal(span_at(fits, KEY_MAX_BYTES - 1), 'b');
	assert_int_equal(one.len, KEY_MAX_BYTES);
	assert_int_equal(span_at(one, KEY_MAX_BYTES - 65), '#');
	assert_false(span_eq(one, other));
	assert_true(span_eq(other, same));
	assert_int_equal(longest.len, KEY_MAX_BYTES);
	assert_false(span_eq(one, longest));
	/* Of 256 letters a and a b, as sha256sum(1) says. */
	assert_true(span_is(span_tail(one, KEY_MAX_BYTES - 64),
	    "3dc0aae8fc4eda1fde368fbd878a01aa"
	    "607b604737af868e7a44e5105bfe99cb"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_bad),
		cmocka_unit_test(test_expand), cmocka_unit_test(test_long) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
