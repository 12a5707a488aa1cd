/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Defs: the few words every room speaks: who cleans up, who takes over, what cannot be otherwise.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** ARRAY_LEN() - how many elements the array @a has. */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/**
 * CLEANUP_DEFINE() - let CLEANUP(@fn) call @fn on a variable of type @type when it leaves scope
 *
 * Stands once, below the prototype of @fn, which must accept the empty value (NULL for a pointer).
 */
#define CLEANUP_DEFINE(fn, type)                                                                                       \
    __attribute__((unused)) static inline void fn##_cleanup(type *p)                                                   \
    {                                                                                                                  \
        fn(*p);                                                                                                        \
    }

/** CLEANUP() - the variable declared next is handed to @fn on every way out of its scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn##_cleanup)))

/** SWAP() - exchange two variables of one type. */
#define SWAP(a, b)                                                                                                     \
    do {                                                                                                               \
        __typeof__(a) was_ = (a);                                                                                      \
        (a) = (b);                                                                                                     \
        (b) = was_;                                                                                                    \
    } while (0)

/** TAKE() - hand the pointer @p out and leave NULL, so that its CLEANUP has nothing left to do. */
#define TAKE(p)                                                                                                        \
    __extension__({                                                                                                    \
        __typeof__(p) taken_ = (p);                                                                                    \
        (p) = NULL;                                                                                                    \
        taken_;                                                                                                        \
    })

/** ASSERT() - what cannot be otherwise; stays on in release and stops the process with file and line. */
#define ASSERT(cond)                                                                                                   \
    do {                                                                                                               \
        if (UNLIKELY(!(cond)))                                                                                         \
            assert_failed(__FILE__, __LINE__, #cond);                                                                  \
    } while (0)

_Noreturn void assert_failed(const char *file, int line, const char *cond);

/** CLEANUP_FREE - the heap pointer declared next is freed on every way out of its scope. */
#define CLEANUP_FREE __attribute__((cleanup(free_pointer_cleanup)))

void free_pointer_cleanup(void *pp);
