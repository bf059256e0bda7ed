#include "observe.h"

#include <jansson.h>
#include <stdlib.h>

#include "command_print.h"

void
observe_change(void *cookie, const struct record_account *account,
    const struct record_limits *limits, int64_t level)
{
	const struct observe *observe = cookie;

	if (level > 0) {
		log_info(observe->log, "level_reached",
		    LOG_TEXT("account", account->key),
		    LOG_NUMBER("percent", level));
		(void)warn_tell(observe->warn, account, limits, level);
	}
	if (!serve_is_watched(observe->serve))
		return;
	json_t *object = command_print_account(account, limits);
	char *text;

	(void)json_object_set_new(object, "schema", json_integer(1));
	text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(object);
	if (text != NULL)
		serve_tell(observe->serve, text);
	free(text);
}
