/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"
#include "support/unit.h"

struct item {
    int number;
    struct list link;
};

static int
sum_in_order(struct list *head)
{
    int sum = 0;

    LIST_EACH(head, link)
    sum = sum * 10 + LIST_ITEM(link, struct item, link)->number;
    return sum;
}

START_TEST(items_stay_in_the_order_they_were_appended)
{
    struct item items[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
    struct list head;
    int i;

    list_init(&head);
    ck_assert(list_empty(&head));
    for (i = 0; i < 3; i++)
        list_append(&head, &items[i].link);
    ck_assert_int_eq(sum_in_order(&head), 123);
    list_remove(&items[1].link);
    ck_assert_int_eq(sum_in_order(&head), 13);
    list_remove(&items[1].link);
    ck_assert_int_eq(sum_in_order(&head), 13);
    list_append(&head, &items[1].link);
    ck_assert_int_eq(sum_in_order(&head), 132);
}
END_TEST

START_TEST(the_visited_item_may_be_removed_on_the_way)
{
    struct item items[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
    struct list head;
    int i;

    list_init(&head);
    for (i = 0; i < 4; i++)
        list_append(&head, &items[i].link);
    LIST_EACH_SAFE(&head, link)
    if (LIST_ITEM(link, struct item, link)->number % 2 == 0)
        list_remove(link);
    ck_assert_int_eq(sum_in_order(&head), 13);
    LIST_EACH_SAFE(&head, link)
    list_remove(link);
    ck_assert(list_empty(&head));
}
END_TEST

UNIT_MAIN("list", items_stay_in_the_order_they_were_appended, the_visited_item_may_be_removed_on_the_way)
