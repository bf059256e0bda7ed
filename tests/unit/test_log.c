/* log.h: what strangers send cannot break a line, forge a field, hide, or make
 * JSON invalid. */
#include "support/unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_format.h"

struct world {
	struct arena *arena;
	struct log *log;
	unsigned int lines;
	enum log_level level;
	char *line;
};

static void
on_line(void *cookie, enum log_level level, const char *line)
{
	struct world *world = cookie;

	world->lines++;
	world->level = level;
	world->line = arena_strdup(world->arena, line);
}

static int
setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->arena = arena_new();
	world->log = log_new("test");
	log_set(world->log, LOG_SINK_STDERR, LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
	log_set_writer(world->log, on_line, world);
	*state = world;
	return (0);
}

static int
teardown(void **state)
{
	struct world *world = *state;

	log_free(world->log);
	arena_free(world->arena);
	free(world);
	return (0);
}

struct value_case {
	const char *value;
	size_t len;
	const char *text; /* behind `k=' */
	const char *json; /* what a JSON reader gets */
};

#define VALUE(value, text, json)                                               \
	{                                                                      \
		value, sizeof(value) - 1, text, json                           \
	}

static const struct value_case values[] = {
	VALUE("plain", "plain", "plain"),
	VALUE("", "\"\"", ""),
	VALUE("two words", "\"two words\"", "two words"),
	VALUE("a=b", "\"a=b\"", "a=b"),
	VALUE("a\"b", "\"a\\\"b\"", "a\"b"),
	VALUE("a\\b", "\"a\\\\b\"", "a\\b"),
	/* Forged fields and lines. */
	VALUE("x dkim=pass", "\"x dkim=pass\"", "x dkim=pass"),
	VALUE("x\" dkim=\"pass", "\"x\\\" dkim=\\\"pass\"", "x\" dkim=\"pass"),
	VALUE("a\r\nb", "\"a\\x0D\\x0Ab\"", "a\r\nb"),
	VALUE("a\tb", "\"a\\x09b\"", "a\tb"),
	VALUE("\x1b[2J\x7f", "\"\\x1B[2J\\x7F\"", "\x1b[2J\x7f"),
	VALUE("\xc2\x9b", "\"\\xC2\\x9B\"", "\xc3\x82\xc2\x9b"),
	/* What is printed as it is. */
	VALUE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7",
	    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7",
	    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7"),
	/* Bidirectional controls, a zero-width space, a byte order mark. */
	VALUE("a\xe2\x80\xae", "\"a\\xE2\\x80\\xAE\"",
	    "a\xc3\xa2\xc2\x80\xc2\xae"),
	VALUE(
	    "\xe2\x81\xa6", "\"\\xE2\\x81\\xA6\"", "\xc3\xa2\xc2\x81\xc2\xa6"),
	VALUE("\xd8\x9c", "\"\\xD8\\x9C\"", "\xc3\x98\xc2\x9c"),
	VALUE(
	    "\xe2\x80\x8b", "\"\\xE2\\x80\\x8B\"", "\xc3\xa2\xc2\x80\xc2\x8b"),
	VALUE(
	    "\xef\xbb\xbf", "\"\\xEF\\xBB\\xBF\"", "\xc3\xaf\xc2\xbb\xc2\xbf"),
	/* No UTF-8: bare, cut, overlong, surrogate, beyond the last. */
	VALUE("\xff", "\"\\xFF\"", "\xc3\xbf"),
	VALUE("\x80", "\"\\x80\"", "\xc2\x80"),
	VALUE("a\xc3", "\"a\\xC3\"", "a\xc3\x83"),
	VALUE("\xc0\xaf", "\"\\xC0\\xAF\"", "\xc3\x80\xc2\xaf"),
	VALUE(
	    "\xe0\x80\xaf", "\"\\xE0\\x80\\xAF\"", "\xc3\xa0\xc2\x80\xc2\xaf"),
	VALUE(
	    "\xed\xa0\x80", "\"\\xED\\xA0\\x80\"", "\xc3\xad\xc2\xa0\xc2\x80"),
	VALUE("\xf4\x90\x80\x80", "\"\\xF4\\x90\\x80\\x80\"",
	    "\xc3\xb4\xc2\x90\xc2\x80\xc2\x80"),
	VALUE("\xe2\x82(", "\"\\xE2\\x82(\"", "\xc3\xa2\xc2\x82("),
};

static void
text_is_cleaned(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(values); i++) {
		struct span value = span_new(values[i].value, values[i].len);

		log_info(world->log, "event", LOG_SPAN("k", value),
		    LOG_NUMBER("n", -7));
		assert_string_equal(
		    world->line, arena_printf(world->arena, "event k=%s n=-7",
				     values[i].text));
	}
}

static json_t *
parse(const char *line)
{
	json_error_t error;
	json_t *json =
	    json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (json == NULL)
		fail_msg("%s: %s", error.text, line);
	return (json);
}

static void
json_is_valid_and_says_the_same(void **state)
{
	struct world *world = *state;

	log_set(world->log, LOG_SINK_STDERR, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
	for (size_t i = 0; i < UNIT_COUNT(values); i++) {
		struct span value = span_new(values[i].value, values[i].len);

		log_warning(world->log, "event", LOG_SPAN("k", value),
		    LOG_NUMBER("n", INT64_MIN));
		json_t *json = parse(world->line);

		assert_int_equal(json_object_size(json), 4);
		assert_string_equal(
		    json_string_value(json_object_get(json, "level")),
		    "warning");
		assert_string_equal(
		    json_string_value(json_object_get(json, "event")), "event");
		assert_string_equal(
		    json_string_value(json_object_get(json, "k")),
		    values[i].json);
		assert_true(json_integer_value(json_object_get(json, "n")) ==
			    INT64_MIN);
		json_decref(json);
	}
}

/* Every byte, alone and before another, as a value of either format. */
static void
any_two_bytes_keep_the_line_whole(void **state)
{
	struct world *world = *state;

	for (unsigned int i = 0; i < 0x10000; i++) {
		const unsigned char bytes[] = { (unsigned char)(i >> 8),
			(unsigned char)i };
		struct log_field field = LOG_SPAN("k", span_new(bytes, 2));
		struct buf text;
		struct buf json;

		buf_init(&text, world->arena, 64);
		log_format_text(&text, &field);
		for (size_t j = 0; j < text.len; j++)
			assert_false(span_is_control(text.data[j]));
		buf_init(&json, world->arena, 64);
		buf_add_str(&json, "{\"a\":1");
		log_format_json(&json, &field);
		buf_add_byte(&json, '}');
		json_decref(parse(buf_str(&json)));
		if (i % 256 == 255) {
			arena_free(world->arena);
			world->arena = arena_new();
		}
	}
}

static void
utf8_is_measured(void **state)
{
	static const struct value_case cases[] = {
		VALUE("a", "1", ""), VALUE("\xc2\xa0", "2", ""),
		VALUE("\xe2\x82\xacx", "3", ""),
		VALUE("\xf4\x8f\xbf\xbf", "4", ""), VALUE("", "0", ""),
		VALUE("\x00", "0", ""), VALUE("\xc2", "0", ""),
		VALUE("\xc1\xbf", "0", ""), VALUE("\xf5\x80\x80\x80", "0", ""),
		VALUE("\xf0\x8f\xbf\xbf", "0", ""),
		VALUE("\xf3\xa0\x81\x81", "0", ""), /* a language tag */
		VALUE("\xc2\xad", "0", ""),         /* a soft hyphen */
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		assert_int_equal(
		    log_format_utf8(span_new(cases[i].value, cases[i].len)),
		    (size_t)(cases[i].text[0] - '0'));
}

static void
values_are_cut(void **state)
{
	struct world *world = *state;
	char *value = arena_alloc(world->arena, LOG_VALUE_MAX + 2);

	memset(value, 'a', LOG_VALUE_MAX + 1);
	log_info(world->log, "event", LOG_TEXT("k", value));
	assert_int_equal(
	    strlen(world->line), strlen("event k=") + LOG_VALUE_MAX);
	/* A character of two bytes that the cut parts is written as bytes. */
	value[LOG_VALUE_MAX - 1] = '\xc3';
	value[LOG_VALUE_MAX] = '\xa4';
	log_info(world->log, "event", LOG_TEXT("k", value));
	assert_string_equal(world->line + strlen(world->line) - 6, "a\\xC3\"");
}

/* More hostile fields than a line has room for. */
static void
a_line_has_an_end(void **state)
{
	struct world *world = *state;
	const struct log *log = world->log;
	char *value = arena_alloc(world->arena, LOG_VALUE_MAX + 1);

	memset(value, 0xff, LOG_VALUE_MAX);
	for (int i = 0; i < 40; i++)
		log = log_child(world->arena, log,
		    LOG_TEXT(arena_printf(world->arena, "k%d", i), value));
	log_set(world->log, LOG_SINK_STDERR, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
	log_info(log, "event", LOG_TEXT("last", "x"));
	json_t *json = parse(world->line);

	assert_true(json_is_true(json_object_get(json, "dropped")));
	assert_non_null(json_object_get(json, "k19"));
	assert_null(json_object_get(json, "last"));
	json_decref(json);
	log_set(world->log, LOG_SINK_STDERR, LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
	log_info(log, "event", LOG_TEXT("last", "x"));
	assert_non_null(strstr(world->line, "\" dropped=true"));
	assert_in_range(strlen(world->line), 60000, 66000);
}

static void
children_add_their_field(void **state)
{
	struct world *world = *state;
	const struct log *client = log_child(
	    world->arena, world->log, LOG_TEXT("client", "192.0.2.1"));
	const struct log *mail =
	    log_child(world->arena, client, LOG_TEXT("queue_id", "4XyZ"));

	log_info(mail, "signed", LOG_TEXT("domain", "example.org"));
	assert_string_equal(world->line,
	    "signed client=192.0.2.1 queue_id=4XyZ domain=example.org");
	log_info(client, "connected");
	assert_string_equal(world->line, "connected client=192.0.2.1");
	/* A child follows what its parent is set to later. */
	log_set_level(world->log, LOG_LEVEL_ERROR);
	log_info(mail, "unseen");
	assert_int_equal(world->lines, 2);
}

static void
levels_state_the_consequence(void **state)
{
	struct world *world = *state;

	log_error(world->log, "broken");
	assert_string_equal(world->line, "error: broken");
	assert_int_equal(world->level, LOG_LEVEL_ERROR);
	log_warning(world->log, "odd", LOG_NUMBER("n", 1));
	assert_string_equal(world->line, "warning: odd n=1");
	log_info(world->log, "done");
	assert_string_equal(world->line, "done");
	assert_false(log_wants(world->log, LOG_LEVEL_DEBUG));
	log_debug(world->log, "detail");
	assert_int_equal(world->lines, 3);
	log_set_level(world->log, LOG_LEVEL_DEBUG);
	assert_true(log_wants(world->log, LOG_LEVEL_DEBUG));
	log_debug(world->log, "detail");
	assert_int_equal(world->lines, 4);
	log_set_level(world->log, LOG_LEVEL_ERROR);
	log_warning(world->log, "odd");
	assert_int_equal(world->lines, 4);
	log_free(NULL);
}

/* Metrics count what happened, not what somebody wanted to read. */
static void
events_are_counted(void **state)
{
	struct world *world = *state;
	struct log_field field = LOG_TEXT("k", "v");

	log_set_level(world->log, LOG_LEVEL_ERROR);
	log_error(world->log, "bad");
	log_warning(world->log, "odd");
	log_warning(log_child(world->arena, world->log, field), "odd");
	log_debug(world->log, "detail");
	assert_int_equal(world->lines, 1);
	assert_int_equal(log_count(world->log, LOG_LEVEL_ERROR), 1);
	assert_int_equal(log_count(world->log, LOG_LEVEL_WARNING), 2);
	assert_int_equal(log_count(world->log, LOG_LEVEL_INFO), 0);
	assert_int_equal(log_count(world->log, LOG_LEVEL_DEBUG), 1);
}

/* JOURNAL_STREAM is inherited: it counts only when it names our stderr. */
static void
stderr_gets_lines_unless_it_is_the_journal(void **state)
{
	char path[] = "/tmp/test_log.XXXXXX";
	int file = mkstemp(path);
	int saved = dup(STDERR_FILENO);
	char got[256] = "";
	struct log *log = log_new("prog");

	(void)state;
	assert_true(file >= 0 && saved >= 0);
	assert_int_equal(setenv("JOURNAL_STREAM", "1:2", 1), 0);
	assert_true(dup2(file, STDERR_FILENO) >= 0);
	log_set(log, LOG_SINK_AUTO, LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
	log_info(log, "hello", LOG_TEXT("a", "b\nc"));
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	log_free(log);
	assert_true(pread(file, got, sizeof(got) - 1, 0) > 0);
	(void)close(file);
	(void)close(saved);
	(void)unlink(path);

	/* 2026-01-31T12:00:00Z prog[123]: hello a="b\x0Ac" */
	assert_int_equal(strspn(got, "0123456789-"), 10);
	assert_int_equal(got[10], 'T');
	assert_int_equal(got[19], 'Z');
	assert_non_null(strstr(
	    got, arena_printf(((struct world *)*state)->arena,
		     " prog[%ld]: hello a=\"b\\x0Ac\"\n", (long)getpid())));
}

/* For a terminal: quotes stay, what it could obey does not. */
static void
printable_is_for_terminals(void **state)
{
	struct world *world = *state;
	struct buf out;

	buf_init(&out, world->arena, 100);
	log_format_printable(
	    &out, span_str("say \"v=spf1 \\\" \033[2J\xc3\xa9\x80"));
	assert_string_equal(
	    buf_str(&out), "say \"v=spf1 \\\" \\x1B[2J\xc3\xa9\\x80");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(text_is_cleaned),
		CASE(json_is_valid_and_says_the_same),
		CASE(any_two_bytes_keep_the_line_whole),
		CASE(utf8_is_measured),
		CASE(values_are_cut),
		CASE(printable_is_for_terminals),
		CASE(a_line_has_an_end),
		CASE(children_add_their_field),
		CASE(levels_state_the_consequence),
		CASE(events_are_counted),
		CASE(stderr_gets_lines_unless_it_is_the_journal),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
