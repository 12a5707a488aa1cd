/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * List: doubly linked, its links inside what it lists. The list owns nothing; an item is on one list at a time.
 */

#include "base/defs.h"

struct list {
    struct list *prev;
    struct list *next;
};

/** LIST_ITEM() - the @type whose member @member is the link @link. */
#define LIST_ITEM(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

/** LIST_EACH() - visit the links of @head; the visited one must stay on the list. */
#define LIST_EACH(head, link) for (struct list *link = (head)->next; link != (head); link = link->next)

/** LIST_EACH_SAFE() - visit the links of @head; the visited one may be removed. */
#define LIST_EACH_SAFE(head, link)                                                                                     \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head);                                 \
         link = link##_next, link##_next = link->next)

static inline void
list_init(struct list *head)
{
    head->prev = head->next = head;
}

static inline bool
list_empty(const struct list *head)
{
    return head->next == head;
}

/** list_append() - put @link last. */
static inline void
list_append(struct list *head, struct list *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

/** list_remove() - take @link off whatever list it is on; it is then a list of itself. */
static inline void
list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}
