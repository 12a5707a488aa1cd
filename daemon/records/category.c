/* SPDX-License-Identifier: Apache-2.0 */
#include "records/category.h"

const char *const category_classes[] = {
    "abusive-content",
    "malicious-code",
    "information-gathering",
    "intrusion-attempts",
    "intrusions",
    "availability",
    "information-content-security",
    "fraud",
    "vulnerable",
    "other",
    "test",
    NULL,
};

bool
category_valid(struct slice category)
{
    size_t cut = slice_find(category, '/');
    size_t i;

    if (cut + 1 == category.n)
        return false;
    for (i = 0; category_classes[i] != NULL; i++)
        if (slice_eq(slice_head(category, cut), slice_str(category_classes[i])))
            return true;
    return false;
}

struct slice
category_of_tags(const struct slice *tags, size_t n, struct arena *arena)
{
    const struct slice prefix = SLICE("rsit.");
    size_t i;

    for (i = 0; i < n; i++) {
        struct slice category;
        size_t dot;
        char *p;

        if (!slice_starts(tags[i], prefix))
            continue;
        category = slice_from(tags[i], prefix.n);
        dot = slice_find(category, '.');
        p = arena_text(arena, category.n);
        if (p == NULL)
            return (struct slice){NULL, 0};
        memcpy(p, category.p, category.n);
        if (dot < category.n)
            p[dot] = '/';
        if (category_valid(slice_of(p, category.n)))
            return slice_of(p, category.n);
    }
    return SLICE("other");
}
