/*
 * fuzz_shared.c: whatever text a store or a shared server holds for a counter,
 * it is refused, or counts without overflow and stands in the store again.
 * The first byte chooses the rule, the next two the time.
 */
#include <string.h>

#include "counter.h"
#include "counter_impl.h"
#include "fuzz.h"
#include "shared_script.h"

#define MINUTE ((int64_t)60000)

union record {
	struct counter_gcra gcra;
	struct counter_window window;
	struct counter_distinct distinct;
};

static const struct counter_rule rules[] = {
	{ COUNTER_GCRA, 10, MINUTE, 0, 30 },
	{ COUNTER_WINDOW, 10, MINUTE, 0, 30 },
	{ COUNTER_DISTINCT, 3, MINUTE, 0, 30 },
	{ COUNTER_GCRA, COUNTER_MAX_RATE, MINUTE * 31 * 1440, 1, 0 },
	{ COUNTER_WINDOW, COUNTER_MAX_RATE, MINUTE * 31 * 1440, 0, 100 },
	{ COUNTER_GCRA, COUNTER_UNLIMITED, 1000, 0, 0 },
	{ COUNTER_WINDOW, 0, 1000, 0, 0 },
	{ COUNTER_DISTINCT, COUNTER_UNLIMITED, MINUTE * 31 * 1440, 0, 0 },
};

/* What is printed is read again as the same. */
static void
check_codec(const struct counter_rule *rule, union record *record)
{
	const struct table_codec *codec = counter_codec(rule->algorithm);
	size_t size = counter_size(rule->algorithm);
	struct arena *arena = arena_new();
	union record again;
	struct buf text;
	struct buf second;

	memset(&again, 0, sizeof(again));
	buf_init(&text, arena, SIZE_MAX);
	buf_init(&second, arena, SIZE_MAX);
	codec->print(record, &text);
	FUZZ_CHECK(codec->parse(buf_span(&text), &again));
	codec->print(&again, &second);
	FUZZ_CHECK(span_eq(buf_span(&text), buf_span(&second)));
	memcpy(record, &again, size);
	arena_free(arena);
}

static void
count(const struct counter_rule *rule, union record *record, int64_t now)
{
	struct counter_reading reading;

	check_codec(rule, record);
	if (rule->algorithm == COUNTER_DISTINCT)
		(void)counter_see(rule, record, 7, now);
	counter_try(rule, record, 3, now);
	(void)counter_fits(rule, record, 3, now);
	counter_add(rule, record, UINT64_MAX, now);
	counter_refund(rule, record, 5, now - MINUTE / 2, now);
	counter_read(rule, record, now, &reading);
	FUZZ_CHECK(reading.reset_ms >= 0 && reading.retry_ms >= 0);
	(void)counter_expires(rule, record);
	check_codec(rule, record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_new(data, size);
	union record record;
	struct shared_charge charge = { .limit = "limit" };
	int64_t now;

	if (size < 3)
		return (0);
	charge.rule = rules[data[0] % (sizeof(rules) / sizeof(rules[0]))];
	now = ((int64_t)data[1] << 8 | data[2]) * 32768000;
	span_skip(&text, 3);
	memset(&record, 0, sizeof(record));
	if (!counter_codec(charge.rule.algorithm)->parse(text, &record)) {
		FUZZ_CHECK(!shared_script_answer(&charge, true, text, now));
		return (0);
	}
	FUZZ_CHECK(shared_script_answer(&charge, true, text, now));
	count(&charge.rule, &record, now);
	return (0);
}
