/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Body: a message that is a record: JSON, an event as XML, CEF, LEEF, auditd, or what a mapping describes as key=value
 * pairs or columns.
 *
 * Known by its first bytes alone, never by what stands somewhere inside: a message quotes what others wrote. Most
 * messages are none, and cost a look at their first byte.
 */

#include "normalize/decoder.h"
#include "parsers/auditd.h"

enum body_kind {
    BODY_TEXT, /* no record; nothing was added */
    BODY_RECORD,
    BODY_BROKEN_JSON, /* began as one and is none; nothing was added */
    BODY_BROKEN_CEF,  /* or LEEF */
    BODY_BROKEN_XML,
    BODY_CUT_XML, /* a record that ends too early: what stood before that was added */
};

/** What a record tells besides its fields. */
struct body {
    struct walltime time;          /* where the format itself tells it; else 0 */
    const struct mapping *mapping; /* whose shape it is; NULL where its fields tell */
    struct auditd_stamp audit;     /* of an audit record; its serial {NULL, 0} for others */
};

/** body_read_bare() - as body_read(), for a frame without a header, which can only be JSON or XML. */
enum body_kind body_read_bare(struct slice text, bool json, struct fields *out);

/**
 * body_read() - add the fields of @text, if it is a record
 * @shapes: of the mappings that describe records themselves
 * @text:   a message
 * @json:   whether JSON is taken
 * @out:    the event's fields
 * @body:   set
 */
enum body_kind body_read(
    const struct chain *shapes, struct slice text, bool json, struct fields *out, struct body *body);

/** body_read_shape() - as body_read(), for what can only be what a mapping describes; @body goes on being set. */
enum body_kind body_read_shape(const struct chain *shapes, struct slice text, struct fields *out, struct body *body);
