/* conf.h: any file is read or refused with words; what is printed of one that
 * was read is read again as the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct key {
	struct conf_place place;
	const char *domain;
	int64_t bits;
	struct conf_list users;
};

struct settings {
	int64_t size;
	int64_t timeout;
	const char *name;
	int mode;
	bool sign;
	struct conf_list list;
	struct conf_sections keys;
};

static const char *const modes[] = { "in", "out", NULL };

static const struct conf_option key_table[] = {
	{ "domain", CONF_STRING, .offset = offsetof(struct key, domain) },
	{ "bits", CONF_INTEGER, "2048", 1024, 8192,
	    .offset = offsetof(struct key, bits) },
	{ "users", CONF_LIST, "{a, b}", .offset = offsetof(struct key, users) },
	{ NULL },
};

static const struct conf_option table[] = {
	{ "size", CONF_SIZE, "90k", .offset = offsetof(struct settings, size) },
	{ "timeout", CONF_DURATION, "5m",
	    .offset = offsetof(struct settings, timeout) },
	{ "name", CONF_STRING, .offset = offsetof(struct settings, name) },
	{ "mode", CONF_WORD, .words = modes,
	    .offset = offsetof(struct settings, mode) },
	{ "sign", CONF_BOOL, "yes", .offset = offsetof(struct settings, sign) },
	{ "list", CONF_LIST, "{x}", .offset = offsetof(struct settings, list) },
	{ "key", CONF_SECTION, .section = key_table,
	    .section_size = sizeof(struct key),
	    .offset = offsetof(struct settings, keys) },
	{ NULL },
};

static void
on_complaint(void *cookie, const char *text)
{
	unsigned int *told = cookie;

	/* One line, which names the file. */
	if (strncmp(text, "/proc/", 6) != 0 && text[0] != '/')
		abort();
	(*told)++;
}

/* Load ${size} bytes of ${text} and store in ${out}, for free(), what
 * conf_print() makes of them.  Return -1 when they are refused. */
static int
load(const void *text, size_t size, char **out)
{
	struct arena *arena = arena_new();
	int fd = memfd_create("conf", MFD_CLOEXEC);
	struct settings settings;
	unsigned int told = 0;
	size_t len;

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		abort();
	int rc =
	    conf_load(arena, table, arena_printf(arena, "/proc/self/fd/%d", fd),
		on_complaint, &told, &settings, NULL);

	if ((rc == 0) != (told == 0))
		abort();
	if (rc == 0) {
		FILE *stream = open_memstream(out, &len);

		if (stream == NULL)
			abort();
		conf_print(stream, table, &settings);
		if (fclose(stream) != 0)
			abort();
	}
	(void)close(fd);
	arena_free(arena);
	return (rc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *first;
	char *second;

	if (load(data, size, &first) != 0)
		return (0);
	if (load(first, strlen(first), &second) != 0 ||
	    strcmp(first, second) != 0)
		abort();
	free(first);
	free(second);
	return (0);
}
