/* The parts of a check that only decide: policies, cleaning, TLSA, listings of
 * certificates, what a server says of itself. */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "check/finding.h"
#include "check/last.h"
#include "check/parallel.h"
#include "check/policy.h"
#include "check/session.h"
#include "check/tlsa_match.h"
#include "domain.h"
#include "local/dovecot.h"
#include "local/interfaces.h"
#include "local/postfix.h"
#include "records/mx.h"
#include "records/record.h"
#include "reverse.h"
#include "support/files.h"
#include "support/unit.h"

static const struct {
	const char *text;
	const char *error; /* part of it; NULL: none */
	size_t mx_count;
} policies[] = {
	{ "version: STSv1\r\nmode: enforce\r\nmx: mx.a.example\r\nmax_age: "
	  "86400\r\n",
	    NULL, 1 },
	{ "version: STSv1\nmode: none\nmax_age: 1\n", NULL, 0 },
	{ "mode: enforce\nmx: a\nmax_age: 1\n", "version", 1 },
	{ "version: STSv1\nmx: a\nmax_age: 1\n", "no mode", 1 },
	{ "version: STSv1\nmode: strict\nmx: a\nmax_age: 1\n", "mode is none",
	    0 },
	{ "version: STSv1\nmode: enforce\nmx: a\n", "no max_age", 1 },
	{ "version: STSv1\nmode: enforce\nmx: a\nmax_age: 99999999999\n",
	    "max_age", 1 },
	{ "version: STSv1\nmode: enforce\nmax_age: 1\n", "no host", 0 },
	{ "<html>\n", "no colon", 0 },
	{ "", "version", 0 },
};

static void
test_policies(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(policies); i++) {
		struct policy policy;

		policy_parse(span_str(policies[i].text), arena, &policy);
		if (policies[i].error == NULL)
			assert_null(policy.error);
		else
			assert_non_null(
			    strstr(policy.error, policies[i].error));
		assert_int_equal(policy.mx_count, policies[i].mx_count);
	}
	arena_free(arena);
}

/* RFC 8461 4.1. */
static void
test_patterns(void **state)
{
	const struct policy policy = { .mx = { "mx.a.example", "*.b.example" },
		.mx_count = 2 };

	(void)state;
	assert_true(policy_covers(&policy, "mx.a.example"));
	assert_true(policy_covers(&policy, "x.b.example"));
	assert_false(policy_covers(&policy, "y.x.b.example"));
	assert_false(policy_covers(&policy, "b.example"));
	assert_false(policy_covers(&policy, "a.example"));
}

static const struct {
	const char *text;
	const char *clean;
} texts[] = {
	{ "plain", "plain" },
	{ "two\n\tlines", "two\n\tlines" },
	{ "\033[2Jgone", "\\027[2Jgone" },
	{ "bell\a\r", "bell\\007\\013" },
	{ "caf\xc3\xa9", "caf\xc3\xa9" },
	{ "\xff\xfe", "\\255\\254" },
	{ "\xc0\xaf", "\\192\\175" },
	{ "\xed\xa0\x80", "\\237\\160\\128" },
	{ "a\xe2\x80\xae"
	  "b",
	    "a\\226\\128\\174b" },
	{ "\xc2\x9b"
	  "2J",
	    "\\194\\155"
	    "2J" },
	{ "cut\xe2\x82", "cut\\226\\130" },
};

static void
test_cleaning(void **state)
{
	struct arena *arena = arena_new();
	char *large = arena_alloc(arena, 100000);

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(texts); i++)
		assert_string_equal(
		    finding_clean(arena, texts[i].text), texts[i].clean);
	memset(large, 'x', 99999);
	assert_true(
	    strlen(finding_clean(arena, large)) < FINDING_MAX_TEXT + 20);
	arena_free(arena);
}

static X509 *
new_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();

	assert_non_null(certificate);
	assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 60));
	assert_true(X509_sign(certificate, key, NULL) > 0);
	return (certificate);
}

static void
test_tlsa(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	X509 *certificate = new_certificate(key);
	STACK_OF(X509) *chain = sk_X509_new_null();
	unsigned char record[3 + 32] = { 3, 1, 1 };
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	const struct span good = span_new(record, sizeof(record));

	(void)state;
	assert_true(sk_X509_push(chain, certificate) > 0);
	assert_int_equal(
	    EVP_Digest(der, (size_t)len, &record[3], NULL, EVP_sha256(), NULL),
	    1);
	assert_int_equal(tlsa_match(good, chain), TLSA_MATCHES);
	record[0] = 2;
	assert_int_equal(tlsa_match(good, chain), TLSA_MATCHES);
	record[0] = 1;
	assert_int_equal(tlsa_match(good, chain), TLSA_UNUSABLE);
	record[0] = 3;
	record[2] = 9;
	assert_int_equal(tlsa_match(good, chain), TLSA_UNUSABLE);
	record[2] = 1;
	record[10] ^= 1;
	assert_int_equal(tlsa_match(good, chain), TLSA_OTHER);
	assert_int_equal(tlsa_match(span_head(good, 20), chain), TLSA_OTHER);
	assert_int_equal(tlsa_match(span_head(good, 3), chain), TLSA_MALFORMED);
	OPENSSL_free(der);
	sk_X509_free(chain);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static const char master[] =
    "smtp       inet  n       -       y       -       1       postscreen\n"
    "smtpd      pass  -       -       y       -       -       smtpd\n"
    "submission inet  n       -       y       -       -       smtpd -o x=y\n"
    "10.0.0.1:465 inet n      -       y       -       -       smtpd\n"
    "pickup     unix  n       -       y       60      1       pickup\n"
    "10025      inet  n       -       y       -       -       smtpd\n";

static void
test_postfix(void **state)
{
	struct arena *arena = arena_new();
	struct postfix out = { 0 };

	(void)state;
	postfix_services(span_str(master), &out);
	assert_true(out.offers[SERVER_SMTP]);
	assert_true(out.offers[SERVER_SUBMISSION]);
	assert_true(out.offers[SERVER_SUBMISSIONS]);
	assert_false(out.offers[SERVER_IMAP]);
	postfix_parameters(span_str("mx.a.example\n127.0.0.0/8\npermit\n\n"
				    "/k.pem, /c.pem\n/old.pem\n\n"),
	    arena, &out);
	assert_string_equal(out.hostname, "mx.a.example");
	assert_string_equal(out.mynetworks, "127.0.0.0/8");
	assert_int_equal(out.file_count, 2);
	assert_string_equal(out.files[1], "/c.pem");
	out = (struct postfix){ 0 };
	postfix_parameters(
	    span_str("m\n\n\n\n\n/rsa.pem\nnone\n"), arena, &out);
	assert_int_equal(out.file_count, 1);
	arena_free(arena);
}

static const char doveconf[] =
    "protocols=imap sieve\n"
    "disable_plaintext_auth=no\n"
    "ssl_cert=</etc/c.pem\n"
    "service/imap-login/inet_listener/imap/port=0\n"
    "service/imap-login/inet_listener/imaps/port=993\n"
    "service/pop3-login/inet_listener/pop3s/port=995\n"
    "service/managesieve-login/inet_listener/sieve/port=4190\n";

static void
test_dovecot(void **state)
{
	struct arena *arena = arena_new();
	struct dovecot out = { 0 };

	(void)state;
	dovecot_settings(span_str(doveconf), arena, &out);
	assert_true(out.offers[SERVER_IMAPS]);
	assert_true(out.offers[SERVER_SIEVE]);
	assert_false(out.offers[SERVER_IMAP]);
	assert_false(out.offers[SERVER_POP3S]);
	assert_true(out.cleartext);
	assert_string_equal(out.certificate, "/etc/c.pem");
	out = (struct dovecot){ 0 };
	dovecot_settings(
	    span_str("protocols=imap = yes pop3 = no\n"
		     "ssl_server_cert_file=/etc/d.pem\n"
		     "auth_allow_cleartext=yes\n"
		     "service/imap-login/inet_listener/imaps/port=993\n"
		     "service/pop3-login/inet_listener/pop3s/port=995\n"),
	    arena, &out);
	assert_true(out.offers[SERVER_IMAPS]);
	assert_false(out.offers[SERVER_POP3S]);
	assert_true(out.cleartext);
	assert_string_equal(out.certificate, "/etc/d.pem");
	arena_free(arena);
}

static const struct {
	const char *address;
	bool public;
	const char *reverse;
} addresses[] = {
	{ "192.0.2.1", true, "1.2.0.192.in-addr.arpa" },
	{ "10.1.2.3", false, "3.2.1.10.in-addr.arpa" },
	{ "100.64.0.1", false, "1.0.64.100.in-addr.arpa" },
	{ "2001:db8::1", true,
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
	    "ip6.arpa" },
	{ "fe80::1", false,
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f."
	    "ip6.arpa" },
};

static void
test_addresses(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(addresses); i++) {
		struct network_address address;

		assert_int_equal(
		    network_address_parse(addresses[i].address, &address), 0);
		assert_int_equal(
		    interfaces_is_public(&address), addresses[i].public);
		assert_string_equal(
		    reverse_name(&address, arena), addresses[i].reverse);
	}
	arena_free(arena);
}

/* Values go to the wire and back. */
static void
test_records(void **state)
{
	static const struct {
		enum dns_type type;
		const char *value;
	} values[] = {
		{ DNS_TYPE_A, "192.0.2.1" },
		{ DNS_TYPE_MX, "10 mx.a.example." },
		{ DNS_TYPE_TXT, "v=spf1 -all" },
		{ DNS_TYPE_SRV, "0 1 993 mx.a.example." },
		{ DNS_TYPE_CAA, "0 issue \"letsencrypt.org\"" },
	};
	struct arena *arena = arena_new();
	struct span rdata;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(values); i++) {
		assert_true(record_rdata(
		    values[i].type, values[i].value, arena, &rdata));
		assert_string_equal(
		    record_text(values[i].type, rdata, arena), values[i].value);
	}
	assert_false(record_rdata(DNS_TYPE_A, "nothing", arena, &rdata));
	assert_string_equal(
	    record_text(DNS_TYPE_A, span_str("ab"), arena), "\\# 2 6162");
	assert_null(mx_parse("mx.a.example", arena).host);
	assert_null(mx_parse("99999 mx.a.example", arena).host);
	assert_int_equal(mx_parse("20 MX.b.example", arena).preference, 20);
	assert_null(domain_of_rdata(arena, span_str("\003ab")));
	assert_string_equal(
	    domain_of_rdata(arena, span_new("\002Ab\000", 4)), "ab");
	arena_free(arena);
}

static void
test_capabilities(void **state)
{
	const char *text = "mx.a.example\nSTARTTLS\nAUTH PLAIN LOGIN";

	(void)state;
	assert_true(session_capable(text, "STARTTLS"));
	assert_true(session_capable(text, "AUTH"));
	assert_false(session_capable(text, "START"));
	assert_false(session_capable("XAUTH", "AUTH"));
	assert_true(session_capable("\"STARTTLS\"", "STARTTLS"));
}

static void
test_last(void **state)
{
	struct arena *arena = arena_new();
	char *folder = files_folder(arena, "last");
	struct finding_list findings = { .arena = arena };
	const char **gone;
	size_t gone_count;
	struct last last;

	(void)state;
	last_read(folder, "a.example", arena, &last);
	assert_false(last.known);
	finding_add(&findings,
	    &(struct finding){
		.id = "a", .subject = "1", .severity = FINDING_ERROR });
	finding_add(&findings,
	    &(struct finding){
		.id = "b", .subject = "2", .severity = FINDING_NOTICE });
	finding_ok(&findings, "c", "3", "right");
	assert_null(last_write(folder, "a.example", &findings, arena));
	findings.items[0].subject = "9";
	last_read(folder, "a.example", arena, &last);
	assert_int_equal(last.count, 2);
	last_changes(&last, &findings, &gone, &gone_count, arena);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.items[0].subject, "9");
	assert_int_equal(gone_count, 1);
	assert_string_equal(gone[0], "a 1");
	assert_non_null(last_write("/proc/none", "a", &findings, arena));
	files_remove(folder);
	arena_free(arena);
}

#define TASKS 200

static void
count_to(void *cookie, size_t index, struct finding_list *findings)
{
	assert_ptr_equal(cookie, texts);
	for (size_t i = 0; i < index % 3; i++)
		finding_ok(findings,
		    arena_printf(findings->arena, "task.%zu", index),
		    arena_printf(findings->arena, "%zu", i), "done");
}

/* What tasks found outlives their own memory, in the order of the tasks. */
static void
test_parallel(void **state)
{
	struct arena *arena = arena_new();
	struct finding_list findings = { .arena = arena };
	size_t next = 0;

	(void)state;
	parallel_run(count_to, (void *)(uintptr_t)texts, TASKS, &findings);
	for (size_t i = 0; i < TASKS; i++)
		for (size_t j = 0; j < i % 3; j++) {
			assert_string_equal(findings.items[next].id,
			    arena_printf(arena, "task.%zu", i));
			assert_string_equal(findings.items[next++].subject,
			    arena_printf(arena, "%zu", j));
		}
	assert_int_equal(next, findings.count);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_cleaning),
		cmocka_unit_test(test_tlsa),
		cmocka_unit_test(test_postfix),
		cmocka_unit_test(test_dovecot),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_parallel),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
