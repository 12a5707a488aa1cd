/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Quiet: lists ordered by who has been quiet longest, first. Whoever speaks goes to the end, so order costs nothing
 * while things happen in time; what a restart puts back in any order is sorted once. Internal to this room.
 */

#include "base/list.h"

static inline void
quiet_spoke(struct list *head, struct list *link)
{
    list_remove(link);
    list_append(head, link);
}

/** quiet_sort() - order @head by the time @when says each link spoke last, stable. Return: 0 or -ENOMEM. */
int quiet_sort(struct list *head, int64_t (*when)(const struct list *link));
