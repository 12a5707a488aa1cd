/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What it costs to take lines in: senders in processes of their own, one lane that counts frames.
 *
 *     bench_input [tcp|tcp-lf|tcp-lines|udp|udp-gso|unix] [senders] [seconds]
 *
 * Prints lines a second, and the receiver's CPU time a line, kernel included. The callback only counts.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "input/inputs.h"

enum { LINE_BYTES = 235, BLOCK_BYTES = 65536, UDP_BLOCK_BYTES = 10000, SENDERS_MAX = 256 };

struct way {
    const char *name;
    enum input_type type;
    bool counted; /* octet counting, otherwise lines */
    bool blocks;  /* many lines a write, otherwise one */
};

static const struct way ways[] = {
    // clang-format off
    {"tcp",       INPUT_TCP,  true,  true},
    {"tcp-lf",    INPUT_TCP,  false, true},
    {"tcp-lines", INPUT_TCP,  true,  false},
    {"udp",       INPUT_UDP,  false, false},
    {"udp-gso",   INPUT_UDP,  false, true},
    {"unix",      INPUT_UNIX, false, false},
    // clang-format on
};

static const char path[] = "/tmp/isms-bench-input";

static const struct way *
find_way(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        if (strcmp(ways[i].name, name) == 0)
            return &ways[i];
    (void)fprintf(stderr, "no way '%s'\n", name);
    exit(EXIT_FAILURE);
}

static size_t
make_line(const struct way *way, char *out)
{
    char text[LINE_BYTES + 1];
    int n = snprintf(text, sizeof(text), "<38>1 2026-03-14T15:09:26Z host sshd 4711 - - ");

    memset(text + n, 'x', (size_t)(LINE_BYTES - n));
    text[LINE_BYTES] = '\0';
    return (size_t)(way->counted ? sprintf(out, "%d %s", LINE_BYTES, text) : sprintf(out, "%s\n", text));
}

static int
connect_to(const struct way *way, unsigned port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    int fd = socket(way->type == INPUT_UNIX ? AF_UNIX : AF_INET, way->type == INPUT_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
    int r;

    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memcpy(local.sun_path, path, sizeof(path));
    if (way->type == INPUT_UNIX)
        r = connect(fd, (struct sockaddr *)&local, sizeof(local));
    else
        r = connect(fd, (struct sockaddr *)&v4, sizeof(v4));
    if (r < 0)
        _exit(EXIT_FAILURE);
    return fd;
}

/* Until it is killed. */
static void
send_on(const struct way *way, unsigned port)
{
    static char block[BLOCK_BYTES];
    size_t block_bytes = way->type == INPUT_UDP ? UDP_BLOCK_BYTES : BLOCK_BYTES;
    char line[LINE_BYTES + 16];
    size_t length = make_line(way, line);
    size_t n = 0;
    int fd = connect_to(way, port);

    for (; way->blocks && n + length <= block_bytes; n += length)
        memcpy(block + n, line, length);
    if (way->blocks && way->type == INPUT_UDP &&
        setsockopt(fd, SOL_UDP, UDP_SEGMENT, &(int){(int)length}, sizeof(int)) < 0)
        _exit(EXIT_FAILURE);
    while (send(fd, n > 0 ? block : line, n > 0 ? n : length, MSG_NOSIGNAL) > 0)
        ;
    _exit(EXIT_SUCCESS);
}

static void
count(void *ctx, const struct frame *frame)
{
    uint64_t *n_bytes = ctx;

    *n_bytes += frame->raw.n;
}

static double
cpu_seconds(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double
now_seconds(void)
{
    return (double)clock_mono(clock_system()).ns / 1e9;
}

static void
measure(struct inputs *in, double seconds)
{
    double begun = now_seconds();
    double cpu = cpu_seconds();
    uint64_t n_bytes = 0;
    uint64_t n_frames = 0;
    uint64_t n_polls = 0;

    for (; now_seconds() - begun < seconds; n_polls++) {
        int n = inputs_poll(in, 100, count, &n_bytes);

        n_frames += n > 0 ? (uint64_t)n : 0;
    }
    cpu = cpu_seconds() - cpu;
    begun = now_seconds() - begun;
    inputs_finish(in, count, &n_bytes);
    (void)printf("%.3f M lines/s, %.0f ns CPU a line (%.0f %% of a core), %.0f lines a poll, %.2f GB/s, %llu dropped\n",
        (double)n_frames / begun / 1e6, cpu * 1e9 / (double)n_frames, 100 * cpu / begun,
        (double)n_frames / (double)n_polls, (double)n_bytes / begun / 1e9,
        (unsigned long long)atomic_load(&inputs_stats(in, 0)->n_kernel_drops));
}

int
main(int argc, char **argv)
{
    const struct way *way = find_way(argc > 1 ? argv[1] : "tcp");
    int n_senders = argc > 2 ? atoi(argv[2]) : 8;
    double seconds = argc > 3 ? atof(argv[3]) : 5;
    struct input_settings input = {
        .name = "bench",
        .type = way->type,
        .address = "127.0.0.1",
        .path = path,
        .receive_buffer_bytes = 64 << 20,
        .frame_max_bytes = 65536,
        .connections_max = SENDERS_MAX,
        .partial_bytes_max = 64 << 20,
    };
    struct settings settings = {.inputs = &input, .n_inputs = 1};
    CLEANUP(inputs_close) struct inputs *in = NULL;
    pid_t senders[SENDERS_MAX];

    if (n_senders < 1 || n_senders > SENDERS_MAX || inputs_open(&in, &settings, 0, 1, clock_system()) < 0)
        return EXIT_FAILURE;
    for (int i = 0; i < n_senders; i++) {
        senders[i] = fork();
        if (senders[i] == 0)
            send_on(way, inputs_port(in, 0));
    }
    measure(in, seconds);
    for (int i = 0; i < n_senders; i++) {
        (void)kill(senders[i], SIGKILL);
        (void)waitpid(senders[i], NULL, 0);
    }
    return EXIT_SUCCESS;
}
