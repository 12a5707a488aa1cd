/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Trust: whether the library behind the prefilter finds what it should, asked anew whenever rules are loaded.
 *
 * Vectorscan 5.4.9 on x86-64, which is what Debian 12 has under that name, does not: of texts longer than a vector
 * register it loses one match in a hundred for short expressions, and one in some ten thousand for sets of two or three
 * short literals, where its accelerators leave the last bytes out (upstream issue 317). Hyperscan 5.4.0 loses none.
 * A lost match is a lost detection, so what cannot be trusted is not used.
 */

#include "detect/prefilter.h"

/** trust_measure() - what to use of the library: a few thousand short scans, some milliseconds. Any thread. */
enum prefilter_trust trust_measure(void);
