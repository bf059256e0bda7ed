#include "opendkim_file.h"

#include <string.h>
#include <strings.h>

static bool
is_blank_or_cr(unsigned char byte)
{
	return (span_is_wsp(byte) || byte == '\r');
}

static bool
is_name(unsigned char byte)
{
	return (!is_blank_or_cr(byte));
}

static void
add(struct arena *arena, struct opendkim_file *file,
    const struct opendkim_setting *setting)
{
	file->settings =
	    arena_room(arena, file->settings, file->count, sizeof(*setting));
	file->settings[file->count++] = *setting;
}

void
opendkim_file_parse(struct arena *arena, struct span text, const char *name,
    struct opendkim_file *out)
{
	struct opendkim_place place = { .file = name };
	struct span line;

	while (out->count < OPENDKIM_FILE_SETTINGS &&
	       span_take_line(&text, &line)) {
		place.line++;
		line = span_head(line, span_find(line, '#'));
		line = span_trim(line, is_blank_or_cr);
		if (line.len == 0)
			continue;
		struct span word = span_take_while(&line, is_name);
		struct opendkim_setting setting = {
			.name = arena_str(arena, word),
			.value =
			    arena_str(arena, span_trim(line, is_blank_or_cr)),
			.place = place,
		};

		add(arena, out, &setting);
	}
}

/* What is being loaded. */
struct loader {
	const struct opendkim_report *report;
	struct opendkim_file *out;
	int files;
};

static int load(
    struct loader *loader, const struct opendkim_setting *from, int depth);

static int
include(
    struct loader *loader, const struct opendkim_setting *setting, int depth)
{
	if (depth < OPENDKIM_FILE_DEPTH)
		return (load(loader, setting, depth + 1));
	opendkim_error(loader->report, &setting->place,
	    "Include: files nest more than %d deep", OPENDKIM_FILE_DEPTH);
	return (-1);
}

static int
take(struct loader *loader, const struct opendkim_setting *setting, int depth)
{
	if (setting->value[0] == '\0') {
		opendkim_error(loader->report, &setting->place,
		    "%s has no value", setting->name);
		return (-1);
	}
	if (strcasecmp(setting->name, "Include") == 0)
		return (include(loader, setting, depth));
	if (loader->out->count < OPENDKIM_FILE_SETTINGS)
		add(loader->report->arena, loader->out, setting);
	return (0);
}

/* Included settings stand where the line that includes them does.  The first
 * error ends it: a file can include itself on many lines. */
static int
load(struct loader *loader, const struct opendkim_setting *from, int depth)
{
	struct arena *arena = loader->report->arena;
	struct opendkim_file own = { 0 };
	struct span text = { 0 };
	const char *error;
	int result = 0;

	if (loader->files++ < OPENDKIM_FILE_FILES)
		error = opendkim_read(from->value, arena, &text);
	else
		error = arena_printf(
		    arena, "more than %d files", OPENDKIM_FILE_FILES);
	if (error != NULL) {
		opendkim_error(
		    loader->report, &from->place, "%s: %s", from->name, error);
		return (-1);
	}
	opendkim_file_parse(arena, text, from->value, &own);
	for (size_t i = 0; i < own.count && result == 0; i++)
		result = take(loader, &own.settings[i], depth);
	return (result);
}

int
opendkim_file_load(const struct opendkim_setting *from,
    const struct opendkim_report *report, struct opendkim_file *out)
{
	struct loader loader = { .report = report, .out = out };

	*out = (struct opendkim_file){ 0 };
	int result = load(&loader, from, 1);

	if (out->count < OPENDKIM_FILE_SETTINGS)
		return (result);
	opendkim_error(report, &out->settings[out->count - 1].place,
	    "more than %d settings", OPENDKIM_FILE_SETTINGS - 1);
	return (-1);
}

const struct opendkim_setting *
opendkim_file_get(const struct opendkim_file *file, const char *name)
{
	for (size_t i = file->count; i-- > 0;)
		if (strcasecmp(file->settings[i].name, name) == 0)
			return (&file->settings[i]);
	return (NULL);
}

/* Only the first byte of a Boolean counts. */
bool
opendkim_file_is_yes(const struct opendkim_setting *setting)
{
	return (setting != NULL && setting->value[0] != '\0' &&
		strchr("TtYy1", setting->value[0]) != NULL);
}
