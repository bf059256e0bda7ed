#include "geo.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/span.h"

struct geo {
	MMDB_s *country; /* NULL: not asked for */
	MMDB_s *asn;
};

/* A wrong file would open, and never say a word.  These are in the types that
 * MaxMind, DB-IP and others write: GeoLite2-City, DBIP-Country-Lite. */
static const char *const country_types[] = { "country", "city", "location",
	"enterprise", NULL };
static const char *const asn_types[] = { "asn", "isp", NULL };

static bool
has_type(const MMDB_s *database, const char *const *types)
{
	for (; *types != NULL; types++)
		if (strcasestr(database->metadata.database_type, *types) !=
		    NULL)
			return (true);
	return (false);
}

static void
close_database(MMDB_s *database)
{
	if (database == NULL)
		return;
	MMDB_close(database);
	free(database);
}

/* Open ${path}; NULL ${path} is no failure. */
static MMDB_s *
open_database(const char *path, const char *const *types, const char *what,
    struct arena *arena, const char **error)
{
	if (path == NULL || *error != NULL)
		return (NULL);
	MMDB_s *database = arena_impl_malloc(sizeof(*database));
	int status = MMDB_open(path, MMDB_MODE_MMAP, database);

	if (status != MMDB_SUCCESS) {
		*error = arena_printf(arena, "%s: %s", path,
		    status == MMDB_IO_ERROR || status == MMDB_FILE_OPEN_ERROR
			? strerror(errno)
			: MMDB_strerror(status));
		free(database);
		return (NULL);
	}
	if (has_type(database, types))
		return (database);
	*error = arena_printf(arena, "%s: a database of type %s knows no %s",
	    path, database->metadata.database_type, what);
	close_database(database);
	return (NULL);
}

struct geo *
geo_new(const char *country_path, const char *asn_path, struct arena *arena,
    const char **error)
{
	struct geo *geo = arena_impl_malloc(sizeof(*geo));

	*error = NULL;
	geo->country = open_database(
	    country_path, country_types, "countries", arena, error);
	geo->asn = open_database(
	    asn_path, asn_types, "autonomous systems", arena, error);
	if (*error == NULL)
		return (geo);
	geo_free(geo);
	return (NULL);
}

void
geo_free(struct geo *geo)
{
	if (geo == NULL)
		return;
	close_database(geo->country);
	close_database(geo->asn);
	free(geo);
}

static bool
find(const MMDB_s *database, const struct network_address *client,
    MMDB_entry_s *out)
{
	struct sockaddr_in inet = { .sin_family = AF_INET };
	struct sockaddr_in6 inet6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *address = (const struct sockaddr *)&inet;
	int error = MMDB_SUCCESS;

	if (database == NULL || client->family == AF_UNSPEC)
		return (false);
	memcpy(&inet.sin_addr, client->bytes, sizeof(inet.sin_addr));
	memcpy(&inet6.sin6_addr, client->bytes, sizeof(inet6.sin6_addr));
	if (client->family == AF_INET6)
		address = (const struct sockaddr *)&inet6;
	MMDB_lookup_result_s found =
	    MMDB_lookup_sockaddr(database, address, &error);

	*out = found.entry;
	return (error == MMDB_SUCCESS && found.found_entry);
}

static bool
find_code(MMDB_entry_s *entry, const char *of, char out[3])
{
	MMDB_entry_data_s data;
	int status = MMDB_get_value(entry, &data, of, "iso_code", NULL);

	if (status != MMDB_SUCCESS || !data.has_data ||
	    data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2)
		return (false);
	for (size_t i = 0; i < 2; i++)
		if (!span_is_alpha((unsigned char)data.utf8_string[i]))
			return (false);
	memcpy(out, data.utf8_string, 2);
	out[2] = '\0';
	return (true);
}

void
geo_country(
    const struct geo *geo, const struct network_address *client, char out[3])
{
	MMDB_entry_s entry;

	out[0] = '\0';
	if (find(geo->country, client, &entry) &&
	    !find_code(&entry, "country", out))
		(void)find_code(&entry, "registered_country", out);
}

uint32_t
geo_asn(const struct geo *geo, const struct network_address *client)
{
	MMDB_entry_s entry;
	MMDB_entry_data_s data;

	if (!find(geo->asn, client, &entry) ||
	    MMDB_get_value(&entry, &data, "autonomous_system_number", NULL) !=
		MMDB_SUCCESS ||
	    !data.has_data || data.type != MMDB_DATA_TYPE_UINT32)
		return (0);
	return (data.uint32);
}
