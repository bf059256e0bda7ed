/*
 * fuzz_name.c: a domain name from a stranger is refused, or becomes A-labels
 * that stay what they are when they are read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_labels(const char *name)
{
	size_t label = 0;

	if (strlen(name) > NAME_MAX_BYTES)
		abort();
	for (const char *at = name; *at != '\0'; at++) {
		unsigned char byte = (unsigned char)*at;

		label = byte == '.' ? 0 : label + 1;
		if (label > NAME_MAX_LABEL || (byte == '.' && at[1] == '.'))
			abort();
		if (byte != '.' && byte != '-' && byte != '_' &&
		    (!span_is_alnum(byte) || byte != span_lower(byte)))
			abort();
	}
	if (label == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *name = name_to_ascii(arena, span_new(data, size));

	if (name != NULL) {
		check_labels(name);
		const char *again = name_to_ascii(arena, span_str(name));

		if (again == NULL || strcmp(name, again) != 0 ||
		    !name_is_within(again, name))
			abort();
	}
	arena_free(arena);
	return (0);
}
