/* SPDX-License-Identifier: Apache-2.0 */
#include "model/record_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/cursor.h"

enum { NUMBER_DIGITS_MAX = 18 };

static const char letters[] = {
    [RECORD_ALERT] = 'A', [RECORD_INCIDENT] = 'I', [RECORD_NONCONFORMITY] = 'N', [RECORD_MAINTENANCE] = 'M'};

/* The year of @t in UTC. */
static int
year_of(struct walltime t)
{
    time_t s = (time_t)(t.ns / NS_PER_S);
    struct tm tm;

    return gmtime_r(&s, &tm) == NULL ? 0 : tm.tm_year + 1900;
}

const char *
record_id_print(enum record_kind kind, struct walltime opened, int64_t number, char out[static RECORD_ID_MAX])
{
    (void)snprintf(out, RECORD_ID_MAX, "%c-%04d-%06" PRId64, letters[kind], year_of(opened), number);
    return out;
}

static bool
parse_kind(struct slice *in, enum record_kind *kind)
{
    size_t i;

    for (i = 0; i < sizeof(letters); i++)
        if (cursor_skip(in, letters[i]) || cursor_skip(in, (char)(letters[i] | 0x20))) {
            *kind = (enum record_kind)i;
            return true;
        }
    return false;
}

/* id = ( "A" / "I" / "N" / "M" ) "-" [ 4DIGIT "-" ] 1*18DIGIT */
bool
record_id_parse(struct slice text, struct record_id *id)
{
    uint64_t first;
    uint64_t number;
    struct slice rest = text;

    *id = (struct record_id){0};
    if (!parse_kind(&rest, &id->kind) || !cursor_skip(&rest, '-') || !cursor_digits(&rest, NUMBER_DIGITS_MAX, &first))
        return false;
    number = first;
    if (cursor_skip(&rest, '-')) {
        if (first > 9999 || !cursor_digits(&rest, NUMBER_DIGITS_MAX, &number))
            return false;
        id->year = (unsigned)first;
    }
    id->number = (int64_t)number;
    return rest.n == 0 && number > 0;
}
