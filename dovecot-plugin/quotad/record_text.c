#include "record_text.h"

#include <stdio.h>
#include <string.h>

#define LL(number) ((long long)(number))

void
record_text_account(const struct record_account *account, char *out)
{
	(void)snprintf(out, RECORD_TEXT_MAX,
	    "%lld %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld "
	    "%lld %lld %lld ",
	    LL(account->used.bytes), LL(account->used.count),
	    LL(account->held.bytes), LL(account->held.count),
	    LL(account->stale.bytes), LL(account->stale.count),
	    LL(account->told.bytes), LL(account->told.count),
	    LL(account->set.hard.bytes), LL(account->set.hard.count),
	    LL(account->set.soft.bytes), LL(account->set.soft.count),
	    LL(account->set.period_s), LL(account->over_since),
	    LL(account->warned_at), LL(account->warned_percent));
}

void
record_text_holder(const struct record_holder *holder, char *out)
{
	char shares[RECORD_SHARES_MAX];

	(void)record_shares_print(holder->shares, holder->share_count, shares);
	(void)snprintf(out, RECORD_TEXT_MAX, "%d %d %llu %lld %lld \n%s",
	    holder->counted, holder->dirty,
	    (unsigned long long)holder->sequence, LL(holder->open),
	    LL(holder->counted_at), shares);
}

void
record_text_lease(const struct record_lease *lease, char *out)
{
	char shares[RECORD_SHARES_MAX];

	(void)record_shares_print(lease->shares, lease->share_count, shares);
	(void)snprintf(out, RECORD_TEXT_MAX, "%d %lld %s\n%s", lease->stale,
	    LL(lease->expires), lease->holder, shares);
}

/* Take ${count} numbers, each with the blank after it. */
static int
take_numbers(struct span *text, int64_t *const *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (record_shares_number(text, out[i]) != 0)
			return (-1);
	return (0);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int
record_text_parse_account(struct span text, struct record_account *out)
{
	int64_t *const numbers[] = { &out->used.bytes, &out->used.count,
		&out->held.bytes, &out->held.count, &out->stale.bytes,
		&out->stale.count, &out->told.bytes, &out->told.count,
		&out->set.hard.bytes, &out->set.hard.count,
		&out->set.soft.bytes, &out->set.soft.count, &out->set.period_s,
		&out->over_since, &out->warned_at, &out->warned_percent };

	if (take_numbers(&text, numbers, COUNT(numbers)) != 0 || text.len != 0)
		return (-1);
	out->exists = true;
	return (0);
}

int
record_text_parse_holder(struct span text, struct record_holder *out)
{
	int64_t counted = 0, dirty = 0, sequence = 0;
	int64_t *const numbers[] = { &counted, &dirty, &sequence, &out->open,
		&out->counted_at };

	if (take_numbers(&text, numbers, COUNT(numbers)) != 0 || sequence < 0 ||
	    !span_take_byte(&text, '\n') ||
	    record_shares_parse(text, out->shares, &out->share_count) != 0)
		return (-1);
	out->counted = counted != 0;
	out->dirty = dirty != 0;
	out->sequence = (uint64_t)sequence;
	out->exists = true;
	return (0);
}

int
record_text_parse_lease(struct span text, struct record_lease *out)
{
	int64_t stale = 0;
	int64_t *const numbers[] = { &stale, &out->expires };
	struct span holder;

	if (take_numbers(&text, numbers, COUNT(numbers)) != 0 ||
	    !span_take_until(&text, '\n', &holder) ||
	    holder.len > RECORD_MAX_NAME ||
	    record_shares_parse(text, out->shares, &out->share_count) != 0)
		return (-1);
	memcpy(out->holder, holder.data, holder.len);
	out->holder[holder.len] = '\0';
	out->stale = stale != 0;
	out->exists = true;
	return (0);
}
