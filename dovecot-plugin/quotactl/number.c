/* Sizes and times as people write them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "quotactl.h"

struct unit {
	char letter;
	int64_t times;
};

static const struct unit sizes[] = { { 'k', INT64_C(1) << 10 },
	{ 'M', INT64_C(1) << 20 }, { 'G', INT64_C(1) << 30 },
	{ 'T', INT64_C(1) << 40 } };
static const struct unit times[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 },
	{ 'd', 86400 }, { 'w', 604800 } };

static int64_t
times_of(const struct unit *units, size_t count, char letter)
{
	for (size_t i = 0; i < count; i++)
		if (units[i].letter == letter)
			return (units[i].times);
	return (0);
}

int
quotactl_number(const char *text, bool duration, int64_t *out)
{
	char *rest;
	int64_t unit = 1;

	errno = 0;
	*out = strtoll(text, &rest, 10);
	if (errno != 0 || !isdigit((unsigned char)text[0]))
		return (-1);
	if (*rest != '\0')
		unit = duration ? times_of(times,
				      sizeof(times) / sizeof(times[0]), *rest)
		                : times_of(sizes,
				      sizeof(sizes) / sizeof(sizes[0]), *rest);
	if (unit == 0 || (*rest != '\0' && rest[1] != '\0') ||
	    *out > INT64_MAX / unit)
		return (-1);
	*out *= unit;
	return (0);
}

const char *
quotactl_size(json_int_t bytes, struct arena *arena)
{
	static const char letters[] = " kMGT";
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1024 && unit + 1 < strlen(letters)) {
		size /= 1024;
		unit++;
	}
	return (unit == 0 ? arena_printf(arena, "%.0f", size)
			  : arena_printf(arena, "%.1f%c", size, letters[unit]));
}
