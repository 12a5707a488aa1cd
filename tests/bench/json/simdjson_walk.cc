/* SPDX-License-Identifier: Apache-2.0 */
#include "simdjson_walk.h"

#include <simdjson.h>
#include <string>

using namespace simdjson;

static void
walk(dom::element e, struct walk_result *out)
{
    switch (e.type()) {
    case dom::element_type::OBJECT:
        for (auto field : dom::object(e)) {
            out->bytes += field.key.size();
            walk(field.value, out);
        }
        return;
    case dom::element_type::ARRAY:
        for (auto item : dom::array(e))
            walk(item, out);
        return;
    case dom::element_type::STRING:
        out->bytes += std::string_view(e).size();
        break;
    case dom::element_type::INT64:
        out->bytes += static_cast<size_t>(int64_t(e) & 7);
        break;
    case dom::element_type::UINT64:
        out->bytes += static_cast<size_t>(uint64_t(e) & 7);
        break;
    case dom::element_type::DOUBLE:
        out->bytes += double(e) > 0;
        break;
    case dom::element_type::BOOL:
        out->bytes += bool(e);
        break;
    case dom::element_type::NULL_VALUE:
        break;
    }
    out->n_leaves++;
}

size_t
simdjson_padding(void)
{
    return SIMDJSON_PADDING;
}

const char *
simdjson_name(void)
{
    static const std::string name = get_active_implementation()->name();

    return name.c_str();
}

int
simdjson_walk(const char *p, size_t n, struct walk_result *out)
{
    static dom::parser parser;
    dom::element root;

    if (parser.parse(p, n, false).get(root) != SUCCESS)
        return 0;
    walk(root, out);
    return 1;
}
