/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Volume watch: a log source that sends far fewer or far more events than is usual for it (trigger T03).
 *
 * Events are counted by whole hours of UTC that the daemon listened through. What is usual in an hour is the median of
 *
 *   the same hour of the same weekday, of the last five weeks, where three of them at least are known; else
 *   the same hour of the last fourteen days of the same kind (Monday to Friday, or weekend), where four are; else
 *   nothing, and nothing is judged.
 *
 * A median, so that two bad weeks of five, an outage or a holiday, do not become what is usual, and what stays for
 * three does. Hours of a silence with a limit of its own are left to that (records/source_watch.h). Pure; one thread.
 */

#include "base/buffer.h"
#include "records/candidate.h"

enum { VOLUME_HOURS = 5 * 7 * 24 + 1, VOLUME_HOUR_S = 3600 };

/** How many events came in each of the last hours: +1, 0 is not known. */
struct volume_history {
    int64_t hour; /* the latest, since 1970 */
    uint32_t counts[VOLUME_HOURS];
};

/** volume_note() - @n events came in @hour. Hours between the latest and this one are not known. */
void volume_note(struct volume_history *h, int64_t hour, uint64_t n);

/** volume_of() - how many came in @hour. Return: -1 where that is not known. */
int64_t volume_of(const struct volume_history *h, int64_t hour);

/** volume_usual() - what is usual in @hour, from the hours before it. Return: -1 where nobody can tell. */
int64_t volume_usual(const struct volume_history *h, int64_t hour);

struct volume_terms {
    uint64_t low; /* per cent; 0: not judged */
    uint64_t high;
    uint64_t least;     /* where less is usual nothing is judged */
    unsigned hours;     /* on end that must be so */
    bool tells_silence; /* no event at all is told as silence */
};

enum volume_verdict { VOLUME_UNKNOWN, VOLUME_USUAL, VOLUME_BETWEEN, VOLUME_COLLAPSED, VOLUME_SURGED };

/**
 * volume_judge() - the latest hour, and those before it as far as terms->hours wants
 *
 * Usual again only at three times the lower limit and a third of the upper one; in between it stays as it was.
 */
enum volume_verdict volume_judge(const struct volume_history *h, const struct volume_terms *terms);

/** volume_evidence() - the hours that were judged, beside what is usual in them. */
void volume_evidence(const struct volume_history *h, const struct volume_terms *terms, struct buffer *out);
