/* DMARC Policy Records, whole and broken. */
#include "dmarc/record.h"

#include <string.h>

#include "support/unit.h"

static const struct {
	const char *text;
	bool is;
} versions[] = {
	{ "v=DMARC1", true },
	{ "v=DMARC1;", true },
	{ "v=DMARC1; p=none", true },
	{ "v = DMARC1\t; p=none", true },
	{ "v\t=\tDMARC1;p=none", true },
	{ "V=DMARC1; p=none", true },
	{ "v=DMARC1 ", true },
	{ " v=DMARC1; p=none", false },
	{ "\tv=DMARC1; p=none", false },
	{ "v=dmarc1; p=none", false },
	{ "v=DMARC1x; p=none", false },
	{ "v=DMARC12; p=none", false },
	{ "v=DMARC; p=none", false },
	{ "v=DMARC1 p=none", false },
	{ "v=DMARC1, p=none", false },
	{ "v=\"DMARC1\"; p=none", false },
	{ "v=DMARC1\r\n; p=none", false },
	{ "v=; p=none", false },
	{ "v; p=none", false },
	{ "p=none; v=DMARC1", false },
	{ ";v=DMARC1", false },
	{ "vv=DMARC1", false },
	{ "v==DMARC1", false },
	{ "", false },
	{ ";", false },
	{ "=", false },
	{ "v=spf1 -all", false },
	{ "\xef\xbb\xbfv=DMARC1; p=none", false },
};

static void
test_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(versions); i++)
		if (dmarc_record_is(span_str(versions[i].text)) !=
		    versions[i].is)
			fail_msg("%s", versions[i].text);
}

#define NONE DMARC_POLICY_NONE
#define QUAR DMARC_POLICY_QUARANTINE
#define REJ DMARC_POLICY_REJECT

/* What stands behind "v=DMARC1", and the policies of p, sp and np. */
static const struct {
	const char *text;
	enum dmarc_policy p, sp, np;
	bool has_policy, has_sp, has_np;
} policies[] = {
	{ "", NONE, NONE, NONE, false, false, false },
	{ ";p=none", NONE, NONE, NONE, true, false, false },
	{ ";p=quarantine", QUAR, QUAR, QUAR, true, false, false },
	{ ";p=reject", REJ, REJ, REJ, true, false, false },
	{ "; p = ReJect ;", REJ, REJ, REJ, true, false, false },
	{ ";p=reject\t", REJ, REJ, REJ, true, false, false },
	{ ";p=none;sp=reject", NONE, REJ, REJ, true, true, false },
	{ ";np=none;sp=reject;p=quarantine", QUAR, REJ, NONE, true, true,
	    true },
	{ ";p=reject;np=none", REJ, REJ, NONE, true, false, true },
	/* Order is free, unknown and malformed tags are nothing. */
	{ ";x=y;pct=0;rf=afrf;ri=1;fo=1:d:s;p=reject", REJ, REJ, REJ, true,
	    false, false },
	{ ";;;p=reject;;", REJ, REJ, REJ, true, false, false },
	{ ";p;p=reject", REJ, REJ, REJ, true, false, false },
	{ ";=none;p=reject", REJ, REJ, REJ, true, false, false },
	{ ";p2=none;1=2;p=reject", REJ, REJ, REJ, true, false, false },
	{ ";v=DMARC2;p=reject", REJ, REJ, REJ, true, false, false },
	/* RFC 6376 3.2: the case of names matters. */
	{ ";P=reject", NONE, NONE, NONE, false, false, false },
	{ ";p=none;SP=reject", NONE, NONE, NONE, true, false, false },
	/* RFC 9989 4.10.1. */
	{ ";p=", NONE, NONE, NONE, false, false, false },
	{ ";p=rejected", NONE, NONE, NONE, false, false, false },
	{ ";p=reject none", NONE, NONE, NONE, false, false, false },
	{ ";p=re\tject", NONE, NONE, NONE, false, false, false },
	{ ";p=reject;sp=x", NONE, NONE, NONE, false, false, false },
	{ ";p=reject;np=", NONE, NONE, NONE, false, false, false },
	{ ";p=reject;sp=reject;np=x", NONE, NONE, NONE, false, false, false },
	{ ";p=reject;p=reject", NONE, NONE, NONE, false, false, false },
	{ ";rua=mailto:a@b.example", NONE, NONE, NONE, true, false, false },
	{ ";p=x;sp=reject;rua=mailto:a@b.example", NONE, NONE, NONE, true,
	    false, false },
	{ ";p=reject;sp=x;rua=mailto:a@b.example", NONE, NONE, NONE, true,
	    false, false },
	{ ";p=reject;np=x;rua=mailto:a@b.example", NONE, NONE, NONE, true,
	    false, false },
	{ ";p=reject;p=none;rua=mailto:a@b.example", NONE, NONE, NONE, true,
	    false, false },
	{ ";ruf=mailto:a@b.example", NONE, NONE, NONE, false, false, false },
	{ ";rua=a@b.example", NONE, NONE, NONE, false, false, false },
};

static void
parse(struct arena *arena, const char *rest, struct dmarc_record *out)
{
	const char *text = arena_printf(arena, "v=DMARC1%s", rest);

	assert_true(dmarc_record_is(span_str(text)));
	dmarc_record_parse(span_str(text), arena, out);
}

static void
test_policies(void **state)
{
	struct arena *arena = arena_new();
	struct dmarc_record out;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(policies); i++) {
		parse(arena, policies[i].text, &out);
		if (out.has_policy != policies[i].has_policy ||
		    out.p != policies[i].p || out.sp != policies[i].sp ||
		    out.np != policies[i].np ||
		    out.has_sp != policies[i].has_sp ||
		    out.has_np != policies[i].has_np)
			fail_msg("%s", policies[i].text);
	}
	arena_free(arena);
}

static const struct {
	const char *text;
	bool strict_spf, strict_dkim, testing;
	enum dmarc_psd psd;
	const char *complaint;
} modes[] = {
	{ "", false, false, false, DMARC_PSD_UNKNOWN, NULL },
	{ ";aspf=s", true, false, false, DMARC_PSD_UNKNOWN, NULL },
	{ ";adkim=S;aspf=r", false, true, false, DMARC_PSD_UNKNOWN, NULL },
	{ ";t=y", false, false, true, DMARC_PSD_UNKNOWN, NULL },
	{ ";t=N;psd=Y", false, false, false, DMARC_PSD_YES, NULL },
	{ ";psd=n", false, false, false, DMARC_PSD_NO, NULL },
	{ ";psd=u", false, false, false, DMARC_PSD_UNKNOWN, NULL },
	{ ";psd=x", false, false, false, DMARC_PSD_UNKNOWN,
	    "psd= has no valid value" },
	{ ";aspf=strict;t=", false, false, false, DMARC_PSD_UNKNOWN,
	    "aspf= has no valid value" },
	{ ";t=yes", false, false, false, DMARC_PSD_UNKNOWN,
	    "t= has no valid value" },
	{ ";psd=y;psd=y", false, false, false, DMARC_PSD_UNKNOWN,
	    "psd= occurs twice" },
	{ ";rua=x", false, false, false, DMARC_PSD_UNKNOWN,
	    "rua= has no valid value" },
};

static void
test_modes(void **state)
{
	struct arena *arena = arena_new();
	struct dmarc_record out;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(modes); i++) {
		parse(arena, modes[i].text, &out);
		if (out.strict_spf != modes[i].strict_spf ||
		    out.strict_dkim != modes[i].strict_dkim ||
		    out.testing != modes[i].testing || out.psd != modes[i].psd)
			fail_msg("%s", modes[i].text);
		if (modes[i].complaint == NULL)
			assert_null(out.complaint);
		else
			assert_string_equal(out.complaint, modes[i].complaint);
	}
	arena_free(arena);
}

/* Values of rua=, and whether one of their URIs is valid. */
static const struct {
	const char *text;
	bool valid;
} uris[] = {
	{ "mailto:a@b.example", true },
	{ "MAILTO:a@b.example", true },
	{ "mailto:a@b.example!10m", true },
	{ "mailto:a@b.example!10", true },
	{ "mailto:a@b.example?subject=x%20y", true },
	{ "https://b.example/r?a=b#c", true },
	{ "x+y-z.1:anything", true },
	{ "nonsense , mailto:a@b.example", true },
	{ "mailto:a@b.example,", true },
	{ ",,mailto:a%2cb@b.example", true },
	{ "", false },
	{ ",", false },
	{ "mailto:", false },
	{ "mailto:a", false },
	{ "mailto:a@", false },
	{ "mailto:@b.example", false },
	{ "mailto:?to=a@b.example", false },
	{ "mailto:a@b.example!", false },
	{ "mailto:a@b.example!m", false },
	{ "mailto:a@b.example!10x", false },
	{ "mailto:a@b.example!10mm", false },
	{ "mailto:a b@b.example", false },
	{ "mailto:\"a\"@b.example", false },
	{ "mailto:a%2@b.example", false },
	{ "mailto:a%zz@b.example", false },
	{ "mailto:a@b.example%", false },
	{ "mailto:\xc3\xbc@b.example", false },
	{ "x\x01,mailto:a@b.example", false },
	{ "x\xc3\xbc,mailto:a@b.example", false },
	{ "x\t,\tmailto:a@b.example", true },
	{ "1x:y", false },
	{ ":y", false },
	{ "a@b.example", false },
};

static void
test_uris(void **state)
{
	struct arena *arena = arena_new();
	struct dmarc_record out;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(uris); i++) {
		parse(arena,
		    arena_printf(arena, "; rua= %s ; ruf=%s", uris[i].text,
			uris[i].text),
		    &out);
		if ((out.rua != NULL) != uris[i].valid ||
		    (out.ruf != NULL) != uris[i].valid)
			fail_msg("%s", uris[i].text);
		/* As they stand. */
		if (out.rua != NULL)
			assert_string_equal(out.rua, uris[i].text);
	}
	arena_free(arena);
}

/* Up to the limit all counts; past it nothing, and no policy comes of it. */
static void
test_size(void **state)
{
	struct arena *arena = arena_new();
	char text[DMARC_RECORD_MAX + 2];
	static const char end[] = ";p=reject";
	struct dmarc_record out;

	(void)state;
	memset(text, ';', sizeof(text));
	memcpy(text, "v=DMARC1", 8);
	memcpy(text + DMARC_RECORD_MAX - strlen(end), end, strlen(end));
	dmarc_record_parse(span_new(text, DMARC_RECORD_MAX), arena, &out);
	assert_true(out.has_policy);
	assert_int_equal(out.p, DMARC_POLICY_REJECT);
	dmarc_record_parse(span_new(text, DMARC_RECORD_MAX + 1), arena, &out);
	assert_false(out.has_policy);
	assert_string_equal(out.complaint, "it is too long");
	arena_free(arena);
}

static void
test_nul(void **state)
{
	static const char text[] = "v=DMARC1;p=reject\0;rua=mailto:a@b\0c";
	static const char beside[] = "v=DMARC1;rua=a\0,mailto:a@b.example";
	struct arena *arena = arena_new();
	struct dmarc_record out;

	(void)state;
	assert_true(dmarc_record_is(span_new(text, sizeof(text) - 1)));
	dmarc_record_parse(span_new(text, sizeof(text) - 1), arena, &out);
	assert_false(out.has_policy);
	assert_null(out.rua);
	/* Not even beside a valid URI, which a C string would lose. */
	dmarc_record_parse(span_new(beside, sizeof(beside) - 1), arena, &out);
	assert_null(out.rua);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_nul),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
