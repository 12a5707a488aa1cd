/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Category: what kind of incident it is, by the Reference Security Incident Taxonomy: "class" or "class/type".
 *
 * The classes are checked; types, which the taxonomy adds to now and then, are taken as they are written.
 */

#include "base/arena.h"

/** The taxonomy's classes, NULL at the end. */
extern const char *const category_classes[];

/** category_valid() - whether @category is a known class, alone or with a type. */
bool category_valid(struct slice category);

/**
 * category_of_tags() - the category named by the first tag "rsit.class" or "rsit.class.type" with a known class
 *
 * Return: a slice of @arena, or "other" where no tag names one; {NULL, 0} once the arena overflowed.
 */
struct slice category_of_tags(const struct slice *tags, size_t n, struct arena *arena);
