/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Windows event: one event record as XML, as the Windows event log renders it, agents send it, and Sysmon for Linux
 * writes it: <Event><System>…</System><EventData>…</EventData></Event>.
 */

#include "parsers/field.h"

enum winevent_outcome {
    WINEVENT_E_SYNTAX = 1, /* no such record; nothing was added */
    WINEVENT_E_CUT,        /* the text ends too early; what stood before is there, the last value as far as it goes */
};

/**
 * winevent_parse() - add the fields of @text to @out
 *
 * An element without elements in it is a field of its name; a Data element with a Name one of that name, and an
 * attribute one of "Element_Attribute" (Provider_Name, TimeCreated_SystemTime), as Sigma's rules have it. What stands
 * below RenderingInfo, which says again in words what System says in numbers, has "RenderingInfo_" before its name, but
 * for Message. Empty elements of System are no fields; empty Data is an empty one.
 *
 * Source: "Windows Event Schema", Event element; Sigma specification, Field Usage. Pure; any thread.
 *
 * Return: 0 or enum winevent_outcome.
 */
int winevent_parse(struct slice text, struct fields *out);

/** winevent_begins() - whether @text begins like one. */
bool winevent_begins(struct slice text);
