/*
 * fuzz_sts_policy.c: an MTA-STS policy from any web server.
 */
#include "fuzz.h"

#include "check/policy.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct policy policy;

	policy_parse(span_new(data, size), arena, &policy);
	FUZZ_CHECK(policy.mx_count <= POLICY_MAX_MX);
	FUZZ_CHECK(policy.error != NULL || policy.mx_count > 0 ||
		   policy.mode == POLICY_NONE);
	FUZZ_CHECK(policy.max_age >= 0);
	(void)policy_covers(&policy, "mx.a.example");
	arena_free(arena);
	return (0);
}
