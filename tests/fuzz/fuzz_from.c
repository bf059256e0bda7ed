/*
 * fuzz_from.c: the author of a whole header section, with several From fields:
 * one author is one field with one domain, and no domain that a reader could
 * take is left out.
 */
#include "fuzz.h"

#include <string.h>

#include "dns/name.h"
#include "mail/address.h"

static size_t
count_from(const struct header_list *headers)
{
	size_t count = 0;

	for (size_t i = 0; i < headers->count; i++)
		count += span_is_nocase(span_trim_end(headers->fields[i].name,
					    span_is_wsp),
			     "From")
		             ? 1
		             : 0;
	return (count);
}

static bool
has(const struct from *from, const char *domain)
{
	for (size_t i = 0; i < from->domain_count; i++)
		if (strcmp(from->domains[i], domain) == 0)
			return (true);
	return (false);
}

static void
check_domains(struct arena *arena, const struct from *from)
{
	for (size_t i = 0; i < from->domain_count; i++) {
		const char *domain = from->domains[i];
		const char *again = name_to_ascii(arena, span_str(domain));

		FUZZ_CHECK(again != NULL && strcmp(again, domain) == 0);
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(strcmp(from->domains[j], domain) != 0);
	}
}

static void
check_status(const struct from *from, size_t fields)
{
	FUZZ_CHECK((from->status == FROM_NONE) == (fields == 0));
	FUZZ_CHECK((from->status == FROM_SEVERAL_FIELDS) == (fields > 1));
	FUZZ_CHECK((from->status == FROM_OK) == (from->domain != NULL));
	FUZZ_CHECK((from->status == FROM_OK) == (from->address != NULL));
	if (from->status == FROM_OK)
		FUZZ_CHECK(from->domain_count == 1 && has(from, from->domain));
	if (from->status == FROM_SEVERAL_DOMAINS)
		FUZZ_CHECK(from->domain_count > 1);
	if (from->domain_count > FROM_MAX_DOMAINS)
		FUZZ_CHECK(from->status == FROM_SEVERAL_FIELDS ||
			   from->status == FROM_TOO_MANY);
	if (from->status == FROM_NO_MAILBOX)
		FUZZ_CHECK(from->domain_count == 0);
}

/* Say whether From can have more domains than are kept: behind each "@" three
 * may be tried. */
static bool
has_too_many(const struct header_list *headers)
{
	size_t count = 0;

	for (size_t i = 0; i < headers->count; i++) {
		struct span rest = headers->fields[i].value, before;

		while (span_take_until(&rest, '@', &before))
			count += 3;
	}
	return (count >= ADDRESS_MAX);
}

/* One more field takes nothing away of what is seen, and makes several. */
static void
check_added(
    struct arena *arena, struct header_list *headers, const struct from *before)
{
	bool too_many = has_too_many(headers);
	struct from after;

	header_list_add(
	    headers, span_str("fROM"), span_str(" x@added.example"));
	address_from(arena, headers, &after);
	FUZZ_CHECK(too_many || has(&after, "added.example"));
	FUZZ_CHECK(
	    after.status ==
	    (before->status == FROM_NONE ? FROM_OK : FROM_SEVERAL_FIELDS));
	for (size_t i = 0; i < before->domain_count; i++)
		FUZZ_CHECK(has(&after, before->domains[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct header_list headers;
	struct from from;

	header_list_init(&headers, arena);
	(void)header_parse(&headers, span_new(data, size));
	address_from(arena, &headers, &from);
	check_domains(arena, &from);
	check_status(&from, count_from(&headers));
	check_added(arena, &headers, &from);
	arena_free(arena);
	return (0);
}
