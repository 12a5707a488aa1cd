/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/frame.h"
#include "support/unit.h"

enum { FRAME_MAX = 64, STREAM_MAX = 4096 };

/* What came of a stream: each frame as "bytes|" and the letters of its marks, one behind the other; NUL shows as "@".
 */
struct outcome {
    struct buffer text;
    uint64_t n_skipped;
    size_t n_frames;
};

static void
note(struct outcome *o, const struct framed *f)
{
    size_t i;

    for (i = 0; i < f->bytes.n; i++)
        buffer_add_char(&o->text, f->bytes.p[i] == '\0' ? '@' : f->bytes.p[i]);
    buffer_add_char(&o->text, '|');
    if (f->marks & FRAME_OCTET_COUNTED)
        buffer_add_char(&o->text, 'c');
    if (f->marks & FRAME_TRUNCATED)
        buffer_add_char(&o->text, 't');
    if (f->marks & FRAME_UNFINISHED)
        buffer_add_char(&o->text, 'u');
    if (f->marks & FRAME_BAD_COUNT)
        buffer_add_char(&o->text, 'b');
    buffer_add_char(&o->text, '\n');
    o->n_frames++;
}

/* Feed @stream in pieces of 1 to @piece_max bytes (0: all at once), each in memory of its own, so that an overrun
 * shows. */
static void
feed(struct outcome *o, enum framing mode, size_t frame_max, struct slice stream, size_t piece_max, unsigned seed)
{
    struct framer f;
    struct framed framed;
    size_t begin = 0;
    size_t end = 0;

    framer_init(&f, mode, frame_max);
    srand(seed);
    do {
        size_t piece = piece_max == 0 ? stream.n : 1 + (size_t)rand() % piece_max;
        struct slice in;
        char *copy;

        end = stream.n - end < piece ? stream.n : end + piece;
        copy = malloc(end - begin + 1);
        if (copy == NULL)
            ck_abort_msg("no memory");
        memcpy(copy, stream.p + begin, end - begin);
        in = slice_of(copy, end - begin);
        while (framer_next(&f, &in, &framed)) {
            if (framed.bytes.n == 0 || framed.bytes.n > frame_max)
                ck_abort_msg("a frame of %zu bytes", framed.bytes.n);
            note(o, &framed);
        }
        if (in.n > frame_max + 12)
            ck_abort_msg("%zu bytes are waiting", in.n);
        begin = end - in.n;
        if (end == stream.n && framer_finish(&f, &in, &framed))
            note(o, &framed);
        free(copy);
    } while (end < stream.n);
    o->n_skipped = f.n_skipped;
}

static void
check(enum framing mode, size_t frame_max, struct slice stream, const char *want)
{
    static const size_t pieces[] = {0, 1, 2, 3, 7, 50};
    size_t i;

    for (i = 0; i < ARRAY_LEN(pieces); i++) {
        struct outcome o = {0};

        feed(&o, mode, frame_max, stream, pieces[i], (unsigned)i);
        ck_assert_msg(slice_eq(buffer_slice(&o.text), slice_str(want)), "pieces of %zu: got\n%.*swant\n%s", pieces[i],
            (int)o.text.n, o.text.p == NULL ? "" : o.text.p, want);
        buffer_fini(&o.text);
    }
}

#define ck_frames(mode, stream, want) check((mode), FRAME_MAX, SLICE(stream), (want))

START_TEST(ends_lines_at_lf_and_at_cr_lf)
{
    ck_frames(FRAMING_AUTO, "<13>one\n<13>two\r\n<13>three\n", "<13>one|\n<13>two|\n<13>three|\n");
    ck_frames(FRAMING_LF, "19 <13>one\n", "19 <13>one|\n");
    ck_frames(FRAMING_AUTO, "a\rb\r\r\n", "a\rb\r|\n");
}
END_TEST

START_TEST(passes_over_empty_lines)
{
    ck_frames(FRAMING_AUTO, "\n\r\n\n<13>x\n\n", "<13>x|\n");
    ck_frames(FRAMING_AUTO, "5 <13>x\n5 <13>y\r\n", "<13>x|c\n<13>y|c\n");
    ck_frames(FRAMING_AUTO, "", "");
    ck_frames(FRAMING_OCTET, "5 <13>x\n\n5 <13>y", "<13>x|c\n<13>y|c\n");
}
END_TEST

START_TEST(counts_octets_and_keeps_line_ends_inside)
{
    ck_frames(FRAMING_AUTO, "8 <13>a\nb\n8 <13>c\0d\n\n", "<13>a\nb\n|c\n<13>c@d\n|c\n");
}
END_TEST

START_TEST(judges_each_frame_by_itself)
{
    ck_frames(FRAMING_AUTO, "<13>a\n5 <13>b<13>c\n6 <13>d\n<13>e\n", "<13>a|\n<13>b|c\n<13>c|\n<13>d\n|c\n<13>e|\n");
}
END_TEST

START_TEST(takes_a_line_that_begins_with_a_number_for_a_line)
{
    ck_frames(FRAMING_AUTO, "2026-05-04T03:02:01Z host app: x\n", "2026-05-04T03:02:01Z host app: x|\n");
    ck_frames(FRAMING_AUTO, "12345 bottles\n", "12345 bottles|\n");
    ck_frames(FRAMING_AUTO, "5  <13>x\n", "5  <13>x|\n");
    ck_frames(FRAMING_AUTO, "05 <13>x\n0 <13>x\n", "05 <13>x|\n0 <13>x|\n");
    ck_frames(FRAMING_AUTO, "12345678 <13>x\n<13>y\n", "12345678 <13>x|\n<13>y|\n");
    ck_frames(FRAMING_AUTO, "99999999999999999999 <13>x\n<13>y\n", "99999999999999999999 <13>x|\n<13>y|\n");
    ck_frames(FRAMING_AUTO, "7\n77\n", "7|\n77|\n");
}
END_TEST

START_TEST(takes_a_count_of_seven_digits_and_skips_to_its_end)
{
    struct slice in = SLICE("9999999 <13>0123456789");
    struct framer f;
    struct framed framed;

    framer_init(&f, FRAMING_AUTO, 8);
    ck_assert(framer_next(&f, &in, &framed));
    ck_slice_eq(framed.bytes, "<13>0123");
    ck_assert_uint_eq(framed.marks, FRAME_OCTET_COUNTED | FRAME_TRUNCATED);
    ck_assert(!framer_next(&f, &in, &framed));
    ck_assert_uint_eq(in.n, 0);
    ck_assert_uint_eq(f.skip, 9999999 - 14);
}
END_TEST

START_TEST(takes_what_is_no_count_for_a_line_and_marks_it_where_counts_are_demanded)
{
    ck_frames(FRAMING_OCTET, "3 abc3 def", "abc|c\ndef|c\n");
    ck_frames(FRAMING_OCTET, "<13>x\n5 <13>y", "<13>x|b\n<13>y|c\n");
    ck_frames(FRAMING_OCTET, "-5 hello\n5hello\n0 x\n12345678 x\n3 abc",
        "-5 hello|b\n5hello|b\n0 x|b\n12345678 x|b\nabc|c\n");
}
END_TEST

START_TEST(ends_frames_at_nul_and_nowhere_else)
{
    ck_frames(FRAMING_NUL, "<13>a\nb\0\0<13>c\r\0", "<13>a\nb|\n<13>c\r|\n");
    ck_frames(FRAMING_NUL, "5 <13>a\0", "5 <13>a|\n");
}
END_TEST

START_TEST(cuts_what_is_too_long_once_and_goes_on_behind_it)
{
    check(FRAMING_AUTO, 6, SLICE("<1>012345\n<2>a\n"), "<1>012|t\n<2>a|\n");
    check(FRAMING_AUTO, 6, SLICE("9 <1>0123456 <2>abc"), "<1>012|ct\n<2>abc|c\n");
    check(FRAMING_NUL, 6, SLICE("<1>012345\0<2>a\0"), "<1>012|t\n<2>a|\n");
    check(FRAMING_LF, 6, SLICE("0123456789012345678901234567890123456789"), "012345|t\n");
}
END_TEST

START_TEST(keeps_a_frame_of_just_the_limit_whole)
{
    check(FRAMING_AUTO, 6, SLICE("<1>012\n<1>012\r\n6 <1>012<1>01\r\r\n"), "<1>012|\n<1>012|\n<1>012|c\n<1>01\r|\n");
    check(FRAMING_AUTO, 6, SLICE("<1>0123\n<1>012\r\r\n<1>\n"), "<1>012|t\n<1>012|t\n<1>|\n");
}
END_TEST

START_TEST(counts_the_octets_it_skipped)
{
    struct outcome o = {0};

    feed(&o, FRAMING_AUTO, 6, SLICE("<1>012345\n9 <1>012345"), 1, 1);
    ck_assert_uint_eq(o.n_skipped, 6);
    buffer_fini(&o.text);
}
END_TEST

START_TEST(delivers_what_was_begun_when_the_stream_ends)
{
    ck_frames(FRAMING_AUTO, "<13>a\n<13>b", "<13>a|\n<13>b|u\n");
    ck_frames(FRAMING_AUTO, "<13>a\r", "<13>a|u\n");
    ck_frames(FRAMING_AUTO, "9 <13>a", "<13>a|cu\n");
    ck_frames(FRAMING_AUTO, "12", "12|u\n");
    ck_frames(FRAMING_AUTO, "12 ", "12 |u\n");
    ck_frames(FRAMING_OCTET, "5 ab", "ab|cu\n");
    ck_frames(FRAMING_OCTET, "5 ", "5 |ub\n");
    ck_frames(FRAMING_AUTO, "\r", "");
    ck_frames(FRAMING_NUL, "ab\r", "ab\r|u\n");
    check(FRAMING_AUTO, 2, SLICE("123456 "), "12|tu\n");
}
END_TEST

/* Streams of the characters on which decisions hang: however they are cut, the frames are the same. */
START_TEST(does_not_depend_on_how_the_stream_was_cut)
{
    static const char alphabet[] = "<<  \n\n\r0123459a\0";
    unsigned round;

    for (round = 0; round < 3000; round++) {
        char stream[STREAM_MAX];
        size_t n;
        size_t i;
        enum framing mode = (enum framing)(round % 4);
        size_t frame_max = 1 + round % 17;
        struct outcome whole = {0};

        srand(round);
        n = (size_t)rand() % 200;
        for (i = 0; i < n; i++)
            stream[i] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
        feed(&whole, mode, frame_max, slice_of(stream, n), 0, 0);
        for (i = 1; i < 6; i++) {
            struct outcome cut = {0};

            feed(&cut, mode, frame_max, slice_of(stream, n), i * i, round);
            if (!slice_eq(buffer_slice(&whole.text), buffer_slice(&cut.text)) || whole.n_skipped != cut.n_skipped)
                ck_abort_msg("round %u, pieces up to %zu", round, i * i);
            buffer_fini(&cut.text);
        }
        buffer_fini(&whole.text);
    }
}
END_TEST

/* 1 MiB a byte at a time: were the line searched anew with each byte, this would take minutes. */
START_TEST(does_not_search_again_what_it_has_searched)
{
    enum { LINE = 1 << 20 };
    char *stream = malloc(LINE + 1);
    struct framer f;
    struct framed framed;
    struct slice in;
    size_t n;

    ck_assert_ptr_nonnull(stream);
    memset(stream, 'x', LINE);
    stream[LINE] = '\n';
    framer_init(&f, FRAMING_LF, LINE);
    for (n = 1; n <= LINE; n++) {
        in = slice_of(stream, n);
        if (framer_next(&f, &in, &framed))
            ck_abort_msg("a frame after %zu bytes", n);
    }
    in = slice_of(stream, LINE + 1);
    ck_assert(framer_next(&f, &in, &framed));
    ck_assert_uint_eq(framed.bytes.n, LINE);
    free(stream);
}
END_TEST

START_TEST(knows_framings_by_name)
{
    enum framing mode;

    ck_assert(framing_parse(SLICE("octet"), &mode));
    ck_assert_int_eq(mode, FRAMING_OCTET);
    ck_assert(framing_parse(SLICE("nul"), &mode));
    ck_assert_int_eq(mode, FRAMING_NUL);
    ck_assert(!framing_parse(SLICE("octets"), &mode));
    ck_assert(!framing_parse(SLICE(""), &mode));
}
END_TEST

UNIT_MAIN("frame", ends_lines_at_lf_and_at_cr_lf, passes_over_empty_lines, counts_octets_and_keeps_line_ends_inside,
    judges_each_frame_by_itself, takes_a_line_that_begins_with_a_number_for_a_line,
    takes_a_count_of_seven_digits_and_skips_to_its_end,
    takes_what_is_no_count_for_a_line_and_marks_it_where_counts_are_demanded, ends_frames_at_nul_and_nowhere_else,
    cuts_what_is_too_long_once_and_goes_on_behind_it, keeps_a_frame_of_just_the_limit_whole,
    counts_the_octets_it_skipped, delivers_what_was_begun_when_the_stream_ends,
    does_not_depend_on_how_the_stream_was_cut, does_not_search_again_what_it_has_searched, knows_framings_by_name)
