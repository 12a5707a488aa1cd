/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * XML: a small document, token by token, without a tree: elements, attributes, text (XML 1.0, and of it what event
 * records are made of).
 *
 * Not read: a DOCTYPE, so that there are no entities but the five and numbers. Not checked: which characters names
 * consist of, whether an attribute stands twice, the encoding. What only breaks such rules is passed on: an ampersand
 * that begins no reference stands for itself, as does a reference to no character. Values are slices of the input where
 * nothing had to be replaced, else of the arena.
 */

#include "base/arena.h"

enum { XML_DEPTH_MAX = 32 };

enum xml_token {
    XML_END,       /* the root element is closed and nothing but blanks and comments follows */
    XML_OPEN,      /* an element begins; its attributes follow */
    XML_ATTRIBUTE, /* of the element opened last */
    XML_TEXT,      /* a piece of text; comments and CDATA part it */
    XML_CLOSE,     /* an element ends */
    XML_CUT,       /* the input ends before the document does; all was well so far */
    XML_BROKEN,    /* no XML, or nested too deeply, or the arena is full */
};

struct xml {
    struct slice rest;
    struct arena *arena; /* for values with references in them */
    struct slice name;   /* of the element or attribute, with its prefix */
    struct slice value;  /* of the attribute or text; of XML_CUT, what there is of a text; else {NULL, 0} */
    size_t depth;        /* of the element opened last or closed now; the root's is 1 */
    bool in_tag;         /* attributes may follow */
    bool closed;         /* the element that was closed last is to be left */
    bool stopped;
    enum xml_token stopped_as;
    struct slice open[XML_DEPTH_MAX];
};

/** xml_begin() - read @text from its first byte. */
void xml_begin(struct xml *in, struct slice text, struct arena *arena);

/**
 * xml_next() - the next token
 *
 * After XML_END, XML_CUT and XML_BROKEN it stays what it is. Never recurses; each call takes at least a byte off the
 * input or ends it. Pure; any thread.
 */
enum xml_token xml_next(struct xml *in);
