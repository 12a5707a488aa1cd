/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ismsd-subscribe: what the daemon publishes, a line a message. A sample client: all there is to subscribing.
 *
 *     ismsd-subscribe ENDPOINT [TOPIC…]      topics are beginnings, as "kpi/" or "incident/"; none: everything
 *     --count N        end after N messages; exit 1 where fewer came
 *     --seconds N      end after N seconds
 *     --server-key Z85 --secret-file FILE    CURVE: the daemon's public key, and our own secret key
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { KEY_TEXT = 40, MESSAGE_MAX = 1024 * 1024, LOOK_MS = 100 };

struct options {
    long count; /* 0: no limit */
    long seconds;
    const char *server_key;
    const char *secret_file;
};

static int
fail(const char *what)
{
    (void)fprintf(stderr, "ismsd-subscribe: %s: %s\n", what, zmq_strerror(errno));
    return 2;
}

static int
use_curve(void *socket, const struct options *o)
{
    char secret[KEY_TEXT + 1] = "";
    char own[KEY_TEXT + 1];
    FILE *f = fopen(o->secret_file, "r");
    size_t n = f == NULL ? 0 : fread(secret, 1, KEY_TEXT, f);

    if (f != NULL)
        (void)fclose(f);
    if (n != KEY_TEXT || zmq_curve_public(own, secret) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, o->server_key, KEY_TEXT + 1) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own, KEY_TEXT + 1) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, KEY_TEXT + 1) < 0)
        return fail(o->secret_file);
    return 0;
}

/* One message: the topic, then the JSON, which holds the topic too and is all that is printed. */
static int
print_message(void *socket)
{
    static char message[MESSAGE_MAX];
    int more = 1;
    size_t size = sizeof(more);
    int n = 0;

    while (more != 0) {
        n = zmq_recv(socket, message, sizeof(message), 0);
        if (n < 0 || zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) < 0)
            return fail("receive");
    }
    (void)printf("%.*s\n", n < MESSAGE_MAX ? n : MESSAGE_MAX, message);
    (void)fflush(stdout);
    return 0;
}

static int
run(void *socket, const struct options *o)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    struct timespec begin;
    struct timespec now;
    long n = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    for (;;) {
        int r = zmq_poll(&item, 1, LOOK_MS);

        if (r < 0)
            return fail("poll");
        if (r > 0 && print_message(socket) != 0)
            return 2;
        n += r > 0;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        if (o->count > 0 && n >= o->count)
            return 0;
        if (o->seconds > 0 && now.tv_sec - begin.tv_sec >= o->seconds)
            return n < o->count;
    }
}

static int
subscribe(void *socket, const char *endpoint, char **topics, int n, const struct options *o)
{
    int i;

    if (o->server_key != NULL && o->secret_file != NULL && use_curve(socket, o) != 0)
        return 2;
    if (zmq_connect(socket, endpoint) < 0)
        return fail(endpoint);
    for (i = 0; i < n; i++)
        if (zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topics[i], strlen(topics[i])) < 0)
            return fail(topics[i]);
    if (n == 0 && zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0) < 0)
        return fail("subscribe");
    return run(socket, o);
}

int
main(int argc, char **argv)
{
    static const struct option names[] = {
        {"count", required_argument, NULL, 'n'},
        {"seconds", required_argument, NULL, 's'},
        {"server-key", required_argument, NULL, 'k'},
        {"secret-file", required_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {0};
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_SUB);
    int linger = 0;
    int c;
    int r = 2;

    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (c == 'n')
            o.count = strtol(optarg, NULL, 10);
        else if (c == 's')
            o.seconds = strtol(optarg, NULL, 10);
        else if (c == 'k')
            o.server_key = optarg;
        else if (c == 'f')
            o.secret_file = optarg;
    }
    if (optind < argc)
        r = subscribe(socket, argv[optind], argv + optind + 1, argc - optind - 1, &o);
    else
        (void)fprintf(stderr, "usage: ismsd-subscribe ENDPOINT [TOPIC…] [--count N] [--seconds N] [--server-key Z85 "
                              "--secret-file FILE]\n");
    (void)zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    (void)zmq_close(socket);
    (void)zmq_ctx_term(context);
    return r;
}
