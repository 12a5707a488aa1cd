/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/value.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/cursor.h"

enum { NUMBER_BYTES_MAX = 64, ADDRESS_BYTES_MAX = 64, DAYS_TO_1970 = 719468, S_A_DAY = 86400 };

static size_t
skip_digits(struct slice *in)
{
    size_t n = 0;

    while (in->n > 0 && in->p[0] >= '0' && in->p[0] <= '9') {
        *in = slice_from(*in, 1);
        n++;
    }
    return n;
}

static bool
skip_sign(struct slice *in)
{
    return cursor_skip(in, '-') || cursor_skip(in, '+');
}

bool
value_number(struct slice text, double *number)
{
    char z[NUMBER_BYTES_MAX];
    struct slice in = text;

    if (text.n == 0 || text.n >= sizeof(z))
        return false;
    (void)skip_sign(&in);
    if (skip_digits(&in) == 0)
        return false;
    if (cursor_skip(&in, '.') && skip_digits(&in) == 0)
        return false;
    if (cursor_skip(&in, 'e') || cursor_skip(&in, 'E')) {
        (void)skip_sign(&in);
        if (skip_digits(&in) == 0)
            return false;
    }
    if (in.n > 0)
        return false;
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    *number = strtod(z, NULL);
    return true;
}

bool
value_address(struct slice text, unsigned char address[static 16], bool *v4)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char z[ADDRESS_BYTES_MAX];
    struct slice plain = slice_head(text, slice_find(text, '%'));

    if (plain.n == 0 || plain.n >= sizeof(z))
        return false;
    memcpy(z, plain.p, plain.n);
    z[plain.n] = '\0';
    if (strlen(z) != plain.n)
        return false;
    if (inet_pton(AF_INET6, z, address) == 1) {
        *v4 = false;
        return true;
    }
    if (plain.n != text.n || inet_pton(AF_INET, z, address + 12) != 1)
        return false;
    memcpy(address, mapped, sizeof(mapped));
    *v4 = true;
    return true;
}

/* Days since 1970-01-01, counted in years that begin in March, so that the leap day is the last one. */
static int64_t
days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - DAYS_TO_1970;
}

static void
date_of(int64_t days, struct civil_time *out)
{
    int64_t z = days + DAYS_TO_1970;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;

    out->day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    out->month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    out->year = (int)(year_of_era + era * 400 + (out->month <= 2));
}

/* ISO 8601: the week belongs to the year its Thursday lies in. */
static int
week_of(int64_t days)
{
    int64_t weekday = ((days + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 is Monday */
    int64_t thursday = days - weekday + 3;
    struct civil_time at;

    date_of(thursday, &at);
    return (int)((thursday - days_of(at.year, 1, 1)) / 7 + 1);
}

static bool
two_digits(struct slice *in, unsigned min, unsigned max, int *value)
{
    unsigned v;

    if (in->n < 2 || in->p[1] < '0' || in->p[1] > '9' || !cursor_number(in, 2, &v) || v < min || v > max)
        return false;
    *value = (int)v;
    return true;
}

static bool
read_date(struct slice *in, struct civil_time *out)
{
    unsigned year;
    struct slice start = *in;

    if (!cursor_number(in, 4, &year) || start.n - in->n != 4)
        return false;
    out->year = (int)year;
    return cursor_skip(in, '-') && two_digits(in, 1, 12, &out->month) && cursor_skip(in, '-') &&
           two_digits(in, 1, 31, &out->day);
}

static bool
from_number(struct slice text, struct civil_time *out)
{
    double s;
    int64_t days;
    int64_t rest;

    if (!value_number(text, &s))
        return false;
    while (s > 1e11 || s < -1e11) {
        if (s > 1e20 || s < -1e20)
            return false;
        s /= 1000;
    }
    days = (int64_t)(s / S_A_DAY) - (s < 0);
    rest = (int64_t)(s - (double)days * S_A_DAY);
    if (rest >= S_A_DAY) {
        days++;
        rest -= S_A_DAY;
    }
    date_of(days, out);
    out->hour = (int)(rest / 3600);
    out->minute = (int)(rest / 60 % 60);
    out->week = week_of(days);
    return true;
}

bool
value_civil_time(struct slice text, struct civil_time *out)
{
    struct slice in = text;

    *out = (struct civil_time){0};
    if (!read_date(&in, out))
        return from_number(text, out);
    out->week = week_of(days_of(out->year, out->month, out->day));
    if (!cursor_skip(&in, 'T') && !cursor_skip(&in, 't') && !cursor_skip(&in, ' '))
        return in.n == 0;
    return two_digits(&in, 0, 23, &out->hour) && cursor_skip(&in, ':') && two_digits(&in, 0, 59, &out->minute);
}
