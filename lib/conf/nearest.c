#include "conf/nearest.h"

#include <string.h>

/* No option of ours has a longer name. */
#define NAME_MAX_BYTES 64

static size_t
min_of_three(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return (least < c ? least : c);
}

/* The least number of bytes to insert, drop or replace (Levenshtein). */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_BYTES + 1];
	size_t len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t above = row[j + 1];

			row[j + 1] = min_of_three(above + 1, row[j] + 1,
			    diagonal + (a[i] != b[j] ? 1 : 0));
			diagonal = above;
		}
	}
	return (row[len]);
}

const char *
nearest_name(const struct conf_option *table, const char *name)
{
	const char *best = NULL;
	size_t len = strlen(name);
	size_t least = len / 3 + 2;

	if (len > NAME_MAX_BYTES)
		return (NULL);
	for (; table->name != NULL; table++) {
		size_t changes = strlen(table->name) > NAME_MAX_BYTES
		                     ? least
		                     : distance(table->name, name);

		if (changes < least) {
			least = changes;
			best = table->name;
		}
	}
	return (best);
}
