/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Publisher: KPIs and record changes over ZeroMQ, as [topic][JSON].
 *
 * Every message is {"schema":1,"topic":…,"seq":n,"at":…,"body":{…}}; seq counts per topic from 1 since the daemon
 * started, so a subscriber sees a gap. The last value of each topic is kept, up to a limit, and sent again when a
 * subscription for it arrives; it keeps its seq, by which those who had it already know it. With CURVE keys nobody
 * without them reads along. Sockets never block: what a slow subscriber cannot take is dropped and is that
 * subscriber's gap. One thread.
 */

#include "base/clock.h"
#include "base/counters.h"
#include "kpi/kpi.h"

enum { PUBLISH_E_KEY = 1, PUBLISH_E_ADDRESS };

struct publisher_settings {
    const char *address;            /* ZeroMQ endpoint, as "tcp://127.0.0.1:5514" */
    const char *curve_secret_file;  /* Z85 secret key, mode 0600; NULL or empty: no CURVE */
    const char *curve_clients_file; /* Z85 public keys, one a line; NULL or empty: any client that knows our key */
};

enum publisher_counter {
    PUBLISHER_C_SENT,
    PUBLISHER_C_REPLAYED,
    PUBLISHER_C_DROPPED,       /* messages the socket did not take */
    PUBLISHER_C_TOPICS_EVICTED, /* last values forgotten for newer topics */
    PUBLISHER_C_REFUSED,       /* clients whose key is not allowed */
    PUBLISHER_COUNTERS,
};

struct publisher;

/**
 * publisher_open() - bind the publishing socket
 *
 * Return: 0; PUBLISH_E_KEY where a key file is missing, exposed or no key; PUBLISH_E_ADDRESS where the endpoint cannot
 * be bound; negative errno. What is wrong is logged.
 */
int publisher_open(struct publisher **out, const struct publisher_settings *settings);
void publisher_close(struct publisher *p);
CLEANUP_DEFINE(publisher_close, struct publisher *)

/** publisher_send() - publish @body, one JSON object, under @topic. Return: 0 or -ENOMEM. */
int publisher_send(struct publisher *p, struct slice topic, struct slice body, struct walltime at);

/** publisher_kpi() - publish @v under "kpi/ID" or "kpi/ID/STRATUM". Return: 0 or -ENOMEM. */
int publisher_kpi(struct publisher *p, const struct kpi_value *v);

/** publisher_serve() - answer what has come: subscriptions, keys; never waits. At least ten times a second. */
void publisher_serve(struct publisher *p);

/** publisher_endpoint() - where it is bound, with the port the system chose. Return: the publisher's string. */
const char *publisher_endpoint(const struct publisher *p);

const struct counters *publisher_counters(const struct publisher *p);
