/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Settings: what the operator said, as plain values with every default filled in.
 *
 * Made by config/load.h from a file and the schema table (config/schema.c), which is the only truth for names, defaults
 * and bounds. Immutable once loaded; everything in it lives as long as the settings.
 */

#include "base/clock.h"
#include "base/slice.h"
#include "parsers/frame.h"

enum input_type { INPUT_UDP, INPUT_TCP, INPUT_UNIX, INPUT_FILE, INPUT_STDIN, INPUT_KAFKA, INPUT_RELP };

enum tls_clients { TLS_CLIENTS_NAME, TLS_CLIENTS_CERTVALID, TLS_CLIENTS_FINGERPRINT, TLS_CLIENTS_ANY };

enum sasl_mechanism { SASL_NONE, SASL_PLAIN, SASL_SCRAM_SHA_256, SASL_SCRAM_SHA_512 };

enum input_format { FORMAT_AUTO, FORMAT_SYSLOG, FORMAT_JSON }; /* auto: JSON where the message is an object */

enum spool_full { SPOOL_FULL_PAUSE, SPOOL_FULL_SHED };

struct input_settings {
    const char *name;
    enum input_type type;
    const char *address; /* udp, tcp, relp: "0.0.0.0", "::", "127.0.0.1" */
    unsigned port;
    const char *path;    /* unix, file */
    enum framing framing;
    enum input_format format;
    bool follow;                    /* file: go on across rotation; otherwise read to the end and stop */
    bool from_start;                /* file: begin at the start; otherwise only what is added from now on */
    uint64_t receive_buffer_bytes;  /* udp, unix */
    bool credentials;               /* unix: the sender's process, user and group become fields */
    uint64_t frame_max_bytes;
    uint64_t connections_max;       /* tcp, relp: on each lane */
    int64_t idle_timeout_ms;        /* tcp, relp; 0: never */
    uint64_t partial_bytes_max;     /* tcp, relp: all connections' unfinished frames together */
    const char *const *allow;       /* udp, tcp, relp: networks that may send; none: all */
    size_t n_allow;
    const char *const *proxy_from;  /* tcp, relp: networks whose connections begin with a PROXY header */
    size_t n_proxy_from;
    uint64_t rate_max;              /* udp, tcp, relp: messages a second and source; 0: any number */
    int64_t handshake_timeout_ms;   /* tcp, relp: for all that comes before the first message */
    const char *tls_certificate;    /* tcp, relp, kafka; not kafka: NULL: no TLS */
    const char *tls_key;
    const char *tls_ca;             /* tcp, kafka; kafka: NULL: no TLS */
    enum tls_clients tls_clients;
    const char *const *tls_permitted; /* names or fingerprints, as tls_clients says */
    size_t n_tls_permitted;
    const char *const *brokers;     /* kafka: "host:port" */
    size_t n_brokers;
    const char *const *topics;
    size_t n_topics;
    const char *group;
    const char *client_id;
    enum sasl_mechanism sasl_mechanism;
    const char *sasl_username;
    const char *sasl_password_file;
    const char *dead_letter;        /* a topic; NULL: none */
    uint64_t fetch_bytes_max;       /* all lanes' records read ahead */
    int64_t session_timeout_ms;
    int64_t commit_interval_ms;     /* of places told to the brokers; 0: never */
    const char *const *librdkafka;  /* "property=value" */
    size_t n_librdkafka;
    uint64_t unanswered_max;        /* relp: of one session, before it is not read any further */
    bool spool;                     /* frames go to disk before they are processed */
    int zone_minutes;               /* for stamps without a zone */
    const char *product;            /* log source of everything from here, where set */
    const char *category;
    const char *service;
};

/** input_is_stream() - whether @in listens for connections of TCP. */
static inline bool
input_is_stream(const struct input_settings *in)
{
    return in->type == INPUT_TCP || in->type == INPUT_RELP;
}

/** input_is_network() - whether @in has an address and a port. */
static inline bool
input_is_network(const struct input_settings *in)
{
    return in->type == INPUT_UDP || input_is_stream(in);
}

enum criticality { CRITICALITY_NONE, CRITICALITY_LOW, CRITICALITY_MEDIUM, CRITICALITY_HIGH, CRITICALITY_CRITICAL };

struct source_settings {
    const char *name;
    const char *hostname; /* each NULL or what the event must have to be this source's; case-insensitive */
    const char *peer;     /* an address or a prefix as "192.0.2.0/24" */
    const char *app_name;
    const char *input;    /* the name of an input */
    const char *owner;
    bool expected;        /* to be heard: its silence, volume and clock are watched */
    bool required;        /* its silence is a nonconformity */
    unsigned criticality; /* enum criticality: of what runs there */
    int64_t interval_ms;  /* between two of its events as a rule; 0: nobody knows */
    bool has_silence;
    int64_t silence_ms;   /* longer without an event is silence; 0: never */
    int64_t skew_limit_ms; /* how far its clock may be off; 0: by anything */
    int64_t retention_ms; /* how long its log must be kept elsewhere; 0: nothing is said */
    const char *const *controls;
    size_t n_controls;
    bool has_zone;
    int zone_minutes;
    const char *product;
    const char *category;
    const char *service;
};

/** When nothing is held against a source, or against any: once, or each week. */
struct maintenance_settings {
    const char *name;
    const char *const *sources; /* none: all, and the daemon itself */
    size_t n_sources;
    const char *reason;
    const char *from;       /* once: RFC 3339 */
    const char *until;
    const char *weekly;     /* each week: "Sun 02:00", in the zone */
    int64_t duration_ms;
    int zone_minutes;
    struct walltime from_at; /* what the texts above say; 0: nothing */
    struct walltime until_at;
    unsigned minute_of_week; /* of its begin in UTC, from Monday 00:00 on */
};

/** When what a source does, or the daemon, becomes a candidate for a nonconformity. */
struct watch_settings {
    int64_t never_heard_ms;
    int64_t skew_hold_ms;
    int64_t zone_hold_ms;
    uint64_t volume_low;   /* per cent of what is usual */
    uint64_t volume_high;
    uint64_t volume_hours;
    uint64_t volume_least; /* events an hour: what usually sends less is not judged */
    uint64_t loss_max;     /* parts per million of a day */
    int64_t down_limit_ms;
    uint64_t learned_max;
    int64_t learned_forget_ms;
    int64_t maintenance_max_ms;
};

struct list_settings {
    const char *name;
    const char *const *values;
    size_t n_values;
    const char *file; /* more of them, one a line; NULL: none */
};

struct settings {
    const char *file; /* NULL: all defaults */

    unsigned lanes; /* 0: one a core */
    const char *state_dir;
    const char *control_socket;
    const char *user; /* to become when started as root; empty: stay */
    unsigned log_level;
    uint64_t batches_per_lane;
    uint64_t fields_max; /* an event */
    uint64_t audit_sets_max; /* a lane */

    struct input_settings *inputs;
    size_t n_inputs;
    struct source_settings *sources;
    size_t n_sources;
    struct maintenance_settings *maintenance;
    size_t n_maintenance;
    struct watch_settings watch;

    const char *const *rules_paths;
    size_t n_rules_paths;
    bool rules_prefilter;
    struct list_settings *lists;
    size_t n_lists;
    const char *mappings_path;

    int64_t alerts_fold_window_ms;  /* an alert closes after so long without a detection; 0: every detection its own */
    uint64_t alerts_detections_kept;
    const char *const *alerts_group_by;
    size_t n_alerts_group_by;
    uint64_t alerts_open_max;
    uint64_t correlation_groups_max;
    uint64_t correlation_state_max_bytes;
    int64_t correlation_lateness_ms;

    unsigned records_incident_level;    /* enum rule_level: an alert of this or above opens an incident */
    const char *records_criteria;       /* version of the criteria incidents are decided by */
    int64_t records_contain_limit_ms[5]; /* by severity, S1 at [1] */
    int64_t records_confirm_limit_ms;   /* a nonconformity candidate must be decided within */
    int64_t records_correct_limit_ms[3]; /* a confirmed one corrected; by enum nonconformity_grade */

    int64_t store_commit_interval_ms;
    uint64_t store_segment_bytes;

    uint64_t spool_bytes_max; /* all lanes together */
    uint64_t spool_segment_bytes;
    int64_t spool_sync_interval_ms;
    uint64_t spool_sync_bytes;
    unsigned spool_compression; /* a level of zstd; 0: none */
    enum spool_full spool_full;

    const char *ledger_origin; /* name of this ledger in its checkpoints */
    int64_t ledger_checkpoint_interval_ms;

    int64_t kpi_interval_ms;
    int64_t kpi_window_ms;

    const char *publish_address; /* ZeroMQ endpoint; empty: nothing is published */
    const char *publish_curve_secret_file; /* empty: no CURVE */
    const char *publish_curve_clients_file; /* public keys that may subscribe; empty: any that knows ours */
};
