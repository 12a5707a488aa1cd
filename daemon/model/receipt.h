/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Receipt: what says that everything up to here is on record.
 *
 * Inputs that acknowledge, or that keep a place of their own, write one at the end of a unit of frames. It travels with
 * the unit's batches; its positions are committed together with what the unit caused, and when the batches come home
 * committed, the inputs are told.
 */

#include "base/slice.h"

/** How far a partition of a stream has been read. */
struct position {
    struct slice stream; /* "kafka/INPUT/TOPIC", "spool" */
    int32_t partition;
    int32_t epoch;  /* of its leader (Kafka); -1 where there is none */
    int64_t offset; /* of the next record to be read; POSITION_NONE: none was yet */
};

enum { POSITION_NONE = -1, POSITION_STREAM_MAX = 1024 };

struct receipt {
    uint64_t number; /* rising from 1, of one set of inputs; 0: there is no receipt */
    bool urgent;     /* senders wait for it */
    const struct position *positions; /* in the batch's arena */
    size_t n_positions;
};
