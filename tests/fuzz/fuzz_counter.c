/*
 * fuzz_counter.c: whatever text stands in the store, and whatever comes at
 * whatever times: a record is refused or counts within its bounds, and what we
 * print of it we read.
 *
 * The input is an algorithm, a rule's numbers, the text of a record up to a
 * NUL, and operations: a kind, an amount, how far the clock moves.
 */
#include <string.h>

#include "base/buf.h"
#include "counter.h"
#include "fuzz.h"

#define MAX_TEXT ((size_t)4096)
#define MAX_OPERATIONS 200
#define DAY_MS ((uint64_t)86400 * 1000)

union record {
	uint64_t align;
	unsigned char bytes[TABLE_MAX_RECORD];
};

static uint64_t
take_u64(struct span *rest)
{
	uint64_t number = 0;
	struct span bytes;

	if (span_take(rest, sizeof(number), &bytes))
		memcpy(&number, bytes.data, sizeof(number));
	return (number);
}

static void
take_rule(struct span *rest, struct counter_rule *rule)
{
	uint64_t kind = take_u64(rest);

	*rule = (struct counter_rule){
		.algorithm = (enum counter_algorithm)(kind % 3),
		.rate = take_u64(rest),
		.burst = take_u64(rest) % COUNTER_MAX_RATE,
		.period_ms = 1000 + (int64_t)(take_u64(rest) % (31 * DAY_MS)),
		.most_tenths = kind / 3 % 1000,
	};
	if (rule->rate != COUNTER_UNLIMITED)
		rule->rate %= COUNTER_MAX_RATE;
}

/* What we print of ${record} is read, and prints the same. */
static void
check_text(const struct counter_rule *rule, const union record *record)
{
	const struct table_codec *codec = counter_codec(rule->algorithm);
	struct arena *arena = arena_new();
	union record again;
	struct buf first, second;

	memset(&again, 0, sizeof(again));
	buf_init(&first, arena, MAX_TEXT);
	buf_init(&second, arena, MAX_TEXT);
	codec->print(record, &first);
	FUZZ_CHECK(!first.overflow);
	FUZZ_CHECK(codec->parse(buf_span(&first), &again));
	codec->print(&again, &second);
	FUZZ_CHECK(span_eq(buf_span(&first), buf_span(&second)));
	arena_free(arena);
}

static void
pass(const struct counter_rule *rule, union record *record, uint64_t amount,
    int64_t now)
{
	struct counter_reading before, after;
	bool fits = counter_fits(rule, record, amount, now);

	counter_try(rule, record, amount, now);
	counter_read(rule, record, now, &before);
	if (!fits)
		return;
	counter_add(rule, record, amount, now);
	counter_read(rule, record, now, &after);
	FUZZ_CHECK(after.used >= before.used);
	if (rule->algorithm == COUNTER_WINDOW &&
	    rule->rate != COUNTER_UNLIMITED && amount > 0)
		FUZZ_CHECK(after.used <= rule->rate);
}

static void
operate(const struct counter_rule *rule, union record *record, uint64_t kind,
    uint64_t amount, int64_t now)
{
	struct counter_reading reading;

	switch (kind % 5) {
	case 0:
		pass(rule, record, amount, now);
		break;
	case 1:
		counter_add(rule, record, amount, now);
		break;
	case 2:
		counter_refund(
		    rule, record, amount, now - (int64_t)(kind >> 8), now);
		break;
	case 3:
		if (rule->algorithm == COUNTER_DISTINCT)
			(void)counter_see(rule, record, amount, now);
		break;
	default:
		counter_read(rule, record, now, &reading);
		FUZZ_CHECK(reading.reset_ms >= 0 && reading.retry_ms >= 0);
		(void)counter_expires(rule, record);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_new(data, size);
	struct counter_rule rule;
	union record record;
	struct span text;
	int64_t now = 1764134400000;

	take_rule(&rest, &rule);
	(void)span_take_until(&rest, '\0', &text);
	memset(&record, 0, sizeof(record));
	if (!counter_codec(rule.algorithm)->parse(text, &record))
		memset(&record, 0, sizeof(record));
	/* Only records that were changed are stored. */
	counter_try(&rule, &record, 0, now);
	check_text(&rule, &record);
	for (int i = 0; i < MAX_OPERATIONS && rest.len > 0; i++) {
		uint64_t kind = take_u64(&rest);
		uint64_t amount = take_u64(&rest) >> (kind >> 58);

		now += (int64_t)(take_u64(&rest) % (DAY_MS * 40)) -
		       (int64_t)(DAY_MS * (kind >> 32 & 31));
		operate(&rule, &record, kind, amount, now);
	}
	check_text(&rule, &record);
	return (0);
}
