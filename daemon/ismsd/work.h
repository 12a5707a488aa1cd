/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Work: what travels to the ledger thread. A batch goes home by its lane's pool once committed; a command and a change
 * of rules are answered on their own reply queue.
 */

#include "base/queue.h"
#include "ctl/ctl_proto.h"
#include "ismsd/program.h"
#include "model/batch.h"

enum work_kind { WORK_BATCH, WORK_COMMAND, WORK_RULES };

struct work {
    enum work_kind kind;
    struct queue *home; /* where it goes back to when done */
};

struct batch_work {
    struct work work;
    struct batch *batch;
    struct program *program; /* referenced while the batch is under way: its events' names are the mappings' */
    struct batch_work *unit; /* the next of the same unit, given with this one: all go into one transaction */
    struct batch_work *next; /* of those held until the commit */
};

struct command_work {
    struct work work;
    const struct ctl_request *request;
    struct buffer *answer;
};

struct rules_work {
    struct work work;
    struct rules *rules; /* the new ruleset's public half; the ledger thread takes its own reference */
    struct slice text;   /* what to note in the ledger */
};
