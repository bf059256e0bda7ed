/*
 * fuzz_message.c: a whole message through all that reads messages here.
 */
#include "fuzz.h"

#include <string.h>
#include <strings.h>

#include "mail/address.h"
#include "mail/authres.h"
#include "mail/date.h"
#include "mail/message.h"

static void
check_body(struct span body)
{
	for (size_t i = 0; i < body.len; i++)
		if (body.data[i] == '\n')
			FUZZ_CHECK(i > 0 && body.data[i - 1] == '\r');
}

static void
check_from(struct arena *arena, const struct header_list *headers)
{
	struct from from;
	size_t fields = header_count(headers, "From");

	address_from(arena, headers, &from);
	FUZZ_CHECK((from.status == FROM_NONE) == (fields == 0));
	FUZZ_CHECK((from.status == FROM_SEVERAL_FIELDS) == (fields > 1));
	FUZZ_CHECK((from.status == FROM_OK) == (from.domain != NULL));
	FUZZ_CHECK((from.status == FROM_OK) == (from.address != NULL));
	FUZZ_CHECK(from.domain_count <= ADDRESS_MAX);
	if (from.status == FROM_OK)
		FUZZ_CHECK(from.domain_count == 1 &&
			   strcmp(from.domain, from.domains[0]) == 0);
	if (from.status == FROM_SEVERAL_DOMAINS)
		FUZZ_CHECK(from.domain_count > 1);
}

static void
read_field(struct arena *arena, const struct header_field *field)
{
	struct authres authres;
	struct address_list list;
	int64_t seconds;

	(void)header_unfold(arena, field->value);
	(void)address_parse_list(arena, field->value, &list);
	(void)date_parse(field->value, &seconds);
	if (!span_is_nocase(field->name, "Authentication-Results"))
		return;
	bool claims = authres_claims(field->value, "mx.example", NULL);

	/* Whoever parses it finds no name that was not found before. */
	if (authres_parse(arena, field->value, &authres) == 0 &&
	    strcasecmp(authres.authserv_id, "mx.example") == 0)
		FUZZ_CHECK(claims);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct message message;

	message_parse(arena, span_new(data, size), &message);
	check_body(message.body);
	check_from(arena, &message.headers);
	for (size_t i = 0; i < message.headers.count; i++)
		read_field(arena, &message.headers.fields[i]);
	arena_free(arena);
	return (0);
}
