/* SPDX-License-Identifier: Apache-2.0 */

/*
 * CSV: at most one column more than there are commas, no longer together than the text.
 */

#include "parsers/csv.h"

#include "fuzz/fuzz.h"

enum { ARENA_BYTES = 16 << 20 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = n == 0 ? slice_of(NULL, 0) : slice_of((const char *)data, n);
    struct slice column;
    struct arena arena;
    struct csv csv;
    size_t n_commas = 0;
    size_t n_bytes = 0;
    size_t i;

    for (i = 0; i < text.n; i++)
        n_commas += text.p[i] == ',';
    (void)arena_init(&arena, 0, ARENA_BYTES);
    for (csv = csv_begin(text, SLICE(","), &arena), i = 0; csv_next(&csv, &column); i++) {
        n_bytes += column.n;
        fuzz_touch(column);
    }
    ASSERT(i <= n_commas + 1 && n_bytes <= text.n);
    arena_fini(&arena);
    return 0;
}
