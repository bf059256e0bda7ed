#include "quota.h"

#include <stddef.h>

#include "quota_driver.h"
#include "quota_map.h"

/* The first is meant where no name stands before the endpoint. */
static const struct quota_driver *const drivers[] = { &quota_dovecot_driver,
	&quota_quotad_driver };

struct quota_source *
quota_open(const char *endpoint, struct arena *arena, const char **error)
{
	struct span rest = span_str(endpoint);
	struct span name;

	*error = NULL;
	(void)span_take_until(&rest, ':', &name);
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (span_is(name, drivers[i]->name))
			return (drivers[i]->open(
			    arena_str(arena, rest), arena, error));
	return (drivers[0]->open(endpoint, arena, error));
}

void
quota_close(struct quota_source *source)
{
	if (source != NULL)
		source->driver->close(source);
}

static bool
is_text(unsigned char byte)
{
	return (byte >= ' ' && byte != 0x7f);
}

/* A line end in a recipient would be the end of a line that we send. */
static bool
is_recipient(struct span recipient)
{
	struct span rest = recipient;

	(void)span_take_while(&rest, is_text);
	return (recipient.len > 0 && recipient.len <= QUOTA_MAX_RECIPIENT &&
		rest.len == 0);
}

enum quota_result
quota_ask(struct quota_source *source, struct span recipient, uint64_t size,
    int64_t deadline, struct arena *arena, const char **reason)
{
	*reason = NULL;
	if (!is_recipient(recipient))
		return (QUOTA_UNKNOWN);
	return (source->driver->ask(
	    source, recipient, size, deadline, arena, reason));
}

/* What several answers are together: one mailbox with room is enough, and one
 * that nobody can speak for leaves it open. */
static enum quota_result
both(enum quota_result a, enum quota_result b)
{
	static const enum quota_result order[] = { QUOTA_UNDER, QUOTA_UNKNOWN,
		QUOTA_TEMPFAIL, QUOTA_SOFT };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return (order[i]);
	return (QUOTA_HARD);
}

enum quota_result
quota_ask_mapped(struct quota_source *source, struct quota_map *map,
    struct span recipient, uint64_t size, int64_t deadline, struct arena *arena,
    const char **reason)
{
	struct quota_map_targets targets;
	enum quota_result result = QUOTA_HARD;

	*reason = NULL;
	if (map == NULL || !is_recipient(recipient))
		return (quota_ask(
		    source, recipient, size, deadline, arena, reason));
	if (quota_map_find(map, recipient, deadline, arena, &targets) != 0)
		return (QUOTA_TEMPFAIL);
	for (size_t i = 0; i < targets.count; i++)
		result = both(result, quota_ask(source, targets.items[i], size,
					  deadline, arena, reason));
	if (targets.count != 1 && result != QUOTA_UNDER)
		*reason = NULL;
	return (targets.count > 0 ? result : QUOTA_UNKNOWN);
}

const char *
quota_result_name(enum quota_result result)
{
	switch (result) {
	case QUOTA_UNDER:
		return ("under");
	case QUOTA_SOFT:
		return ("soft");
	case QUOTA_HARD:
		return ("hard");
	case QUOTA_UNKNOWN:
		return ("unknown");
	case QUOTA_TEMPFAIL:
		return ("tempfail");
	}
	return ("tempfail");
}
