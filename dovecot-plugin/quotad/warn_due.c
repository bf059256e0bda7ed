/* Whether somebody is to be told. */
#include "admit.h"
#include "warn.h"

static int64_t
level_of(const struct config *config, int64_t percent)
{
	int64_t level = 0;

	for (size_t i = 0; i < config->level_count; i++)
		if (percent >= config->levels[i])
			level = config->levels[i];
	return (level);
}

int64_t
warn_due(const struct record_account *account,
    const struct record_limits *limits, const struct config *config,
    int64_t now)
{
	int64_t level = level_of(config, admit_percent(account, limits));
	bool recently = account->warned_at != 0 &&
	                now - account->warned_at < config->settings.warn_period;

	if (level == 0 || (recently && level <= account->warned_percent))
		return (0);
	return (level);
}
