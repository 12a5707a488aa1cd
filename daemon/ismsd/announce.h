/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Announcements: messages that wait for their commit. Published after it, forgotten when it is undone.
 */

#include "base/buffer.h"
#include "publish/publisher.h"

struct announcement {
    size_t topic_at; /* both in `bytes` */
    size_t topic_n;
    size_t body_n;
};

struct announcements {
    struct buffer bytes;
    struct announcement *items;
    size_t n;
    size_t cap;
    uint64_t n_lost; /* for want of memory */
};

void announcements_fini(struct announcements *a);

/** announcements_add() - @body, one JSON object, is to go out under @topic. */
void announcements_add(struct announcements *a, struct slice topic, struct slice body);

/** announcements_send() - publish and forget all; @p may be NULL. */
void announcements_send(struct announcements *a, struct publisher *p, struct walltime at);

void announcements_forget(struct announcements *a);
