#include "base/list.h"

void
list_init(struct list *list)
{
	list->next = list;
	list->prev = list;
}

bool
list_is_empty(const struct list *list)
{
	return (list->next == list);
}

static void
insert(struct list *link, struct list *prev, struct list *next)
{
	link->prev = prev;
	link->next = next;
	prev->next = link;
	next->prev = link;
}

void
list_add_first(struct list *list, struct list *link)
{
	insert(link, list, list->next);
}

void
list_add_last(struct list *list, struct list *link)
{
	insert(link, list->prev, list);
}

void
list_take(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

static struct list *
take_from(const struct list *list, struct list *link)
{
	if (link == list)
		return (NULL);
	list_take(link);
	return (link);
}

struct list *
list_take_first(struct list *list)
{
	return (take_from(list, list->next));
}

struct list *
list_take_last(struct list *list)
{
	return (take_from(list, list->prev));
}
