/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_PIECEWISE 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_PIECEWISE 1
#endif
#ifndef ARENA_PIECEWISE
#define ARENA_PIECEWISE 0
#endif

enum { ARENA_ALIGN = _Alignof(max_align_t), ARENA_BLOCK_MIN = 4096 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(max_align_t) char bytes[];
};

static struct arena_block *
add_block(struct arena *a, size_t bytes)
{
    struct arena_block *b;

    if (bytes > a->bytes_max || a->bytes_total > a->bytes_max - bytes)
        return NULL;
    b = malloc(sizeof(*b) + bytes);
    if (b == NULL)
        return NULL;
    b->size = bytes;
    b->next = a->current;
    a->current = b;
    a->used = 0;
    a->bytes_total += bytes;
    return b;
}

/* A new block is as large as all before it together, so that an arena of any size is a handful of blocks. */
static struct arena_block *
grow(struct arena *a, size_t n)
{
    size_t want = a->bytes_total < ARENA_BLOCK_MIN ? ARENA_BLOCK_MIN : a->bytes_total;
    struct arena_block *b = NULL;

    if (!ARENA_PIECEWISE && want > n)
        b = add_block(a, want);
    return b != NULL ? b : add_block(a, n);
}

static void
drop_block(struct arena *a)
{
    struct arena_block *b = a->current;

    a->current = b->next;
    a->bytes_total -= b->size;
    free(b);
}

int
arena_init(struct arena *a, size_t bytes, size_t bytes_max)
{
    *a = (struct arena){.bytes_max = bytes_max < bytes ? bytes : bytes_max};
    if (ARENA_PIECEWISE || bytes == 0)
        return 0;
    return add_block(a, bytes) == NULL ? error_origin(-ENOMEM) : 0;
}

void
arena_fini(struct arena *a)
{
    while (a->current != NULL)
        drop_block(a);
    *a = (struct arena){0};
}

void
arena_reset(struct arena *a)
{
    while (a->current != NULL && (ARENA_PIECEWISE || a->current->next != NULL))
        drop_block(a);
    a->used = 0;
    a->overflowed = false;
}

/* @n bytes at the next multiple of @align in the current block, or in a new one. */
static void *
take(struct arena *a, size_t n, size_t align)
{
    size_t at = (a->used + align - 1) & ~(align - 1);

    if (UNLIKELY(ARENA_PIECEWISE || a->current == NULL || at > a->current->size || n > a->current->size - at)) {
        if (a->overflowed || grow(a, n) == NULL) {
            a->overflowed = true;
            return NULL;
        }
        at = 0;
    }
    a->used = at + n;
    return a->current->bytes + at;
}

void *
arena_alloc(struct arena *a, size_t n)
{
    return take(a, n, ARENA_ALIGN);
}

void *
arena_zalloc(struct arena *a, size_t n)
{
    void *p = arena_alloc(a, n);

    if (p != NULL)
        memset(p, 0, n);
    return p;
}

char *
arena_text(struct arena *a, size_t n)
{
    return take(a, n, 1);
}

struct slice
arena_copy(struct arena *a, struct slice s)
{
    char *p = arena_text(a, s.n);

    if (p == NULL)
        return (struct slice){NULL, 0};
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return slice_of(p, s.n);
}
