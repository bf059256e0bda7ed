/*
 * dkim_suite.c: the messages of RFC 6376 A.2 and RFC 8463 A.3, ill-formed
 * variants of them, and messages, keys and key records of another signer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "dkim/verify.h"
#include "mail/message.h"
#include "support/dkim.h"
#include "support/suites.h"

#define MAX_FILE ((size_t)1024 * 1024)

struct message_case {
	const char *file;
	const char *results; /* of its signatures, from the top */
};

#define RFC6376 "dkim_verifier/rfc6376-A.2"
#define OTHERS "dkim_verifier/dkim/"
#define AR "dkim_verifier/arh/"

static const struct message_case message_cases[] = {
	{ RFC6376 ".eml", "pass" },
	{ RFC6376 "-body_modified.eml", "fail" },
	{ RFC6376 "-header_subject_modified.eml", "fail" },
	{ RFC6376 "-ill_formed-list_id.eml", "pass" },
	{ RFC6376 "-ill_formed-missing_v.eml", "permerror" },
	{ "dkim_verifier/rfc8463-A.3.eml", "pass pass" },
	{ "dkim_verifier/rfc8463-A.3-key_algo_mismatch.eml",
	    "permerror permerror" },
	{ "dkim_verifier/ill_formed-from.eml", "" },
	{ "dkim_verifier/fakePayPal.eml", "" },
	/* h= names Date, From, Subject and To once: the lowest ones. */
	{ OTHERS "added_header-date.eml", "pass" },
	/* RFC 6376 8.15: an author whom nobody signed. */
	{ OTHERS "added_header-from.eml", "policy" },
	{ OTHERS "added_header-subject.eml", "pass" },
	{ OTHERS "added_header-to.eml", "pass" },
	{ OTHERS "alignment-from_not_in_auid.eml", "pass" },
	{ OTHERS "alignment-from_not_in_sdid.eml", "pass" },
	{ OTHERS "alignment-signed_by_parent_domain.eml", "pass" },
	{ OTHERS "flags_s-auid_and_sdid_match.eml", "pass" },
	{ OTHERS "flags_s-auid_is_subdomain_of_sdid.eml", "permerror" },
	{ OTHERS "header_with_non_ascii_char.eml", "pass" },
	{ OTHERS "time-received_after_creation.eml", "pass" },
	{ OTHERS "time-received_briefly_before_creation.eml", "pass" },
	{ OTHERS "time-received_long_before_creation.eml", "pass" },
	{ OTHERS "unsigned_header-content-type.eml", "pass" },
	{ OTHERS "unsigned_header-reply_to-in_domain.eml", "pass" },
	{ OTHERS "unsigned_header-reply_to-invalid.eml", "pass" },
	{ OTHERS "unsigned_header-reply_to-not_in_domain.eml", "pass" },
	{ AR "rfc6376-A.2-arh-valid.eml", "pass" },
	{ AR "rfc6376-A.2-arh-failed.eml", "pass" },
	{ "dkim_verifier/bimi/rfc6376-A.2-with_bimi.eml", "pass" },
	{ "rfc8463/001.txt", "pass pass" },
	{ "dkimpy/rfc6376.signed.msg", "pass pass" },
	{ "dkimpy/rfc6376.signed.rsa.msg", "pass" },
	{ "dkimpy/ed25519test2.msg", "pass" },
	{ "dkimpy/test.message", "" },
	{ "dkimpy/test.message.baddomain", "permerror" },
};

/* Key records, and what is wrong with them; NULL: nothing. */
static const struct {
	const char *file;
	const char *error;   /* a part of it */
	const char *private; /* the key to it, or NULL */
} record_cases[] = {
	{ "1024_testkey_wo_markers.pub.txt", NULL, "1024_testkey.key" },
	{ "1024_testkey_wo_markers.pub.rsa.txt", NULL, "1024_testkey.key" },
	{ "2048_testkey_wo_markers.pub.txt", NULL, "2048_testkey.key" },
	{ "2048_testkey_wo_markers.pub.rsa.txt", NULL, "2048_testkey.key" },
	{ "2048_testkey_PKCS8.key.pub.txt", NULL, "2048_testkey_PKCS8.key" },
	{ "test.txt", NULL, "test.private" },
	{ "test2.txt", NULL, "test2.private" },
	{ "test_tlsrpt.txt", NULL, NULL },
	{ "ed25519test.dns", NULL, NULL },
	{ "eximtest.dns", NULL, NULL },
	{ "badk.txt", "k= is unknown", NULL },
	{ "badversion.txt", "version is not DKIM1", NULL },
	{ "test_bad.txt", "not an RSA key", NULL },
};

struct suite {
	const char *folder;
	struct arena *arena;
	struct dns *dns;
	struct keycache *keys;
	int count;
	int good;
};

static struct span
read_file(struct suite *suite, const char *path)
{
	unsigned char *bytes = arena_alloc(suite->arena, MAX_FILE);
	FILE *file = fopen(path, "rb");

	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size_t len = fread(bytes, 1, MAX_FILE, file);

	(void)fclose(file);
	return (span_new(bytes, len));
}

/* Return the file ${name} of the suite. */
static struct span
read_part(struct suite *suite, const char *name)
{
	return (read_file(
	    suite, arena_printf(suite->arena, "%s/%s", suite->folder, name)));
}

static const char *
read_record(struct suite *suite, const char *name)
{
	struct span text =
	    read_part(suite, arena_printf(suite->arena, "dkimpy/%s", name));

	return (arena_str(suite->arena, span_trim_end(text, span_is_space)));
}

static void
count(struct suite *suite, bool good, const char *name, const char *got)
{
	suite->count++;
	suite->good += good ? 1 : 0;
	if (!good)
		(void)printf("%s: %s\n", name, got);
}

/* Return what the suite has in ${name} as a message. */
static void
load_message(struct suite *suite, const char *name, struct message *out)
{
	struct span text = read_part(suite, name);
	struct span line;

	/* This one has its keys on top. */
	if (strcmp(name, "rfc8463/001.txt") == 0)
		while (span_take_line(&text, &line) && line.len > 0)
			continue;
	message_parse(suite->arena, text, out);
}

static void
check_message(struct suite *suite, const struct message_case *wanted)
{
	static const struct dkim_verify_options options = {
		.max_signatures = 10,
		.min_rsa_bits = 1024,
		.clock_skew = 300,
	};
	struct message message;
	struct buf got;
	size_t signatures;

	load_message(suite, wanted->file, &message);
	struct dkim_verify *work = dkim_verify_new(suite->arena, &options,
	    &message.headers, NULL, suite->dns, suite->keys, &clock_system);

	dkim_verify_body(work, message.body);
	const struct dkim_verification *out =
	    dkim_verify_finish(work, clock_monotonic_ms() + 1000, &signatures);

	buf_init(&got, suite->arena, 1000);
	for (size_t i = 0; i < signatures; i++)
		buf_printf(&got, "%s%s", i > 0 ? " " : "",
		    dkim_result_name(out[i].result));
	count(suite, strcmp(buf_str(&got), wanted->results) == 0, wanted->file,
	    buf_str(&got));
	dkim_verify_free(work);
}

/* Does what ${name} signs verify with ${key}? */
static bool
is_pair(struct suite *suite, const char *name, const struct dkim_key *key)
{
	static const unsigned char hash[32] = { 1, 2, 3 };
	const char *error;
	struct span signature;
	int fd = open(
	    arena_printf(suite->arena, "%s/dkimpy/%s", suite->folder, name),
	    O_RDONLY);
	struct dkim_private *private =
	    dkim_private_load(fd, suite->arena, &error);

	(void)close(fd);
	if (private == NULL)
		return (false);
	bool good =
	    dkim_private_sign(private, suite->arena, hash, &signature) == 0 &&
	    dkim_key_check(key, hash, signature);

	dkim_private_free(private);
	return (good);
}

static void
check_record(struct suite *suite, size_t number)
{
	const char *name = record_cases[number].file;
	const char *wanted = record_cases[number].error;
	const char *private = record_cases[number].private;
	struct dkim_key *key =
	    dkim_key_parse(span_str(read_record(suite, name)));
	const char *error = dkim_key_info(key)->error;
	bool good = wanted == NULL
	                ? error == NULL
	                : error != NULL && strstr(error, wanted) != NULL;

	if (private != NULL)
		good = good && is_pair(suite, private, key);
	count(suite, good, name, error == NULL ? "no error" : error);
	dkim_key_free(key);
}

int
main(void)
{
	struct suite suite = { .arena = arena_new() };

	suite.folder = suites_find(suite.arena, "dkim");
	if (suite.folder == NULL) {
		arena_free(suite.arena);
		return (SUITES_SKIPPED);
	}
	struct span zone = read_file(&suite, "conformance/dkim.zone");

	suite.dns = support_dns(suite.arena,
	    arena_printf(suite.arena, "%s%s", arena_str(suite.arena, zone),
		support_txt(suite.arena, "sed._domainkey.test.ex",
		    read_record(&suite, "eximtest.dns"))));
	suite.keys = keycache_new(100);
	for (size_t i = 0; i < sizeof(message_cases) / sizeof(message_cases[0]);
	     i++)
		check_message(&suite, &message_cases[i]);
	for (size_t i = 0; i < sizeof(record_cases) / sizeof(record_cases[0]);
	     i++)
		check_record(&suite, i);
	(void)printf("dkim: %d of %d as expected\n", suite.good, suite.count);
	bool good = suite.good == suite.count;

	keycache_free(suite.keys);
	dns_free(suite.dns);
	arena_free(suite.arena);
	return (good ? EXIT_SUCCESS : EXIT_FAILURE);
}
