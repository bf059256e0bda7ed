/* The key store's folders and their lists of keys. */
#include "dkim/keystore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unit.h"

static const struct {
	const char *folder;
	const char *json;
	const char *error; /* a part of it; NULL: none */
	size_t keys;
} cases[] = {
	{ "example.org", "{\"schema\":1,\"keys\":[]}", NULL, 0 },
	{ "example.org",
	    "{\"schema\":1,\"keys\":[{\"selector\":\"s1\",\"algorithm\":"
	    "\"rsa\",\"state\":\"active\"},{\"selector\":\"s1\",\"algorithm\":"
	    "\"ed25519\",\"state\":\"pending\",\"created\":\"2026-11-22\"}]}",
	    NULL, 2 },
	{ "example.org", "{\"schema\":2,\"keys\":[]}", "schema", 0 },
	{ "example.org", "{\"schema\":1}", "list of keys", 0 },
	{ "example.org", "{\"schema\":1,", "line 1", 0 },
	{ "example.org", "[]", "schema", 0 },
	{ "example.org",
	    "{\"schema\":1,\"keys\":[{\"selector\":\"../x\",\"algorithm\":"
	    "\"rsa\",\"state\":\"active\"}]}",
	    "key number 1 needs", 0 },
	{ "example.org",
	    "{\"schema\":1,\"keys\":[{\"selector\":\"s\",\"algorithm\":"
	    "\"dsa\",\"state\":\"active\"}]}",
	    "key number 1 needs", 0 },
	{ "example.org",
	    "{\"schema\":1,\"keys\":[{\"selector\":\"s\",\"algorithm\":"
	    "\"rsa\",\"state\":\"lost\"}]}",
	    "key number 1 needs", 0 },
	{ "example.org",
	    "{\"schema\":1,\"keys\":[{\"selector\":7,\"algorithm\":\"rsa\","
	    "\"state\":\"active\"}]}",
	    "key number 1 needs", 0 },
};

/* Folders of no domain are no reason not to sign. */
static const struct {
	const char *folder;
	const char *file;
	const char *warning; /* a part of it */
} skipped[] = {
	{ "lost+found", "x", "lost+found: left out: the folder's name" },
	{ "bad name", "keys.json", "no domain name" },
	{ "example.net", "notes",
	    "example.net: left out: there is no "
	    "keys.json" },
};

static void
remember_error(void *cookie, const char *text)
{
	(void)snprintf(cookie, 512, "%s", text);
}

/* A warning is no error. */
static void
remember_warning(void *cookie, const char *text)
{
	(void)snprintf(cookie, 512, "warning: %s", text);
}

static int
load(struct arena *arena, const char *directory, char *text,
    struct keystore *out)
{
	const struct keyfile_owner owner = { geteuid(), getegid() };
	const struct keystore_reader reader = { .owner = &owner,
		.error = remember_error,
		.warning = remember_warning,
		.cookie = text };

	return (keystore_load(arena, directory, &reader, out));
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void
test_load(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		char directory[] = "/tmp/mailreeve-keystore.XXXXXX";
		char error[512] = "";
		struct arena *arena = arena_new();
		struct keystore store;

		assert_non_null(mkdtemp(directory));
		char *folder =
		    arena_printf(arena, "%s/%s", directory, cases[i].folder);
		char *file = arena_printf(arena, "%s/keys.json", folder);

		assert_int_equal(mkdir(folder, 0700), 0);
		write_file(file, cases[i].json);
		int loaded = load(arena, directory, error, &store);

		if (cases[i].error == NULL
			? loaded != 0
			: strstr(error, cases[i].error) == NULL || loaded == 0)
			fail_msg("case %zu: %d %s", i, loaded, error);
		assert_int_equal(store.count, cases[i].keys);
		(void)unlink(file);
		(void)rmdir(folder);
		(void)rmdir(directory);
		arena_free(arena);
	}
}

static void
test_skipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(skipped); i++) {
		char directory[] = "/tmp/mailreeve-keystore.XXXXXX";
		char text[512] = "";
		struct arena *arena = arena_new();
		struct keystore store;

		assert_non_null(mkdtemp(directory));
		char *folder =
		    arena_printf(arena, "%s/%s", directory, skipped[i].folder);
		char *file =
		    arena_printf(arena, "%s/%s", folder, skipped[i].file);

		assert_int_equal(mkdir(folder, 0700), 0);
		write_file(file, "{}");
		assert_int_equal(load(arena, directory, text, &store), 0);
		if (strncmp(text, "warning: ", 9) != 0 ||
		    strstr(text, skipped[i].warning) == NULL)
			fail_msg("case %zu: %s", i, text);
		assert_int_equal(store.count, 0);
		assert_false(store.absent);
		(void)unlink(file);
		(void)rmdir(folder);
		(void)rmdir(directory);
		arena_free(arena);
	}
}

static void
test_absent(void **state)
{
	struct arena *arena = arena_new();
	struct keystore store;
	char error[512] = "";

	(void)state;
	assert_int_equal(load(arena, "/nonexistent/keys", error, &store), 0);
	assert_int_equal(store.count, 0);
	assert_true(store.absent);
	assert_string_equal(error, "");
	arena_free(arena);
}

/* A list that others can write could make us sign with any key. */
static void
test_foreign_list(void **state)
{
	char directory[] = "/tmp/mailreeve-keystore.XXXXXX";
	char error[512] = "";
	struct arena *arena = arena_new();
	struct keystore store;

	(void)state;
	assert_non_null(mkdtemp(directory));
	char *folder = arena_printf(arena, "%s/example.org", directory);
	char *file = arena_printf(arena, "%s/keys.json", folder);

	assert_int_equal(mkdir(folder, 0700), 0);
	write_file(file, "{\"schema\":1,\"keys\":[]}");
	assert_int_equal(chmod(file, 0646), 0);
	assert_int_equal(load(arena, directory, error, &store), -1);
	assert_non_null(strstr(error, "keys.json: others can write"));
	assert_non_null(strstr(error, "chmod o-w"));
	/* A link to nowhere is meant to be a list. */
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("nowhere", file), 0);
	error[0] = '\0';
	assert_int_equal(load(arena, directory, error, &store), -1);
	assert_non_null(strstr(error, "keys.json: No such file"));
	assert_int_equal(unlink(file), 0);
	(void)rmdir(folder);
	(void)rmdir(directory);
	arena_free(arena);
}

/* A selector is stored as it is written into s= and the DNS. */
static void
test_selectors(void **state)
{
	char directory[] = "/tmp/mailreeve-keystore.XXXXXX";
	char error[512] = "";
	struct arena *arena = arena_new();
	struct keystore store;

	(void)state;
	assert_non_null(mkdtemp(directory));
	char *folder = arena_printf(arena, "%s/example.org", directory);
	char *file = arena_printf(arena, "%s/keys.json", folder);

	assert_int_equal(mkdir(folder, 0700), 0);
	write_file(file, "{\"schema\":1,\"keys\":[{\"selector\":\"S1.\","
			 "\"algorithm\":\"rsa\",\"state\":\"active\"}]}");
	assert_int_equal(load(arena, directory, error, &store), 0);
	assert_int_equal(store.count, 1);
	assert_string_equal(store.keys[0].selector, "s1");
	(void)unlink(file);
	(void)rmdir(folder);
	(void)rmdir(directory);
	arena_free(arena);
}

/* A lost keys.json must not turn into unsigned mail. */
static void
test_lost_list(void **state)
{
	char directory[] = "/tmp/mailreeve-keystore.XXXXXX";
	char text[512] = "";
	struct arena *arena = arena_new();
	struct keystore store;

	(void)state;
	assert_non_null(mkdtemp(directory));
	char *folder = arena_printf(arena, "%s/example.net", directory);
	char *file = arena_printf(arena, "%s/s1.rsa.pem", folder);

	assert_int_equal(mkdir(folder, 0700), 0);
	write_file(file, "");
	assert_int_equal(load(arena, directory, text, &store), -1);
	assert_non_null(strstr(text, "keys but no keys.json"));
	(void)unlink(file);
	(void)rmdir(folder);
	(void)rmdir(directory);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_lost_list),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_foreign_list),
		cmocka_unit_test(test_selectors),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
