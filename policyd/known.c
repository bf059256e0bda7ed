#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/buf.h"
#include "numbers.h"

/* Bytes of a login and of an address (RFC 5321 4.5.3.1); with longer ones
 * nobody corresponds. */
#define MAX_NAME ((size_t)320)
#define MAX_KEY (2 * MAX_NAME + 1)
/* What was used again is written again once a day. */
#define RENEW_MS ((int64_t)86400 * 1000)
#define SWEEP_PER_TICK 256
#define FLUSH_PER_TICK 2048

/*
 * Three kinds of keys, so that every question is one look-up:
 *   "user recipient"  the user wrote to the recipient
 *   " recipient"      somebody here did
 *   "user "           how many recipients the user has
 */
struct known_record {
	int64_t last_ms;
	uint64_t count; /* mails, or recipients */
};

struct known {
	struct table *table;
};

static void
print(const void *record, struct buf *text)
{
	const struct known_record *found = record;

	buf_printf(text, "last=%lld count=%llu", (long long)found->last_ms,
	    (unsigned long long)found->count);
}

static bool
parse(struct span text, void *record)
{
	struct known_record *found = record;

	return (numbers_take_time(&text, "last", &found->last_ms) &&
		numbers_take(&text, "count", &found->count) && text.len == 0);
}

static const struct table_codec codec = { print, parse };

struct known *
known_new(struct behind *behind, size_t max_records)
{
	struct known *known = arena_impl_malloc(sizeof(*known));
	struct table_options options = { .kind = "known",
		.record_size = sizeof(struct known_record),
		.max_records = max_records,
		.codec = &codec };

	known->table = table_new(&options, behind);
	return (known);
}

void
known_free(struct known *known)
{
	if (known == NULL)
		return;
	table_free(known->table);
	free(known);
}

static bool
is_word_byte(unsigned char byte)
{
	return (byte > ' ' && byte != 0x7f);
}

/* Whether ${name} can stand in a key; a quoted local part with a blank in it
 * cannot, and is nobody's correspondent. */
static bool
is_name(struct span name)
{
	struct span rest = name;

	if (name.len > MAX_NAME)
		return (false);
	(void)span_take_while(&rest, is_word_byte);
	return (rest.len == 0);
}

/* The address of a person whose server marks his envelope sender, "prvs=TAG="
 * by draft-levine-smtp-batv: what our users wrote to was without. */
static struct span
without_tag(struct span address)
{
	struct span rest = address;
	struct span tag;

	if (!span_is_nocase(span_head(address, 5), "prvs="))
		return (address);
	span_skip(&rest, 5);
	if (!span_take_until(&rest, '=', &tag) || tag.len == 0 ||
	    span_find(tag, '@') < tag.len || rest.len == 0)
		return (address);
	return (rest);
}

/* Make the key of ${user} and ${recipient}, one of which may be empty, in the
 * ${room} of MAX_KEY bytes. */
static struct span
make_key(unsigned char *room, struct span user, struct span recipient)
{
	size_t len = 0;

	for (size_t i = 0; i < user.len; i++)
		room[len++] = span_lower(user.data[i]);
	room[len++] = ' ';
	for (size_t i = 0; i < recipient.len; i++)
		room[len++] = span_lower(recipient.data[i]);
	return (span_new(room, len));
}

static bool
is_alive(const struct known_record *record, int64_t now)
{
	return (
	    record->last_ms > now || now - record->last_ms < KNOWN_LIFETIME_MS);
}

/* A user's count must not be pushed out by what it counts: it is worth as much
 * as the last of them. */
static void
put(struct known *known, struct span key, int64_t last, uint64_t count,
    int64_t now)
{
	struct known_record *record = table_add(known->table, key, now);

	*record = (struct known_record){ .last_ms = last, .count = count };
	table_changed(known->table, record, now + KNOWN_LIFETIME_MS);
}

/* Say whether ${key} is there, and renew it if it is. */
static bool
renew(struct known *known, struct span key, int64_t now)
{
	struct known_record *record = table_get(known->table, key);

	if (record == NULL || !is_alive(record, now))
		return (false);
	if (now < record->last_ms || now - record->last_ms >= RENEW_MS)
		put(known, key, now, record->count + 1, now);
	return (true);
}

/* Take room for one more recipient of the user at ${key}.  He has
 * KNOWN_MAX_OF_USER of them at once, and gets each back after an equal part of
 * the lifetime: how many of his are left is not worth a walk. */
static bool
take_room(struct known *known, struct span key, int64_t now)
{
	const int64_t step = KNOWN_LIFETIME_MS / KNOWN_MAX_OF_USER;
	const struct known_record *record = table_get(known->table, key);
	int64_t last = now;
	uint64_t count = 0;

	if (record != NULL && now >= record->last_ms) {
		uint64_t back = (uint64_t)((now - record->last_ms) / step);

		count = record->count > back ? record->count - back : 0;
		if (count > 0)
			last = record->last_ms + (int64_t)back * step;
	} else if (record != NULL) {
		count = record->count;
	}
	if (count >= KNOWN_MAX_OF_USER)
		return (false);
	put(known, key, last, count + 1, now);
	return (true);
}

void
known_add(
    struct known *known, struct span user, struct span recipient, int64_t now)
{
	const struct span nobody = SPAN_LITERAL("");
	unsigned char room[MAX_KEY];
	struct span key;

	if (user.len == 0 || recipient.len == 0 || !is_name(user) ||
	    !is_name(recipient))
		return;
	if (!renew(known, make_key(room, user, recipient), now)) {
		if (!take_room(known, make_key(room, user, nobody), now))
			return;
		put(known, make_key(room, user, recipient), now, 1, now);
	}
	key = make_key(room, nobody, recipient);
	if (!renew(known, key, now))
		put(known, key, now, 1, now);
}

bool
known_wrote(
    struct known *known, struct span user, struct span recipient, int64_t now)
{
	unsigned char room[MAX_KEY];
	const struct known_record *record;

	recipient = without_tag(recipient);
	if (recipient.len == 0 || !is_name(user) || !is_name(recipient))
		return (false);
	record = table_get(known->table, make_key(room, user, recipient));
	return (record != NULL && is_alive(record, now));
}

void
known_tick(struct known *known, int64_t now)
{
	table_sweep(known->table, now, SWEEP_PER_TICK);
	(void)table_flush(known->table, FLUSH_PER_TICK);
}

struct table *
known_table(struct known *known, const char *kind)
{
	return (strcmp(kind, "known") == 0 ? known->table : NULL);
}
