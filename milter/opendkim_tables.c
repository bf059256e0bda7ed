#include "opendkim_tables.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "dns/name.h"

/* A field of a value; all but the last end at a colon. */
static const char *
take_field(struct arena *arena, struct span *value)
{
	struct span field;

	(void)span_take_until(value, ':', &field);
	return (arena_str(arena, span_trim(field, span_is_wsp)));
}

struct opendkim_key *
opendkim_tables_keys(
    const struct opendkim_dataset *set, struct arena *arena, size_t *count)
{
	struct opendkim_key *keys =
	    arena_array(arena, set->count, sizeof(*keys));

	*count = set->count;
	for (size_t i = 0; i < set->count; i++) {
		struct span value = span_str(set->rows[i].value);

		keys[i].name = set->rows[i].key;
		keys[i].domain = take_field(arena, &value);
		keys[i].selector = take_field(arena, &value);
		keys[i].file = arena_str(arena, span_trim(value, span_is_wsp));
		keys[i].place =
		    (struct opendkim_place){ set->file, set->rows[i].line };
		if (keys[i].domain[0] == '\0' || keys[i].selector[0] == '\0' ||
		    keys[i].file[0] == '\0')
			keys[i].domain = keys[i].selector = keys[i].file = "";
	}
	return (keys);
}

/* user@example.org, example.org, user@.example.org, .example.org, user@*, *:
 * the forms that a SigningTable which is no refile may have. */
static int
parse_plain(struct arena *arena, const char *text, struct pattern *out)
{
	const char *at = strrchr(text, '@');
	const char *domain = at == NULL ? text : at + 1;

	*out = (struct pattern){ 0 };
	if (at == text ||
	    strchr(text, '*') != (domain[0] == '*' ? domain : NULL))
		return (-1);
	if (at != NULL)
		out->local_part =
		    arena_str(arena, span_new(text, (size_t)(at - text)));
	if (strcmp(domain, "*") == 0)
		return (0);
	out->below = domain[0] == '.';
	out->domain =
	    name_to_ascii(arena, span_str(out->below ? domain + 1 : domain));
	return (out->domain == NULL ? -1 : 0);
}

static bool
read_authors(const struct opendkim_dataset *set, size_t i,
    const struct opendkim_report *report, struct opendkim_signing *signing)
{
	const char *text = set->rows[i].key;
	bool plain = set->type != OPENDKIM_REFILE;

	if (opendkim_dataset_is_expression(set, text)) {
		opendkim_warning(report, &signing->place,
		    "\"%s\" is a regular expression, which is not read here; "
		    "its authors' mail goes unsigned: write patterns with *",
		    text);
		return (false);
	}
	if ((plain ? parse_plain(report->arena, text, &signing->authors)
		   : pattern_parse_wildcard(
			 report->arena, text, &signing->authors)) == 0)
		return (true);
	opendkim_warning(report, &signing->place,
	    "\"%s\" matches no author%s; the row does not count", text,
	    plain && strchr(text, '*') != NULL
		? ", because the table is not named as refile:"
		: "");
	return (false);
}

/* A row to sort; a key that stands twice in a table counts once. */
struct ranked {
	struct hash_node node;
	struct opendkim_signing signing;
	int form;
	size_t labels;
	size_t index;
};

static int
form_of(const struct pattern *authors)
{
	bool user = authors->local_part != NULL;

	if (authors->domain == NULL)
		return (user ? 3 : 4);
	if (authors->below)
		return (2);
	return (user ? 0 : 1);
}

static size_t
count_labels(const char *domain)
{
	size_t count = 0;

	for (; domain != NULL; count++) {
		domain = strchr(domain, '.');
		domain = domain == NULL ? NULL : domain + 1;
	}
	return (count);
}

/* opendkim.conf(5): user@host, host, then user@.domain and .domain upwards,
 * user@*, and *. */
static int
compare(const void *left, const void *right)
{
	const struct ranked *a = left;
	const struct ranked *b = right;
	bool a_user = a->signing.authors.local_part != NULL;
	bool b_user = b->signing.authors.local_part != NULL;

	if (a->form != b->form)
		return (a->form < b->form ? -1 : 1);
	if (a->form == 2 && a->labels != b->labels)
		return (a->labels > b->labels ? -1 : 1);
	if (a_user != b_user)
		return (a_user ? -1 : 1);
	return (a->index < b->index ? -1 : 1);
}

static struct span
lower(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (size_t i = 0; copy[i] != '\0'; i++)
		copy[i] = (char)span_lower((unsigned char)copy[i]);
	return (span_str(copy));
}

static void
read_value(
    struct arena *arena, const char *text, struct opendkim_signing *signing)
{
	struct span value = span_str(text);

	signing->key = take_field(arena, &value);
	value = span_trim(value, span_is_wsp);
	signing->signer = value.len == 0 ? NULL : arena_str(arena, value);
}

/* The rows that can match, each key once. */
static size_t
read_rows(const struct opendkim_dataset *set,
    const struct opendkim_report *report, struct ranked *ranked)
{
	struct hash *seen = hash_new();
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct ranked *row = &ranked[count];

		*row = (struct ranked){ .index = i };
		row->signing.place =
		    (struct opendkim_place){ set->file, set->rows[i].line };
		row->node.key = lower(report->arena, set->rows[i].key);
		if (!read_authors(set, i, report, &row->signing))
			continue;
		read_value(report->arena, set->rows[i].value, &row->signing);
		row->form = form_of(&row->signing.authors);
		row->labels = count_labels(row->signing.authors.domain);
		if (set->type != OPENDKIM_REFILE) {
			if (hash_get(seen, row->node.key) != NULL)
				continue;
			hash_add(seen, &row->node);
		}
		count++;
	}
	hash_free(seen);
	return (count);
}

struct opendkim_signing *
opendkim_tables_signings(const struct opendkim_dataset *set,
    const struct opendkim_report *report, size_t *count)
{
	struct ranked *ranked =
	    arena_array(report->arena, set->count, sizeof(*ranked));

	*count = read_rows(set, report, ranked);
	if (set->type != OPENDKIM_REFILE && *count > 0)
		qsort(ranked, *count, sizeof(*ranked), compare);
	struct opendkim_signing *signings =
	    arena_array(report->arena, *count, sizeof(*signings));

	for (size_t i = 0; i < *count; i++)
		signings[i] = ranked[i].signing;
	return (signings);
}
