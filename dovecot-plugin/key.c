#include "key.h"

#include <stdio.h>
#include <string.h>

static bool
print(char *out, size_t size, const char *kind, const char *name)
{
	int len = snprintf(out, size, "%s%s", kind, name);

	if (len > 0 && (size_t)len < size && out[len - 1] != '/')
		return (true);
	out[0] = '\0';
	return (false);
}

bool
key_make(const char *template, const char *user, char *out, size_t size)
{
	const char *at = strrchr(user, '@');

	if (template[0] == '\0' || strcmp(template, "user") == 0)
		return (print(out, size, "user/", user));
	if (strcmp(template, "domain") == 0)
		return (print(out, size, "domain/", at != NULL ? at + 1 : ""));
	return (print(out, size, "", template));
}
