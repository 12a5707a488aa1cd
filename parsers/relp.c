/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/relp.h"

#include "base/cursor.h"

enum { NUMBER_DIGITS_MAX = 9, COMMAND_LENGTH_MAX = 32 };

void
relp_framer_init(struct relp_framer *f, size_t data_max)
{
    ASSERT(data_max > 0);
    *f = (struct relp_framer){.data_max = data_max};
}

/* Whether what comes next is @c, is not, or has yet to come. */
static int
take_byte(struct slice *in, char c)
{
    if (in->n == 0)
        return RELP_E_MORE;
    return cursor_skip(in, c) ? 0 : RELP_E_BAD;
}

/* NUMBER = 1*9DIGIT; whether there is a tenth shows in what follows. */
static int
take_number(struct slice *in, uint32_t *value)
{
    unsigned v;

    if (in->n == 0)
        return RELP_E_MORE;
    if (!cursor_number(in, NUMBER_DIGITS_MAX, &v))
        return RELP_E_BAD;
    *value = v;
    return in->n == 0 ? RELP_E_MORE : 0;
}

static bool
is_alpha(char c)
{
    return (unsigned)((c | 0x20) - 'a') < 26;
}

/* COMMAND = 1*32ALPHA */
static int
take_command(struct slice *in, struct slice *command)
{
    size_t n = 0;

    while (n < in->n && n < COMMAND_LENGTH_MAX && is_alpha(in->p[n]))
        n++;
    *command = slice_head(*in, n);
    *in = slice_from(*in, n);
    if (in->n == 0)
        return RELP_E_MORE;
    return n == 0 ? RELP_E_BAD : 0;
}

/* HEADER = TXNR SP COMMAND SP DATALEN */
static int
take_header(struct slice *in, struct relp_frame *out, uint32_t *length)
{
    int r = take_number(in, &out->txnr);

    if (r == 0)
        r = take_byte(in, ' ');
    if (r == 0)
        r = take_command(in, &out->command);
    if (r == 0)
        r = take_byte(in, ' ');
    if (r == 0)
        r = take_number(in, length);
    return r;
}

/* DATA TRAILER, where DATA = [SP 1*OCTET] and TRAILER = LF. @in is past the header. */
static int
take_data(struct slice *in, uint32_t length, struct relp_frame *out)
{
    int r = length == 0 ? 0 : take_byte(in, ' ');

    if (r != 0)
        return r;
    if (in->n < length)
        return RELP_E_MORE;
    out->part = RELP_WHOLE;
    out->data = slice_head(*in, length);
    *in = slice_from(*in, length);
    return take_byte(in, '\n');
}

static int
take_cut_data(struct relp_framer *f, struct slice *in, uint32_t length, struct relp_frame *out)
{
    int r = take_byte(in, ' ');

    if (r != 0)
        return r;
    if (in->n < f->data_max)
        return RELP_E_MORE;
    out->part = RELP_HEAD;
    out->data = slice_head(*in, f->data_max);
    *in = slice_from(*in, f->data_max);
    f->ending = true;
    f->txnr = out->txnr;
    f->skip = length - f->data_max;
    return 0;
}

static int
take_end(struct relp_framer *f, struct slice *in, struct relp_frame *out)
{
    size_t n = f->skip < in->n ? (size_t)f->skip : in->n;
    int r;

    f->skip -= n;
    f->n_skipped += n;
    *in = slice_from(*in, n);
    r = take_byte(in, '\n');
    if (r != 0)
        return r;
    *out = (struct relp_frame){.part = RELP_END, .txnr = f->txnr};
    f->ending = false;
    return 0;
}

int
relp_next(struct relp_framer *f, struct slice *in, struct relp_frame *out)
{
    struct slice rest = *in;
    uint32_t length;
    int r;

    if (f->ending)
        return take_end(f, in, out);
    r = take_header(&rest, out, &length);
    if (r == 0)
        r = length > f->data_max ? take_cut_data(f, &rest, length, out) : take_data(&rest, length, out);
    if (r == 0)
        *in = rest;
    return r;
}

uint32_t
relp_txnr_after(uint32_t txnr)
{
    return txnr >= RELP_TXNR_MAX ? 1 : txnr + 1;
}

/* VALUE *( "," VALUE ) */
static bool
has_value(struct slice values, struct slice wanted)
{
    while (values.n > 0) {
        if (slice_eq(cursor_until(&values, ','), wanted))
            return true;
        (void)cursor_skip(&values, ',');
    }
    return false;
}

static void
take_version(struct relp_offers *out, struct slice value)
{
    out->has_version = cursor_number(&value, NUMBER_DIGITS_MAX, &out->version);
}

/* OFFER = LF FEATURENAME [ "=" VALUE *( "," VALUE ) ]; in practice LF stands between them. */
static void
take_offer(struct relp_offers *out, struct slice offer)
{
    struct slice name = cursor_until(&offer, '=');

    (void)cursor_skip(&offer, '=');
    if (slice_eq(name, SLICE("relp_version")))
        take_version(out, offer);
    else if (slice_eq(name, SLICE("commands")))
        out->has_syslog = has_value(offer, SLICE("syslog"));
    else if (slice_eq(name, SLICE("relp_software")))
        out->software = offer;
}

void
relp_offers_parse(struct relp_offers *out, struct slice data)
{
    *out = (struct relp_offers){0};
    while (data.n > 0) {
        take_offer(out, cursor_until(&data, '\n'));
        (void)cursor_skip(&data, '\n');
    }
}
