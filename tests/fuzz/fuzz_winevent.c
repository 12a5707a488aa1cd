/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Windows event: what is none adds nothing; of one, all names and values are readable, and no more memory is taken than
 * a few times the text.
 */

#include "parsers/winevent.h"

#include "fuzz/fuzz.h"

enum { FIELDS_MAX = 256, ARENA_BYTES = 64 << 20 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = n == 0 ? slice_of(NULL, 0) : slice_of((const char *)data, n);
    struct fields fields;
    struct arena arena;
    size_t i;

    (void)arena_init(&arena, 0, ARENA_BYTES);
    fields_init(&fields, &arena, FIELDS_MAX);
    if (winevent_parse(text, &fields) == WINEVENT_E_SYNTAX)
        ASSERT(fields.n == 0 && fields.n_dropped == 0);
    ASSERT(!arena.overflowed);
    for (i = 0; i < fields.n; i++) {
        ASSERT(fields.items[i].name_hash == field_hash(fields.items[i].name));
        ASSERT(fields.items[i].name.n <= 2 * n && fields.items[i].value.n <= n);
        fuzz_touch(fields.items[i].name);
        fuzz_touch(fields.items[i].value);
    }
    arena_fini(&arena);
    return 0;
}
