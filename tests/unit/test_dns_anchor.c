#include "dns/dns_anchor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/unit.h"

#define KEY "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3"

struct anchor_case {
	const char *text;
	const char *records; /* each followed by `|', or NULL: refused */
	const char *error;   /* holds this */
};

static const struct anchor_case cases[] = {
	{ ". DS 20326 8 2 00ff\n", ".\t3600\tIN\tDS\t20326 8 2 00ff|", NULL },
	{ "a.example. 60 IN DS 1 13 2 (\n 00\n ff )\n; the end",
	    "a.example.\t60\tIN\tDS\t1 13 2 00ff|", NULL },
	/* As RFC 5011 tools keep it. */
	{ "; autotrust trust anchor file\n"
	  ";;id: . 1\n"
	  ";;last_queried: 1700000000 ;;Tue Nov 14 22:13:20 2023\n"
	  ".\t86400\tIN\tDNSKEY\t257 3 8 " KEY
	  " ;{id = 1 (ksk), size = 336b} ;;state=2 [  VALID  ] ;;count=0\n"
	  ". DS 2 8 2 00\n",
	    ".\t86400\tIN\tDNSKEY\t257 3 8 " KEY "|.\t3600\tIN\tDS\t2 8 2 00|",
	    NULL },
	{ "", NULL, "no DS or DNSKEY record" },
	{ "; nothing\n\n", NULL, "no DS or DNSKEY record" },
	{ ". DS 1 8 2 00\nno record\n", NULL, "line 2: " },
	{ ". DS 1 8 2 zz\n", NULL, "line 1: " },
	{ "host.example. A 192.0.2.1\n", NULL, "line 1: not a DS" },
	{ ". DS 666 8 2 00\n", NULL, "line 1: refused" },
};

/* Collects; refuses key 666. */
static const char *
take(void *cookie, const char *text)
{
	buf_add_str(cookie, text);
	buf_add_str(cookie, "|");
	return (strstr(text, "666") == NULL ? NULL : "refused");
}

static void
check(const struct anchor_case *expected)
{
	char path[] = "/tmp/mailreeve-anchor-XXXXXX";
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct buf records;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, expected->text, strlen(expected->text)),
	    strlen(expected->text));
	assert_int_equal(close(fd), 0);
	buf_init(&records, arena, 10000);
	int ret = dns_anchor_read(path, take, &records, arena, &error);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(ret, expected->records == NULL ? -1 : 0);
	if (expected->records != NULL) {
		assert_null(error);
		assert_string_equal(buf_str(&records), expected->records);
	} else {
		assert_non_null(strstr(error, path));
		if (strstr(error, expected->error) == NULL)
			fail_msg("said: %s", error);
	}
	arena_free(arena);
}

static void
test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		check(&cases[i]);
}

static void
test_no_file(void **state)
{
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct buf records;

	(void)state;
	buf_init(&records, arena, 100);
	assert_int_equal(
	    dns_anchor_read("/nonexistent", take, &records, arena, &error), -1);
	assert_string_equal(
	    error, "trust anchor /nonexistent: No such file or directory");
	assert_int_equal(
	    dns_anchor_read("/tmp", take, &records, arena, &error), -1);
	assert_string_equal(
	    error, "trust anchor /tmp: not a file of trust anchors");
	assert_int_equal(
	    dns_anchor_read("/dev/zero", take, &records, arena, &error), -1);
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_no_file),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
