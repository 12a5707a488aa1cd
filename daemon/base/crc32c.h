/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * CRC-32C (Castagnoli; RFC 3720 appendix B.4): whether bytes on a disk are those that were written. Accidents only:
 * whoever may write the bytes may write the sum.
 */

#include "base/slice.h"

/** crc32c() - go on from @crc, 0 at the start, over @s. By the processor's own instruction where it has one. */
uint32_t crc32c(uint32_t crc, struct slice s);
