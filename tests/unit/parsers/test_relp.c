/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/relp.h"
#include "support/unit.h"

enum { DATA_MAX = 16 };

/* What came of a stream, as "TXNR command data|", "TXNR command data>" and, where that ends, "<"; "!" where it is bad.
 */
static void
feed(struct buffer *out, struct slice stream, size_t piece, uint64_t *n_skipped)
{
    struct relp_framer f;
    struct relp_frame frame;
    size_t begin = 0;
    size_t end = 0;
    int r = RELP_E_MORE;

    relp_framer_init(&f, DATA_MAX);
    while (end < stream.n && r == RELP_E_MORE) {
        struct slice in;

        end = stream.n - end < piece ? stream.n : end + piece;
        in = slice_of(stream.p + begin, end - begin);
        while ((r = relp_next(&f, &in, &frame)) == 0) {
            if (frame.part == RELP_END) {
                buffer_add_char(out, '<');
                continue;
            }
            buffer_printf(out, "%u ", frame.txnr);
            buffer_add(out, frame.command);
            buffer_add_char(out, ' ');
            buffer_add(out, frame.data);
            buffer_add_char(out, frame.part == RELP_WHOLE ? '|' : '>');
        }
        ck_assert_uint_le(in.n, RELP_HEADER_MAX + DATA_MAX);
        begin = end - in.n;
    }
    if (r == RELP_E_BAD)
        buffer_add_char(out, '!');
    *n_skipped = f.n_skipped;
}

/* The same whatever the reads. */
static void
ck_frames(const char *stream, const char *want, uint64_t want_skipped)
{
    for (size_t piece = 1; piece <= 64; piece++) {
        CLEANUP_BUFFER struct buffer got = {0};
        uint64_t n_skipped;

        feed(&got, slice_str(stream), piece, &n_skipped);
        ck_slice_eq(buffer_slice(&got), want);
        ck_assert_uint_eq(n_skipped, want_skipped);
    }
}

START_TEST(takes_frames_with_and_without_data)
{
    ck_frames("1 open 3 a=b\n2 syslog 5 hello\n3 close 0\n", "1 open a=b|2 syslog hello|3 close |", 0);
    ck_frames("1 syslog 7 two\nend\n", "1 syslog two\nend|", 0);
    ck_frames("0 hint 0\n999999999 x 1  \n", "0 hint |999999999 x  |", 0);
}
END_TEST

START_TEST(waits_for_what_is_missing)
{
    ck_frames("1 syslog 5 hello\n2 syslog 5 hell", "1 syslog hello|", 0);
    ck_frames("1 syslog 5 hello", "", 0);
    ck_frames("123456789", "", 0);
    ck_frames("1 syslog", "", 0);
    ck_frames("", "", 0);
}
END_TEST

START_TEST(data_beyond_the_limit_is_passed_over_and_what_follows_is_whole)
{
    ck_frames("1 syslog 16 0123456789abcdef\n", "1 syslog 0123456789abcdef|", 0);
    ck_frames("1 syslog 20 0123456789abcdefXYZW\n2 close 0\n", "1 syslog 0123456789abcdef><2 close |", 4);
    ck_frames("1 syslog 20 0123456789abcdefXYZ", "1 syslog 0123456789abcdef>", 3);
    ck_frames("1 syslog 999999999 0123456789abcdefX", "1 syslog 0123456789abcdef>", 1);
}
END_TEST

START_TEST(what_is_no_frame_is_bad_from_there_on)
{
    ck_frames("x", "!", 0);
    ck_frames("<13>a line\n", "!", 0);
    ck_frames(" 1 open 0\n", "!", 0);
    ck_frames("1234567890 open 0\n", "!", 0);
    ck_frames("1  open 0\n", "!", 0);
    ck_frames("1 op3n 0\n", "!", 0);
    ck_frames("1 open  0\n", "!", 0);
    ck_frames("1 open 1234567890 x\n", "!", 0);
    ck_frames("1 open -1 x\n", "!", 0);
    ck_frames("1 open 1\nx\n", "!", 0);
    ck_frames("1 open 0 \n", "!", 0);
    ck_frames("1 syslog 3 four\n", "!", 0);
    ck_frames("1 syslog 5 four\n\n", "1 syslog four\n|", 0);
    ck_frames("1 syslog 5 hello\nx", "1 syslog hello|!", 0);
    ck_frames("1 syslog 17 0123456789abcdefg2 close 0\n", "1 syslog 0123456789abcdef>!", 1);
}
END_TEST

START_TEST(a_command_has_at_most_thirty_two_letters)
{
    ck_frames("1 abcdefghijklmnopqrstuvwxyzABCDEF 0\n", "1 abcdefghijklmnopqrstuvwxyzABCDEF |", 0);
    ck_frames("1 abcdefghijklmnopqrstuvwxyzABCDEFG 0\n", "!", 0);
}
END_TEST

START_TEST(numbers_begin_again_behind_the_last)
{
    ck_assert_uint_eq(relp_txnr_after(1), 2);
    ck_assert_uint_eq(relp_txnr_after(999999998), 999999999);
    ck_assert_uint_eq(relp_txnr_after(999999999), 1);
}
END_TEST

static struct relp_offers
offers_of(const char *text)
{
    struct relp_offers o;

    relp_offers_parse(&o, slice_str(text));
    return o;
}

START_TEST(reads_what_senders_offer)
{
    struct relp_offers o = offers_of("relp_version=0\nrelp_software=librelp,1.2.13,http://x\ncommands=syslog");

    ck_assert(o.has_version && o.has_syslog);
    ck_assert_uint_eq(o.version, 0);
    ck_slice_eq(o.software, "librelp,1.2.13,http://x");
    o = offers_of("\ncommands=eventlog,syslog\nrelp_version=12\n");
    ck_assert(o.has_version && o.has_syslog);
    ck_assert_uint_eq(o.version, 12);
    ck_slice_absent(o.software);
}
END_TEST

START_TEST(what_is_unknown_or_broken_in_offers_is_not_there)
{
    struct relp_offers o = offers_of("relp_version=\ncommands=syslogs,sys\ncolour=blue\n=\n,");

    ck_assert(!o.has_version && !o.has_syslog);
    o = offers_of("relp_version\ncommands");
    ck_assert(!o.has_version && !o.has_syslog);
    o = offers_of("");
    ck_assert(!o.has_version && !o.has_syslog);
}
END_TEST

UNIT_MAIN("relp", takes_frames_with_and_without_data, waits_for_what_is_missing,
    data_beyond_the_limit_is_passed_over_and_what_follows_is_whole, what_is_no_frame_is_bad_from_there_on,
    a_command_has_at_most_thirty_two_letters, numbers_begin_again_behind_the_last, reads_what_senders_offer,
    what_is_unknown_or_broken_in_offers_is_not_there)
