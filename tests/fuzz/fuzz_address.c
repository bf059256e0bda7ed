/*
 * fuzz_address.c: addresses in fields and paths; what we take for the author is
 * what we read again from what we print.
 */
#include "fuzz.h"

#include <string.h>

#include "dns/name.h"
#include "mail/address.h"

static bool
has_comment_or_blank(struct span domain)
{
	for (size_t i = 0; i < domain.len; i++)
		if (span_is_space(domain.data[i]) || domain.data[i] == '(')
			return (true);
	return (false);
}

static void
check_list(struct arena *arena, struct span value)
{
	struct address_list list;

	(void)address_parse_list(arena, value, &list);
	FUZZ_CHECK(list.count <= ADDRESS_MAX);
	for (size_t i = 0; i < list.count; i++) {
		struct span domain = list.mailboxes[i].domain;

		FUZZ_CHECK(domain.len > 0 && domain.len <= value.len);
		FUZZ_CHECK(
		    domain.data[0] == '[' || !has_comment_or_blank(domain));
	}
}

static void
check_path(struct arena *arena, struct span path)
{
	struct mailbox mailbox;

	if (address_parse_path(arena, path, &mailbox) != 0)
		return;
	FUZZ_CHECK(span_peek(mailbox.domain) == '[' ||
		   !has_comment_or_blank(mailbox.domain));
	if (mailbox.local_part.len == 0 && mailbox.domain.len == 0)
		FUZZ_CHECK(span_find(path, '@') == path.len ||
			   span_peek(span_tail(path, 1)) == '@');
}

/* The author of a message with the one From field ${value}. */
static struct from
author(struct arena *arena, struct span value)
{
	struct header_list headers;
	struct from from;

	header_list_init(&headers, arena);
	header_list_add(&headers, span_str("From"), value);
	address_from(arena, &headers, &from);
	return (from);
}

static size_t
count_at(struct span value)
{
	struct span before;
	size_t count = 0;

	while (span_take_until(&value, '@', &before))
		count++;
	return (count);
}

/* An author in what is no address list is the only one that could be: the name
 * behind the only "@", and nobody once there is one more address. */
static void
check_plain(struct arena *arena, struct span value, const struct from *from)
{
	struct address_list list;
	struct span name = span_tail(value, span_find(value, '@') + 1);
	size_t len = 0;

	if (address_parse_list(arena, value, &list) == 0)
		return;
	/* RFC 5322 3.4: an own display name makes two of it. */
	if (count_at(value) == 2 && list.count == 0)
		return;
	FUZZ_CHECK(count_at(value) == 1);
	FUZZ_CHECK(from->address_count == 1);
	while (len < name.len &&
	       (span_is_alnum(name.data[len]) || span_is_8bit(name.data[len]) ||
		   strchr("-_.", name.data[len]) != NULL))
		len++;
	const char *domain = name_to_ascii(arena, span_head(name, len));

	if (domain == NULL)
		domain = name_to_ascii(arena, span_head(name, len - 1));
	FUZZ_CHECK(domain != NULL && strcmp(domain, from->domain) == 0);
	struct from more =
	    author(arena, span_str(arena_printf(arena, "x@evil.example, %s",
			      arena_str(arena, value))));

	FUZZ_CHECK(more.status != FROM_OK ||
		   strcmp(from->domain, "evil.example") == 0);
}

/* What is printed of an author is read as the same again, and no longer with
 * something behind it. */
static void
check_from(struct arena *arena, struct span value)
{
	struct from from = author(arena, value);

	FUZZ_CHECK(from.status != FROM_NONE);
	FUZZ_CHECK(from.status != FROM_SEVERAL_FIELDS);
	for (size_t i = 0; i < from.domain_count; i++) {
		const char *again =
		    name_to_ascii(arena, span_str(from.domains[i]));

		FUZZ_CHECK(
		    again != NULL && strcmp(again, from.domains[i]) == 0);
	}
	if (from.status != FROM_OK)
		return;
	FUZZ_CHECK(span_find(value, '\0') == value.len);
	check_plain(arena, value, &from);
	struct from again = author(arena, span_str(from.address));

	FUZZ_CHECK(again.status == FROM_OK);
	FUZZ_CHECK(strcmp(again.address, from.address) == 0);
	FUZZ_CHECK(strcmp(again.domain, from.domain) == 0);
	again = author(arena,
	    span_str(arena_printf(arena, "%s@evil.example", from.address)));
	FUZZ_CHECK(again.status != FROM_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span value = span_new(data, size);

	check_list(arena, value);
	check_path(arena, value);
	check_from(arena, value);
	arena_free(arena);
	return (0);
}
