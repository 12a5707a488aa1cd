/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "detect/fold.h"
#include "support/unit.h"

static bool
same(struct slice a, struct slice b)
{
    char fa[256];
    char fb[256];
    size_t na = fold_text(a, fa);
    size_t nb = fold_text(b, fb);

    return slice_eq(slice_of(fa, na), slice_of(fb, nb));
}

#define SAME(a, b)      ck_assert_msg(same(SLICE(a), SLICE(b)), "%s and %s differ", a, b)
#define DIFFERENT(a, b) ck_assert_msg(!same(SLICE(a), SLICE(b)), "%s and %s are the same", a, b)

START_TEST(folds_letters_of_every_script_that_has_case)
{
    SAME("PowerShell.EXE -Enc", "powershell.exe -enc");
    SAME("ПАРОЛЬ", "пароль");
    SAME("ΣΊΣΥΦΟΣ", "σίσυφος");
    SAME("ÀÉÎÕÜŸ", "àéîõüÿ");
    SAME("\xe1\xba\x9e", "ß"); /* capital sharp s */
    SAME("ĀĂĄĆŽ", "āăąćž");
    SAME("𐐀", "𐐨");
    DIFFERENT("ß", "ss");
    DIFFERENT("İ", "i");
    DIFFERENT("и", "й");
}
END_TEST

START_TEST(takes_the_two_letters_beyond_ascii_that_fold_into_it)
{
    SAME("\xe2\x84\xaa", "k"); /* KELVIN SIGN */
    SAME("\xc5\xbf", "S");     /* LATIN SMALL LETTER LONG S */
}
END_TEST

START_TEST(leaves_every_byte_beside_the_letters_alone)
{
    char all[128];
    char folded[FOLD_BYTES_MAX(sizeof(all))];
    int c;

    for (c = 0; c < 128; c++)
        all[c] = (char)c;
    ck_assert_uint_eq(fold_text(slice_of(all, sizeof(all)), folded), sizeof(all));
    for (c = 0; c < 128; c++)
        ck_assert_int_eq(folded[c], c >= 'A' && c <= 'Z' ? c + 32 : c);
    DIFFERENT("a\xff", "a\xfe");
    SAME("A\xff\xc3", "a\xff\xc3");
}
END_TEST

START_TEST(has_no_character_that_folds_twice_or_outgrows_its_bound)
{
    uint32_t c;

    for (c = 0; c < 0x110000; c++) {
        char from[UTF8_BYTES_MAX];
        char to[UTF8_BYTES_MAX];
        uint32_t folded = fold_char(c);

        if (fold_char(folded) != folded || utf8_encode(folded, to) > FOLD_BYTES_MAX(utf8_encode(c, from)) - 1)
            ck_abort_msg("U+%04X folds into U+%04X", (unsigned)c, (unsigned)folded);
    }
}
END_TEST

START_TEST(knows_ascii_from_the_rest_at_every_length)
{
    char text[40];
    size_t n;
    size_t i;

    memset(text, 'x', sizeof(text));
    for (n = 0; n < sizeof(text); n++) {
        ck_assert(fold_is_ascii(slice_of(text, n)));
        for (i = 0; i < n; i++) {
            text[i] = (char)0x80;
            ck_assert(!fold_is_ascii(slice_of(text, n)));
            text[i] = 'x';
        }
    }
}
END_TEST

START_TEST(keeps_the_last_folding_until_told_that_bytes_change)
{
    struct fold_buffer b = {0};
    char text[] = "ABC";

    ck_slice_eq(fold_buffer_fold(&b, slice_of(text, 3)), "abc");
    text[0] = 'X';
    fold_buffer_forget(&b);
    ck_slice_eq(fold_buffer_fold(&b, slice_of(text, 3)), "xbc");
    ck_assert(slice_eq(fold_buffer_mend(&b, SLICE("a\xff\xc3\xa9\xc3")), SLICE("a\0\xc3\xa9\0")));
    fold_buffer_fini(&b);
}
END_TEST

UNIT_MAIN("fold", folds_letters_of_every_script_that_has_case, takes_the_two_letters_beyond_ascii_that_fold_into_it,
    leaves_every_byte_beside_the_letters_alone, has_no_character_that_folds_twice_or_outgrows_its_bound,
    knows_ascii_from_the_rest_at_every_length, keeps_the_last_folding_until_told_that_bytes_change)
