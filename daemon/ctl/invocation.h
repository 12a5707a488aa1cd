/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Invocation: one command line of ismsctl, read by the table of verbs.
 */

#include "base/buffer.h"
#include "ctl/verbs.h"

enum { INVOCATION_ARGS_MAX = VERB_POSITIONALS_MAX + VERB_OPTIONS_MAX };

/** ismsctl's exit codes, as its help prints them. */
enum exit_code {
    EXIT_DONE      = 0,
    EXIT_REFUSED   = 1, /* the daemon refused, a rule was rejected, the ledger is broken */
    EXIT_USAGE     = 2,
    EXIT_NO_DAEMON = 3,
    EXIT_MACHINE   = 4, /* a file, memory or the network failed */
};

struct invocation {
    const struct verb *verb;
    bool json;
    const char *socket; /* NULL: from the configuration */
    const char *config; /* NULL: the default file where it exists */
    const char *names[INVOCATION_ARGS_MAX];
    const char *values[INVOCATION_ARGS_MAX]; /* "" for a flag */
    size_t n;
};

/**
 * invocation_read() - read the command line into @inv; what is wrong is printed on stderr
 *
 * Return: whether there is something to do; where not, @exit_code is set.
 */
bool invocation_read(struct invocation *inv, int argc, char **argv, int *exit_code);

/** invocation_get() - the value of the argument @name. Return: NULL where it was not given. */
const char *invocation_get(const struct invocation *inv, const char *name);

/** invocation_request() - append the request for the daemon, one JSON object, to @out. */
void invocation_request(const struct invocation *inv, struct buffer *out);
