/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Body: a message that is a record: JSON, CEF, LEEF, auditd, or what a mapping describes as key=value pairs or columns.
 *
 * Known by its first bytes alone, never by what stands somewhere inside: a message quotes what others wrote. Most
 * messages are none, and cost a look at their first byte.
 */

#include "normalize/decoder.h"

enum body_kind {
    BODY_TEXT, /* no record; nothing was added */
    BODY_RECORD,
    BODY_BROKEN_JSON, /* began as one and is none; nothing was added */
    BODY_BROKEN_CEF,  /* or LEEF */
};

/** body_read_json() - as body_read(), for what can only be JSON. */
enum body_kind body_read_json(struct slice text, struct fields *out);

/**
 * body_read() - add the fields of @text, if it is a record
 * @shapes:  of the mappings that describe records themselves
 * @text:    a message
 * @out:     the event's fields
 * @time:    set where the format itself tells it
 * @mapping: set to the one whose shape it is, and NULL for formats that describe themselves
 */
enum body_kind body_read(const struct chain *shapes, struct slice text, struct fields *out, struct walltime *time,
    const struct mapping **mapping);
