/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Event: one log record: the frame as it came, and what was read from it.
 *
 * Every frame becomes exactly one event; what could not be read is a mark, never a reason to drop it. All slices
 * belong to whoever owns the event's memory: the lane's scratch while it is matched, a batch once event_copy() put
 * it there.
 */

#include "base/buffer.h"
#include "base/clock.h"
#include "model/logsource.h"
#include "parsers/field.h"
#include "parsers/syslog.h"

enum { EVENT_LOGSOURCES_MAX = 4, EVENT_SOURCE_UNKNOWN = UINT16_MAX, FRAME_NO_LISTENER = UINT16_MAX };

/** What stood beside the value of a record of Kafka; the value is the frame. The input's, until its callback returns. */
struct kafka_record {
    struct slice topic;
    int32_t partition;
    int64_t offset;
    struct walltime stamp; /* by producer or broker */
    struct slice key;      /* p NULL: it has none */
    const struct kafka_header {
        struct slice name;
        struct slice value;
    } *headers;
    size_t n_headers;
    const char *poison; /* why the value is not what the input's format says; NULL: it is. Set by who finds out */
};

/** Which process of this machine wrote it, as the kernel says. */
struct process_credentials {
    bool known;
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

/** How a frame came to us. Set by input; the marks of framing are parsers/frame.h's. */
struct frame {
    struct slice raw;         /* without its framing */
    uint32_t marks;           /* enum frame_mark */
    uint16_t listener;        /* index into the configured inputs, or FRAME_NO_LISTENER: of one configured no longer */
    struct walltime received;
    struct slice peer;        /* the sender's address as text, or the file's path; empty where there is none */
    struct slice peer_identity; /* what its TLS certificate proved: a name or a fingerprint; empty where it proved none */
    struct process_credentials process;
    struct kafka_record *kafka; /* NULL: it was none; nor is it of a copy, which has the fields made of it */
};

struct event {
    struct frame frame;
    struct syslog_message syslog; /* the header; `marks` in it tells what was wrong */
    struct walltime time;         /* when it happened: the header's or the decoder's, else a record's stamp, else when it was received */
    bool time_given;              /* whether `time` stood in the event */
    bool structured;              /* JSON or another record of fields: keywords search each text value */
    bool undecoded;               /* its text was left, for no rule asks for more fields: normalizer_decode() adds them */
    bool decoded;                 /* a decoder or mapping took fields from the message */
    struct slice text;            /* what keywords search where not structured: "app_name[procid]: msg" */
    struct field *fields;         /* header, structured data, decoded and mapped */
    size_t n_fields;
    size_t n_fields_header;       /* the first so many tell how it came: keywords of structured events pass them over */
    size_t n_fields_dropped;      /* beyond the limit of fields an event */
    const struct logsource *logsources[EVENT_LOGSOURCES_MAX]; /* immutable, the normalizer's */
    unsigned n_logsources;
    uint16_t source;              /* index of the configured log source, or EVENT_SOURCE_UNKNOWN */
};

enum event_names {
    EVENT_NAMES_SHARED, /* names that outlast the event stay where they are: whoever holds the copy holds the mappings */
    EVENT_NAMES_COPIED,
};

/**
 * event_copy() - what a detection keeps of @e, copied into @arena
 *
 * Raw bytes, times, peer, marks and fields; header slices that stand in the raw bytes. Not what only matching needs: the
 * text keywords search, log sources, parameters (they are fields too). Bytes of the frame are copied once; slices
 * into them point into the copy. Return: the copy, NULL when the arena overflowed.
 */
struct event *event_copy(struct arena *arena, const struct event *e, enum event_names names);

/** event_value() - the first value of the field @name. Return: {NULL, 0} where the event has none or it is null. */
struct slice event_value(const struct event *e, struct slice name);

/**
 * event_json() - append @e to @out as one JSON object: what evidence keeps
 *
 * Keys in order, times as RFC 3339, fields as [name, value] pairs in the order and number they came, raw bytes as
 * "raw", or "raw_b64" where they are not UTF-8.
 */
void event_json(const struct event *e, struct buffer *out);
