/*
 * fuzz_permit.c: whatever stands in a DKIM-Signature field, it permits few
 * names, each of them a domain name; and the key of a signature that we can
 * read is among them.
 */
#include <string.h>

#include "dkim/signature.h"
#include "dns/name.h"
#include "fuzz.h"
#include "receiver/permit.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct header_list headers;
	struct signature signature;
	struct permit permit;

	header_list_init(&headers, arena);
	header_list_add(
	    &headers, span_str("DKIM-Signature"), span_new(data, size));
	permit_find(arena, &headers, &permit);
	FUZZ_CHECK(permit.count <= 4);
	for (size_t i = 0; i < permit.count; i++)
		FUZZ_CHECK(strlen(permit.names[i]) <= NAME_MAX_BYTES &&
			   strstr(permit.names[i], "._domainkey.") != NULL);
	signature_parse(arena, headers.fields[0].value, &signature);
	if (signature.error == NULL)
		FUZZ_CHECK(
		    permit_name(&permit, arena, signature.key_name) != NULL);
	arena_free(arena);
	return (0);
}
