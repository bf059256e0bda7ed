/*
 * fuzz_override.c: what is written of a limit for somebody is refused with a
 * reason, or is found again for him, and for nobody else.
 *
 * The input is, each up to a NUL: a title, a login, a domain, and rates.
 */
#include <string.h>

#include "fuzz.h"
#include "override.h"

#define MAX_RATES ((size_t)16)

static void
check_found(const struct overrides *overrides, const struct override_rate *rate,
    struct span user, struct span domain)
{
	const struct limit limit = { .name = rate->limit,
		.rule = { .rate = 77 } };
	const char *source = NULL;
	uint64_t found =
	    override_rate(overrides, NULL, &limit, user, domain, &source);

	FUZZ_CHECK(source != NULL);
	if (strcmp(source, "default") == 0)
		FUZZ_CHECK(found == 77);
	else
		FUZZ_CHECK(
		    found <= COUNTER_MAX_RATE || found == COUNTER_UNLIMITED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span rest = span_new(data, size);
	struct span title, user, domain, text;
	struct override_rate rates[MAX_RATES];
	size_t count = 0;

	(void)span_take_until(&rest, '\0', &title);
	(void)span_take_until(&rest, '\0', &user);
	(void)span_take_until(&rest, '\0', &domain);
	while (rest.len > 0 && count < MAX_RATES) {
		const char *error = NULL;
		int result;

		(void)span_take_until(&rest, '\0', &text);
		result = override_parse(
		    arena_str(arena, text), arena, &rates[count], &error);
		FUZZ_CHECK((result == 0) == (error == NULL));
		count += result == 0;
	}
	const char *const members[] = { arena_str(arena, user) };
	const struct override_section section = { arena_str(arena, title),
		rates, count };
	const struct override_group group = { "group", { members, 1 } };
	const struct overrides *overrides =
	    overrides_new(&section, 1, &group, 1, arena);

	for (size_t i = 0; i < count; i++)
		check_found(overrides, &rates[i], user, domain);
	arena_free(arena);
	return (0);
}
