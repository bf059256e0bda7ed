#include "dns/resolvers.h"

#include <string.h>

#include "dns/dns_anchor.h"
#include "dns/dns_unbound.h"
#include "dns/dns_zone.h"

#define ZONE_PREFIX "zone:"
#define HINTS_PREFIX "recursive:"

static bool
is_zone(const char *resolver)
{
	return (strncmp(resolver, ZONE_PREFIX, strlen(ZONE_PREFIX)) == 0);
}

static bool
has_hints(const char *resolver)
{
	return (strncmp(resolver, HINTS_PREFIX, strlen(HINTS_PREFIX)) == 0);
}

static bool
stands_alone(const char *resolver)
{
	return (strcmp(resolver, "system") == 0 ||
		strcmp(resolver, "recursive") == 0 || is_zone(resolver) ||
		has_hints(resolver));
}

/* What somebody meant by ${item} who wrote a colon before the port. */
static const char *
with_port(const char *item, struct arena *arena)
{
	char *text = arena_strdup(arena, item);
	char *colon = strrchr(text, ':');

	if (colon == NULL)
		return (NULL);
	*colon = '@';
	return (dns_unbound_is_resolver(text) ? text : NULL);
}

static const char *
explain_resolver(const char *item, struct arena *arena)
{
	const char *meant = with_port(item, arena);

	if (meant != NULL)
		return (arena_printf(arena,
		    "\"%s\" has a colon before its port; write \"%s\"", item,
		    meant));
	return (arena_printf(arena,
	    "\"%s\" is neither an IP address, nor ADDRESS@PORT, nor "
	    "\"system\", \"recursive\" or \"zone:FILE\"",
	    item));
}

void
resolvers_check(const struct conf_list *list, struct arena *arena,
    resolvers_complain *complain, void *cookie)
{
	if (list->count == 0)
		complain(cookie, 0, "name one, or \"system\" or \"recursive\"");
	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->items[i];

		if (stands_alone(item) && list->count > 1)
			complain(cookie, i,
			    arena_printf(
				arena, "\"%s\" must stand alone", item));
		else if (!stands_alone(item) && !dns_unbound_is_resolver(item))
			complain(cookie, i, explain_resolver(item, arena));
	}
}

/* The record is good enough for us; libunbound has the last word. */
static const char *
take_anchor(void *cookie, const char *text)
{
	(void)cookie;
	(void)text;
	return (NULL);
}

const char *
resolvers_check_anchor(const char *trust_anchor, struct arena *arena)
{
	const char *error = NULL;

	if (trust_anchor != NULL)
		(void)dns_anchor_read(
		    trust_anchor, take_anchor, NULL, arena, &error);
	return (error);
}

const char *
resolvers_check_zone(const struct conf_list *list, struct arena *arena)
{
	const char *error = NULL;

	if (list->count == 0 || !is_zone(list->items[0]))
		return (NULL);
	struct dns_backend *zone =
	    dns_zone_load(&list->items[0][strlen(ZONE_PREFIX)], arena, &error);

	if (zone != NULL)
		zone->free(zone);
	return (error);
}

struct dns_backend *
resolvers_open(const struct conf_list *list, const char *trust_anchor,
    const struct log *log, struct arena *arena, const char **error)
{
	struct dns_unbound_options options = { .trust_anchor = trust_anchor,
		.log = log };

	if (is_zone(list->items[0]))
		return (dns_zone_load(
		    &list->items[0][strlen(ZONE_PREFIX)], arena, error));
	options.system = strcmp(list->items[0], "system") == 0;
	if (has_hints(list->items[0])) {
		options.root_hints = &list->items[0][strlen(HINTS_PREFIX)];
	} else if (!options.system &&
		   strcmp(list->items[0], "recursive") != 0) {
		options.resolvers = list->items;
		options.resolver_count = list->count;
	}
	return (dns_unbound_new(&options, arena, error));
}
