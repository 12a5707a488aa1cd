/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * CEF: ArcSight's Common Event Format, as firewalls, gateways and agents put it into a syslog message.
 */

#include "parsers/field.h"

enum cef_outcome {
    CEF_E_SYNTAX = 1, /* no CEF, or a header that breaks off: nothing was added */
};

/**
 * cef_parse() - add the fields of @text to @out
 * @text: a message from "CEF:" on
 * @out:  the list, whose arena holds unescaped values
 *
 * The header becomes deviceVendor, deviceProduct, deviceVersion, deviceEventClassId, name and agentSeverity, then the
 * extension's pairs follow under their own keys. A value that has a label (cs1 with cs1Label) stands under the label's
 * text, too. A value holds blanks and what assigns: it ends where a blank, a key and `=` follow. Blanks around it do
 * not count. In values `\=`, `\\`, `\n` and `\r` are unescaped; in the header `\|` and `\\`; any other backslash stays.
 *
 * Source: ArcSight Common Event Format, version 25, "Extension Field" and "Character Encoding". Pure; any thread.
 *
 * Return: 0 or CEF_E_SYNTAX.
 */
int cef_parse(struct slice text, struct fields *out);
