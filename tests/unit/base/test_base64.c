/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "support/unit.h"

START_TEST(encodes_the_vectors_of_the_standard)
{
    /* RFC 4648 section 10. */
    static const char *const vectors[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    size_t i;

    for (i = 0; i < ARRAY_LEN(vectors); i++) {
        CLEANUP_BUFFER struct buffer encoded = {0};
        CLEANUP_BUFFER struct buffer decoded = {0};

        base64_encode(&encoded, slice_str(vectors[i][0]));
        ck_slice_eq(buffer_slice(&encoded), vectors[i][1]);
        ck_assert(base64_decode(&decoded, buffer_slice(&encoded)));
        ck_slice_eq(buffer_slice(&decoded), vectors[i][0]);
    }
}
END_TEST

START_TEST(every_byte_comes_back)
{
    CLEANUP_BUFFER struct buffer encoded = {0};
    CLEANUP_BUFFER struct buffer decoded = {0};
    char bytes[256];
    size_t i;

    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    base64_encode(&encoded, slice_of(bytes, sizeof(bytes)));
    ck_assert(base64_decode(&decoded, buffer_slice(&encoded)));
    ck_assert(slice_eq(buffer_slice(&decoded), slice_of(bytes, sizeof(bytes))));
}
END_TEST

START_TEST(what_is_not_base64_is_refused_and_leaves_nothing)
{
    static const char *const wrong[] = {"Zg=", "Zg", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm9v====", "Zm-v", "Zm_v",
        "Z m9", "Zh==", "Zm9=", "=m9v", "Zm=v", "Zm9vZg=x"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(wrong); i++) {
        CLEANUP_BUFFER struct buffer out = {0};

        buffer_add(&out, SLICE("before"));
        ck_assert_msg(!base64_decode(&out, slice_str(wrong[i])), "taken: %s", wrong[i]);
        ck_slice_eq(buffer_slice(&out), "before");
    }
}
END_TEST

UNIT_MAIN("base64", encodes_the_vectors_of_the_standard, every_byte_comes_back,
    what_is_not_base64_is_refused_and_leaves_nothing)
