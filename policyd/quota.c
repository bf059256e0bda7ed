#include "quota.h"

#include <stddef.h>

#include "quota_driver.h"

/* The first is meant where no name stands before the endpoint. */
static const struct quota_driver *const drivers[] = { &quota_dovecot_driver };

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
