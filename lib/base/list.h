/*
 * list.h: an intrusive, doubly linked list.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A list's head and, embedded in a value, one link of it. */
struct list {
	struct list *next;
	struct list *prev;
};

/* The value of ${type} whose ${member} is ${link}. */
#define LIST_VALUE(link, type, member)                                         \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

/**
 * list_init(list):
 * Make ${list} an empty head, or a link that is in no list.
 */
void list_init(struct list *list);

/**
 * list_is_empty(list):
 * Say whether the head ${list} has no links.
 */
bool list_is_empty(const struct list *list);

/**
 * list_add_first(list, link), list_add_last(list, link):
 * Put ${link}, which must be in no list, at the front or back of ${list}.
 */
void list_add_first(struct list *list, struct list *link);
void list_add_last(struct list *list, struct list *link);

/**
 * list_take(link):
 * Remove ${link} from the list that it is in; a link in no list is harmless.
 */
void list_take(struct list *link);

/**
 * list_take_first(list), list_take_last(list):
 * Remove the link at the front or back of ${list} and return it, or NULL when
 * there is none.
 */
struct list *list_take_first(struct list *list);
struct list *list_take_last(struct list *list);

#endif
