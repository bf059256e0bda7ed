#include "support/spf_cases.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "support/dkim.h"

#define MAX_LINE 16384
#define MAX_ZONE ((size_t)256 * 1024)

struct reader {
	spf_case_visit *visit;
	void *cookie;
	struct buf zone;
	struct buf results;
	struct spf_case of; /* title NULL: none under way */
};

/* Hand over the case that was read, if there is one. */
static void
end_case(struct reader *reader)
{
	struct spf_case *of = &reader->of;

	if (of->title == NULL)
		return;
	if (of->dns == NULL)
		of->dns = support_dns(of->arena, buf_str(&reader->zone));
	of->results = buf_str(&reader->results);
	reader->visit(reader->cookie, of);
	of->title = NULL;
}

static void
end_scenario(struct reader *reader)
{
	dns_free(reader->of.dns);
	arena_free(reader->of.arena);
	reader->of = (struct spf_case){ 0 };
}

static void
begin_scenario(struct reader *reader)
{
	end_scenario(reader);
	reader->of.arena = arena_new();
	buf_init(&reader->zone, reader->of.arena, MAX_ZONE);
}

static void
begin_case(struct reader *reader, const char *title)
{
	reader->of.title = arena_strdup(reader->of.arena, title);
	reader->of.explanation = NULL;
	buf_init(&reader->results, reader->of.arena, 200);
	buf_add_str(&reader->results, " ");
}

/* Return -1 for what is no word about a case. */
static int
take_case_line(struct reader *reader, const char *word, const char *value)
{
	struct spf_case *of = &reader->of;

	if (strcmp(word, "helo") == 0)
		of->helo = arena_strdup(of->arena, value);
	else if (strcmp(word, "mail_from") == 0)
		of->mail_from = arena_strdup(of->arena, value);
	else if (strcmp(word, "result") == 0)
		buf_printf(&reader->results, "%s ", value);
	else if (strcmp(word, "explanation") == 0)
		of->explanation = arena_strdup(of->arena, value);
	else if (strcmp(word, "host") == 0)
		of->host = arena_strdup(of->arena, value);
	else
		return (-1);
	return (strcmp(word, "host") == 0
		    ? network_address_parse(value, &of->client)
		    : 0);
}

static int
take_line(struct reader *reader, const char *word, const char *value)
{
	if (strcmp(word, "scenario") == 0 || strcmp(word, "case") == 0)
		end_case(reader);
	if (strcmp(word, "scenario") == 0)
		begin_scenario(reader);
	else if (reader->of.arena == NULL)
		return (-1);
	else if (strcmp(word, "zone") == 0)
		buf_printf(&reader->zone, "%s\n", value);
	else if (strcmp(word, "case") == 0)
		begin_case(reader, value);
	else
		return (take_case_line(reader, word, value));
	return (0);
}

static int
read_lines(struct reader *reader, FILE *pipe)
{
	char line[MAX_LINE];
	int ret = 0;

	while (ret == 0 && fgets(line, sizeof(line), pipe) != NULL) {
		char *end = strchr(line, '\n');
		char *space = strchr(line, ' ');

		if (end == NULL || space == NULL)
			return (-1);
		*end = '\0';
		*space = '\0';
		/* UNSAFE: a space that was found stands before the value. */
		ret = take_line(reader, line, space + 1);
	}
	end_case(reader);
	return (ret);
}

int
spf_cases_read(const char *file, spf_case_visit *visit, void *cookie)
{
	struct reader reader = { .visit = visit, .cookie = cookie };
	struct arena *arena = arena_new();
	FILE *pipe = popen(
	    arena_printf(arena, "conformance/spf_suite.py '%s'", file), "r");
	int ret = pipe == NULL ? -1 : read_lines(&reader, pipe);

	if (pipe != NULL && pclose(pipe) != 0)
		ret = -1;
	end_scenario(&reader);
	arena_free(arena);
	return (ret);
}

bool
spf_case_allows(const struct spf_case *of, const char *result)
{
	const char *word = arena_printf(of->arena, " %s ", result);

	return (strstr(of->results, word) != NULL);
}

bool
spf_case_explains(const struct spf_case *of, const char *explanation)
{
	const char *given = explanation != NULL ? explanation : "DEFAULT";

	return (of->explanation == NULL || strcmp(of->explanation, given) == 0);
}
