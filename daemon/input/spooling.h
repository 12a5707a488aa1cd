/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Spooling: what a lane does with the spool between its inputs and itself.
 *
 * Frames of inputs that are spooled are appended instead of handed over. A group of them is synced a few times a second
 * or more; then who sent them may be told, and they are handed over from the spool, as those of an exact input whose
 * place is committed with what they caused. Each lane has a spool of its own, STATE/spool/lane-N, for all its spooled
 * inputs; the place of lane N's is partition N of the stream "spool". Spools of lanes that are no more are read out by
 * those there are: lane i those of i modulo their number.
 *
 * Spooled inputs wait behind a gate, an epoll of their own that hangs in the set's. While the spool is full the gate is
 * shut: nothing of theirs is read. Or, where the settings say so, it stays open and frames are dropped and counted.
 * Inputs that acknowledge always wait.
 *
 * The lane's thread, but for what says otherwise.
 */

#include "input/input.h"

struct spooling;

/**
 * spooling_new() - where the lane has spooled inputs, or spools to read out
 * @out: NULL where not; otherwise spooling_input() closes it
 *
 * Return: 0 or negative errno.
 */
int spooling_new(struct spooling **out, struct inputs *set);

/** spooling_input() - the exact input that hands over what the spools hold: the set's, who frees it as any. */
struct input *spooling_input(struct spooling *s);

/** spooling_epoll() - what the watches of @input, which is spooled, go into. */
int spooling_epoll(const struct spooling *s, const struct input *input);

/** spooling_makes_wait() - whether @input waits while the spool is full; otherwise what it reads then is dropped. */
bool spooling_makes_wait(const struct spooling *s, const struct input *input);

/** spooling_is_shut() - whether inputs that wait are to read nothing now. */
bool spooling_is_shut(const struct spooling *s);

/** spooling_take() - @frame of @input has come. */
void spooling_take(struct spooling *s, struct input *input, const struct frame *frame);

/** spooling_unit() - by this number what a spooled input hands over now will be acknowledged. */
uint64_t spooling_unit(struct spooling *s);

/** spooling_begin(), spooling_end() - at the beginning of each poll; and behind what was read: sync what is due. */
void spooling_begin(struct spooling *s);
void spooling_end(struct spooling *s);

/** spooling_receive() - as inputs_receive(). */
void spooling_receive(struct spooling *s);

/** spooling_wait_ms() - how long a poll may wait at the most; -1: as long as it likes. */
int spooling_wait_ms(const struct spooling *s);

/** spooling_finish() - the last sync, at a stop. */
void spooling_finish(struct spooling *s);

/** spooling_view() - what others may see; any thread. */
struct spool_view spooling_view(const struct spooling *s);
