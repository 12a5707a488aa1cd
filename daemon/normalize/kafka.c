/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/kafka.h"

enum { NUMBER_TEXT_MAX = 20 };

#define HEADER_PREFIX "kafka_header."

void
kafka_names_init(struct kafka_names *names)
{
    *names = (struct kafka_names){
        .topic = label_of(SLICE("kafka_topic")),
        .partition = label_of(SLICE("kafka_partition")),
        .offset = label_of(SLICE("kafka_offset")),
        .timestamp = label_of(SLICE("kafka_timestamp")),
        .key = label_of(SLICE("kafka_key")),
        .poison = label_of(SLICE("kafka_poison")),
    };
}

/* By hand: every record has two. Neither is negative. */
static void
add_number(struct fields *out, const struct label *label, int64_t number)
{
    char *text = arena_text(out->arena, NUMBER_TEXT_MAX);
    uint64_t v = (uint64_t)number;
    size_t at = NUMBER_TEXT_MAX;

    if (text == NULL) {
        out->n_dropped++;
        return;
    }
    do
        text[--at] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    fields_add_hashed(out, label->name, label->hash, slice_of(text + at, NUMBER_TEXT_MAX - at), VALUE_NUMBER);
}

static void
add_time(struct fields *out, const struct label *label, struct walltime t)
{
    char *text = t.ns == 0 ? NULL : arena_text(out->arena, WALLTIME_TEXT_MAX);

    if (text != NULL)
        label_add(out, label, slice_str(walltime_print(t, text)));
    else
        out->n_dropped += t.ns != 0;
}

static void
add_header(struct fields *out, const struct kafka_header *h)
{
    size_t lead = sizeof(HEADER_PREFIX) - 1;
    char *name = arena_text(out->arena, lead + h->name.n);

    if (name == NULL) {
        out->n_dropped++;
        return;
    }
    memcpy(name, HEADER_PREFIX, lead);
    if (h->name.n > 0)
        memcpy(name + lead, h->name.p, h->name.n);
    fields_add(out, slice_of(name, lead + h->name.n), h->value, h->value.p == NULL ? VALUE_NULL : VALUE_TEXT);
}

void
kafka_fields(const struct kafka_names *names, const struct kafka_record *r, struct fields *out)
{
    label_add(out, &names->topic, r->topic);
    add_number(out, &names->partition, r->partition);
    add_number(out, &names->offset, r->offset);
    add_time(out, &names->timestamp, r->stamp);
    if (r->key.p != NULL)
        label_add(out, &names->key, r->key);
    if (r->poison != NULL)
        label_add(out, &names->poison, slice_str(r->poison));
    for (size_t i = 0; i < r->n_headers; i++)
        add_header(out, &r->headers[i]);
}
