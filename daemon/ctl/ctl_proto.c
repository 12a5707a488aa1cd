/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl_proto.h"

#include "base/json_writer.h"

struct slice
ctl_arg(const struct ctl_request *request, const char *name)
{
    const struct field *f = fields_find(request->args.items, request->args.n, slice_str(name));

    return f == NULL ? (struct slice){NULL, 0} : f->value;
}

void
ctl_end(struct buffer *out, const char *error)
{
    struct json_writer w;

    json_begin(&w, out);
    json_object(&w);
    if (error == NULL)
        json_field_bool(&w, CTL_KEY_OK, true);
    else
        json_field_text(&w, CTL_KEY_ERROR, error);
    json_close(&w);
    buffer_add_char(out, '\n');
}
