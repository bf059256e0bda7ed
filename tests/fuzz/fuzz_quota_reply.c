/* quota_reply.h: whatever comes, it is one reply, the beginning of one, or
 * none; its words can be said to a client. */
#include "quota_reply.h"

#include <string.h>

#include "fuzz.h"

/* What is complete was not refused while it came. */
static void
check_beginnings(struct span bytes)
{
	struct span action;

	for (size_t len = 0; len < bytes.len; len++)
		FUZZ_CHECK(quota_reply_parse(span_head(bytes, len), &action) !=
			   QUOTA_REPLY_BAD);
}

static void
check_words(struct span action)
{
	struct arena *arena = arena_new();
	const char *reason = "";
	enum quota_result result = quota_reply_eval(action, arena, &reason);

	FUZZ_CHECK(quota_result_name(result) != NULL);
	if (reason != NULL) {
		FUZZ_CHECK(reason[0] != '\0');
		FUZZ_CHECK(strlen(reason) <= QUOTA_MAX_REASON);
		for (size_t i = 0; reason[i] != '\0'; i++)
			FUZZ_CHECK(reason[i] >= ' ' && reason[i] <= '~');
	}
	arena_free(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_new(data, size);
	struct span action;

	switch (quota_reply_parse(bytes, &action)) {
	case QUOTA_REPLY_COMPLETE:
		FUZZ_CHECK(span_find(action, '\n') == action.len);
		if (size <= QUOTA_REPLY_MAX)
			check_beginnings(bytes);
		check_words(action);
		break;
	case QUOTA_REPLY_INCOMPLETE:
	case QUOTA_REPLY_BAD:
		FUZZ_CHECK(action.len == 0);
		break;
	}
	check_words(bytes);
	return (0);
}
