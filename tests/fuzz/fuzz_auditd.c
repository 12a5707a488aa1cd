/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Auditd: what is no record adds nothing; of a record, the type comes first and no name or value is longer than the
 * text, but for names of numbers.
 */

#include "parsers/auditd.h"

#include "fuzz/fuzz.h"

enum { FIELDS_MAX = 256, NAME_MAX_LENGTH = 48, ARENA_BYTES = 16 << 20 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = n == 0 ? slice_of(NULL, 0) : slice_of((const char *)data, n);
    struct auditd_stamp stamp;
    struct fields fields;
    struct arena arena;
    size_t i;

    (void)arena_init(&arena, 0, ARENA_BYTES);
    fields_init(&fields, &arena, FIELDS_MAX);
    if (auditd_parse(text, &stamp, &fields) != 0)
        ASSERT(fields.n == 0 && fields.n_dropped == 0);
    else
        ASSERT(fields.n > 0 && slice_eq(fields.items[0].name, SLICE("type")));
    fuzz_touch(stamp.node);
    fuzz_touch(stamp.serial);
    for (i = 0; i < fields.n; i++) {
        ASSERT(fields.items[i].name.n + fields.items[i].value.n <= text.n + NAME_MAX_LENGTH);
        fuzz_touch(fields.items[i].name);
        fuzz_touch(fields.items[i].value);
    }
    arena_fini(&arena);
    return 0;
}
