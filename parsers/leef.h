/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * LEEF: IBM QRadar's Log Event Extended Format, versions 1.0 and 2.0.
 */

#include "parsers/field.h"

enum leef_outcome {
    LEEF_E_SYNTAX = 1, /* no LEEF, or a header that breaks off: nothing was added */
};

/**
 * leef_parse() - add the fields of @text to @out
 * @text: a message from "LEEF:" on
 * @out:  the list, whose arena holds unescaped values
 *
 * The header becomes deviceVendor, deviceProduct, deviceVersion and EventID, then the attributes follow under their own
 * keys. They are parted by a tab, or by what version 2 declares: a byte as it is, or `0x5e`, or `x5e`. Where the
 * attributes hold no such byte, or the declaration is none, a tab, `^` and `|` are tried: senders declare one and use
 * another. Values have no escapes; an attribute without `=` is passed over.
 *
 * Source: IBM, LEEF Event Components, "LEEF header" and "Event attributes". Pure; any thread.
 *
 * Return: 0 or LEEF_E_SYNTAX.
 */
int leef_parse(struct slice text, struct fields *out);
