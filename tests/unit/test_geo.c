/* Countries and autonomous systems from databases, and files that are none. */
#include "geo.h"

#include <string.h>

#include "support/files.h"
#include "support/mmdb.h"
#include "support/unit.h"

static const struct mmdb_network networks[] = {
	{ "192.0.2.0/24", "NL", 64500 },
	{ "198.51.100.128/25", "DE", 64501 },
	{ "203.0.113.0/24", "1x", 0 },
	{ "2001:db8:1::/48", "CH", 4200000000U },
};

static const struct {
	const char *client;
	const char *country;
	uint32_t asn;
} cases[] = {
	{ "192.0.2.1", "NL", 64500 },
	{ "192.0.2.255", "NL", 64500 },
	{ "192.0.3.0", "", 0 },
	{ "198.51.100.127", "", 0 },
	{ "198.51.100.128", "DE", 64501 },
	{ "203.0.113.1", "", 0 },
	{ "2001:db8:1::5", "CH", 4200000000U },
	{ "2001:db8:2::5", "", 0 },
	{ "::ffff:192.0.2.9", "NL", 64500 },
};

struct world {
	struct arena *arena;
	char *folder;
	const char *country;
	const char *asn;
};

static int
set_up(void **state)
{
	struct arena *arena = arena_new();
	struct world *world = arena_alloc(arena, sizeof(*world));

	world->arena = arena;
	world->folder = files_folder(arena, "geo");
	world->country = arena_printf(arena, "%s/country", world->folder);
	world->asn = arena_printf(arena, "%s/asn", world->folder);
	assert_int_equal(mmdb_write(world->country, "GeoLite2-Country",
			     networks, UNIT_COUNT(networks)),
	    0);
	assert_int_equal(mmdb_write(world->asn, "DBIP-ASN-Lite", networks,
			     UNIT_COUNT(networks)),
	    0);
	*state = world;
	return (0);
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	files_remove(world->folder);
	arena_free(world->arena);
	return (0);
}

static void
check(const struct geo *geo, size_t i, bool countries, bool systems)
{
	struct network_address client;
	char country[3] = "??";

	(void)network_address_parse(cases[i].client, &client);
	geo_country(geo, &client, country);
	if (strcmp(country, countries ? cases[i].country : "") != 0 ||
	    geo_asn(geo, &client) != (systems ? cases[i].asn : 0))
		fail_msg("%s: %s", cases[i].client, country);
}

static void
test_find(void **state)
{
	const struct world *world = *state;
	const char *error = NULL;
	struct geo *both =
	    geo_new(world->country, world->asn, world->arena, &error);
	struct geo *country =
	    geo_new(world->country, NULL, world->arena, &error);
	struct geo *asn = geo_new(NULL, world->asn, world->arena, &error);
	const struct network_address none = { .family = AF_UNSPEC };
	char code[3] = "??";

	assert_non_null(both);
	assert_non_null(country);
	assert_non_null(asn);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		check(both, i, true, true);
		check(country, i, true, false);
		check(asn, i, false, true);
	}
	geo_country(both, &none, code);
	assert_string_equal(code, "");
	assert_int_equal(geo_asn(both, &none), 0);
	geo_free(both);
	geo_free(country);
	geo_free(asn);
	geo_free(NULL);
}

static void
test_refused(void **state)
{
	const struct world *world = *state;
	const char *error = NULL;
	const char *path = arena_printf(world->arena, "%s/no", world->folder);

	assert_null(geo_new(path, NULL, world->arena, &error));
	assert_non_null(strstr(error, "No such file"));
	assert_int_equal(files_write(path, span_str("not one"), 0600), 0);
	assert_null(geo_new(NULL, path, world->arena, &error));
	assert_non_null(strstr(error, path));
	/* Each in the other's place. */
	assert_null(geo_new(world->asn, NULL, world->arena, &error));
	assert_non_null(strstr(error, "knows no countries"));
	assert_null(
	    geo_new(world->country, world->country, world->arena, &error));
	assert_non_null(strstr(error, "knows no autonomous systems"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
