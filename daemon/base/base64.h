/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Base64, the standard alphabet with padding (RFC 4648 section 4).
 */

#include "base/buffer.h"

/** base64_encode() - append @s, encoded, to @out. */
void base64_encode(struct buffer *out, struct slice s);

/**
 * base64_decode() - append what @s encodes to @out
 *
 * Return: whether @s was whole, padded base64 and nothing else; where not, @out is as before.
 */
bool base64_decode(struct buffer *out, struct slice s);
