/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Told: whom the parts of the correlator tell what happened, and where they count. Internal to this room.
 */

#include "correlate/correlator.h"

struct told {
    struct correlator_sink sink;
    void *ctx;
    struct counters *counters;
};
