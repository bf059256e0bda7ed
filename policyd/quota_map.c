#include "quota_map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "daemon/postconf.h"
#include "daemon/program.h"

#define POSTMAP "/usr/sbin/postmap"
#define POSTFIX "postfix"
#define MAX_MAPS 16
#define MAX_OUTPUT ((size_t)65536)
#define KEYS 5

/* What a recipient was found to lead to, addresses with a comma between. */
struct slot {
	char *key;
	char *value;
	int64_t expires; /* clock_monotonic_ms() */
};

struct quota_map {
	struct arena *arena; /* of the names */
	const char *maps[MAX_MAPS];
	size_t map_count;
	bool asks_postfix; /* has not yet: under the lock */
	char delimiter;
	struct hash_key key;
	pthread_mutex_t lock; /* over the slots */
	struct slot slots[QUOTA_MAP_SLOTS];
};

static void
add_map(struct quota_map *map, const char *name)
{
	if (map->map_count < MAX_MAPS)
		map->maps[map->map_count++] = arena_strdup(map->arena, name);
}

struct quota_map *
quota_map_new(const struct conf_list *maps, char delimiter)
{
	struct quota_map *map = arena_impl_malloc(sizeof(*map));

	memset(map, 0, sizeof(*map));
	map->arena = arena_new();
	map->delimiter = delimiter;
	hash_key_init(&map->key);
	(void)pthread_mutex_init(&map->lock, NULL);
	for (size_t i = 0; i < maps->count; i++) {
		if (strcmp(maps->items[i], POSTFIX) == 0)
			map->asks_postfix = true;
		else
			add_map(map, maps->items[i]);
	}
	return (map);
}

static void
clear(struct slot *slot)
{
	free(slot->key);
	free(slot->value);
	*slot = (struct slot){ 0 };
}

void
quota_map_free(struct quota_map *map)
{
	if (map == NULL)
		return;
	for (size_t i = 0; i < QUOTA_MAP_SLOTS; i++)
		clear(&map->slots[i]);
	(void)pthread_mutex_destroy(&map->lock);
	arena_free(map->arena);
	free(map);
}

/* Postfix's own list, with commas and blanks between, is taken once. */
static void
ask_postfix(struct quota_map *map, struct arena *arena)
{
	static const char *const arguments[] = { "-hx", "virtual_alias_maps",
		NULL };
	struct span answer = { NULL, 0 };
	char *rest;
	char *name;

	(void)pthread_mutex_lock(&map->lock);
	if (map->asks_postfix && postconf_read(arguments, arena, &answer)) {
		rest = arena_str(arena, answer);
		while ((name = strtok_r(rest, ", \t\n", &rest)) != NULL)
			add_map(map, name);
	}
	map->asks_postfix = false;
	(void)pthread_mutex_unlock(&map->lock);
}

static unsigned char
lower(unsigned char byte)
{
	return (byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 'a' - 'A')
					   : byte);
}

static struct span
fold(struct span text, struct arena *arena)
{
	char *copy = arena_str(arena, text);

	for (size_t i = 0; copy[i] != '\0'; i++)
		copy[i] = (char)lower((unsigned char)copy[i]);
	return (span_str(copy));
}

/* Split into local part and "@domain"; without an @, the latter is empty. */
static void
split(struct span address, struct span *local, struct span *domain)
{
	size_t at = address.len;

	while (at > 0 && address.data[at - 1] != '@')
		at--;
	at = at > 0 ? at - 1 : address.len;
	*local = span_head(address, at);
	*domain = span_tail(address, at);
}

static struct span
without_extension(struct span local, char delimiter)
{
	size_t from =
	    delimiter == '\0' || local.len == 0
		? local.len
		: 1 + span_find(span_tail(local, 1), (unsigned char)delimiter);

	return (span_head(local, from < local.len ? from : local.len));
}

static struct span
join(struct arena *arena, struct span local, struct span domain)
{
	return (span_str(arena_printf(arena, "%.*s%.*s", (int)local.len,
	    (const char *)local.data, (int)domain.len,
	    (const char *)domain.data)));
}

size_t
quota_map_keys(struct span address, char delimiter, struct arena *arena,
    struct span out[5])
{
	struct span local, domain, base;
	size_t count = 0;

	split(address, &local, &domain);
	base = without_extension(local, delimiter);
	out[count++] = address;
	if (base.len < local.len)
		out[count++] = join(arena, base, domain);
	if (domain.len > 0) {
		out[count++] = local;
		if (base.len < local.len)
			out[count++] = base;
		out[count++] = domain;
	}
	return (count);
}

/* The value of ${key} in what postmap prints: "KEY<tab>VALUE" lines. */
static bool
find_value(struct span output, struct span key, struct span *value)
{
	struct span line;

	while (output.len > 0) {
		struct span name;

		(void)span_take_until(&output, '\n', &line);
		if (span_take_until(&line, '\t', &name) &&
		    span_ieq(name, key)) {
			*value = line;
			return (true);
		}
	}
	return (false);
}

/* Ask one map for all keys at once: one process. */
static int
ask_map(const char *name, const struct span *keys, size_t count,
    int64_t deadline, struct arena *arena, struct span *value, bool *found)
{
	char *const arguments[] = { arena_strdup(arena, POSTMAP),
		arena_strdup(arena, "-q"), arena_strdup(arena, "-"),
		arena_strdup(arena, name), NULL };
	char *const environment[] = {
		arena_strdup(arena, "PATH=/usr/sbin:/usr/bin:/sbin:/bin"), NULL
	};
	struct buf input, output;
	struct program program = { .arguments = arguments,
		.environment = environment,
		.output = &output };

	buf_init(&input, arena, MAX_OUTPUT);
	buf_init(&output, arena, MAX_OUTPUT);
	for (size_t i = 0; i < count; i++) {
		buf_add(&input, keys[i]);
		buf_add_byte(&input, '\n');
	}
	program.input = buf_span(&input);
	/* Status 1 and nothing printed: none of the keys is there. */
	if (program_run(arena, &program, deadline) != NULL && output.len > 0)
		return (-1);
	for (size_t i = 0; i < count && !*found; i++)
		*found = find_value(buf_span(&output), keys[i], value);
	return (clock_monotonic_ms() < deadline ? 0 : -1);
}

static int
ask_all(struct quota_map *map, struct span address, int64_t deadline,
    struct arena *arena, struct span *value, bool *found)
{
	struct span keys[KEYS];
	size_t count = quota_map_keys(address, map->delimiter, arena, keys);

	*found = false;
	for (size_t i = 0; i < map->map_count && !*found; i++)
		if (ask_map(map->maps[i], keys, count, deadline, arena, value,
			found) != 0)
			return (-1);
	return (0);
}

static bool
is_separator(unsigned char byte)
{
	return (byte == ',' || byte == ' ' || byte == '\t');
}

static bool
is_no_separator(unsigned char byte)
{
	return (!is_separator(byte));
}

static bool
is_among(const struct quota_map_targets *targets, struct span address)
{
	for (size_t i = 0; i < targets->count; i++)
		if (span_eq(targets->items[i], address))
			return (true);
	return (false);
}

static int
add_target(struct quota_map *map, struct span address, struct arena *arena,
    struct quota_map_targets *out)
{
	struct span local, domain;

	split(address, &local, &domain);
	address = join(arena, without_extension(local, map->delimiter), domain);
	if (is_among(out, address))
		return (0);
	if (out->count == QUOTA_MAP_MAX_TARGETS)
		return (-1);
	out->items[out->count++] = address;
	return (0);
}

static int follow(struct quota_map *map, struct span address, int depth,
    int64_t deadline, struct arena *arena, struct quota_map_targets *out);

static int
follow_all(struct quota_map *map, struct span value, struct span address,
    int depth, int64_t deadline, struct arena *arena,
    struct quota_map_targets *out)
{
	while (value.len > 0) {
		struct span next;

		(void)span_take_while(&value, is_separator);
		next = fold(span_take_while(&value, is_no_separator), arena);
		if (next.len == 0)
			continue;
		/* An alias that names itself ends there. */
		if (span_eq(next, address)
			? add_target(map, next, arena, out) != 0
			: follow(map, next, depth + 1, deadline, arena, out) !=
			      0)
			return (-1);
	}
	return (0);
}

static int
follow(struct quota_map *map, struct span address, int depth, int64_t deadline,
    struct arena *arena, struct quota_map_targets *out)
{
	struct span value;
	bool found;

	if (depth > QUOTA_MAP_MAX_DEPTH ||
	    ask_all(map, address, deadline, arena, &value, &found) != 0)
		return (-1);
	if (!found)
		return (add_target(map, address, arena, out));
	return (follow_all(map, value, address, depth, deadline, arena, out));
}

static struct slot *
slot_of(struct quota_map *map, struct span recipient)
{
	return (
	    &map->slots[hash_digest(&map->key, recipient) % QUOTA_MAP_SLOTS]);
}

static void
add_each(struct span value, struct quota_map_targets *out)
{
	while (value.len > 0 && out->count < QUOTA_MAP_MAX_TARGETS)
		(void)span_take_until(&value, ',', &out->items[out->count++]);
}

static bool
recall(struct quota_map *map, struct span recipient, struct arena *arena,
    struct quota_map_targets *out)
{
	struct slot *slot = slot_of(map, recipient);
	bool known;

	(void)pthread_mutex_lock(&map->lock);
	known = slot->key != NULL && span_is(recipient, slot->key) &&
	        clock_monotonic_ms() < slot->expires;
	if (known)
		add_each(span_str(arena_strdup(arena, slot->value)), out);
	(void)pthread_mutex_unlock(&map->lock);
	return (known);
}

static char *
copy_of(struct span text)
{
	char *copy = arena_impl_malloc(text.len + 1);

	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	return (copy);
}

static void
keep(struct quota_map *map, struct span recipient, struct arena *arena,
    const struct quota_map_targets *targets)
{
	struct slot *slot = slot_of(map, recipient);
	struct buf value;

	buf_init(&value, arena, MAX_OUTPUT);
	for (size_t i = 0; i < targets->count; i++) {
		if (i > 0)
			buf_add_byte(&value, ',');
		buf_add(&value, targets->items[i]);
	}
	(void)pthread_mutex_lock(&map->lock);
	clear(slot);
	slot->key = copy_of(recipient);
	slot->value = copy_of(buf_span(&value));
	slot->expires = clock_monotonic_ms() + QUOTA_MAP_KEEP_MS;
	(void)pthread_mutex_unlock(&map->lock);
}

int
quota_map_find(struct quota_map *map, struct span recipient, int64_t deadline,
    struct arena *arena, struct quota_map_targets *out)
{
	struct span folded = fold(recipient, arena);

	out->count = 0;
	if (recall(map, folded, arena, out))
		return (0);
	ask_postfix(map, arena);
	if (follow(map, folded, 0, deadline, arena, out) != 0)
		return (-1);
	keep(map, folded, arena, out);
	return (0);
}
