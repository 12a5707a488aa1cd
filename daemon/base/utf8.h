/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * UTF-8 as RFC 3629 has it: shortest form only, no surrogates, nothing above U+10FFFF.
 */

#include "base/slice.h"

enum { UTF8_BYTES_MAX = 4 };

/**
 * utf8_decode() - the character at the front of @s as @c
 *
 * Return: its length in bytes, 0 where @s is empty or broken there.
 */
size_t utf8_decode(struct slice s, uint32_t *c);

/**
 * utf8_encode() - @c as UTF-8; a surrogate or a value out of range becomes U+FFFD
 *
 * Return: its length in bytes.
 */
size_t utf8_encode(uint32_t c, char out[static UTF8_BYTES_MAX]);

/** utf8_valid() - whether all of @s is UTF-8. */
bool utf8_valid(struct slice s);
