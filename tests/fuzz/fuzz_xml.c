/* SPDX-License-Identifier: Apache-2.0 */

/*
 * XML: reading always ends; elements close in the order they were opened; all values are readable; the beginning of
 * what is a document is cut, never broken.
 */

#include "parsers/xml.h"

#include "fuzz/fuzz.h"

enum { ARENA_BYTES = 64 << 20 };

static enum xml_token
read_all(struct slice text, struct arena *arena)
{
    size_t opened = 0;
    size_t n_tokens = 0;
    struct xml xml;
    enum xml_token token;

    xml_begin(&xml, text, arena);
    for (;;) {
        token = xml_next(&xml);
        ASSERT(++n_tokens <= text.n + 1);
        fuzz_touch(xml.name);
        fuzz_touch(xml.value);
        if (token == XML_OPEN)
            ASSERT(++opened == xml.depth && opened <= XML_DEPTH_MAX);
        else if (token == XML_CLOSE)
            ASSERT(opened-- == xml.depth && slice_eq(xml.name, xml.open[xml.depth - 1]));
        else if (token != XML_ATTRIBUTE && token != XML_TEXT)
            break;
    }
    ASSERT(xml_next(&xml) == token);
    ASSERT(token != XML_END || opened == 0);
    return token;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = n == 0 ? slice_of(NULL, 0) : slice_of((const char *)data, n);
    enum xml_token token;
    struct arena arena;
    size_t i;

    (void)arena_init(&arena, 0, ARENA_BYTES);
    token = read_all(text, &arena);
    for (i = 0; token == XML_END && i < 8; i++)
        ASSERT(read_all(slice_head(text, n * i / 8), &arena) != XML_BROKEN);
    arena_fini(&arena);
    return 0;
}
