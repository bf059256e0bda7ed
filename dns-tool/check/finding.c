#include "check/finding.h"

#include <string.h>

#include "base/buf.h"

/* A sequence of UTF-8 has at most four bytes (RFC 3629 3). */
#define UTF8_MAX_BYTES 4

/* Characters that turn the direction of text, or hide it, and the controls of
 * Latin-1: someone else's text could lie with them. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x80, 0x9f },
	{ 0xad, 0xad },
	{ 0x61c, 0x61c },
	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },
	{ 0xfff0, 0xffff },
	{ 0xe0000, 0xe0fff },
};

static bool
is_hidden(uint32_t code)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return (true);
	return (false);
}

/* How many bytes at the start of ${text} are one character (RFC 3629 4), which
 * is stored in ${code}; 0: none. */
static size_t
take_character(struct span text, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int first = span_peek(text);
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0 || (first >= 0x80 && first < 0xc2) || first > 0xf4)
		return (0);
	*code =
	    len == 1 ? (uint32_t)first : (uint32_t)first & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		int next = span_at(text, i);

		if (next < 0 || (next & 0xc0) != 0x80)
			return (0);
		*code = *code << 6 | ((uint32_t)next & 0x3f);
	}
	if (*code < least[len] || (*code >= 0xd800 && *code <= 0xdfff) ||
	    *code > 0x10ffff)
		return (0);
	return (len);
}

static bool
is_shown(uint32_t code)
{
	return (code == '\n' || code == '\t' ||
		(code >= ' ' && code != 0x7f && !is_hidden(code)));
}

const char *
finding_clean(struct arena *arena, const char *text)
{
	struct span rest = span_str(text);
	struct buf out;

	buf_init(&out, arena, FINDING_MAX_TEXT + UTF8_MAX_BYTES * 4);
	while (rest.len > 0 && out.len < FINDING_MAX_TEXT) {
		uint32_t code = 0;
		size_t len = take_character(rest, &code);

		if (len > 0 && is_shown(code)) {
			buf_add(&out, span_head(rest, len));
		} else {
			len = len > 0 ? len : 1;
			for (size_t i = 0; i < len; i++)
				buf_printf(&out, "\\%03d", span_at(rest, i));
		}
		span_skip(&rest, len);
	}
	if (rest.len > 0)
		buf_add_str(&out, "...");
	return (buf_str(&out));
}

static const char *
clean(const struct finding_list *list, const char *text)
{
	return (text == NULL ? NULL : finding_clean(list->arena, text));
}

void
finding_add(struct finding_list *list, const struct finding *finding)
{
	list->items = arena_room(
	    list->arena, list->items, list->count, sizeof(*list->items));
	struct finding *to = &list->items[list->count++];

	*to = *finding;
	to->id = arena_strdup(list->arena, finding->id);
	to->subject = clean(list, finding->subject);
	to->text = clean(list, finding->text);
	to->expected = clean(list, finding->expected);
	to->found = clean(list, finding->found);
	to->remove = clean(list, finding->remove);
	to->add = clean(list, finding->add);
	to->command = clean(list, finding->command);
	to->advice = clean(list, finding->advice);
	to->accepted = clean(list, finding->accepted);
}

void
finding_ok(struct finding_list *list, const char *id, const char *subject,
    const char *format, ...)
{
	struct finding finding = { .id = id, .subject = subject };
	va_list ap;

	va_start(ap, format);
	finding.text = arena_vprintf(list->arena, format, ap);
	va_end(ap);
	finding_add(list, &finding);
}

const char *
finding_severity_name(enum finding_severity severity)
{
	static const char *const names[] = { "ok", "notice", "warning",
		"error" };

	return (names[severity]);
}

enum finding_severity
finding_worst(const struct finding_list *list)
{
	enum finding_severity worst = FINDING_OK;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].accepted == NULL &&
		    list->items[i].severity > worst)
			worst = list->items[i].severity;
	return (worst);
}
