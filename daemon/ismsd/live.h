/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Live: what the daemon is doing now, as rows: the verbs that show counters and not records.
 */

#include "ctl/ctl_proto.h"
#include "ismsd/pipeline.h"

struct live {
    const struct settings *settings;
    const struct clock *clock;
    struct pipeline *pipeline;
    struct program *program;
    struct reader *reader;
    struct walltime started;
    const struct counters *own[2]; /* the main thread's sets */
};

enum { LIVE_E_UNKNOWN = 1 };

/** live_answer() - answer @request whole. Return: 0, or LIVE_E_UNKNOWN where the verb is not one of these. */
int live_answer(const struct live *live, const struct ctl_request *request, struct buffer *out);
