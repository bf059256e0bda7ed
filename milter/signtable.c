#include "signtable.h"

#include <stdlib.h>
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
	case FROM_TOO_MANY:
		return ("more than ten domains in From");
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

/* The rules that may match an author, in order. */
struct candidates {
	const size_t *exact; /* those for his domain */
	size_t exact_count;
	const size_t *others;
	size_t other_count;
};

static const struct pattern *
author_of(const struct signtable *table, size_t rule)
{
	return (&table->rules[rule].author);
}

static bool
is_for_one_domain(const struct pattern *author)
{
	return (author->domain != NULL && !author->below);
}

static struct candidates
find_candidates(const struct signtable *table, const char *domain)
{
	struct candidates found = { .others = table->others,
		.other_count = table->other_count };
	size_t low = 0;
	size_t high = table->domain_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *name =
		    author_of(table, table->by_domain[middle])->domain;

		if (strcmp(name, domain) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	found.exact = &table->by_domain[low];
	while (low + found.exact_count < table->domain_count &&
	       strcmp(author_of(table, found.exact[found.exact_count])->domain,
		   domain) == 0)
		found.exact_count++;
	return (found);
}

/* The next of ${rest} in the order of the rules, or ${none}. */
static size_t
take_candidate(struct candidates *rest, size_t none)
{
	if (rest->exact_count == 0 && rest->other_count == 0)
		return (none);
	if (rest->other_count == 0 ||
	    (rest->exact_count > 0 && rest->exact[0] < rest->others[0])) {
		rest->exact_count--;
		return (*rest->exact++); /* UNSAFE: one is left */
	}
	rest->other_count--;
	return (*rest->others++); /* UNSAFE: one is left */
}

/* Rules of a row stand together, the one for what is left at their end. */
static bool
is_settled(
    const struct signtable_rule *rule, const struct signtable_answer *answer)
{
	return (rule->otherwise && answer->count > 0 &&
		answer->rules[answer->count - 1]->row == rule->row);
}

static void
find_rules(const struct signtable *table, const struct from *from,
    struct signtable_answer *answer)
{
	struct candidates rest = find_candidates(table, from->domain);
	size_t none = table->rule_count;

	for (size_t i = take_candidate(&rest, none);
	     i < none && answer->count < SIGNTABLE_SIGNATURES;
	     i = take_candidate(&rest, none)) {
		if (!pattern_matches(author_of(table, i), from->address) ||
		    is_settled(&table->rules[i], answer))
			continue;
		answer->rules[answer->count++] = &table->rules[i];
		if (i < table->all_from)
			return;
	}
}

/* Whether every user may write as the author: he is not one of the rules that
 * are for their own users. */
static bool
is_for_any_user(const struct signtable *table, const struct from *from)
{
	struct signtable_answer answer = { 0 };

	if (!table->any_author)
		return (false);
	find_rules(table, from, &answer);
	return (answer.count == 0 ||
		answer.rules[0] >= &table->rules[table->any_from]);
}

/* Without a section for him, a user may write as any address of his login's own
 * domain, or as any author whom the rules know. */
static const char *
user_refusal(const struct signtable *table, struct arena *arena,
    const struct signtable_query *query)
{
	const struct from *from = query->from;
	const char *address = login_address(table, arena, query->login);
	bool own_domain = address != NULL &&
	                  strcmp(strrchr(address, '@') + 1, from->domain) == 0;
	const char *refused =
	    own_domain || is_for_any_user(table, from) ? NULL : from->address;

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

/* qsort() knows no cookie: the name goes along. */
struct named_rule {
	const char *domain;
	size_t rule;
};

static int
compare(const void *left, const void *right)
{
	const struct named_rule *a = left;
	const struct named_rule *b = right;
	int order = strcmp(a->domain, b->domain);

	return (order != 0 ? order : a->rule < b->rule ? -1 : 1);
}

void
signtable_index(struct signtable *table, struct arena *arena)
{
	struct named_rule *named =
	    arena_array(arena, table->rule_count, sizeof(*named));

	table->by_domain =
	    arena_array(arena, table->rule_count, sizeof(*table->by_domain));
	table->others =
	    arena_array(arena, table->rule_count, sizeof(*table->others));
	table->domain_count = table->other_count = 0;
	for (size_t i = 0; i < table->rule_count; i++) {
		const struct pattern *author = author_of(table, i);

		if (is_for_one_domain(author))
			named[table->domain_count++] =
			    (struct named_rule){ author->domain, i };
		else
			table->others[table->other_count++] = i;
	}
	if (table->domain_count > 0)
		qsort(named, table->domain_count, sizeof(*named), compare);
	for (size_t i = 0; i < table->domain_count; i++)
		table->by_domain[i] = named[i].rule;
}

struct signtable_answer
signtable_find(const struct signtable *table, struct arena *arena,
    const struct signtable_query *query)
{
	struct signtable_answer answer = { .cause = SIGNTABLE_AUTHOR,
		.refusal = from_refusal(query->from) };

	if (answer.refusal == NULL && query->login != NULL) {
		answer.cause = SIGNTABLE_USER;
		answer.refusal = user_refusal(table, arena, query);
	}
	if (answer.refusal != NULL)
		return (answer);
	find_rules(table, query->from, &answer);
	if (answer.count > 0)
		return (answer);
	answer.cause = SIGNTABLE_KEY;
	answer.refusal =
	    arena_printf(arena, "no key for %s", query->from->domain);
	return (answer);
}
