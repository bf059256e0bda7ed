#include "record_shares.h"

#include <stdio.h>
#include <string.h>

size_t
record_shares_print(const struct record_share *shares, size_t count, char *out)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		/* UNSAFE: RECORD_SHARES_MAX is what the longest need. */
		len += (size_t)sprintf(out + len, "%lld %lld %s\n",
		    (long long)shares[i].used.bytes,
		    (long long)shares[i].used.count, shares[i].account);
	return (len);
}

static bool
is_digit(unsigned char byte)
{
	return (byte >= '0' && byte <= '9');
}

int
record_shares_number(struct span *text, int64_t *out)
{
	bool negative = span_take_byte(text, '-');
	struct span digits = span_take_while(text, is_digit);
	uint64_t number = 0;

	if (digits.len == 0 || digits.len > 19 || !span_take_byte(text, ' '))
		return (-1);
	for (size_t i = 0; i < digits.len; i++)
		number = number * 10 + (uint64_t)(digits.data[i] - '0');
	if (number > (uint64_t)INT64_MAX)
		return (-1);
	*out = negative ? -(int64_t)number : (int64_t)number;
	return (0);
}

static int
take_share(struct span line, struct record_share *out)
{
	*out = (struct record_share){ 0 };
	if (record_shares_number(&line, &out->used.bytes) != 0 ||
	    record_shares_number(&line, &out->used.count) != 0 ||
	    line.len == 0 || line.len > RECORD_MAX_NAME ||
	    memchr(line.data, '\0', line.len) != NULL)
		return (-1);
	memcpy(out->account, line.data, line.len);
	return (0);
}

int
record_shares_parse(
    struct span text, struct record_share *shares, size_t *count)
{
	*count = 0;
	while (text.len > 0) {
		struct span line;

		if (*count == RECORD_MAX_ACCOUNTS ||
		    !span_take_until(&text, '\n', &line) ||
		    take_share(line, &shares[*count]) != 0)
			return (-1);
		(*count)++;
	}
	return (0);
}
