/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Allocations: how often this program has asked for memory, so that a test can show that something never does.
 *
 * To be included by one file of a test program. Under a sanitizer its hooks count; otherwise the functions below
 * stand before the C library's. Memory that libraries take by mmap() themselves is not seen.
 */

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t), void (*)(const volatile void *));

static size_t allocations_n;

static void
allocations_note(const volatile void *p, size_t n)
{
    (void)p;
    (void)n;
    allocations_n++;
}

static void
allocations_ignore(const volatile void *p)
{
    (void)p;
}

/** allocations_count() - how many there were since the first call. */
static size_t
allocations_count(void)
{
    static int installed;

    if (installed == 0)
        installed = __sanitizer_install_malloc_and_free_hooks(allocations_note, allocations_ignore);
    return allocations_n;
}

#else

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);

static volatile size_t allocations_n;

void *
malloc(size_t n)
{
    allocations_n++;
    return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
    allocations_n++;
    return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
    allocations_n++;
    return __libc_realloc(p, n);
}

/** allocations_count() - how many there were since the program began. */
static size_t
allocations_count(void)
{
    return allocations_n;
}

#endif
