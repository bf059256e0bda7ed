#include "signtable.h"

#include <string.h>

#include "base/span.h"
#include "dns/name.h"

static const char *
from_refusal(const struct from *from)
{
	switch (from->status) {
	case FROM_OK:
		return (NULL);
	case FROM_NONE:
		return ("no From field");
	case FROM_SEVERAL_FIELDS:
		return ("several From fields");
	case FROM_SEVERAL_DOMAINS:
		return ("several domains in From");
	case FROM_NO_MAILBOX:
		return ("no address in From");
	case FROM_MALFORMED:
		return ("the From field is malformed");
	}
	return ("the From field is malformed");
}

static bool
user_is(
    const struct signtable_user *user, const char *login, const char *address)
{
	if (user->login != NULL)
		return (span_is_nocase(span_str(login), user->login));
	/* "*" means every login, with a domain or without. */
	if (address == NULL)
		return (user->logins.domain == NULL &&
			user->logins.local_part == NULL);
	return (pattern_matches(&user->logins, address));
}

static bool
is_listed(const struct signtable_user *user, const char *author)
{
	for (size_t i = 0; i < user->count; i++)
		if (pattern_matches(&user->authors[i], author))
			return (true);
	return (false);
}

/* The first of several authors that ${user} may not write as, or NULL. */
static const char *
unlisted_author(const struct signtable_user *user, const struct from *from)
{
	for (size_t i = 0; i < from->address_count; i++)
		if (!is_listed(user, from->addresses[i]))
			return (from->addresses[i]);
	return (NULL);
}

/* A login as an address with a lower-case A-label domain; NULL when it has no
 * domain. */
static const char *
login_address(
    const struct signtable *table, struct arena *arena, const char *login)
{
	const char *at = strrchr(login, '@');

	if (at == NULL)
		return (table->login_domain == NULL
			    ? NULL
			    : arena_printf(
				  arena, "%s@%s", login, table->login_domain));
	struct span local_part = span_new(login, (size_t)(at - login));
	const char *domain = name_to_ascii(arena, span_str(at + 1));

	if (domain == NULL)
		return (NULL);
	return (
	    arena_printf(arena, "%s@%s", arena_str(arena, local_part), domain));
}

/* Without a section for him, a user may write as any address of his login's own
 * domain. */
static const char *
user_refusal(const struct signtable *table, struct arena *arena,
    const struct signtable_query *query)
{
	const struct from *from = query->from;
	const char *address = login_address(table, arena, query->login);
	bool own_domain = address != NULL &&
	                  strcmp(strrchr(address, '@') + 1, from->domain) == 0;
	const char *refused = own_domain ? NULL : from->address;

	for (size_t i = 0; i < table->user_count; i++) {
		if (!user_is(&table->users[i], query->login, address))
			continue;
		refused = unlisted_author(&table->users[i], from);
		break;
	}
	if (refused == NULL)
		return (NULL);
	return (arena_printf(arena, "user %s may not write as %s%s",
	    query->login, refused,
	    address == NULL ? ": set login_domain or a sender section" : ""));
}

struct signtable_answer
signtable_find(const struct signtable *table, struct arena *arena,
    const struct signtable_query *query)
{
	enum signtable_cause cause = SIGNTABLE_AUTHOR;
	const char *refusal = from_refusal(query->from);

	if (refusal == NULL && query->login != NULL) {
		cause = SIGNTABLE_USER;
		refusal = user_refusal(table, arena, query);
	}
	if (refusal != NULL)
		return ((struct signtable_answer){
		    .refusal = refusal, .cause = cause });
	for (size_t i = 0; i < table->rule_count; i++)
		if (pattern_matches(
			&table->rules[i].author, query->from->address))
			return ((struct signtable_answer){
			    .rule = &table->rules[i] });
	return ((struct signtable_answer){
	    .refusal =
		arena_printf(arena, "no key for %s", query->from->domain),
	    .cause = SIGNTABLE_KEY });
}
