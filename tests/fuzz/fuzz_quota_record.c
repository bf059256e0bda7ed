/* Records as a server that is shared gives them back: what is read is written
 * alike. */
#include "fuzz.h"

#include <string.h>

#include "record_text.h"

static void
read_holder(struct span text)
{
	struct record_holder first = { 0 }, second = { 0 };
	char again[RECORD_TEXT_MAX], third[RECORD_TEXT_MAX];

	if (record_text_parse_holder(text, &first) != 0)
		return;
	record_text_holder(&first, again);
	FUZZ_CHECK(record_text_parse_holder(span_str(again), &second) == 0);
	record_text_holder(&second, third);
	FUZZ_CHECK(strcmp(again, third) == 0);
}

static void
read_lease(struct span text)
{
	struct record_lease first = { 0 }, second = { 0 };
	char again[RECORD_TEXT_MAX];

	if (record_text_parse_lease(text, &first) != 0)
		return;
	record_text_lease(&first, again);
	/* A holder's name with a NUL is shorter. */
	FUZZ_CHECK(record_text_parse_lease(span_str(again), &second) == 0 &&
		   second.share_count == first.share_count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_new(data, size);
	struct record_account account = { 0 };
	char again[RECORD_TEXT_MAX];

	if (record_text_parse_account(text, &account) == 0)
		record_text_account(&account, again);
	read_holder(text);
	read_lease(text);
	return (0);
}
