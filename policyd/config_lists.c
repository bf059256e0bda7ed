#include "config_loading.h"

#include <string.h>

#include "base/buf.h"
#include "base/span.h"
#include "config_sections.h"
#include "dns/name.h"

#define ANSWER_MAX_BYTES ((size_t)128)

/* RFC 5782 5: names that an IPv4 list and a domain list are tested with. */
#define LISTED_ADDRESS "2.0.0.127"
#define NOT_LISTED_ADDRESS "1.0.0.127"
#define LISTED_NAME "test"
#define NOT_LISTED_NAME "invalid"

static const struct {
	const char *word;
	enum list_subject subject;
} subjects[] = {
	{ "client", LIST_CLIENT },
	{ "client_name", LIST_CLIENT_NAME },
	{ "helo", LIST_HELO },
	{ "sender", LIST_SENDER },
};

#define SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

/* A code as list_code_parse() reads it. */
static const char *
print_code(struct arena *arena, const struct list_code *code)
{
	struct buf text;

	buf_init(&text, arena, ANSWER_MAX_BYTES);
	for (size_t i = 0; i < sizeof(code->low); i++) {
		buf_add_str(&text, i == 0 ? "" : ".");
		if (code->low[i] == 0 && code->high[i] == UINT8_MAX)
			buf_add_byte(&text, '*');
		else if (code->low[i] == code->high[i])
			buf_printf(&text, "%d", code->low[i]);
		else
			buf_printf(&text, "%d-%d", code->low[i], code->high[i]);
	}
	buf_printf(&text, "=%d", code->weight);
	return (buf_str(&text));
}

/* A default list as a section that one could have written. */
static struct config_list
section_of(struct arena *arena, const struct dns_list *list)
{
	const char **of = arena_array(arena, SUBJECTS, sizeof(*of));
	const char **answers =
	    arena_array(arena, list->code_count, sizeof(*answers));
	struct config_list section = { .place = { .title = list->zone },
		.of = { of, 0 },
		.answers = { answers, list->code_count },
		.group = list->group,
		.listed = list->must_be_listed,
		.not_listed = list->must_not_be_listed };

	for (size_t i = 0; i < SUBJECTS; i++)
		if ((list->subjects & subjects[i].subject) != 0)
			of[section.of.count++] = subjects[i].word;
	for (size_t i = 0; i < list->code_count; i++)
		answers[i] = print_code(arena, &list->codes[i]);
	return (section);
}

static bool
is_named(const struct conf_sections *sections, const char *zone)
{
	const struct config_list *items = sections->items;

	for (size_t i = 0; i < sections->count; i++)
		if (strcmp(items[i].place.title, zone) == 0)
			return (true);
	return (false);
}

static void
add_defaults(struct config *config)
{
	struct conf_sections *sections = &config->settings.lists;
	size_t default_count;
	const struct dns_list *defaults = lists_default(&default_count);
	struct config_list *all = arena_array(
	    config->arena, sections->count + default_count, sizeof(*all));
	size_t count = 0;

	if (!config->settings.default_lists)
		return;
	for (size_t i = 0; i < default_count; i++)
		if (!is_named(sections, defaults[i].zone))
			all[count++] = section_of(config->arena, &defaults[i]);
	if (sections->count > 0)
		memcpy(&all[count], sections->items,
		    sections->count * sizeof(*all));
	*sections = (struct conf_sections){ all, sections->count + count };
}

static void
read_subjects(struct config_loading *loading, const struct config_list *section,
    struct dns_list *list)
{
	for (size_t i = 0; i < section->of.count; i++) {
		size_t at = 0;

		while (at < SUBJECTS &&
		       !span_is_nocase(
			   span_str(section->of.items[i]), subjects[at].word))
			at++;
		if (at < SUBJECTS)
			list->subjects |= subjects[at].subject;
		else
			config_error(loading, &section->place,
			    arena_printf(loading->config->arena,
				"of: \"%s\" is not client, client_name, helo "
				"or sender",
				section->of.items[i]));
	}
}

static void
read_answers(struct config_loading *loading, const struct config_list *section,
    struct dns_list *list)
{
	struct arena *arena = loading->config->arena;

	if (section->answers.count == 0 ||
	    section->answers.count > LIST_MAX_CODES) {
		config_error(loading, &section->place,
		    arena_printf(
			arena, "answers: one to %zu of them", LIST_MAX_CODES));
		return;
	}
	for (size_t i = 0; i < section->answers.count; i++)
		if (list_code_parse(section->answers.items[i],
			&list->codes[list->code_count++]) != 0)
			config_error(loading, &section->place,
			    arena_printf(arena,
				"answers: \"%s\" is no answer and points such "
				"as 127.0.0.2=4 or 127.0.0.4-7=6",
				section->answers.items[i]));
}

static void
read_list(struct config_loading *loading, const struct config_list *section,
    struct dns_list *list)
{
	struct arena *arena = loading->config->arena;
	bool by_address;

	list->zone = name_to_ascii(arena, span_str(section->place.title));
	if (list->zone == NULL)
		config_error(
		    loading, &section->place, "the title is no domain name");
	list->group =
	    section->group != NULL ? section->group : section->place.title;
	list->shadow = section->mode == CONFIG_SHADOW;
	read_subjects(loading, section, list);
	read_answers(loading, section, list);
	by_address = (list->subjects & LIST_CLIENT) != 0;
	list->must_be_listed = section->listed != NULL ? section->listed
	                       : by_address            ? LISTED_ADDRESS
	                                               : LISTED_NAME;
	list->must_not_be_listed = section->not_listed != NULL
	                               ? section->not_listed
	                           : by_address ? NOT_LISTED_ADDRESS
	                                        : NOT_LISTED_NAME;
}

void
config_lists_read(struct config_loading *loading)
{
	struct config *config = loading->config;

	add_defaults(config);
	const struct conf_sections *sections = &config->settings.lists;
	const struct config_list *items = sections->items;
	struct dns_list *lists =
	    arena_array(config->arena, sections->count, sizeof(*lists));

	if (sections->count > LIST_MAX) {
		config_error_in(loading, "list", 0,
		    arena_printf(
			config->arena, "no more than %zu of them", LIST_MAX));
		return;
	}
	for (size_t i = 0; i < sections->count; i++)
		read_list(loading, &items[i], &lists[i]);
	config->lists = lists;
	config->list_count = sections->count;
}
