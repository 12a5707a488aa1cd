/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Mapping: one file of config/mappings/ as data: which events it is for, which log sources they belong to, and how
 * fields are found in them. config/mappings/README.md describes the format.
 *
 * A text mapping holds patterns for messages of certain programs. The others are of records: they rename the fields of
 * those that have a certain field, and choose log sources by its value; a pairs or columns mapping says also how such a
 * record looks. Immutable once read.
 */

#include "base/diag.h"
#include "base/regex.h"
#include "normalize/label.h"
#include "normalize/moment.h"
#include "normalize/reader.h"
#include "normalize/router.h"
#include "parsers/kv.h"

enum { MAPPING_LOGSOURCES_MAX = 2 };

enum mapping_kind { MAPPING_TEXT, MAPPING_JSON, MAPPING_PAIRS, MAPPING_COLUMNS };

/** A field with a value that does not come from the event. */
struct constant {
    struct label label;
    struct slice value;
};

/** What a named group of a pattern becomes. */
struct capture {
    unsigned group;
    struct labels labels;
};

/** A named group that holds key=value pairs. */
struct pairs {
    unsigned group;
    struct slice prefix; /* put before every key */
};

/** What a message may begin with; its first eight bytes as a word, because most differ there. */
struct beginning {
    struct slice text;
    uint64_t word;
    uint64_t mask; /* of the bytes in `word` that count */
};

/** What a message must hold somewhere, looked for by its rarest byte. */
struct literal {
    struct slice text;
    size_t rarest; /* its index in the text */
};

struct mapping;

/** One shape of a message. Its literals must be in the message before the regex is tried at all. */
struct pattern {
    const struct mapping *mapping;
    struct slice name;
    const struct beginning *starts; /* one of them begins the message; none: any beginning */
    size_t n_starts;
    const struct literal *contains; /* all of them are in it */
    size_t n_contains;
    struct regex *regex; /* NULL: the literals say it all */
    const struct capture *captures;
    size_t n_captures;
    const struct pairs *pairs;
    size_t n_pairs;
    const struct constant *constants;
    size_t n_constants;
    unsigned time_group; /* 0: none */
    enum moment_form time_form;
    unsigned again_group; /* holds a message of its own, to be decoded in turn; 0: none */
    struct routes routes;
};

struct json_condition {
    struct label field;
    struct slices values;
};

struct json_alias {
    struct label from;
    struct labels labels;
};

/** A value that is several in one: its parts between `by`, under names in order. */
struct split {
    struct label from;
    char by;
    const struct label *into; /* those without a name are passed over */
    size_t n_into;
};

/** Lines "Name: value" inside a field's text, as fields of their own. */
struct lines {
    struct label from;
    const struct json_condition *when; /* all of these hold */
    size_t n_when;
    const struct json_alias *names; /* what stands before the colon → names of fields */
    size_t n_names;
};

/** One way a json mapping's record goes to a log source. */
struct json_route {
    struct slices is;                  /* the key field's value is one of these */
    const struct json_condition *when; /* and all of these hold */
    size_t n_when;
    struct routes routes;
    const struct json_alias *names; /* further names for fields, under this route */
    size_t n_names;
    struct json_route *next; /* of the same value of the key field */
};

struct mapping {
    const char *file;
    struct diag_place at;
    struct slice name;
    enum mapping_kind kind;
    struct routes routes;
    struct names names; /* what something is called in the event → const struct labels */

    bool any_program;
    struct slices programs;
    uint32_t facilities; /* bits: also for other programs, where configuration gives the routes' product */
    const struct logsource *configured; /* also where configuration names one of these */
    size_t n_configured;
    struct slice absent; /* a value that stands for none; {NULL, 0}: there is no such value */
    struct pattern *patterns;
    size_t n_patterns;

    struct names parameters; /* of structured data, by their names alone → const struct labels */

    struct slice separator;      /* of columns */
    struct kv_options pairs;     /* what parts a record of pairs, */
    const struct label *columns; /* what the columns of another are called; those without a name are passed over */
    size_t n_columns;
    struct slices strip;       /* prefixes taken off field names */
    struct label key;          /* a record that has this field is this mapping's; without: the next that knows it has it */
    struct slices needs;       /* and these */
    const struct split *splits;
    size_t n_splits;
    const struct lines *lines;
    size_t n_lines;
    struct slices hostname;    /* fields, the first present of which names the host */
    const struct slices *time; /* fields, or several read as one; the first present tells the time */
    size_t n_time;
    struct slices key_names; /* what the key field may be called before it is renamed */
    struct names by_value;   /* of the key field → const struct json_route */
};

struct mappings {
    struct mapping **items;
    size_t n;
};

/**
 * mappings_load() - read every mapping file below @path
 * @out:    set to all that were read, in the order of their files
 * @path:   a folder, or one file; names ending in ".samples.yaml" are passed over
 * @arena:  for everything; regexes aside, which mappings_fini() frees
 * @router: where log sources get their numbers
 * @diag:   every problem
 *
 * Return: 0, or negative errno of the machine.
 */
int mappings_load(
    struct mappings *out, const char *path, struct arena *arena, struct router *router, struct diag *diag);
void mappings_fini(struct mappings *m);
