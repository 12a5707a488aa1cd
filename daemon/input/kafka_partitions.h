/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Partitions: which partitions of Kafka a lane has or had, and how far it got with each.
 *
 * One that is released stays in the table, so that others may look at it without a lock: they read `shown` and what
 * never changes. All else is the lane's.
 */

#include "input/input.h"

enum { PARTITIONS_MAX = 4096 };

struct partition {
    /* never changes */
    char *topic;
    int32_t number;
    struct slice stream; /* what its place is called, "kafka/INPUT/TOPIC" */

    struct {
        _Atomic enum partition_state state;
        _Atomic int64_t next;
        _Atomic int64_t recorded;
        _Atomic int64_t start;
        _Atomic int64_t end;
        _Atomic int64_t stamp_ns;
        _Atomic uint64_t n_gap_records;
    } shown;

    bool claimed;
    int64_t next; /* offset of the record that follows; POSITION_NONE: not known */
    int32_t epoch;
    uint64_t unit; /* the last in which it moved on; 0: none since it was claimed */
    struct walltime stamp;
};

struct partitions {
    struct partition *items[PARTITIONS_MAX];
    _Atomic size_t n;
};

void partitions_fini(struct partitions *all);

/** partitions_find() - the one of @topic with @number. Return: NULL where there is none. */
struct partition *partitions_find(const struct partitions *all, const char *topic, int32_t number);

/** partitions_get() - as partitions_find(), made for @input where there is none. Return: NULL where there is no room.
 */
struct partition *partitions_get(struct partitions *all, const struct input *input, const char *topic, int32_t number);

/** partition_view() - the @k-th partition as others may see it; any thread. Return: false where there are not so many.
 */
bool partitions_view(const struct partitions *all, size_t k, struct partition_view *out);

/**
 * partition_claim() - make @p the lane's
 *
 * Return: 0, with `next` where to begin or POSITION_NONE; POSITIONS_E_HELD while another lane has it; or -ENOMEM.
 */
int partition_claim(struct partition *p, const struct inputs *set);

/** partition_release() - nothing of @p is under way any more, and others may have it. */
void partition_release(struct partition *p, const struct inputs *set);

/** What the log of a partition holds, as far as that is known. */
struct log_range {
    int64_t start;
    int64_t end;
};

/** partition_show() - let others see how far @p is, and what is on record of it. */
void partition_show(struct partition *p, const struct inputs *set, enum partition_state state, struct log_range log);
