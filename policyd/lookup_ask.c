#include "lookup_ask.h"

#include "base/clock.h"

/* How often we look what has come meanwhile: by that much, of what has gone by,
 * a measured time may be too long.  No look is shorter than this. */
#define LOOK_SHARE 4
#define LOOK_MS 8

void
lookup_ask_init(struct lookup_ask *ask, struct dns *dns, struct arena *arena)
{
	*ask = (struct lookup_ask){ .arena = arena,
		.dns = dns,
		.questions =
		    arena_array(arena, LOOKUP_ASK_MAX, sizeof(*ask->questions)),
		.answers =
		    arena_array(arena, LOOKUP_ASK_MAX, sizeof(*ask->answers)),
		.answered =
		    arena_array(arena, LOOKUP_ASK_MAX, sizeof(*ask->answered)),
		.took_us =
		    arena_array(arena, LOOKUP_ASK_MAX, sizeof(*ask->took_us)),
		.began_us = clock_monotonic_us() };
}

size_t
lookup_ask_add(struct lookup_ask *ask, const char *name, enum dns_type type)
{
	if (ask->count >= LOOKUP_ASK_MAX)
		return (LOOKUP_ASK_MAX);
	dns_prefetch(ask->dns, name, type);
	ask->questions[ask->count] =
	    (struct dns_question){ .name = name, .type = type };
	ask->answers[ask->count].status = DNS_TIMEOUT;
	return (ask->count++);
}

/* Wait for what is not answered until ${until}.  Return how many still are not.
 */
static size_t
look(struct lookup_ask *ask, int64_t until)
{
	struct dns_question questions[LOOKUP_ASK_MAX];
	struct dns_answer answers[LOOKUP_ASK_MAX];
	size_t numbers[LOOKUP_ASK_MAX];
	size_t count = 0;
	size_t left = 0;

	for (size_t i = 0; i < ask->count; i++) {
		if (ask->answered[i])
			continue;
		questions[count] = ask->questions[i];
		numbers[count++] = i;
	}
	dns_gather(ask->dns, questions, count, until, ask->arena, answers);
	/* Back before the time: a time-out is then the backend's answer. */
	bool final = clock_monotonic_ms() < until;

	for (size_t i = 0; i < count; i++) {
		if (answers[i].status == DNS_TIMEOUT && !final) {
			left++;
			continue;
		}
		ask->answers[numbers[i]] = answers[i];
		ask->answered[numbers[i]] = true;
		ask->took_us[numbers[i]] = clock_monotonic_us() - ask->began_us;
	}
	return (left);
}

/* dns_gather() returns with the slowest answer and does not say when the others
 * came, so that we wait for it in steps that grow. */
void
lookup_ask_wait(struct lookup_ask *ask, int64_t deadline)
{
	int64_t began = ask->began_us / 1000;
	int64_t now;
	size_t left;

	do {
		now = clock_monotonic_ms();
		int64_t step = (now - began) / LOOK_SHARE;
		int64_t until = now + (step < LOOK_MS ? LOOK_MS : step);

		left = look(ask, until < deadline ? until : deadline);
	} while (left > 0 && clock_monotonic_ms() < deadline);
}
