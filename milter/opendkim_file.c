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
	if (file->count == file->size) {
		size_t size = file->size == 0 ? 32 : 2 * file->size;

		file->settings = arena_grow(arena, file->settings,
		    file->count * sizeof(*setting), size * sizeof(*setting));
		file->size = size;
	}
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

static int load(const char *path, const struct opendkim_report *report,
    int depth, struct opendkim_file *out);

static int
include(const struct opendkim_setting *setting,
    const struct opendkim_report *report, int depth, struct opendkim_file *out)
{
	if (depth < OPENDKIM_FILE_DEPTH)
		return (load(setting->value, report, depth + 1, out));
	opendkim_error(report, &setting->place,
	    "Include: files nest more than %d deep", OPENDKIM_FILE_DEPTH);
	return (-1);
}

/* Included settings stand where the line that includes them does. */
static int
load(const char *path, const struct opendkim_report *report, int depth,
    struct opendkim_file *out)
{
	struct opendkim_file own = { 0 };
	struct span text;
	const char *error = opendkim_read(path, report->arena, &text);
	int result = error == NULL ? 0 : -1;

	if (error != NULL) {
		report->error(report->cookie, error);
		return (-1);
	}
	opendkim_file_parse(report->arena, text, path, &own);
	for (size_t i = 0; i < own.count; i++) {
		const struct opendkim_setting *setting = &own.settings[i];

		if (setting->value[0] == '\0') {
			opendkim_error(report, &setting->place,
			    "%s has no value", setting->name);
			result = -1;
		} else if (strcasecmp(setting->name, "Include") == 0) {
			result |= include(setting, report, depth, out);
		} else if (out->count < OPENDKIM_FILE_SETTINGS) {
			add(report->arena, out, setting);
		}
	}
	return (result);
}

int
opendkim_file_load(const char *path, const struct opendkim_report *report,
    struct opendkim_file *out)
{
	*out = (struct opendkim_file){ 0 };
	int result = load(path, report, 1, out);

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
