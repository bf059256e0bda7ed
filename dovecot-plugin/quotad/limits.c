#include "limits.h"

#include <string.h>

static const struct config_limit *
find(const struct config *config, const char *title, size_t len)
{
	for (size_t i = 0; i < config->limit_count; i++) {
		const char *name = config->limits[i].place.title;

		if (strncmp(name, title, len) == 0 && name[len] == '\0')
			return (&config->limits[i]);
	}
	return (NULL);
}

/* What the section leaves open stays as it is. */
static void
apply(const struct config_limit *limit, struct record_limits *out)
{
	if (limit == NULL)
		return;
	if (limit->unlimited) {
		*out = (struct record_limits){ 0 };
		return;
	}
	if (limit->storage > 0)
		out->hard.bytes = limit->storage;
	if (limit->messages > 0)
		out->hard.count = limit->messages;
	if (limit->soft_storage > 0)
		out->soft.bytes = limit->soft_storage;
	if (limit->soft_messages > 0)
		out->soft.count = limit->soft_messages;
	out->period_s = limit->period;
}

void
limits_find(
    const struct config *config, const char *key, struct record_limits *out)
{
	const char *slash = strchr(key, '/');
	size_t kind = slash != NULL ? (size_t)(slash - key) : strlen(key);

	*out = (struct record_limits){
		.hard = { RECORD_UNSET, RECORD_UNSET },
		.soft = { RECORD_UNSET, RECORD_UNSET },
		.period_s = RECORD_UNSET,
	};
	apply(find(config, key, kind), out);
	if (slash != NULL)
		apply(find(config, key, strlen(key)), out);
}
