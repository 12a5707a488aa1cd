/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Event view: one event as the JSON object `ismsctl parse` prints.
 */

#include "base/json_writer.h"
#include "model/event.h"

/**
 * event_view() - write @e as one object: raw bytes, marks, header, structured data, fields, log sources
 *
 * What is absent is null; a name that stands several times has an array of its values.
 */
void event_view(struct json_writer *w, const struct event *e);
