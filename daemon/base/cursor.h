/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Cursor: a slice read from its front. Each function takes what it names off the front of @in and says whether it
 * was there; where it was not, @in is unchanged. Inline, because parsers are made of them.
 */

#include "base/slice.h"

static inline bool
cursor_at(const struct slice *in, char c)
{
    return in->n > 0 && in->p[0] == c;
}

/** cursor_skip() - take the one byte @c. */
static inline bool
cursor_skip(struct slice *in, char c)
{
    if (!cursor_at(in, c))
        return false;
    in->p++;
    in->n--;
    return true;
}

/** cursor_skip_text() - take exactly the bytes of @text. */
static inline bool
cursor_skip_text(struct slice *in, struct slice text)
{
    if (!slice_starts(*in, text))
        return false;
    *in = slice_from(*in, text.n);
    return true;
}

/** cursor_skip_all() - take every @c at the front. Return: how many there were. */
static inline size_t
cursor_skip_all(struct slice *in, char c)
{
    size_t n = 0;

    while (cursor_skip(in, c))
        n++;
    return n;
}

/** cursor_digits() - take one to @digits_max decimal digits as @value; never overflows for up to 19 digits. */
static inline bool
cursor_digits(struct slice *in, unsigned digits_max, uint64_t *value)
{
    uint64_t v = 0;
    size_t i = 0;

    while (i < in->n && i < digits_max && (unsigned)(in->p[i] - '0') < 10)
        v = v * 10 + (uint64_t)(in->p[i++] - '0');
    if (i == 0)
        return false;
    *value = v;
    *in = slice_from(*in, i);
    return true;
}

/** cursor_number() - take one to @digits_max (at most 9) decimal digits as @value. */
static inline bool
cursor_number(struct slice *in, unsigned digits_max, unsigned *value)
{
    uint64_t v;

    if (!cursor_digits(in, digits_max, &v))
        return false;
    *value = (unsigned)v;
    return true;
}

/** cursor_until() - take the bytes before the first @stop, which stays; all of them where there is none. */
static inline struct slice
cursor_until(struct slice *in, char stop)
{
    struct slice head = slice_head(*in, slice_find(*in, stop));

    *in = slice_from(*in, head.n);
    return head;
}
