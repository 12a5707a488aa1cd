/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Outcome: why a move of a record was refused. Each comes with a sentence that names what is missing and what may be
 * done now. Text from outside in it is escaped.
 */

enum {
    RECORD_E_FORBIDDEN = 1, /* not in this state */
    RECORD_E_INCOMPLETE,    /* something that must be given is missing */
    RECORD_E_BAD_VALUE,     /* something given is not one of what is known */
    RECORD_E_ORDER,         /* a time would run backwards or lies in the future */
    RECORD_E_SECOND_PERSON, /* somebody else has to do it (A.5.3) */
};
