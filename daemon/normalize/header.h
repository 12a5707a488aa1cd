/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Header: a syslog header as fields under stable names: hostname, app_name, procid, msgid, facility and severity by
 * name, message, and each parameter of structured data as "sd_id.param". What is absent is no field.
 */

#include "model/event.h"
#include "normalize/label.h"
#include "parsers/syslog.h"

enum { HEADER_FACILITIES = 24, HEADER_SEVERITIES = 8 };

/** The names, hashed once, and the words facility and severity become. */
struct header_names {
    struct label hostname;
    struct label app_name;
    struct label procid;
    struct label msgid;
    struct label facility;
    struct label severity;
    struct label message;
    struct label peer_identity;
    struct label relay;
    struct label sender_pid;
    struct label sender_uid;
    struct label sender_gid;
    struct slice facilities[HEADER_FACILITIES];
    struct slice severities[HEADER_SEVERITIES];
};

void header_names_init(struct header_names *names);

/** header_fields() - add the fields of @m but the message to @out. */
void header_fields(const struct header_names *names, const struct syslog_message *m, struct fields *out);

/** header_process_fields() - add who wrote the message, as the kernel says, to @out. */
void header_process_fields(const struct header_names *names, const struct process_credentials *p, struct fields *out);

/**
 * header_text() - the message with its program before it, "app_name[procid]: msg": what keywords search
 *
 * A slice of the message where it reads so already, else built in @arena. Return: the text, at worst the message alone.
 */
struct slice header_text(const struct syslog_message *m, struct arena *arena);
