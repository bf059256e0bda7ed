/* When each login was first seen. */
#include <inttypes.h>
#include <string.h>

#include "accounting_impl.h"

/* A login that is not seen for so long is forgotten. */
#define LIFETIME_MS ((int64_t)400 * 86400 * 1000)
/* How old what is written of it may be, in seconds. */
#define REFRESH ((uint32_t)7 * 86400)
#define MAX_DIGITS 10
/* What a clock may be set back by and still be believed. */
#define MAX_SKEW_MS ((int64_t)86400 * 1000)

/* Lower case, on the stack; more is cut by the table, too. */
struct name {
	char bytes[TABLE_MAX_KEY];
	size_t len;
};

static struct span
lower(struct span login, struct name *name)
{
	for (name->len = 0;
	     name->len < login.len && name->len < sizeof(name->bytes);
	     name->len++)
		name->bytes[name->len] =
		    (char)span_lower(login.data[name->len]);
	return (span_new(name->bytes, name->len));
}

static uint32_t
second_of(int64_t now)
{
	int64_t second = now / 1000;

	return (second < 0            ? 0
		: second > UINT32_MAX ? UINT32_MAX
				      : (uint32_t)second);
}

static void
print_account(const void *record, struct buf *text)
{
	const struct accounting_account *account = record;

	buf_printf(text, "first=%" PRIu32 " last=%" PRIu32, account->first_seen,
	    account->last_seen);
}

static bool
take_second(struct span *text, const char *word, uint32_t *out)
{
	uint64_t number;

	if (!span_starts(*text, word))
		return (false);
	span_skip(text, strlen(word));
	if (!span_to_u64(
		span_take_while(text, span_is_digit), MAX_DIGITS, &number) ||
	    number > UINT32_MAX)
		return (false);
	*out = (uint32_t)number;
	return (true);
}

static bool
parse_account(struct span text, void *record)
{
	struct accounting_account *account = record;

	return (take_second(&text, "first=", &account->first_seen) &&
		take_second(&text, " last=", &account->last_seen) &&
		text.len == 0);
}

static const struct table_codec codec = { print_account, parse_account };

struct table *
accounting_account_table(struct behind *behind)
{
	const struct table_options options = { .kind = "account",
		.record_size = sizeof(struct accounting_account),
		.max_records = ACCOUNTING_MAX_ACCOUNTS,
		.codec = &codec };

	return (table_new(&options, behind));
}

/* The record that says since when logins are learned. */
static struct span
marker(void)
{
	return (span_str(""));
}

static int64_t
learning_since(struct accounting *accounting)
{
	const struct accounting_account *began;

	if (accounting->began == 0) {
		began = table_get(accounting->accounts, marker());
		if (began != NULL)
			accounting->began = (int64_t)began->first_seen * 1000;
	}
	return (accounting->began > accounting->options.learning_since
		    ? accounting->began
		    : accounting->options.learning_since);
}

static void
begin_to_learn(struct accounting *accounting, int64_t now)
{
	struct accounting_account *began;

	(void)learning_since(accounting);
	if (accounting->began != 0)
		return;
	began = table_add(accounting->accounts, marker(), now);
	began->first_seen = second_of(now);
	table_changed(accounting->accounts, began, TABLE_NEVER);
}

void
accounting_account_unlearn(struct accounting *accounting)
{
	accounting->began = 0;
	(void)table_remove(accounting->accounts, marker());
}

/* Those that were there when we began to learn are not new; and who was first
 * seen in years to come was seen by a clock that was wrong: nobody stays new
 * until then. */
static bool
is_new(struct accounting *accounting, const struct accounting_rules *rules,
    int64_t first_seen, int64_t now)
{
	return (
	    first_seen - learning_since(accounting) > rules->new_account_ms &&
	    now - first_seen < rules->new_account_ms &&
	    first_seen - now <= MAX_SKEW_MS);
}

bool
accounting_account_touch(struct accounting *accounting,
    const struct accounting_rules *rules, struct span login, int64_t now)
{
	struct name name;
	struct span key;
	struct accounting_account *account;
	uint32_t second = second_of(now);

	if (!accounting->learns)
		return (false);
	begin_to_learn(accounting, now);
	key = lower(login, &name);
	account = table_get(accounting->accounts, key);
	if (account == NULL) {
		account = table_add(accounting->accounts, key, now);
		account->first_seen = second;
	}
	if (account->last_seen == 0 || second - account->last_seen >= REFRESH) {
		account->last_seen = second;
		table_changed(accounting->accounts, account, now + LIFETIME_MS);
	}
	return (is_new(
	    accounting, rules, (int64_t)account->first_seen * 1000, now));
}

bool
accounting_account_is_new(struct accounting *accounting,
    const struct accounting_rules *rules, struct span login, int64_t now)
{
	struct name name;
	const struct accounting_account *account;

	(void)learning_since(accounting);
	if (!accounting->learns || accounting->began == 0)
		return (false);
	account = table_get(accounting->accounts, lower(login, &name));
	return (is_new(accounting, rules,
	    account == NULL ? now : (int64_t)account->first_seen * 1000, now));
}
