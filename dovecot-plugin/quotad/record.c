#include "record.h"

#include <string.h>

static int64_t
add(int64_t a, int64_t b, int sign)
{
	int64_t result;
	bool over = sign > 0 ? __builtin_add_overflow(a, b, &result)
	                     : __builtin_sub_overflow(a, b, &result);

	if (over)
		return (a > 0 ? INT64_MAX : -INT64_MAX);
	return (result);
}

void
record_add(struct ledger_amount *amount, struct ledger_amount more, int sign)
{
	amount->bytes = add(amount->bytes, more.bytes, sign);
	amount->count = add(amount->count, more.count, sign);
}

bool
record_is_nothing(struct ledger_amount amount)
{
	return (amount.bytes == 0 && amount.count == 0);
}

bool
record_is_bound(const struct record_binding *binding, const char *account)
{
	for (size_t i = 0; i < binding->account_count; i++)
		if (strcmp(binding->accounts[i], account) == 0)
			return (true);
	return (false);
}
