/*
 * fuzz_keyformat.c: a format string is refused with a reason, or makes keys
 * within bounds of whatever the attributes say.
 *
 * The input is a format string up to a NUL, then values of the attributes, each
 * up to a NUL.
 */
#include <string.h>

#include "fuzz.h"
#include "key.h"

static void
fill(struct span rest, struct request *request)
{
	for (size_t i = 0; rest.len > 0 && i < REQUEST_ATTRIBUTES; i++) {
		struct span *value = &request->attributes[i];

		(void)span_take_until(&rest, '\0', value);
		*value = span_head(*value, REQUEST_MAX_LINE);
	}
	request->client.family = AF_INET6;
	memset(request->client.bytes, 0x20, sizeof(request->client.bytes));
}

static void
check_key(const struct key *key, struct facts *facts)
{
	struct span first;
	struct span second;

	(void)key_uses_recipient(key);
	if (!key_expand(key, facts, &first))
		return;
	FUZZ_CHECK(first.len > 0 && first.len <= KEY_MAX_BYTES);
	for (size_t i = 0; i < first.len; i++)
		FUZZ_CHECK(first.data[i] == span_lower(first.data[i]));
	FUZZ_CHECK(key_expand(key, facts, &second));
	FUZZ_CHECK(span_eq(first, second));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct facts_rules rules = { .client_net_ipv4 = 24,
		.client_net_ipv6 = 64,
		.recipient_delimiter = '+' };
	struct arena *arena = arena_new();
	struct span rest = span_new(data, size);
	struct request request = { 0 };
	struct facts facts;
	struct span format;
	const char *error = NULL;

	(void)span_take_until(&rest, '\0', &format);
	const struct key *key =
	    key_parse(arena_str(arena, format), arena, &error);

	FUZZ_CHECK((key == NULL) == (error != NULL));
	fill(rest, &request);
	facts_init(&facts, &request, &rules, arena);
	if (key != NULL)
		check_key(key, &facts);
	arena_free(arena);
	return (0);
}
