#include "numbers.h"

bool
numbers_take(struct span *text, const char *name, uint64_t *out)
{
	struct span rest = *text;
	struct span word;
	struct span found;

	(void)span_take_until(&rest, ' ', &word);
	if (!span_take_until(&word, '=', &found) || !span_is(found, name) ||
	    !span_to_u64(word, NUMBERS_MAX_DIGITS, out))
		return (false);
	*text = rest;
	return (true);
}

bool
numbers_take_time(struct span *text, const char *name, int64_t *out)
{
	uint64_t number;

	if (!numbers_take(text, name, &number))
		return (false);
	*out = (int64_t)number;
	return (true);
}
