/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/xml.h"
#include "support/unit.h"

/* All tokens of @text: <name, @name=value, "text", >name, then end, cut or broken. */
static const char *
tokens(const char *text)
{
    static struct buffer out;
    struct arena arena;
    struct xml xml;
    enum xml_token t;

    ck_assert_int_eq(arena_init(&arena, 0, 1u << 20), 0);
    buffer_reset(&out);
    xml_begin(&xml, slice_str(text), &arena);
    while ((t = xml_next(&xml)) == XML_OPEN || t == XML_ATTRIBUTE || t == XML_TEXT || t == XML_CLOSE) {
        if (t == XML_TEXT)
            buffer_printf(&out, "\"" SLICE_FMT "\" ", SLICE_ARG(xml.value));
        else if (t == XML_ATTRIBUTE)
            buffer_printf(&out, "@" SLICE_FMT "=" SLICE_FMT " ", SLICE_ARG(xml.name), SLICE_ARG(xml.value));
        else
            buffer_printf(&out, "%c" SLICE_FMT " ", t == XML_OPEN ? '<' : '>', SLICE_ARG(xml.name));
    }
    if (t == XML_CUT && xml.value.n > 0)
        buffer_printf(&out, "\"" SLICE_FMT "\" ", SLICE_ARG(xml.value));
    buffer_printf(&out, "%s", t == XML_END ? "end" : t == XML_CUT ? "cut" : "broken");
    buffer_add_char(&out, '\0');
    arena_fini(&arena);
    return out.p;
}

START_TEST(elements_attributes_and_text_come_in_order)
{
    ck_assert_str_eq(tokens("<a b='1' c = \"2\" ><d/>x<e></e>y</a>"), "<a @b=1 @c=2 <d >d \"x\" <e >e \"y\" >a end");
    ck_assert_str_eq(tokens("<?xml version=\"1.0\"?>\n <!-- c --><a />\n<!-- d -->"), "<a >a end");
    ck_assert_str_eq(tokens("<x:a xmlns:x='y'>1</x:a>"), "<x:a @xmlns:x=y \"1\" >x:a end");
}
END_TEST

START_TEST(references_stand_for_characters)
{
    ck_assert_str_eq(tokens("<a b='&quot;&apos;'>&lt;&gt;&amp;&#65;&#x42;&#xe9;&#x1F600;</a>"),
        "<a @b=\"' \"<>&AB\xc3\xa9\xf0\x9f\x98\x80\" >a end");
}
END_TEST

START_TEST(what_is_no_reference_stands_for_itself)
{
    ck_assert_str_eq(tokens("<a>a && b &nope; &#0; &#xD800; &#x110000; &#; &lt</a>"),
        "<a \"a && b &nope; &#0; &#xD800; &#x110000; &#; &lt\" >a end");
}
END_TEST

START_TEST(cdata_is_text_as_it_stands)
{
    ck_assert_str_eq(tokens("<a>x<![CDATA[<b>&lt;]]>y<!-- c -->z</a>"), "<a \"x\" \"<b>&lt;\" \"y\" \"z\" >a end");
}
END_TEST

START_TEST(a_document_that_ends_too_early_is_cut)
{
    static const char whole[] = "<?xml?><a b='c'><!-- d --><e>f&amp;</e><![CDATA[g]]></a>";
    char part[sizeof(whole)];
    size_t n;

    for (n = 0; n < sizeof(whole) - 1; n++) {
        memcpy(part, whole, n);
        part[n] = '\0';
        ck_assert_msg(strstr(tokens(part), "cut") != NULL, "%s: %s", part, tokens(part));
    }
    ck_assert_str_eq(tokens("<a><b>some te"), "<a <b \"some te\" cut");
}
END_TEST

START_TEST(what_is_no_document_is_broken)
{
    static const char *const texts[] = {"x", "<a></b>", "<a/><b/>", "<a>x</a>y", "<a b></a>", "<a b=c></a>", "< a/>",
        "</a>", "<a/ >", "<!DOCTYPE a><a/>", "<!ENTITY a 'b'><a/>", "<a <b/>/>", "<a='b'/>", "<![CDATA[x]]>"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_msg(strstr(tokens(texts[i]), "broken") != NULL, "%s: %s", texts[i], tokens(texts[i]));
}
END_TEST

START_TEST(no_document_nests_deeper_than_the_limit)
{
    char text[(XML_DEPTH_MAX + 1) * 3 + 1] = "";
    int i;

    for (i = 0; i < XML_DEPTH_MAX; i++)
        memcpy(text + strlen(text), "<a>", 4);
    ck_assert(strstr(tokens(text), "cut") != NULL);
    memcpy(text + strlen(text), "<a>", 4);
    ck_assert(strstr(tokens(text), "broken") != NULL);
}
END_TEST

UNIT_MAIN("xml", elements_attributes_and_text_come_in_order, references_stand_for_characters,
    what_is_no_reference_stands_for_itself, cdata_is_text_as_it_stands, a_document_that_ends_too_early_is_cut,
    what_is_no_document_is_broken, no_document_nests_deeper_than_the_limit)
