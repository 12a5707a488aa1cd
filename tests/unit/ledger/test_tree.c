/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tree.h"
#include "support/unit.h"

/* Leaves and roots as published with the reference implementation of RFC 6962. */
static const struct {
    struct slice leaf;
    const char *root; /* of the tree that ends with this leaf */
} reference[] = {
    // clang-format off
    {SLICE(""),                                 "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {SLICE("\x00"),                             "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {SLICE("\x10"),                             "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {SLICE("\x20\x21"),                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {SLICE("\x30\x31"),                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {SLICE("\x40\x41\x42\x43"),                 "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {SLICE("\x50\x51\x52\x53\x54\x55\x56\x57"), "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {SLICE("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
                                                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    // clang-format on
};

static void
add(struct tree *t, struct hasher *h, struct slice body)
{
    struct digest leaf;

    ck_assert_int_eq(hasher_leaf(h, body, &leaf), 0);
    ck_assert_int_eq(tree_add(t, h, &leaf), 0);
}

START_TEST(has_the_roots_of_the_reference_implementation)
{
    CLEANUP(hasher_free) struct hasher *h = NULL;
    struct tree t = {0};
    char hex[DIGEST_HEX + 1];
    struct digest root;
    size_t i;

    ck_assert_int_eq(hasher_new(&h), 0);
    for (i = 0; i < ARRAY_LEN(reference); i++) {
        add(&t, h, reference[i].leaf);
        ck_assert_int_eq(tree_root(&t, h, &root), 0);
        ck_assert_str_eq(digest_hex(&root, hex), reference[i].root);
    }
}
END_TEST

START_TEST(the_empty_tree_has_the_hash_of_nothing)
{
    CLEANUP(hasher_free) struct hasher *h = NULL;
    struct tree t = {0};
    char hex[DIGEST_HEX + 1];
    struct digest root;

    ck_assert_int_eq(hasher_new(&h), 0);
    ck_assert_int_eq(tree_root(&t, h, &root), 0);
    ck_assert_str_eq(digest_hex(&root, hex), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(a_frontier_put_away_goes_on_where_it_stopped)
{
    CLEANUP(hasher_free) struct hasher *h = NULL;
    struct tree t = {0};
    struct tree again;
    struct digest a;
    struct digest b;
    size_t i;

    ck_assert_int_eq(hasher_new(&h), 0);
    for (i = 0; i < 100; i++) {
        CLEANUP_BUFFER struct buffer packed = {0};

        tree_pack(&t, &packed);
        ck_assert(tree_unpack(&again, t.size, buffer_slice(&packed)));
        ck_assert(t.size == 0 || !tree_unpack(&again, t.size, slice_head(buffer_slice(&packed), packed.n - 1)));
        ck_assert(tree_unpack(&again, t.size, buffer_slice(&packed)));
        add(&t, h, SLICE("entry"));
        add(&again, h, SLICE("entry"));
        ck_assert(tree_root(&t, h, &a) == 0 && tree_root(&again, h, &b) == 0);
        ck_assert(digest_eq(&a, &b));
    }
}
END_TEST

UNIT_MAIN("tree", has_the_roots_of_the_reference_implementation, the_empty_tree_has_the_hash_of_nothing,
    a_frontier_put_away_goes_on_where_it_stopped)
