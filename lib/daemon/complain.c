#include "daemon/complain.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "daemon/cure.h"

bool
complain_is_sudoer(void)
{
	return (getenv("SUDO_USER") != NULL);
}

static void
print_line(const char *kind, const char *text)
{
	struct arena *arena = arena_new();

	(void)fprintf(stderr, "%s: %s\n", kind,
	    complain_is_sudoer() ? cure_with_sudo(text, arena) : text);
	arena_free(arena);
}

void
complain_print_error(void *cookie, const char *text)
{
	(void)cookie;
	print_line("error", text);
}

void
complain_print_warning(void *cookie, const char *text)
{
	(void)cookie;
	print_line("warning", text);
}

void
complain_log_error(void *cookie, const char *text)
{
	log_error(cookie, "config", LOG_TEXT("text", text));
}

void
complain_log_warning(void *cookie, const char *text)
{
	log_warning(cookie, "config", LOG_TEXT("text", text));
}
