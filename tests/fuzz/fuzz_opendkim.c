/*
 * fuzz_opendkim.c: OpenDKIM's files, whatever they hold, give settings, rows,
 * rules and hosts within bounds, and what is told names a line.  The first byte
 * says which file it is.
 */
#include <string.h>

#include "fuzz.h"
#include "opendkim_file.h"
#include "opendkim_hosts.h"
#include "opendkim_tables.h"

static void
hear(void *cookie, const char *text)
{
	size_t *heard = cookie;

	FUZZ_CHECK(strncmp(text, "f:", 2) == 0);
	(*heard)++;
}

static void
fuzz_file(struct arena *arena, struct span text)
{
	struct opendkim_file file = { 0 };

	opendkim_file_parse(arena, text, "f", &file);
	FUZZ_CHECK(file.count <= OPENDKIM_FILE_SETTINGS);
	for (size_t i = 0; i < file.count; i++) {
		const struct opendkim_setting *found =
		    opendkim_file_get(&file, file.settings[i].name);

		FUZZ_CHECK(found >= &file.settings[i]);
		FUZZ_CHECK(strpbrk(found->name, " \t#\n") == NULL);
		FUZZ_CHECK(strpbrk(found->value, "#\n") == NULL);
	}
}

static void
fuzz_tables(const struct opendkim_report *report,
    const struct opendkim_dataset *set, const char *address)
{
	size_t count;

	(void)opendkim_tables_keys(set, report->arena, &count);
	FUZZ_CHECK(count == set->count);
	const struct opendkim_signing *signings =
	    opendkim_tables_signings(set, report, &count);

	FUZZ_CHECK(count <= set->count);
	for (size_t i = 0; i < count; i++)
		(void)pattern_matches(&signings[i].authors, address);
}

static void
fuzz_hosts(
    const struct opendkim_report *report, const struct opendkim_dataset *set)
{
	static const char *const clients[] = { "192.0.2.17", "2001:db8::5" };
	struct opendkim_hosts *hosts = opendkim_hosts_new(set, report);

	for (size_t i = 0; i < 2 && hosts != NULL && set->count < 100; i++) {
		struct network_address client;

		FUZZ_CHECK(network_address_parse(clients[i], &client) == 0);
		(void)opendkim_hosts_contain(
		    hosts, set->count > 0 ? set->rows[0].key : NULL, &client);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span text = span_new(data, size);
	size_t heard = 0;
	const struct opendkim_report report = {
		.error = hear, .warning = hear, .cookie = &heard, .arena = arena
	};
	struct opendkim_dataset set = { .file = "f" };
	int kind = span_peek(text);

	span_skip(&text, 1);
	set.type = kind == 'l'   ? OPENDKIM_LIST
	           : kind == 'r' ? OPENDKIM_REFILE
	                         : OPENDKIM_FILE;
	if (kind == 'c') {
		fuzz_file(arena, text);
	} else {
		opendkim_dataset_parse(arena, text, 1, &report, &set);
		FUZZ_CHECK(set.count <= OPENDKIM_DATASET_ROWS);
		fuzz_tables(&report, &set, "ann@mail.example.org");
		fuzz_hosts(&report, &set);
	}
	arena_free(arena);
	return (0);
}
