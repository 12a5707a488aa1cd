/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/zap.h"

#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/error.h"
#include "base/log.h"
#include "publish/keys.h"

/*
 * A request: version, request id, domain, address, identity, mechanism, credentials (for CURVE the client's public
 * key, 32 bytes). The answer: version, request id, status code, status text, user id, metadata.
 */
enum { ZAP_VERSION, ZAP_ID, ZAP_DOMAIN_FRAME, ZAP_ADDRESS, ZAP_IDENTITY, ZAP_MECHANISM, ZAP_KEY, ZAP_FRAMES };
enum { FRAME_MAX = 256, KEY_RAW = 32, REQUESTS_A_TURN = 64 };

struct frame_bytes {
    char p[FRAME_MAX];
    int n;
};

struct zap {
    void *socket;
    struct keys keys;
};

int
zap_open(struct zap **out, void *context, const char *clients_file)
{
    struct zap *z = calloc(1, sizeof(*z));
    int r;

    if (z == NULL)
        return error_origin(-ENOMEM);
    r = keys_read(clients_file, &z->keys);
    if (r == 0) {
        z->socket = zmq_socket(context, ZMQ_REP);
        if (z->socket == NULL || zmq_bind(z->socket, "inproc://zeromq.zap.01") < 0)
            r = error_origin(-errno);
    }
    if (r != 0) {
        zap_close(z);
        return r;
    }
    *out = z;
    return 0;
}

void
zap_close(struct zap *z)
{
    if (z == NULL)
        return;
    if (z->socket != NULL)
        (void)zmq_close(z->socket);
    keys_fini(&z->keys);
    free(z);
}

static bool
more_follows(void *socket)
{
    int more = 0;
    size_t n = sizeof(more);

    return zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &n) == 0 && more != 0;
}

/* Return: how many frames the request had, 0 where there was none. */
static unsigned
receive(struct zap *z, struct frame_bytes frames[static ZAP_FRAMES])
{
    struct frame_bytes surplus;
    unsigned n = 0;

    do {
        struct frame_bytes *f = n < ZAP_FRAMES ? &frames[n] : &surplus;

        f->n = zmq_recv(z->socket, f->p, sizeof(f->p), n == 0 ? ZMQ_DONTWAIT : 0);
        if (f->n < 0)
            return 0;
        n++;
    } while (more_follows(z->socket));
    return n;
}

static bool
is_allowed(const struct zap *z, const struct frame_bytes *frames, unsigned n)
{
    return n == ZAP_FRAMES && frames[ZAP_MECHANISM].n == 5 && memcmp(frames[ZAP_MECHANISM].p, "CURVE", 5) == 0 &&
           frames[ZAP_KEY].n == KEY_RAW && keys_hold(&z->keys, (const unsigned char *)frames[ZAP_KEY].p);
}

static void
answer(struct zap *z, const struct frame_bytes *id, bool allowed)
{
    const char *code = allowed ? "200" : "400";
    size_t id_n = id->n < 0 ? 0 : id->n > FRAME_MAX ? FRAME_MAX : (size_t)id->n;

    (void)zmq_send(z->socket, "1.0", 3, ZMQ_SNDMORE);
    (void)zmq_send(z->socket, id->p, id_n, ZMQ_SNDMORE);
    (void)zmq_send(z->socket, code, 3, ZMQ_SNDMORE);
    (void)zmq_send(z->socket, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(z->socket, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(z->socket, "", 0, 0);
}

unsigned
zap_serve(struct zap *z)
{
    struct frame_bytes frames[ZAP_FRAMES];
    unsigned n_refused = 0;
    int turn;

    for (turn = 0; turn < REQUESTS_A_TURN; turn++) {
        unsigned n;
        bool allowed;

        memset(frames, 0, sizeof(frames));
        n = receive(z, frames);
        if (n == 0)
            break;
        allowed = is_allowed(z, frames, n);
        if (!allowed)
            log_warning("publish", "a subscriber was refused: its key is not among those allowed");
        n_refused += !allowed;
        answer(z, &frames[ZAP_ID], allowed);
    }
    return n_refused;
}
