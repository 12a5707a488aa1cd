/* SPDX-License-Identifier: Apache-2.0 */

/*
 * CEF: what is none adds nothing; of what is one no name or value is longer than the text, and the header comes first.
 */

#include "parsers/cef.h"

#include "fuzz/fuzz.h"

enum { FIELDS_MAX = 256, HEADER_FIELDS = 6, ARENA_BYTES = 16 << 20 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = n == 0 ? slice_of(NULL, 0) : slice_of((const char *)data, n);
    struct fields fields;
    struct arena arena;
    size_t i;

    (void)arena_init(&arena, 0, ARENA_BYTES);
    fields_init(&fields, &arena, FIELDS_MAX);
    if (cef_parse(text, &fields) != 0)
        ASSERT(fields.n == 0 && fields.n_dropped == 0);
    else
        ASSERT(fields.n + fields.n_dropped >= HEADER_FIELDS);
    for (i = 0; i < fields.n; i++) {
        ASSERT(i < HEADER_FIELDS || fields.items[i].name.n > 0);
        ASSERT(fields.items[i].name.n <= text.n || i < HEADER_FIELDS);
        ASSERT(fields.items[i].value.n <= text.n);
        fuzz_touch(fields.items[i].name);
        fuzz_touch(fields.items[i].value);
    }
    arena_fini(&arena);
    return 0;
}
