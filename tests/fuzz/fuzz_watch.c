/*
 * fuzz_watch.c: what the store holds of an account, whoever wrote it there:
 * what is read is written as the same, and arithmetic on it stays in its
 * bounds.
 *
 * The input is a byte for the kind, then the text.
 */
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "watch_history.h"
#include "watch_lock.h"

#define NOW INT64_C(1764133200000)

union record {
	struct watch_history history;
	struct watch_bounces bounces;
	struct watch_lock lock;
};

static struct span
print(struct arena *arena, const struct table_codec *codec,
    const union record *record)
{
	struct buf text;

	buf_init(&text, arena, 4096);
	codec->print(record, &text);
	FUZZ_CHECK(!text.overflow);
	return (buf_span(&text));
}

static void
check_codec(
    const struct table_codec *codec, struct span text, union record *record)
{
	struct arena *arena = arena_new();
	union record again;

	memset(record, 0, sizeof(*record));
	memset(&again, 0, sizeof(again));
	if (codec->parse(text, record)) {
		struct span printed = print(arena, codec, record);

		FUZZ_CHECK(codec->parse(printed, &again));
		FUZZ_CHECK(span_eq(printed, print(arena, codec, &again)));
	}
	arena_free(arena);
}

static void
check_history(struct watch_history *history)
{
	uint64_t hour = watch_history_hour(history, NOW);

	FUZZ_CHECK(hour <= (uint64_t)WATCH_HISTORY_SLOTS * UINT16_MAX);
	(void)watch_history_threshold(history, 5, 50, NOW);
	watch_history_sent(history, 5, 50, 3, NOW);
	FUZZ_CHECK(watch_history_hour(history, NOW) >= 3);
	watch_history_sent(history, 5, 50, UINT64_MAX, INT64_MAX);
	FUZZ_CHECK(watch_history_hour(history, INT64_MAX) >= UINT16_MAX);
}

static void
check_bounces(struct watch_bounces *bounces)
{
	uint64_t delivered;
	uint64_t bounced;

	watch_history_delivered(bounces, 1, 2, NOW);
	watch_history_outcomes(bounces, NOW, &delivered, &bounced);
	FUZZ_CHECK(delivered <= (uint64_t)WATCH_HISTORY_SLOTS * UINT16_MAX);
	watch_history_delivered(bounces, 1, 2, INT64_MAX);
	watch_history_outcomes(bounces, INT64_MAX, &delivered, &bounced);
	FUZZ_CHECK(delivered >= 1 && bounced >= 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_new(data, size);
	int kind = span_peek(text);
	union record record;

	span_skip(&text, 1);
	if (kind == 'h') {
		check_codec(&watch_history_codec, text, &record);
		check_history(&record.history);
	} else if (kind == 'b') {
		check_codec(&watch_history_bounces_codec, text, &record);
		check_bounces(&record.bounces);
	} else {
		check_codec(&watch_lock_codec, text, &record);
	}
	return (0);
}
