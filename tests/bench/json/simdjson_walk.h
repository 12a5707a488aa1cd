/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Simdjson walk: the other side of the comparison: parse one text into simdjson's DOM and visit every leaf.
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct walk_result {
    size_t n_leaves;
    size_t bytes; /* of all names and values together, so that nothing is optimised away */
};

/** simdjson_padding() - how many bytes must be readable behind a text. */
size_t simdjson_padding(void);

/** simdjson_name() - which of its implementations this machine gets. */
const char *simdjson_name(void);

/** simdjson_walk() - parse p[0..n) and visit its leaves. Return: whether it was JSON. */
int simdjson_walk(const char *p, size_t n, struct walk_result *out);

#ifdef __cplusplus
}
#endif
