/* list.h: links at both ends and out of the middle. */
#include "support/unit.h"

#include "base/list.h"

struct item {
	int number;
	struct list link;
};

/* Compare the list, forwards and backwards, with ${numbers} up to a 0. */
static void
assert_holds(struct list *list, const int *numbers)
{
	struct list *link = list->next;
	size_t count = 0;

	for (; numbers[count] != 0; count++, link = link->next)
		assert_int_equal(LIST_VALUE(link, struct item, link)->number,
		    numbers[count]);
	assert_ptr_equal(link, list);
	for (link = list->prev; count > 0; count--, link = link->prev)
		assert_int_equal(LIST_VALUE(link, struct item, link)->number,
		    numbers[count - 1]);
	assert_ptr_equal(link, list);
	assert_int_equal(list_is_empty(list), numbers[0] == 0);
}

#define ASSERT_HOLDS(list, ...) assert_holds(list, (const int[]){ __VA_ARGS__ })

static void
links_come_and_go(void **state)
{
	struct item items[4] = { { 1 }, { 2 }, { 3 }, { 4 } };
	struct list list;

	(void)state;
	list_init(&list);
	ASSERT_HOLDS(&list, 0);
	list_add_last(&list, &items[1].link);
	list_add_last(&list, &items[2].link);
	list_add_first(&list, &items[0].link);
	list_add_last(&list, &items[3].link);
	ASSERT_HOLDS(&list, 1, 2, 3, 4, 0);
	list_take(&items[1].link);
	ASSERT_HOLDS(&list, 1, 3, 4, 0);
	list_take(&items[1].link); /* it is in no list: harmless */
	ASSERT_HOLDS(&list, 1, 3, 4, 0);
	list_take(&items[3].link);
	list_take(&items[0].link);
	ASSERT_HOLDS(&list, 3, 0);
	list_add_first(&list, &items[3].link);
	ASSERT_HOLDS(&list, 4, 3, 0);
	list_add_last(&list, &items[0].link);
	assert_ptr_equal(list_take_last(&list), &items[0].link);
	assert_ptr_equal(list_take_first(&list), &items[3].link);
	ASSERT_HOLDS(&list, 3, 0);
	assert_ptr_equal(list_take_first(&list), &items[2].link);
	ASSERT_HOLDS(&list, 0);
	assert_null(list_take_first(&list));
	assert_null(list_take_last(&list));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_come_and_go),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
