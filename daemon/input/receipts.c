/* SPDX-License-Identifier: Apache-2.0 */

/* The receipts of a set: each input that wants them is asked, and told, in the order of the configuration. */

#include <errno.h>

#include "base/error.h"
#include "input/input.h"

/* The next input from @*i on that wants receipts; NULL after the last. Spooled ones hear from the spool. */
static struct input *
next(const struct inputs *in, size_t *i)
{
    while (*i < in->n_inputs) {
        struct input *input = in->inputs[(*i)++];

        if (input != NULL && input->ops->receipts != NULL && input->spooling == NULL)
            return input;
    }
    return NULL;
}

bool
inputs_exact(const struct inputs *in)
{
    const struct input *input;
    size_t i = 0;

    while ((input = next(in, &i)) != NULL)
        if (input->ops->receipts->exact)
            return true;
    return false;
}

void
inputs_resume(struct inputs *in, struct positions *positions)
{
    in->positions = positions;
}

bool
inputs_receipt_due(const struct inputs *in)
{
    const struct input *input;
    size_t i = 0;

    while ((input = next(in, &i)) != NULL)
        if (input->ops->receipts->is_due(input))
            return true;
    return false;
}

static size_t
count_positions(const struct inputs *in)
{
    const struct input *input;
    size_t n = 0;
    size_t i = 0;

    while ((input = next(in, &i)) != NULL)
        if (input->ops->receipts->n_positions != NULL)
            n += input->ops->receipts->n_positions(input);
    return n;
}

static int
copy_streams(struct position *positions, size_t n, struct arena *arena)
{
    for (size_t i = 0; i < n; i++) {
        positions[i].stream = arena_copy(arena, positions[i].stream);
        if (positions[i].stream.p == NULL)
            return -ENOMEM;
    }
    return 0;
}

/* Asked twice, inputs say the same: their share of the unit ends only with what follows. */
static int
take_positions(struct inputs *in, struct arena *arena, struct receipt *out)
{
    size_t n = count_positions(in);
    struct position *positions;
    struct input *input;
    size_t at = 0;
    size_t i = 0;

    if (n == 0)
        return 0;
    positions = arena_alloc(arena, n * sizeof(*positions));
    if (positions == NULL)
        return error_origin(-ENOMEM);
    while ((input = next(in, &i)) != NULL) {
        if (input->ops->receipts->n_positions == NULL)
            continue;
        n = input->ops->receipts->n_positions(input);
        input->ops->receipts->positions(input, &positions[at]);
        at += n;
    }
    out->positions = positions;
    out->n_positions = at;
    return copy_streams(positions, at, arena);
}

static bool
is_urgent(const struct inputs *in)
{
    const struct input *input;
    size_t i = 0;

    while ((input = next(in, &i)) != NULL)
        if (input->ops->receipts->is_urgent != NULL && input->ops->receipts->is_urgent(input))
            return true;
    return false;
}

int
inputs_receipt(struct inputs *in, struct arena *arena, struct receipt *out)
{
    size_t i = 0;
    int r;

    *out = (struct receipt){0};
    if (next(in, &i) == NULL)
        return 0;
    r = take_positions(in, arena, out);
    if (r < 0)
        return error_trace(r);
    out->urgent = is_urgent(in);
    out->number = in->unit++;
    return 0;
}

void
inputs_acknowledge(struct inputs *in, uint64_t number)
{
    struct input *input;
    size_t i = 0;

    while ((input = next(in, &i)) != NULL)
        input->ops->receipts->acknowledge(input, number);
}

void
inputs_hold(struct inputs *in, bool hold)
{
    struct input *input;
    size_t i = 0;

    while ((input = next(in, &i)) != NULL)
        if (input->ops->receipts->hold != NULL)
            input->ops->receipts->hold(input, hold);
}
