#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policyd_soak.h"

#define FIRST_SIZE ((size_t)64)

/* Make room for one more: move what is not forgotten to the front, or grow. */
static void
make_room(struct policyd_soak_list *list)
{
	if (list->count < list->size)
		return;
	if (list->first > list->size / 2) {
		list->count -= list->first;
		memmove(list->events, &list->events[list->first],
		    list->count * sizeof(*list->events));
		list->first = 0;
		return;
	}
	list->size = list->size == 0 ? FIRST_SIZE : 2 * list->size;
	list->events =
	    realloc(list->events, list->size * sizeof(*list->events));
	if (list->events == NULL) {
		perror("realloc");
		exit(EXIT_FAILURE);
	}
}

void
policyd_soak_add(
    struct policyd_soak_list *list, uint64_t mail, uint64_t amount, int64_t now)
{
	make_room(list);
	list->events[list->count++] = (struct policyd_soak_event){
		.at = now,
		.surely_until = POLICYD_SOAK_NEVER,
		.perhaps_until = POLICYD_SOAK_NEVER,
		.mail = mail,
		.amount = amount,
	};
}

void
policyd_soak_end(struct policyd_soak_list *list, uint64_t mail, size_t keep,
    int64_t surely, int64_t perhaps)
{
	for (size_t i = list->first; i < list->count; i++) {
		struct policyd_soak_event *event = &list->events[i];

		if (event->mail != mail ||
		    event->surely_until != POLICYD_SOAK_NEVER)
			continue;
		if (keep > 0) {
			keep--;
			continue;
		}
		event->surely_until = surely;
		event->perhaps_until = perhaps;
	}
}

uint64_t
policyd_soak_least(const struct policyd_soak_list *list, int64_t now)
{
	uint64_t sum = 0;

	for (size_t i = list->first; i < list->count; i++) {
		const struct policyd_soak_event *event = &list->events[i];

		if (event->at > now - list->period && event->surely_until > now)
			sum += event->amount;
	}
	return (sum);
}

uint64_t
policyd_soak_most(const struct policyd_soak_list *list, int64_t now)
{
	uint64_t sum = 0;

	for (size_t i = list->first; i < list->count; i++) {
		const struct policyd_soak_event *event = &list->events[i];

		if (event->at > now - list->period - list->slot &&
		    event->perhaps_until > now)
			sum += event->amount;
	}
	return (sum);
}

void
policyd_soak_forget(struct policyd_soak_list *list, int64_t now)
{
	while (list->first < list->count &&
	       list->events[list->first].at <= now - list->period - list->slot)
		list->first++;
}

size_t
policyd_soak_bytes(const struct policyd_soak_list *list)
{
	return (list->size * sizeof(*list->events));
}
