#include "override.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"

#define MAX_RATE_DIGITS 16
/* Bytes of "WHO LIMIT"; a login that is longer has no overrides. */
#define MAX_KEY ((size_t)1024)
/* What mailreeve-policyctl may set. */
#define MAX_RECORDS ((size_t)100000)

/* What the configuration says under one key: "WHO LIMIT" has a rate, "WHO" by
 * itself the groups that he is in. */
struct entry {
	struct entry *next;
	struct span key;
	uint64_t rate;
	const char *as_user; /* where the rate is from */
	const char *as_domain;
	const char **groups; /* in file order */
	size_t group_count;
};

struct overrides {
	struct arena *arena;
	struct hash_key hash_key;
	struct entry **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
};

/* A key, lower case, on the stack. */
struct name {
	char bytes[MAX_KEY];
	size_t len;
};

static bool
name_add(struct name *name, struct span text)
{
	if (text.len > MAX_KEY - name->len)
		return (false);
	for (size_t i = 0; i < text.len; i++)
		name->bytes[name->len++] = (char)span_lower(text.data[i]);
	return (true);
}

static struct span
name_span(const struct name *name)
{
	return (span_new(name->bytes, name->len));
}

/* Make ${name} "[PREFIX]WHO[ LIMIT]".  Return false when that is too long. */
static bool
name_set(
    struct name *name, const char *prefix, struct span who, const char *limit)
{
	name->len = 0;
	return (name_add(name, span_str(prefix)) && name_add(name, who) &&
		(limit == NULL || (name_add(name, span_str(" ")) &&
				      name_add(name, span_str(limit)))));
}

static struct span
trimmed(struct span text)
{
	return (span_trim(text, span_is_wsp));
}

int
override_parse(const char *text, struct arena *arena, struct override_rate *out,
    const char **error)
{
	struct span rest = span_str(text);
	struct span name;
	bool has_rate = span_take_until(&rest, '=', &name);

	*out = (struct override_rate){ NULL, COUNTER_UNLIMITED };
	name = trimmed(name);
	rest = trimmed(rest);
	if (!has_rate || name.len == 0) {
		*error = arena_printf(arena,
		    "\"%s\" is not LIMIT=NUMBER or LIMIT=unlimited", text);
		return (-1);
	}
	if (!span_is_nocase(rest, "unlimited") &&
	    (!span_to_u64(rest, MAX_RATE_DIGITS, &out->rate) ||
		out->rate > COUNTER_MAX_RATE)) {
		*error = arena_printf(arena,
		    "\"%s\": what stands behind = is not unlimited or a number "
		    "up to %" PRIu64,
		    text, COUNTER_MAX_RATE);
		return (-1);
	}
	out->limit = arena_str(arena, name);
	return (0);
}

static struct entry **
bucket_of(const struct overrides *overrides, struct span key)
{
	return (&overrides->buckets[hash_digest(&overrides->hash_key, key) &
				    (overrides->bucket_count - 1)]);
}

static struct entry *
find(const struct overrides *overrides, struct span key)
{
	struct entry *entry = *bucket_of(overrides, key);

	while (entry != NULL && !span_eq(entry->key, key))
		entry = entry->next;
	return (entry);
}

static struct entry *
find_or_add(struct overrides *overrides, struct span key)
{
	struct entry *entry = find(overrides, key);
	struct entry **bucket = bucket_of(overrides, key);

	if (entry != NULL)
		return (entry);
	entry = arena_alloc(overrides->arena, sizeof(*entry));
	entry->key = arena_dup(overrides->arena, key);
	entry->next = *bucket;
	*bucket = entry;
	overrides->count++;
	return (entry);
}

static void
add_rate(struct overrides *overrides, const char *title,
    const struct override_rate *rate)
{
	struct name name;
	struct entry *entry;
	bool is_group = span_starts(span_str(title), "group:");

	if (rate->limit == NULL ||
	    !name_set(&name, NULL, span_str(title), rate->limit))
		return;
	entry = find_or_add(overrides, name_span(&name));
	entry->rate = rate->rate;
	entry->as_user = is_group
	                     ? arena_printf(overrides->arena, "group %s",
				   &title[strlen("group:")])
	                     : arena_printf(overrides->arena, "user %s", title);
	entry->as_domain =
	    is_group ? entry->as_user
		     : arena_printf(overrides->arena, "domain %s", title);
}

static void
add_member(struct overrides *overrides, const char *group, const char *member)
{
	struct name name;
	struct entry *entry;

	if (!name_set(&name, NULL, span_str(member), NULL))
		return;
	entry = find_or_add(overrides, name_span(&name));
	entry->groups = arena_room(overrides->arena, entry->groups,
	    entry->group_count, sizeof(*entry->groups));
	entry->groups[entry->group_count++] =
	    arena_strdup(overrides->arena, group);
}

const struct overrides *
overrides_new(const struct override_section *sections, size_t count,
    const struct override_group *groups, size_t group_count,
    struct arena *arena)
{
	struct overrides *overrides = arena_alloc(arena, sizeof(*overrides));
	size_t entries = 0;

	for (size_t i = 0; i < count; i++)
		entries += sections[i].count;
	for (size_t i = 0; i < group_count; i++)
		entries += groups[i].members.count;
	overrides->arena = arena;
	overrides->bucket_count = 1;
	while (overrides->bucket_count < entries)
		overrides->bucket_count *= 2;
	overrides->buckets =
	    arena_array(arena, overrides->bucket_count, sizeof(void *));
	hash_key_init(&overrides->hash_key);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sections[i].count; j++)
			add_rate(overrides, sections[i].title,
			    &sections[i].rates[j]);
	for (size_t i = 0; i < group_count; i++)
		for (size_t j = 0; j < groups[i].members.count; j++)
			add_member(overrides, groups[i].name,
			    groups[i].members.items[j]);
	return (overrides);
}

static void
print_rate(const void *record, struct buf *text)
{
	const uint64_t *rate = record;

	if (*rate == COUNTER_UNLIMITED)
		buf_add_str(text, "unlimited");
	else
		buf_printf(text, "%" PRIu64, *rate);
}

static bool
parse_rate(struct span text, void *record)
{
	uint64_t *rate = record;

	*rate = COUNTER_UNLIMITED;
	return (span_is(text, "unlimited") ||
		(span_to_u64(text, MAX_RATE_DIGITS, rate) &&
		    *rate <= COUNTER_MAX_RATE));
}

static const struct table_codec rate_codec = { print_rate, parse_rate };

struct table *
override_table(struct behind *behind)
{
	const struct table_options options = { .kind = "override",
		.record_size = sizeof(uint64_t),
		.max_records = MAX_RECORDS,
		.codec = &rate_codec };

	return (table_new(&options, behind));
}

/* Both places where rates stand. */
struct places {
	const struct overrides *overrides; /* NULL: none */
	struct table *table;               /* NULL: none */
	const char *limit;
};

/* What either place says of "[PREFIX]WHO". */
static bool
rate_of(const struct places *places, const char *prefix, struct span who,
    bool is_domain, const char *by_hand, uint64_t *rate, const char **source)
{
	struct name name;
	const struct entry *entry;
	const uint64_t *record = NULL;

	if (who.len == 0 || !name_set(&name, prefix, who, places->limit))
		return (false);
	if (places->table != NULL)
		record = table_get(places->table, name_span(&name));
	if (record != NULL) {
		*rate = *record;
		*source = by_hand;
		return (true);
	}
	entry = places->overrides == NULL
	            ? NULL
	            : find(places->overrides, name_span(&name));
	if (entry == NULL || entry->as_user == NULL)
		return (false);
	*rate = entry->rate;
	*source = is_domain ? entry->as_domain : entry->as_user;
	return (true);
}

/* What is said of the first group of ${who} that anything is said of. */
static bool
rate_of_groups(const struct places *places, struct span who, uint64_t *rate,
    const char **source)
{
	struct name name;
	const struct entry *entry;

	if (places->overrides == NULL || who.len == 0 ||
	    !name_set(&name, NULL, who, NULL))
		return (false);
	entry = find(places->overrides, name_span(&name));
	if (entry == NULL)
		return (false);
	for (size_t i = 0; i < entry->group_count; i++)
		if (rate_of(places, "group:", span_str(entry->groups[i]), false,
			"group, by mailreeve-policyctl", rate, source))
			return (true);
	return (false);
}

bool
override_any(const struct overrides *overrides, struct table *table)
{
	return ((overrides != NULL && overrides->count > 0) ||
		(table != NULL && table_count(table) > 0));
}

uint64_t
override_rate(const struct overrides *overrides, struct table *table,
    const struct limit *limit, struct span user, struct span domain,
    const char **source)
{
	const struct places places = {
		.overrides = overrides != NULL && overrides->count > 0
		                 ? overrides
		                 : NULL,
		.table = table != NULL && table_count(table) > 0 ? table : NULL,
		.limit = limit->name,
	};
	uint64_t rate;

	if (override_any(overrides, table) &&
	    (rate_of(&places, NULL, user, false, "user, by mailreeve-policyctl",
		 &rate, source) ||
		rate_of(&places, NULL, domain, true,
		    "domain, by mailreeve-policyctl", &rate, source) ||
		rate_of_groups(&places, user, &rate, source) ||
		rate_of_groups(&places, domain, &rate, source)))
		return (rate);
	*source = "default";
	return (limit->rule.rate);
}
