#include <string.h>

#include "conf/conf.h"
#include <stdbool.h>

static bool
list_differs(const struct conf_list *a, const struct conf_list *b)
{
	if (a->count != b->count)
		return (true);
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return (true);
	return (false);
}

static bool
string_differs(const char *a, const char *b)
{
	return (a == NULL || b == NULL ? a != b : strcmp(a, b) != 0);
}

/* What stands behind ${option} in both; see enum conf_type. */
static bool
option_differs(const struct conf_option *option, const void *a, const void *b)
{
	switch (option->type) {
	case CONF_BOOL:
		return (*(const bool *)a != *(const bool *)b);
	case CONF_WORD:
		return (*(const int *)a != *(const int *)b);
	case CONF_INTEGER:
	case CONF_SIZE:
	case CONF_DURATION:
	case CONF_MILLISECONDS:
		return (*(const int64_t *)a != *(const int64_t *)b);
	case CONF_STRING:
		return (string_differs(
		    *(const char *const *)a, *(const char *const *)b));
	case CONF_LIST:
		return (list_differs(a, b));
	case CONF_SECTION:
		break;
	}
	return (false);
}

static bool
is_among(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return (true);
	return (false);
}

const char *
conf_changes(struct arena *arena, const struct conf_option *table,
    const char *const *names, const void *a, const void *b)
{
	const char *changed = NULL;

	for (const struct conf_option *option = table; option->name != NULL;
	     option++) {
		/* UNSAFE: the table gives the offset of its own struct. */
		const void *in_a = (const char *)a + option->offset;
		const void *in_b = (const char *)b + option->offset;

		if (is_among(names, option->name) &&
		    option_differs(option, in_a, in_b))
			changed = changed == NULL
			              ? option->name
			              : arena_printf(arena, "%s, %s", changed,
					    option->name);
	}
	return (changed);
}
