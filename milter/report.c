#include "report.h"

#include <stddef.h>

#include "mail/authres.h"

#define DKIM_PROPERTIES 5

static void
add_property(
    struct authres_result *result, const char *property, const char *value)
{
	if (value == NULL)
		return;
	result->properties[result->property_count++] =
	    (struct authres_property){
		    .ptype = "header", .property = property, .value = value
	    };
}

static const char *
key_comment(struct arena *arena, const struct dkim_verification *dkim)
{
	const char *dnssec = dkim->security == DNS_SECURE ? ", dnssec" : "";
	const char *testing = dkim->testing ? ", testing" : "";

	if (dkim->key_bits == 0)
		return (NULL);
	return (arena_printf(
	    arena, "%u-bit key%s%s", dkim->key_bits, dnssec, testing));
}

/* RFC 8601 2.7.1, header.a and header.s of RFC 8601 2.3, header.b of RFC 6008.
 */
static void
describe(struct arena *arena, const struct dkim_verification *dkim,
    struct authres_result *result)
{
	*result = (struct authres_result){
		.method = "dkim",
		.result = dkim_result_name(dkim->result),
		.comment = key_comment(arena, dkim),
		.reason = dkim->reason,
		.properties = arena_array(
		    arena, DKIM_PROPERTIES, sizeof(struct authres_property)),
	};
	add_property(result, "d", dkim->domain);
	add_property(result, "i", dkim->identity);
	add_property(result, "s", dkim->selector);
	if (dkim->algorithm != DKIM_ALGORITHM_UNKNOWN)
		add_property(result, "a", dkim_algorithm_name(dkim->algorithm));
	add_property(result, "b", dkim->b);
}

/* Signatures that could not be read or have no key and are told of, so that
 * junk costs no others their place. */
#define MAX_PERMERRORS ((size_t)10)

static size_t
describe_all(struct arena *arena, const struct dkim_verification *dkim,
    size_t count, struct authres_result *results)
{
	size_t permerrors = 0;
	size_t told = 0;

	for (size_t i = 0; i < count && told < AUTHRES_MAX_RESULTS; i++) {
		if (dkim[i].result == DKIM_NEUTRAL)
			continue;
		if (dkim[i].result == DKIM_PERMERROR &&
		    permerrors++ >= MAX_PERMERRORS)
			continue;
		describe(arena, &dkim[i], &results[told++]);
	}
	return (told);
}

const char *
report_authres(struct arena *arena, const char *authserv_id,
    const struct dkim_verification *dkim, size_t count)
{
	struct authres authres = { .authserv_id = authserv_id };

	authres.results = arena_array(
	    arena, AUTHRES_MAX_RESULTS, sizeof(struct authres_result));
	authres.count = describe_all(arena, dkim, count, authres.results);
	if (authres.count == 0) {
		authres.results[0] = (struct authres_result){ .method = "dkim",
			.result = count == 0 ? "none" : "neutral" };
		authres.count = 1;
	}
	return (arena_printf(arena, " %s", authres_print(arena, &authres)));
}
