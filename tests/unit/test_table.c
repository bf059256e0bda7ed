/* table.h: holds what was put in, no more than it may, and tells of changes. */
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "behind.h"
#include "table.h"

#define KEYS 4000
#define OPERATIONS 1000000
#define MAX_LEN ((size_t)300)

struct counter {
	uint64_t value;
	uint64_t other;
};

/* What is known of a key: in the table, and in what stands for the store. */
struct known {
	struct hash_node node;
	bool here;
	uint64_t value;
	int64_t expires;
	bool stored;
	uint64_t stored_value;
	int64_t stored_expires;
};

struct model {
	struct arena *arena;
	struct hash *by_key;
	struct known *keys;
	size_t here;
	uint64_t random;
	size_t puts;
	bool is_full;
};

bool
behind_has_room(struct behind *behind)
{
	const struct model *model = (const void *)behind;

	return (!model->is_full);
}

/* behind.h as a model, so that what the table tells is seen. */
void
behind_put(struct behind *behind, const char *kind, struct span key,
    const void *record, size_t size, const struct table_codec *codec,
    int64_t expires)
{
	struct model *model = (void *)behind;
	struct known *known = (void *)hash_get(model->by_key, key);

	(void)codec;
	assert_string_equal(kind, "test");
	assert_int_equal(size, sizeof(struct counter));
	assert_non_null(known);
	known->stored = true;
	known->stored_value = ((const struct counter *)record)->value;
	known->stored_expires = expires;
	model->puts++;
}

void
behind_remove(struct behind *behind, const char *kind, struct span key)
{
	struct model *model = (void *)behind;
	struct known *known = (void *)hash_get(model->by_key, key);

	(void)kind;
	if (known != NULL)
		known->stored = false;
}

static void
print_counter(const void *record, struct buf *text)
{
	const struct counter *counter = record;

	buf_printf(text, "%llu", (unsigned long long)counter->value);
}

static bool
parse_counter(struct span text, void *record)
{
	struct counter *counter = record;

	return (span_to_u64(text, 20, &counter->value));
}

static const struct table_codec codec = { print_counter, parse_counter };

static struct table *
new_table(size_t max_records, struct model *model)
{
	struct table_options options = { "test", sizeof(struct counter),
		max_records, &codec };

	return (table_new(&options, (void *)model));
}

static uint64_t
draw(struct model *model, uint64_t below)
{
	model->random = model->random * 6364136223846793005ULL + 1;
	return ((model->random >> 33) % below);
}

/* Hostile keys: the empty one, NULs only, a long common beginning, one that is
 * the beginning of the next. */
static struct span
hostile_key(struct arena *arena, size_t i)
{
	unsigned char *bytes = arena_alloc(arena, MAX_LEN);

	if (i < 257)
		return (span_new(bytes, i));
	memset(bytes, i % 2 == 0 ? 'a' : 0, MAX_LEN);
	memcpy(&bytes[252 - i % 7], &i, sizeof(i));
	return (span_new(bytes, 252 - i % 7 + 4));
}

static struct model *
model_new(void)
{
	struct arena *arena = arena_new();
	struct model *model = arena_alloc(arena, sizeof(*model));

	model->arena = arena;
	model->by_key = hash_new();
	model->keys = arena_array(arena, KEYS, sizeof(*model->keys));
	model->random = 7;
	for (size_t i = 0; i < KEYS; i++) {
		model->keys[i].node.key = hostile_key(arena, i);
		hash_add(model->by_key, &model->keys[i].node);
	}
	return (model);
}

static void
model_free(struct model *model)
{
	hash_free(model->by_key);
	arena_free(model->arena);
}

static void
change(struct model *model, struct table *table, int64_t now)
{
	struct known *known = &model->keys[draw(model, KEYS)];
	struct counter *counter = table_add(table, known->node.key, now);

	if (!known->here) {
		known->here = true;
		known->value = 0;
		model->here++;
	}
	assert_int_equal(counter->value, known->value);
	assert_int_equal(counter->other, known->value);
	known->value = draw(model, 1000000) + 1;
	known->expires = draw(model, 20) == 0
	                     ? TABLE_NEVER
	                     : now + (int64_t)draw(model, 2000) + 1;
	counter->value = counter->other = known->value;
	table_changed(table, counter, known->expires);
}

static void
look_up(struct model *model, struct table *table)
{
	struct known *known = &model->keys[draw(model, KEYS)];
	struct counter *counter = table_get(table, known->node.key);

	if (known->here) {
		assert_non_null(counter);
		assert_int_equal(counter->value, known->value);
	} else {
		assert_null(counter);
	}
}

static void
take_out(struct model *model, struct table *table)
{
	struct known *known = &model->keys[draw(model, KEYS)];

	assert_true(table_remove(table, known->node.key) == known->here);
	if (!known->here)
		return;
	known->here = false;
	model->here--;
	assert_false(known->stored);
}

static void
sweep(struct model *model, struct table *table, int64_t now)
{
	table_sweep(table, now, SIZE_MAX);
	for (size_t i = 0; i < KEYS; i++) {
		struct known *known = &model->keys[i];

		if (known->here && known->expires <= now) {
			known->here = false;
			model->here--;
		}
	}
}

struct visited {
	struct model *model;
	size_t count;
	size_t stop_at;
};

static bool
visit(void *cookie, struct span key, void *record, int64_t expires)
{
	struct visited *visited = cookie;
	struct known *known = (void *)hash_get(visited->model->by_key, key);
	const struct counter *counter = record;

	assert_non_null(known);
	assert_true(known->here);
	assert_int_equal(counter->value, known->value);
	assert_int_equal(expires, known->expires);
	return (++visited->count != visited->stop_at);
}

/* What expired by itself may still be stored; it says so itself. */
static void
compare(struct model *model, struct table *table, int64_t now)
{
	struct visited all = { model, 0, 0 };
	struct visited some = { model, 0, 3 };

	assert_int_equal(table_flush(table, SIZE_MAX), 0);
	assert_int_equal(table_count(table), model->here);
	table_each(table, visit, &all);
	assert_int_equal(all.count, model->here);
	struct visited slices = { model, 0, 0 };
	size_t place = 0;

	while (table_walk(table, &place, 7, visit, &slices))
		;
	assert_int_equal(slices.count, model->here);
	table_each(table, visit, &some);
	assert_true(some.count == 3 || some.count == model->here);
	for (size_t i = 0; i < KEYS; i++) {
		const struct known *known = &model->keys[i];

		if (!known->here) {
			assert_true(
			    !known->stored || known->stored_expires <= now);
			continue;
		}
		assert_true(known->stored);
		assert_int_equal(known->stored_value, known->value);
		assert_int_equal(known->stored_expires, known->expires);
	}
}

static void
random_operations(void **state)
{
	struct model *model = model_new();
	struct table *table = new_table(KEYS, model);
	int64_t now = 1000000;

	(void)state;
	for (size_t i = 0; i < OPERATIONS; i++) {
		uint64_t what = draw(model, 1000);

		if (what < 500)
			change(model, table, now);
		else if (what < 700)
			look_up(model, table);
		else if (what < 990)
			take_out(model, table);
		else
			(void)table_flush(table, draw(model, 30));
		if (i % 1000 == 999)
			sweep(model, table, now);
		if (i % 100000 == 99999)
			compare(model, table, now);
		now += i % 7 == 0;
	}
	assert_int_equal(table_evicted(table), 0);
	change(model, table, now);
	table_free(table);
	for (size_t i = 0; i < KEYS; i++)
		assert_true(!model->keys[i].here || model->keys[i].stored);
	model_free(model);
}

/* However often it changes: written once a flush, in the order of the first
 * change, and no more than asked for. */
static void
changes_are_flushed_once(void **state)
{
	struct model *model = model_new();
	struct table *table = new_table(KEYS, model);

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 10; i++) {
			struct counter *counter =
			    table_add(table, model->keys[i].node.key, 0);

			counter->value = i;
			table_changed(table, counter, 5);
		}
	}
	assert_int_equal(table_flush(table, 0), 10);
	assert_int_equal(table_flush(table, 4), 6);
	assert_int_equal(model->puts, 4);
	for (size_t i = 0; i < 10; i++)
		assert_true(model->keys[i].stored == (i < 4));
	assert_int_equal(table_flush(table, 100), 0);
	assert_int_equal(model->puts, 10);
	assert_int_equal(table_flush(table, 100), 0);
	table_free(table);
	assert_int_equal(model->puts, 10);
	model_free(model);
}

/* What was removed waits in the queue without piling up there. */
/* While the store is slow or fails, nothing waits for it twice; what is left at
 * the end is given to it all the same. */
static void
changes_wait_for_room(void **state)
{
	struct model *model = model_new();
	struct table *table = new_table(KEYS, model);

	(void)state;
	model->is_full = true;
	for (uint64_t round = 1; round <= 3; round++) {
		for (size_t i = 0; i < 10; i++) {
			struct counter *counter =
			    table_add(table, model->keys[i].node.key, 0);

			counter->value = round;
			table_changed(table, counter, 5);
		}
		assert_int_equal(table_flush(table, 100), 10);
	}
	assert_int_equal(model->puts, 0);
	model->is_full = false;
	assert_int_equal(table_flush(table, 4), 6);
	model->is_full = true;
	assert_int_equal(table_flush(table, 100), 6);
	table_free(table);
	assert_int_equal(model->puts, 10);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(model->keys[i].stored_value, 3);
	model_free(model);
}

/* The table keeps in mind what it found last: the others are found as well, and
 * one that is gone is not. */
static void
any_record_can_change(void **state)
{
	struct model *model = model_new();
	struct table *table = new_table(KEYS, model);
	struct counter *counters[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		(void)table_add(table, model->keys[i].node.key, 0);
	for (size_t i = 0; i < 4; i++)
		counters[i] = table_get(table, model->keys[i].node.key);
	assert_true(table_remove(table, model->keys[3].node.key));
	for (size_t i = 0; i < 3; i++) {
		counters[i]->value = i + 1;
		table_changed(table, counters[i], 5);
	}
	assert_int_equal(table_flush(table, 100), 0);
	assert_int_equal(model->puts, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(model->keys[i].stored_value, i + 1);
	table_free(table);
	model_free(model);
}

static void
removed_ones_do_not_pile_up(void **state)
{
	struct model *model = model_new();
	struct table *table = new_table(KEYS, model);

	(void)state;
	for (size_t i = 0; i < 1000000; i++) {
		struct span key = model->keys[i % KEYS].node.key;

		table_changed(table, table_add(table, key, 0), 5);
		assert_true(table_remove(table, key));
	}
	assert_int_equal(table_count(table), 0);
	assert_int_equal(model->puts, 0);
	assert_true(table_bytes(table) < (size_t)4 * 1024 * 1024);
	assert_int_equal(table_flush(table, SIZE_MAX), 0);
	table_free(table);
	model_free(model);
}

static struct span
user(char *text, size_t size, size_t i)
{
	return (span_new(
	    text, (size_t)snprintf(text, size, "user%07zu@example.org", i)));
}

/* A flood of keys drops those that are soon worth nothing: a debt stays. */
static void
debts_outlive_floods(void **state)
{
	struct table *table = new_table(1000, NULL);
	struct counter *counter = table_add(table, span_str("debtor"), 0);
	char text[64];

	(void)state;
	counter->value = 42;
	table_changed(table, counter, 1000000000);
	for (size_t i = 0; i < 200000; i++) {
		struct span key = user(text, sizeof(text), i);

		table_changed(table, table_add(table, key, (int64_t)i),
		    (int64_t)i + 60000);
		assert_true(table_count(table) <= 1000);
	}
	counter = table_get(table, span_str("debtor"));
	assert_non_null(counter);
	assert_int_equal(counter->value, 42);
	assert_int_equal(table_count(table), 1000);
	assert_true(table_evicted(table) > 0);
	table_free(table);
}

/* Room that is made from what had expired is no loss. */
static void
expired_ones_go_uncounted(void **state)
{
	struct table *table = new_table(100, NULL);
	char text[64];

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		struct span key = user(text, sizeof(text), i);

		table_changed(table, table_add(table, key, (int64_t)i * 1000),
		    (int64_t)i * 1000 + 1);
	}
	assert_int_equal(table_count(table), 100);
	assert_int_equal(table_evicted(table), 0);
	table_free(table);
}

static void
evicted_ones_leave_the_store(void **state)
{
	struct model *model = model_new();
	struct table *table = new_table(10, model);
	size_t stored = 0;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		table_changed(table,
		    table_add(table, model->keys[i].node.key, 0), TABLE_NEVER);
		(void)table_flush(table, 1);
	}
	for (size_t i = 0; i < 100; i++)
		stored += model->keys[i].stored;
	assert_int_equal(stored, 10);
	assert_int_equal(table_evicted(table), 90);
	table_free(table);
	model_free(model);
}

static void
records_are_loaded(void **state)
{
	struct model *model = model_new();
	struct table *table = new_table(3, model);
	struct counter *counter;

	(void)state;
	assert_true(table_load(table, span_str("a"), span_str("12"), 50));
	assert_false(table_load(table, span_str("b"), span_str("x"), 50));
	assert_null(table_get(table, span_str("b")));
	counter = table_get(table, span_str("a"));
	assert_non_null(counter);
	assert_int_equal(counter->value, 12);
	assert_int_equal(table_flush(table, 10), 0);
	assert_int_equal(model->puts, 0);
	/* A full one makes room, and keeps what is worth something longer. */
	for (int i = 0; i < 10; i++) {
		char key[] = { 'c', (char)i };

		assert_true(
		    table_load(table, span_new(key, 2), span_str("1"), 40 - i));
	}
	assert_int_equal(table_count(table), 3);
	assert_non_null(table_get(table, span_str("a")));
	table_sweep(table, 50, SIZE_MAX);
	assert_int_equal(table_count(table), 0);
	table_free(table);
	table_free(NULL);
	model_free(model);
}

static void
changed_ones_are_not_overwritten(void **state)
{
	struct model *model = model_new();
	struct table *table = new_table(3, model);
	struct span key = model->keys[1].node.key;
	struct counter *counter = table_add(table, key, 0);

	(void)state;
	counter->value = 5;
	table_changed(table, counter, 50);
	assert_true(table_load(table, key, span_str("12"), 60));
	counter = table_get(table, key);
	assert_int_equal(counter->value, 5);
	table_free(table);
	assert_int_equal(model->keys[1].stored_value, 5);
	model_free(model);
}

static void
long_keys_are_cut(void **state)
{
	struct table *table = new_table(10, NULL);
	static char text[TABLE_MAX_KEY + 2];
	void *record;

	(void)state;
	record = table_add(table, span_new(text, TABLE_MAX_KEY), 0);
	assert_ptr_equal(
	    table_get(table, span_new(text, TABLE_MAX_KEY + 1)), record);
	assert_null(table_get(table, span_new(text, TABLE_MAX_KEY - 1)));
	assert_false(table_load(table, span_new(text, TABLE_MAX_KEY + 1),
	    span_str("1"), TABLE_NEVER));
	assert_true(table_remove(table, span_new(text, TABLE_MAX_KEY + 1)));
	table_free(table);
}

/* A counter of a mailbox name costs no more than this, all in all. */
static void
memory_per_key(void **state)
{
	static const size_t counts[] = { 100000, 1000000 };
	char text[64];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(counts); i++) {
		struct table *table = new_table(counts[i], NULL);

		for (size_t j = 0; j < counts[i]; j++)
			table_changed(table,
			    table_add(table, user(text, sizeof(text), j), 0),
			    (int64_t)j + 1);
		print_message("%zu keys: %zu bytes each\n", counts[i],
		    table_bytes(table) / counts[i]);
		assert_true(table_bytes(table) / counts[i] <= 72);
		/* And it is given back. */
		table_sweep(table, INT64_MAX - 1, SIZE_MAX);
		assert_int_equal(table_count(table), 0);
		assert_true(table_bytes(table) / counts[i] <= 8);
		table_free(table);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations),
		cmocka_unit_test(changes_are_flushed_once),
		cmocka_unit_test(any_record_can_change),
		cmocka_unit_test(changes_wait_for_room),
		cmocka_unit_test(removed_ones_do_not_pile_up),
		cmocka_unit_test(debts_outlive_floods),
		cmocka_unit_test(expired_ones_go_uncounted),
		cmocka_unit_test(evicted_ones_leave_the_store),
		cmocka_unit_test(records_are_loaded),
		cmocka_unit_test(changed_ones_are_not_overwritten),
		cmocka_unit_test(long_keys_are_cut),
		cmocka_unit_test(memory_per_key),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
