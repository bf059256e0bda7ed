/*
 * fuzz_request.c: whatever comes over a policy connection, each request is
 * complete, waits for more, or is none; it is so however the bytes are cut, and
 * what follows from it has bounds.
 */
#include <string.h>

#include "base/buf.h"
#include "facts.h"
#include "fuzz.h"
#include "request.h"

/* RFC 5890 2.3.2.1: an A-label is longer than its U-label. */
#define DERIVED_MAX_BYTES (REQUEST_MAX_LINE + 256)

static void
check_inside(struct span part, struct span whole)
{
	FUZZ_CHECK(part.len == 0 ||
		   (part.data >= whole.data &&
		       part.data + part.len <= whole.data + whole.len));
}

/* All that it says stands in its bytes, and its copy says the same. */
static void
check_request(
    struct arena *arena, struct span bytes, const struct request *request)
{
	const struct request *copy = request_copy(arena, request);

	FUZZ_CHECK(bytes.len <= REQUEST_MAX_BYTES);
	for (size_t i = 0; i < REQUEST_ATTRIBUTES; i++) {
		check_inside(request->attributes[i], bytes);
		FUZZ_CHECK(request->attributes[i].len < REQUEST_MAX_LINE);
		FUZZ_CHECK(
		    span_eq(copy->attributes[i], request->attributes[i]));
	}
	FUZZ_CHECK(span_is(
	    request->attributes[REQUEST_REQUEST], "smtpd_access_policy"));
}

static void
check_facts(struct arena *arena, const struct request *request)
{
	const struct facts_rules rules = { .client_net_ipv4 = 24,
		.client_net_ipv6 = 64,
		.recipient_delimiter = '+' };
	struct facts facts;

	facts_init(&facts, request, &rules, arena);
	for (unsigned int i = 0; i < FACTS_DERIVED; i++)
		FUZZ_CHECK(facts_get(&facts, (enum facts_derived)i).len <=
			   DERIVED_MAX_BYTES);
}

/* Fewer bytes may be too few, or wrong by the same reason: never a request. */
static void
check_cuts(struct span bytes, size_t used)
{
	struct request request;
	const char *error;
	size_t less;

	for (size_t len = 0; len < used; len += 1 + used / 64)
		FUZZ_CHECK(request_parse(span_head(bytes, len), &request, &less,
			       &error) == REQUEST_INCOMPLETE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span rest = span_new(data, size);
	enum request_status status = REQUEST_COMPLETE;

	while (status == REQUEST_COMPLETE) {
		struct request request;
		const char *error = "unset";
		size_t used = 0;

		status = request_parse(rest, &request, &used, &error);
		FUZZ_CHECK((error != NULL) == (status == REQUEST_BAD));
		FUZZ_CHECK(status != REQUEST_INCOMPLETE ||
			   rest.len < REQUEST_MAX_BYTES);
		if (status != REQUEST_COMPLETE)
			break;
		FUZZ_CHECK(used > 0 && used <= rest.len);
		check_request(arena, span_head(rest, used), &request);
		check_facts(arena, &request);
		check_cuts(rest, used);
		span_skip(&rest, used);
	}
	arena_free(arena);
	return (0);
}
