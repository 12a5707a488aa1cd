/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Rig: a set of inputs on loopback, everything it handed over, and clients to send to it.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "input/inputs.h"
#include "support/unit.h"

enum { RIG_INPUTS_MAX = 4, RIG_FRAMES_MAX = 20000, RIG_PATIENCE_MS = 20000 };

struct rig_frame {
    char *text;
    size_t n;
    uint32_t marks;
    unsigned listener;
    struct walltime received;
    char peer[128];
    struct process_credentials process;
};

struct rig {
    struct input_settings input[RIG_INPUTS_MAX];
    struct settings settings;
    struct clock_manual manual;
    const struct clock *clock;
    struct inputs *in;
    struct rig_frame frames[RIG_FRAMES_MAX];
    size_t n_frames;
    uint64_t n_all; /* also those beyond what is kept */
};

static struct rig rig;

static inline void
rig_take(void *ctx, const struct frame *frame)
{
    struct rig_frame *f;

    (void)ctx;
    rig.n_all++;
    if (rig.n_frames == RIG_FRAMES_MAX)
        return;
    f = &rig.frames[rig.n_frames++];
    f->text = slice_dup(frame->raw);
    f->n = frame->raw.n;
    f->marks = frame->marks;
    f->listener = frame->listener;
    f->received = frame->received;
    f->process = frame->process;
    (void)snprintf(f->peer, sizeof(f->peer), "%.*s", (int)frame->peer.n, frame->peer.n == 0 ? "" : frame->peer.p);
}

/* One input of @type with the shipped defaults, to be changed before rig_open(). */
static inline struct input_settings *
rig_add(enum input_type type)
{
    struct input_settings *s = &rig.input[rig.settings.n_inputs++];

    *s = (struct input_settings){
        .name = "test",
        .type = type,
        .address = "127.0.0.1",
        .receive_buffer_bytes = 65536,
        .frame_max_bytes = 65536,
        .connections_max = 5000,
        .partial_bytes_max = 16 << 20,
        .unanswered_max = 1024,
    };
    rig.settings.inputs = rig.input;
    return s;
}

static inline void
rig_open(void)
{
    if (rig.clock == NULL)
        rig.clock = clock_system();
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 1, rig.clock), 0);
}

static inline void
rig_use_manual_clock(void)
{
    clock_manual_init(&rig.manual, (struct walltime){NS_PER_S});
    rig.clock = &rig.manual.clock;
}

static inline int64_t
rig_now_ms(void)
{
    return clock_mono(clock_system()).ns / NS_PER_MS;
}

static inline int
rig_poll(int timeout_ms)
{
    int r = inputs_poll(rig.in, timeout_ms, rig_take, NULL);

    ck_assert_int_ge(r, 0);
    return r;
}

/* Poll until @cond holds; a test that waits for too long has found a loss. */
#define RIG_WAIT(cond)                                                                                      \
    do {                                                                                                    \
        int64_t until_ = rig_now_ms() + RIG_PATIENCE_MS;                                                    \
                                                                                                            \
        while (!(cond)) {                                                                                   \
            ck_assert_msg(rig_now_ms() < until_, "waited in vain for %s; %zu frames", #cond, rig.n_frames); \
            (void)rig_poll(rig.clock == clock_system() ? 10 : 0);                                           \
        }                                                                                                   \
    } while (0)

/* Poll for @ms more, for what must not come. */
static inline void
rig_linger(int ms)
{
    int64_t until = rig_now_ms() + ms;

    while (rig_now_ms() < until)
        (void)rig_poll(5);
}

static inline void
rig_close(void)
{
    inputs_close(rig.in);
    rig.in = NULL;
    for (size_t i = 0; i < rig.n_frames; i++)
        free(rig.frames[i].text);
    rig.n_frames = 0;
    rig.n_all = 0;
}

/* What is logged from here on goes to a file, until rig_logged() has counted the lines that hold @part. */
static FILE *rig_log;

static inline void
rig_log_begin(void)
{
    rig_log = tmpfile();
    ck_assert_int_eq(dup2(fileno(rig_log), STDERR_FILENO), STDERR_FILENO);
}

static inline unsigned
rig_logged(const char *part)
{
    char line[512];
    unsigned n = 0;

    rewind(rig_log);
    while (fgets(line, sizeof(line), rig_log) != NULL)
        n += strstr(line, part) != NULL;
    (void)fclose(rig_log);
    return n;
}

#define RIG_STAT(name) ((unsigned long)atomic_load(&inputs_stats(rig.in, 0)->name))

#define ck_frame(i, want, want_marks)                                     \
    do {                                                                  \
        ck_assert_uint_gt(rig.n_frames, (i));                             \
        ck_slice_eq(slice_of(rig.frames[i].text, rig.frames[i].n), want); \
        ck_assert_uint_eq(rig.frames[i].marks, (want_marks));             \
    } while (0)

/* A connected client of input 0, on the loopback of @family. */
static inline int
rig_client(int type, int family)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)inputs_port(rig.in, 0))};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = v4.sin_port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, type, 0);

    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_ge(fd, 0);
    if (family == AF_INET)
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&v4, sizeof(v4)), 0);
    else
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&v6, sizeof(v6)), 0);
    return fd;
}

static inline void
rig_send(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Everything so far is to be recorded. Return: the number of its receipt. */
static inline uint64_t
rig_end_unit(void)
{
    struct receipt receipt;
    struct arena arena;

    ck_assert_int_eq(arena_init(&arena, 1024, 1 << 20), 0);
    ck_assert_int_eq(inputs_receipt(rig.in, &arena, &receipt), 0);
    arena_fini(&arena);
    return receipt.number;
}

/* Everything so far is on record. */
static inline void
rig_acknowledge(void)
{
    inputs_acknowledge(rig.in, rig_end_unit());
}

/* Whether the other side has closed @fd. */
static inline bool
rig_is_closed(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);

    return n == 0 || (n < 0 && errno == ECONNRESET);
}
