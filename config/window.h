/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Window: when a configured maintenance takes place.
 *
 *   weekly = day SP 2DIGIT ":" 2DIGIT      day = "Mon" / "Tue" / "Wed" / "Thu" / "Fri" / "Sat" / "Sun", in any case
 */

#include "config/settings.h"

/** window_weekly() - the minute of the week, from Monday 00:00 on, that @text names. Return: whether it names one. */
bool window_weekly(struct slice text, unsigned *minute);

/** window_settle() - set from_at, until_at and minute_of_week to what the texts of @m say; what is none stays 0. */
void window_settle(struct maintenance_settings *m);

/**
 * window_now() - whether @now lies within @m
 * @from:  set to when it began this time
 * @until: and to when it ends
 */
bool window_now(
    const struct maintenance_settings *m, struct walltime now, struct walltime *from, struct walltime *until);
