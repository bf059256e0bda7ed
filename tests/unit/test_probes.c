/* Each probe that asks the DNS alone, on zones that are right, wrong, empty,
 * broken and silent. */
#include "check/check.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dkim/keypair.h"
#include "dns/dns_zone.h"
#include "records/expected.h"
#include "support/files.h"
#include "support/unit.h"

#define HEAD                                                                   \
	"$ORIGIN a.example.\n$TTL 60\n@ SOA ns h 1 60 60 3600 60\n@ NS ns\n"   \
	"mx A 198.18.0.11\n"
#define MX "@ MX 10 mx\n"
#define SPF "@ TXT \"v=spf1 ip4:198.18.0.11 -all\"\n"
#define DMARC                                                                  \
	"_dmarc TXT \"v=DMARC1; p=quarantine; "                                \
	"rua=mailto:postmaster@a.example\"\n"
#define PTR "11.0.18.198.in-addr.arpa. PTR mx.a.example.\n"
#define LISTS                                                                  \
	"2.0.0.127.bl.example. A 127.0.0.2\n2.0.0.127.b2.example. A "          \
	"127.0.0.2\n"

/* What is found, without what is right: "ID SUBJECT", a line each. */
static const struct {
	const char *name;
	check_probe *probe;
	const char *zone; /* behind HEAD */
	const char *found;
} cases[] = {
	{ "mx: right", mx_probe, MX, "" },
	{ "mx: none", mx_probe, "", "" },
	{ "mx: null", mx_probe, "@ MX 0 .\n", "mx.null a.example\n" },
	{ "mx: no address", mx_probe, "@ MX 10 gone\n",
	    "mx.no_address gone.a.example\n" },
	{ "mx: private", mx_probe, "@ MX 10 in\nin A 10.0.0.1\n",
	    "mx.private in.a.example\n" },
	{ "mx: alias", mx_probe, "@ MX 10 alias\nalias CNAME mx\n",
	    "mx.alias alias.a.example\n" },
	{ "mx: silent host", mx_probe,
	    "@ MX 10 quiet\n; @timeout quiet.a.example. A\n; @timeout "
	    "quiet.a.example. AAAA\n",
	    "mx.unknown quiet.a.example\n" },
	{ "ptr: right", ptr_probe, PTR, "" },
	{ "ptr: missing", ptr_probe, "", "ptr.missing 198.18.0.11\n" },
	{ "ptr: other", ptr_probe,
	    "11.0.18.198.in-addr.arpa. PTR vps.a.example.\nvps A "
	    "198.18.0.11\n",
	    "ptr.differs 198.18.0.11\n" },
	{ "ptr: unconfirmed", ptr_probe,
	    "11.0.18.198.in-addr.arpa. PTR liar.example.\n",
	    "ptr.unconfirmed 198.18.0.11\n" },
	{ "ptr: broken", ptr_probe, "; @servfail 11.0.18.198.in-addr.arpa.\n",
	    "ptr.unknown 198.18.0.11\n" },
	{ "spf: right", spf_probe, SPF, "" },
	{ "spf: none is told elsewhere", spf_probe, "", "" },
	{ "spf: syntax", spf_probe, "@ TXT \"v=spf1 ipv4:198.18.0.11 -all\"\n",
	    "spf.permerror a.example\n" },
	{ "spf: not ours", spf_probe, "@ TXT \"v=spf1 ip4:198.18.0.99 -all\"\n",
	    "spf.not_pass a.example\n" },
	{ "spf: everybody", spf_probe, "@ TXT \"v=spf1 +all\"\n",
	    "spf.all_pass a.example\n" },
	{ "spf: ptr", spf_probe, "@ TXT \"v=spf1 ip4:198.18.0.11 ptr -all\"\n",
	    "spf.ptr a.example\n" },
	{ "spf: eleven look-ups", spf_probe,
	    "@ TXT \"v=spf1 ip4:198.18.0.11 a:mx.a.example mx include:i "
	    "include:i include:i include:i include:i include:i include:i "
	    "include:i -all\"\n" MX "i. TXT \"v=spf1 ip4:192.0.2.1 ~all\"\n",
	    "spf.permerror a.example\n" },
	{ "spf: look-ups behind the match", spf_probe,
	    "@ TXT \"v=spf1 ip4:198.18.0.11 include:i.example "
	    "include:i.example include:i.example -all\"\n"
	    "i.example. TXT \"v=spf1 a:mx.a.example a:mx.a.example "
	    "a:mx.a.example ~all\"\n",
	    "spf.lookups a.example\n" },
	{ "spf: nine look-ups", spf_probe,
	    "@ TXT \"v=spf1 ip4:198.18.0.11 a a a a a a a a a -all\"\n@ A "
	    "198.18.0.11\n",
	    "spf.many_lookups a.example\n" },
	{ "spf: a name without anything", spf_probe,
	    "@ TXT \"v=spf1 ip4:198.18.0.11 a:gone.example -all\"\n",
	    "spf.void a.example\n" },
	{ "spf: three of them", spf_probe,
	    "@ TXT \"v=spf1 ip4:198.18.0.11 a:x.example mx:y.example "
	    "include:z.example -all\"\n",
	    "spf.voids a.example\n" },
	{ "spf: broken include", spf_probe,
	    "@ TXT \"v=spf1 include:b.example ip4:198.18.0.11 -all\"\n; "
	    "@servfail b.example.\n",
	    "spf.temperror a.example\n" },
	{ "spf: of the HELO name", spf_probe, SPF "mx TXT \"v=spf1 -all\"\n",
	    "helo_spf.not_pass mx.a.example\n" },
	{ "dmarc: right", dmarc_probe, DMARC, "" },
	{ "dmarc: none is told elsewhere", dmarc_probe, "", "" },
	{ "dmarc: weak", dmarc_probe,
	    "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:a@a.example\"\n",
	    "dmarc.weak _dmarc.a.example\n" },
	{ "dmarc: unreadable", dmarc_probe,
	    "_dmarc TXT \"v=DMARC1; p=maybe\"\n",
	    "dmarc.unreadable _dmarc.a.example\n" },
	{ "dmarc: nobody hears", dmarc_probe,
	    "_dmarc TXT \"v=DMARC1; p=reject\"\n",
	    "dmarc.no_rua _dmarc.a.example\n" },
	{ "dmarc: subdomains", dmarc_probe,
	    "_dmarc TXT \"v=DMARC1; p=reject; sp=none; "
	    "rua=mailto:a@a.example\"\n",
	    "dmarc.weak_subdomains _dmarc.a.example\n" },
	{ "dmarc: testing, old tags", dmarc_probe,
	    "_dmarc TXT \"v=DMARC1; p=reject; t=y; pct=50; "
	    "rua=mailto:a@a.example\"\n",
	    "dmarc.testing _dmarc.a.example\ndmarc.old_tag "
	    "_dmarc.a.example\n" },
	{ "dmarc: reports elsewhere", dmarc_probe,
	    "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:x@r.example!10m\"\n",
	    "dmarc.rua_refused r.example\n" },
	{ "dmarc: and welcome there", dmarc_probe,
	    "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:x@r.example\"\n"
	    "a.example._report._dmarc.r.example. TXT \"v=DMARC1\"\n",
	    "" },
	{ "dmarc: silent there", dmarc_probe,
	    "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:x@r.example\"\n"
	    "; @timeout a.example._report._dmarc.r.example.\n",
	    "dmarc.rua_refused r.example\n" },
	{ "caa: right", caa_probe, "@ CAA 0 issue \"ca.example\"\n", "" },
	{ "caa: missing", caa_probe, "",
	    "caa.missing a.example\ncaa.missing mx.a.example\n" },
	{ "caa: another", caa_probe, "@ CAA 0 issue \"other.example\"\n",
	    "caa.forbids a.example\ncaa.forbids mx.a.example\n" },
	{ "caa: another account", caa_probe,
	    "@ CAA 0 issue \"ca.example; accounturi=https://ca.example/2\"\n",
	    "caa.forbids a.example\ncaa.forbids mx.a.example\n" },
	{ "caa: ours", caa_probe,
	    "@ CAA 0 issue \"ca.example; accounturi=https://ca.example/1\"\n",
	    "" },
	{ "caa: of the host", caa_probe,
	    "@ CAA 0 issue \"ca.example\"\nmx CAA 0 issue \";\"\n",
	    "caa.forbids mx.a.example\n" },
	{ "caa: broken", caa_probe,
	    "@ CAA 0 issue \"ca.example\"\n; @servfail mx.a.example. CAA\n",
	    "caa.unknown mx.a.example\n" },
	{ "bimi: none is fine", bimi_probe, "", "" },
	{ "bimi: without a policy", bimi_probe,
	    "default._bimi TXT \"v=BIMI1; l=https://x/l.svg; "
	    "a=https://x/c.pem\"\n",
	    "bimi.not_enforced default._bimi.a.example\n" },
	{ "bimi: right", bimi_probe,
	    DMARC "default._bimi TXT \"v=BIMI1; l=https://x/l.svg; "
		  "a=https://x/c.pem\"\n",
	    "" },
	{ "bimi: no evidence, no https", bimi_probe,
	    DMARC "default._bimi TXT \"v=BIMI1; l=http://x/l.svg\"\n",
	    "bimi.location default._bimi.a.example\nbimi.no_evidence "
	    "default._bimi.a.example\n" },
	{ "lists: clean", lists_probe, LISTS, "" },
	{ "lists: listed", lists_probe,
	    LISTS "11.0.18.198.bl.example. A 127.0.0.2\n",
	    "list.address 198.18.0.11\n" },
	{ "lists: refused", lists_probe,
	    LISTS "11.0.18.198.bl.example. A 127.255.255.254\n",
	    "list.refused bl.example\n" },
	{ "lists: the domain", lists_probe,
	    LISTS "a.example.dl.example. A 127.0.1.2\n",
	    "list.domain a.example\n" },
	{ "lists: sold", lists_probe,
	    LISTS "11.0.18.198.bl.example. A 203.0.113.7\n",
	    "list.refused bl.example\n" },
	{ "lists: ended", lists_probe, "2.0.0.127.bl.example. A 127.0.0.2\n",
	    "list.ended b2.example\n" },
	{ "lists: silent", lists_probe,
	    LISTS "; @timeout 11.0.18.198.bl.example.\n",
	    "list.silent bl.example\n" },
	{ "records: of a policy that is missing", published_probe, MX DMARC,
	    "spf.missing a.example\n" },
	{ "records: right", published_probe, MX SPF DMARC, "" },
	{ "records: nothing", published_probe, "",
	    "mx.missing a.example\nspf.missing a.example\ndmarc.missing "
	    "_dmarc.a.example\n" },
	{ "records: another MX", published_probe,
	    MX SPF DMARC "@ MX 5 mx1.hostinger.com.\n",
	    "mx.extra a.example\n" },
	{ "records: two policies", published_probe,
	    MX SPF DMARC "@ TXT \"v=spf1 include:_spf.mail.hostinger.com "
			 "~all\"\n",
	    "spf.extra a.example\n" },
	{ "records: a stranger's text beside", published_probe,
	    MX SPF DMARC "@ TXT \"site-verification=abc\"\n", "" },
	{ "records: broken", published_probe,
	    MX SPF DMARC "; @servfail a.example. MX\n",
	    "mx.unknown a.example\n" },
	{ "records: too old", published_probe,
	    MX SPF DMARC "; @timeout _dmarc.a.example.\n",
	    "dmarc.unknown _dmarc.a.example\n" },
};

static const char *
found_by(check_probe *probe, const struct check *check, struct arena *arena)
{
	struct finding_list findings = { .arena = arena };
	char *text = arena_strdup(arena, "");

	probe(check, &findings);
	for (size_t i = 0; i < findings.count; i++) {
		const struct finding *finding = &findings.items[i];

		if (finding->severity == FINDING_OK)
			continue;
		assert_true(finding->text[0] != '\0');
		assert_true(finding->add != NULL || finding->advice != NULL ||
			    finding->remove != NULL ||
			    finding->command != NULL);
		text = arena_printf(
		    arena, "%s%s %s\n", text, finding->id, finding->subject);
	}
	return (text);
}

static struct dns *
dns_of(const char *zone, const char *folder, struct arena *arena)
{
	const char *path = arena_printf(arena, "%s/zone", folder);
	const char *text = arena_printf(arena, "%s%s", HEAD, zone);
	const char *error = NULL;

	assert_int_equal(files_write(path, span_str(text), 0600), 0);
	struct dns_backend *backend = dns_zone_load(path, arena, &error);

	if (backend == NULL)
		fail_msg("%s", error);
	return (dns_new(backend, NULL));
}

static const char *const address_lists[] = { "bl.example", "b2.example" };
static const char *const domain_lists[] = { "dl.example" };
static const char *const issuers[] = { "ca.example" };
static const char *const accounts[] = { "https://ca.example/1" };
static const char *const rua[] = { "postmaster" };

static struct config_settings
settings_of_test(void)
{
	return ((struct config_settings){
	    .ttl = 60,
	    .spf_all = "-all",
	    .dmarc_policy = 1,
	    .dmarc_rua = { rua, 1 },
	    .caa_issuers = { issuers, 1 },
	    .address_lists = { address_lists, 2 },
	    .domain_lists = { domain_lists, 1 },
	});
}

/* What published_probe() is to find; the rest has probes of its own. */
static struct record_list
some(const struct record_list *all, struct arena *arena)
{
	struct record_list list = { .arena = arena };

	for (size_t i = 0; i < all->count; i++) {
		const struct record *record = &all->items[i];

		if (record->kind == RECORD_MX || record->kind == RECORD_SPF ||
		    record->kind == RECORD_DMARC)
			record_add(&list, record->kind, record->name,
			    record->type, record->ttl, record->value);
	}
	return (list);
}

static void
test_zones(void **state)
{
	struct arena *arena = arena_new();
	char *folder = files_folder(arena, "probes");
	struct network_address address;
	const struct config_settings settings = settings_of_test();
	const struct server server = { .domain = "a.example",
		.hostname = "mx.a.example",
		.addresses = &address,
		.address_count = 1,
		.acme_accounts = accounts,
		.acme_account_count = 1 };

	(void)state;
	assert_int_equal(network_address_parse("198.18.0.11", &address), 0);
	const struct record_list all =
	    expected_records(&server, &settings, arena);
	const struct record_list expected = some(&all, arena);

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const struct check check = { .settings = &settings,
			.server = &server,
			.expected = cases[i].probe == published_probe
			                ? &expected
			                : &all,
			.dns = dns_of(cases[i].zone, folder, arena),
			.now = 1700000000,
			.deadline = clock_monotonic_ms() + 5000,
			.zone_file = true };
		const char *found = found_by(cases[i].probe, &check, arena);

		if (strcmp(found, cases[i].found) != 0)
			fail_msg("%s: found\n%sinstead of\n%s", cases[i].name,
			    found, cases[i].found);
		dns_free(check.dns);
	}
	files_remove(folder);
	arena_free(arena);
}

/* A key with what its record and state lead to. */
static const struct {
	const char *name;
	unsigned int bits; /* 0: Ed25519 */
	enum keystore_state state;
	const char *flags; /* behind v=DKIM1; NULL: no record */
	const char *found;
} keys[] = {
	{ "right", 2048, KEYSTORE_ACTIVE, "", "" },
	{ "weak", 512, KEYSTORE_ACTIVE, "", "dkim.weak s\n" },
	{ "short", 1024, KEYSTORE_ACTIVE, "", "dkim.short s\n" },
	{ "tested", 2048, KEYSTORE_ACTIVE, " t=y;",
	    "dkim.testing s._domainkey.a.example\n" },
	{ "not for mail", 2048, KEYSTORE_ACTIVE, " s=other;",
	    "dkim.unusable s._domainkey.a.example\n" },
	{ "Ed25519 alone", 0, KEYSTORE_ACTIVE, "", "dkim.no_rsa a.example\n" },
	{ "pending", 2048, KEYSTORE_PENDING, "",
	    "dkim.none_active a.example\n" },
	{ "retired", 2048, KEYSTORE_RETIRED, "", "dkim.no_key a.example\n" },
	{ "without a record", 2048, KEYSTORE_ACTIVE, NULL, "" },
};

/* ${record} with ${flags} after its version, in strings of a zone file. */
static const char *
zone_of_key(const char *record, const char *flags, struct arena *arena)
{
	const struct record line = { .name = "s._domainkey.a.example",
		.type = DNS_TYPE_TXT,
		.value = arena_printf(arena, "v=DKIM1;%s%s",
		    flags != NULL ? flags : "",
		    strchr(record, ';') != NULL ? strchr(record, ';') + 1
						: "") };

	return (flags == NULL
		    ? ""
		    : arena_printf(arena, "%s\n", record_line(&line, arena)));
}

static void
test_keys(void **state)
{
	struct arena *arena = arena_new();
	char *folder = files_folder(arena, "probes");
	const struct config_settings settings = settings_of_test();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
		enum dkim_algorithm algorithm =
		    keys[i].bits == 0 ? DKIM_ED25519_SHA256 : DKIM_RSA_SHA256;
		struct dkim_private *private =
		    keypair_new(algorithm, keys[i].bits);

		assert_non_null(private);
		const struct server_key key = { "s", algorithm, keys[i].state,
			keys[i].bits, keypair_record(private, arena) };
		const struct server server = {
			.domain = "a.example", .keys = &key, .key_count = 1
		};
		const struct check check = { .settings = &settings,
			.server = &server,
			.dns = dns_of(
			    zone_of_key(key.record, keys[i].flags, arena),
			    folder, arena),
			.deadline = clock_monotonic_ms() + 5000,
			.zone_file = true };
		const char *found = found_by(dkim_probe, &check, arena);

		if (strcmp(found, keys[i].found) != 0)
			fail_msg("%s: found\n%sinstead of\n%s", keys[i].name,
			    found, keys[i].found);
		dkim_private_free(private);
		dns_free(check.dns);
	}
	files_remove(folder);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_keys),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
