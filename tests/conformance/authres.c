/*
 * authres.c: the Authentication-Results fields that Thunderbird's DKIM Verifier
 * is tested with, read as the name of each file promises.
 */
#include "support/unit.h"

#include <stdio.h>

#include "mail/address.h"
#include "mail/authres.h"
#include "mail/message.h"
#include "support/suites.h"

#define MAX_FIELDS 7
#define MAX_BYTES ((size_t)1024 * 1024)
#define OURS "example.net"

/* One field, as it is read.  No identity: it cannot be. */
struct field {
	const char *authserv_id;
	size_t results;
	const char *first; /* method=result */
	bool claims;       /* that OURS wrote it */
};

struct file {
	const char *name;
	struct field fields[MAX_FIELDS];
};

static const struct file files[] = {
	{ "alignment-auid_not_in_sdid", { { OURS, 1, "dkim=pass", true } } },
	{ "alignment-from_not_in_sdid", { { OURS, 1, "dkim=pass", true } } },
	{ "dkim-unknown_result", { { OURS, 1, "dkim=timeout", true } } },
	{ "fakePayPal", { { OURS, 1, "dkim=pass", true } } },
	{ "multiple_arh-newest_no_authserv",
	    { { NULL, 0, "", false },
		{ "unrelated.com", 1, "dkim=pass", false },
		{ NULL, 0, "", false } } },
	{ "multiple_arh-newest_no_result",
	    { { OURS, 0, NULL, true },
		{ "unrelated.com", 1, "dkim=pass", false },
		{ OURS, 1, "dkim=pass", true } } },
	/* A value with a slash and no quotes. */
	{ "multiple_arh-newest_parsing_error_01",
	    { { NULL, 0, "", true }, { "unrelated.com", 1, "dkim=pass", false },
		{ OURS, 1, "dkim=pass", true } } },
	/* An identity with a slash and no quotes, which is not ours. */
	{ "multiple_arh-newest_parsing_error_02",
	    { { NULL, 0, "", false },
		{ "unrelated.com", 1, "dkim=pass", false },
		{ NULL, 0, "", false } } },
	{ "multiple_arh-newest_unknown_method",
	    { { OURS, 1, "foo=pass", true },
		{ "unrelated.com", 1, "dkim=pass", false },
		{ OURS, 1, "dkim=pass", true } } },
	{ "multiple_arh-same_and_different_authserv",
	    { { OURS, 1, "spf=pass", true }, { OURS, 1, "dkim=pass", true },
		{ OURS, 1, "dkim=pass", true },
		{ "foo." OURS, 1, "dkim=pass", false },
		{ "unrelated.com", 1, "dkim=pass", false },
		{ NULL, 0, "", false }, { OURS, 1, "dkim=pass", true } } },
	{ "multiple_dkim_results", { { OURS, 7, "dkim=fail", true } } },
	{ "multiple_spf_and_dmarc_results",
	    { { OURS, 13, "spf=fail", true } } },
	{ "rfc6376-A.2-arh-failed-no_reason",
	    { { OURS, 2, "spf=pass", true } } },
	{ "rfc6376-A.2-arh-failed", { { OURS, 2, "spf=pass", true } } },
	{ "rfc6376-A.2-arh-valid-a_tag", { { OURS, 2, "spf=pass", true } } },
	{ "rfc6376-A.2-arh-valid-a_tag_sha1",
	    { { OURS, 2, "spf=pass", true } } },
	{ "rfc6376-A.2-arh-valid-auid", { { OURS, 2, "spf=pass", true } } },
	{ "rfc6376-A.2-arh-valid-no_sdid_or_auid",
	    { { OURS, 2, "spf=pass", true } } },
	{ "rfc6376-A.2-arh-valid-sdid_and_auid",
	    { { OURS, 2, "spf=pass", true } } },
	{ "rfc6376-A.2-arh-valid", { { OURS, 2, "spf=pass", true } } },
	/* Relaxed readers let a last ";" pass; RFC 8601 2.2 has none. */
	{ "rfc6376-A.2-arh-valid_relaxed", { { NULL, 0, "", true } } },
};

/* What the last result of a file's first field says; NULL: nothing. */
static const struct detail {
	const char *name;
	const char *ptype;
	const char *property; /* the last one */
	const char *value;
	const char *reason;
	const char *comment;
} details[] = {
	{ "alignment-auid_not_in_sdid", "header", "i",
	    "joe@football.example.com", NULL, "good signature" },
	{ "rfc6376-A.2-arh-failed", "header", "d", "example.com",
	    "bad signature", NULL },
	{ "rfc6376-A.2-arh-failed-no_reason", "header", "d", "example.com",
	    NULL, NULL },
	{ "rfc6376-A.2-arh-valid-a_tag", "header", "a", "rsa-sha256", NULL,
	    "good signature" },
	{ "rfc6376-A.2-arh-valid-a_tag_sha1", "header", "a", "rsa-sha1", NULL,
	    "good signature" },
	{ "rfc6376-A.2-arh-valid-auid", "header", "i",
	    "joe@football.example.com", NULL, "good signature" },
	{ "rfc6376-A.2-arh-valid-no_sdid_or_auid", NULL, NULL, NULL, NULL,
	    "good signature" },
	{ "rfc6376-A.2-arh-valid-sdid_and_auid", "header", "i",
	    "joe@football.example.com", NULL, "good signature" },
	{ "rfc6376-A.2-arh-valid", "header", "d", "example.com", NULL,
	    "good signature" },
};

static const char *folder;

static void
read_message(struct arena *arena, const char *name, struct message *out)
{
	const char *path = arena_printf(arena, "%s/%s.eml", folder, name);
	const char *error = NULL;

	if (message_read(arena, path, MAX_BYTES, out, &error) != 0)
		fail_msg("%s", error);
}

static void
check_field(struct arena *arena, const struct field *wanted, struct span value)
{
	struct authres authres;
	int result = authres_parse(arena, value, &authres);

	assert_int_equal(result, wanted->authserv_id == NULL ? -1 : 0);
	assert_int_equal(authres_claims(value, OURS, NULL), wanted->claims);
	if (result != 0)
		return;
	assert_string_equal(authres.authserv_id, wanted->authserv_id);
	assert_int_equal(authres.count, wanted->results);
	if (authres.count > 0)
		assert_string_equal(
		    arena_printf(arena, "%s=%s", authres.results[0].method,
			authres.results[0].result),
		    wanted->first);
}

static void
check_file(const struct file *file)
{
	struct arena *arena = arena_new();
	struct message message;
	struct from from;
	size_t count = 0;

	read_message(arena, file->name, &message);
	for (size_t i = 0; i < message.headers.count; i++) {
		const struct header_field *field = &message.headers.fields[i];

		if (!span_is_nocase(field->name, "Authentication-Results"))
			continue;
		assert_true(count < MAX_FIELDS);
		check_field(arena, &file->fields[count++], field->value);
	}
	assert_true(count > 0);
	assert_true(count == MAX_FIELDS || file->fields[count].first == NULL);
	address_from(arena, &message.headers, &from);
	assert_int_equal(from.status, FROM_OK);
	arena_free(arena);
}

static void
test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(files); i++) {
		print_message("%s\n", files[i].name);
		check_file(&files[i]);
	}
}

static void
check_word(const char *word, const char *wanted)
{
	if (wanted == NULL)
		assert_null(word);
	else
		assert_string_equal(word, wanted);
}

static void
check_detail(const struct detail *wanted)
{
	struct arena *arena = arena_new();
	struct message message;
	struct authres authres;

	read_message(arena, wanted->name, &message);
	const struct header_field *field =
	    header_find(&message.headers, "Authentication-Results");

	assert_non_null(field);
	assert_int_equal(authres_parse(arena, field->value, &authres), 0);
	assert_true(authres.count > 0);
	const struct authres_result *last = &authres.results[authres.count - 1];
	const struct authres_property none = { 0 };
	const struct authres_property *property =
	    last->property_count == 0
		? &none
		: &last->properties[last->property_count - 1];

	check_word(last->reason, wanted->reason);
	check_word(last->comment, wanted->comment);
	check_word(property->ptype, wanted->ptype);
	check_word(property->property, wanted->property);
	check_word(property->value, wanted->value);
	arena_free(arena);
}

static void
test_details(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(details); i++) {
		print_message("%s\n", details[i].name);
		check_detail(&details[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_details),
	};
	struct arena *arena = arena_new();

	folder = suites_find(arena, "dkim/dkim_verifier/arh");
	int status = folder == NULL ? SUITES_SKIPPED
	                            : cmocka_run_group_tests(tests, NULL, NULL);

	arena_free(arena);
	return (status);
}
