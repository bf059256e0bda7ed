#include "postfix.h"

#include "base/span.h"
#include "daemon/postconf.h"

static const char *const parameters[] = { "queue_directory", "mydomain",
	"smtpd_milters", "non_smtpd_milters" };

#define PARAMETER_COUNT (sizeof(parameters) / sizeof(parameters[0]))

/* Store the lines that postconf prints with ${flags}. */
static bool
ask(const char *flags, struct arena *arena, const char *lines[PARAMETER_COUNT])
{
	const char *arguments[PARAMETER_COUNT + 2] = { flags };
	struct span rest;

	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		arguments[1 + i] = parameters[i];
	if (!postconf_read(arguments, arena, &rest))
		return (false);
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		struct span line;

		if (!span_take_line(&rest, &line))
			return (false);
		lines[i] = arena_str(arena, line);
	}
	return (true);
}

bool
postfix_read(struct arena *arena, struct postfix *out)
{
	const char *written[PARAMETER_COUNT];
	const char *means[PARAMETER_COUNT];

	if (!ask("-h", arena, written) || !ask("-xh", arena, means))
		return (false);
	*out = (struct postfix){ .queue_directory = means[0],
		.mydomain = means[1],
		.smtpd_milters = { written[2], means[2] },
		.non_smtpd_milters = { written[3], means[3] } };
	return (true);
}
