/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key=value: the first byte chooses the options. Every pair is kept or counted, keys are never empty, and no value is
 * longer than the text.
 */

#include "parsers/kv.h"

#include "fuzz/fuzz.h"

enum { FIELDS_MAX = 256, ARENA_BYTES = 16 << 20 };

static struct kv_options
options_of(uint8_t choice)
{
    static const char assigns[] = "=:=:";
    static const char separators[] = "  ,\n|;\t&";

    return (struct kv_options){assigns[choice & 3], separators[choice >> 2 & 7], (choice & 0x80) != 0};
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct kv_options options = options_of(n == 0 ? 0 : data[0]);
    struct slice text = n == 0 ? slice_of(NULL, 0) : slice_of((const char *)data + 1, n - 1);
    struct fields fields;
    struct arena arena;
    size_t n_pairs;
    size_t i;

    (void)arena_init(&arena, 0, ARENA_BYTES);
    fields_init(&fields, &arena, FIELDS_MAX);
    n_pairs = kv_parse(text, &options, &fields);
    ASSERT(n_pairs == fields.n + fields.n_dropped);
    for (i = 0; i < fields.n; i++) {
        ASSERT(fields.items[i].name.n > 0);
        ASSERT(fields.items[i].name.n + fields.items[i].value.n <= text.n);
        fuzz_touch(fields.items[i].name);
        fuzz_touch(fields.items[i].value);
    }
    arena_fini(&arena);
    return 0;
}
