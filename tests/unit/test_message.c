#include "support/unit.h"

#include "mail/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT 1024
#define PATH_SIZE 64

struct message_case {
	const char *text;
	size_t headers;
	const char *first_name;
	const char *body;
};

static const struct message_case cases[] = {
	{ "", 0, NULL, "" },
	{ "A: b\r\n\r\nc\r\n", 1, "A", "c\r\n" },
	{ "A: b\n\nc\nd", 1, "A", "c\r\nd" },
	{ "A: b\n\r\nc\r\nd\n\n", 1, "A", "c\r\nd\r\n\r\n" },
	/* A lone CR is no line end. */
	{ "A: b\n\nc\rd\r\r\n\n", 1, "A", "c\rd\r\r\n\r\n" },
	{ "A: b\r\n\r\n\r", 1, "A", "\r" },
	{ "A: b\n", 1, "A", "" },
	{ "body only\n", 0, NULL, "body only\r\n" },
	/* The separator of an mbox goes, once. */
	{ "From a@example.org Sat Jan  1 00:00:00 2022\nA: b\n\n", 1, "A", "" },
	{ "From a@example.org x\r\n\r\nb", 0, NULL, "b" },
	{ "From a\nFrom b\nA: b\n", 0, NULL, "From b\r\nA: b\r\n" },
	{ "From nobody", 0, NULL, "" },
	{ ">From a\nA: b\n", 0, NULL, ">From a\r\nA: b\r\n" },
	/* An author in obsolete syntax is no separator. */
	{ "From : a@example.org\n\n", 1, "From", "" },
	{ "From  \t: a@example.org\n\n", 1, "From", "" },
};

static void
check(const struct message_case *wanted, const struct message *message)
{
	assert_int_equal(message->headers.count, wanted->headers);
	if (wanted->first_name != NULL)
		assert_true(span_is(
		    message->headers.fields[0].name, wanted->first_name));
	assert_true(span_is(message->body, wanted->body));
}

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct message message;
		char *text = strdup(cases[i].text);

		assert_non_null(text);
		message_parse(arena, span_str(text), &message);
		/* The message does not need the text any more. */
		memset(text, '?', strlen(text));
		free(text);
		check(&cases[i], &message);
		arena_free(arena);
	}
}

/* Write ${text} to a file of its own and return a descriptor at its start. */
static int
make_file(char *path, const char *text)
{
	(void)snprintf(path, PATH_SIZE, "/tmp/test_message.XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return (fd);
}

static void
test_read_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct message message;
		const char *error = NULL;
		char path[PATH_SIZE];

		(void)close(make_file(path, cases[i].text));
		assert_int_equal(
		    message_read(arena, path, LIMIT, &message, &error), 0);
		(void)unlink(path);
		check(&cases[i], &message);
		arena_free(arena);
	}
}

static void
test_read_stdin(void **state)
{
	struct arena *arena = arena_new();
	struct message message;
	const char *error = NULL;
	char path[PATH_SIZE];
	int saved = dup(STDIN_FILENO);
	int fd = make_file(path, cases[1].text);

	(void)state;
	assert_true(dup2(fd, STDIN_FILENO) >= 0);
	int result = message_read(arena, "-", LIMIT, &message, &error);

	/* A test without standard input leaves none behind. */
	if (saved >= 0)
		(void)dup2(saved, STDIN_FILENO);
	(void)close(saved);
	(void)close(fd);
	(void)unlink(path);
	assert_int_equal(result, 0);
	check(&cases[1], &message);
	arena_free(arena);
}

/* A message of exactly the limit is read, one byte more is refused. */
static void
test_limit(void **state)
{
	static const char text[] = "A: b\r\n\r\nbody";
	struct arena *arena = arena_new();
	struct message message;
	const char *error = NULL;
	char path[PATH_SIZE];

	(void)state;
	(void)close(make_file(path, text));
	assert_int_equal(
	    message_read(arena, path, sizeof(text) - 1, &message, &error), 0);
	assert_int_equal(
	    message_read(arena, path, sizeof(text) - 2, &message, &error), -1);
	(void)unlink(path);
	assert_non_null(strstr(error, "more than 11 bytes"));
	arena_free(arena);
}

static void
test_unreadable(void **state)
{
	static const char *const paths[] = { "/nonexistent/message", "/tmp" };
	struct arena *arena = arena_new();
	struct message message;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(paths); i++) {
		const char *error = NULL;

		assert_int_equal(
		    message_read(arena, paths[i], LIMIT, &message, &error), -1);
		assert_non_null(strstr(error, paths[i]));
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_read_file),
		cmocka_unit_test(test_read_stdin),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_unreadable),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
