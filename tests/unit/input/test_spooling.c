/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Inputs whose frames go to disk first, as a lane sees them: when frames are handed over, what places say, who waits.
 */

#include <sys/un.h>

#include "rig.h"

#include "base/arena.h"
#include "input/spool.h"

static struct positions *known;
static struct arena scratch;
static char folder[64];

static void
begin(void)
{
    (void)snprintf(folder, sizeof(folder), "spooling.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(positions_new(&known), 0);
    ck_assert_int_eq(arena_init(&scratch, 0, 1 << 20), 0);
    rig.settings.state_dir = folder;
    rig.settings.spool_bytes_max = 16 << 20;
    rig.settings.spool_segment_bytes = 1 << 20;
    rig.settings.spool_sync_bytes = 64 * 1024;
    rig.settings.spool_sync_interval_ms = 1;
    rig_add(INPUT_TCP)->spool = true;
}

static void
end(void)
{
    char command[128];

    rig_close();
    positions_free(TAKE(known));
    arena_fini(&scratch);
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void
reopen(void)
{
    rig_close();
    rig_open();
    inputs_resume(rig.in, known);
}

/* What the ledger does with a unit: its positions are on record, and the inputs hear of it. Return: how many there
 * were. */
static size_t
commit(void)
{
    struct receipt receipt;

    arena_reset(&scratch);
    ck_assert_int_eq(inputs_receipt(rig.in, &scratch, &receipt), 0);
    for (size_t i = 0; i < receipt.n_positions; i++)
        ck_assert_int_eq(positions_set(known, &receipt.positions[i]), 0);
    inputs_acknowledge(rig.in, receipt.number);
    return receipt.n_positions;
}

static uint64_t
count(enum spool_counter c)
{
    struct spool_view view;

    ck_assert(inputs_spool(rig.in, &view));
    return counters_get(view.counters, c);
}

START_TEST(a_frame_comes_from_the_disk_with_all_that_came_with_it)
{
    int fd;

    reopen();
    ck_assert(inputs_exact(rig.in));
    fd = rig_client(SOCK_STREAM, AF_INET);
    rig_send(fd, "one\n7 <13>two\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_frame(0, "one", 0);
    ck_frame(1, "<13>two", FRAME_OCTET_COUNTED);
    ck_assert_uint_eq(rig.frames[0].listener, 0);
    ck_assert_uint_eq(strncmp(rig.frames[0].peer, "127.0.0.1", 9), 0);
    ck_assert_int_gt(rig.frames[0].received.ns, 0);
    ck_assert_uint_eq(count(SPOOL_C_SYNCED), 2);
    ck_assert_uint_eq(count(SPOOL_C_WAITING), 2);
    ck_assert_uint_eq(commit(), 1);
    ck_assert_uint_eq(count(SPOOL_C_WAITING), 0);
    ck_assert_uint_eq(commit(), 0);
    (void)close(fd);
}
END_TEST

START_TEST(what_is_not_on_record_comes_again_after_a_start_and_only_that)
{
    int fd;

    reopen();
    fd = rig_client(SOCK_STREAM, AF_INET);
    rig_send(fd, "one\ntwo\n");
    RIG_WAIT(rig.n_frames == 2);
    (void)commit();
    rig_send(fd, "three\nfour\n");
    RIG_WAIT(rig.n_frames == 4);
    reopen();
    RIG_WAIT(rig.n_frames == 2);
    ck_frame(0, "three", 0);
    ck_frame(1, "four", 0);
    (void)commit();
    reopen();
    rig_linger(50);
    ck_assert_uint_eq(rig.n_frames, 0);
    (void)close(fd);
}
END_TEST

START_TEST(frames_of_an_input_that_is_gone_are_of_no_listener)
{
    int fd;

    reopen();
    fd = rig_client(SOCK_STREAM, AF_INET);
    rig_send(fd, "one\n");
    RIG_WAIT(rig.n_frames == 1);
    rig.input[0].name = "another";
    rig.input[0].spool = false;
    reopen();
    RIG_WAIT(rig.n_frames == 1);
    ck_frame(0, "one", 0);
    ck_assert_uint_eq(rig.frames[0].listener, FRAME_NO_LISTENER);
    (void)commit();
    (void)rig_poll(0);
    {
        char path[128];

        (void)snprintf(path, sizeof(path), "%s/spool/lane-0", folder);
        ck_assert_int_ne(access(path, F_OK), 0);
    }
    (void)close(fd);
}
END_TEST

/* Sends until the other side takes no more. */
static void
flood(int fd)
{
    static char lines[65536];

    memset(lines, 'x', sizeof(lines));
    for (size_t i = 0; i < sizeof(lines); i += 1024)
        lines[i + 1023] = '\n';
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    for (unsigned n_refused = 0; n_refused < 20; n_refused++) {
        while (send(fd, lines, sizeof(lines), MSG_NOSIGNAL) > 0)
            n_refused = 0;
        (void)rig_poll(0);
        if (count(SPOOL_C_SHED) > 0)
            break;
    }
}

START_TEST(while_the_spool_is_full_its_inputs_wait_and_no_others)
{
    struct spool_view view;
    int fd;
    int other;

    rig_add(INPUT_UNIX)->path = "spooling.socket";
    reopen();
    inputs_hold(rig.in, true); /* there is no room behind the spool */
    fd = rig_client(SOCK_STREAM, AF_INET);
    flood(fd);
    ck_assert(inputs_spool(rig.in, &view));
    ck_assert(view.paused);
    ck_assert_uint_eq(count(SPOOL_C_PAUSES), 1);
    ck_assert_uint_eq(count(SPOOL_C_SHED), 0);
    ck_assert_uint_lt(count(SPOOL_C_BYTES), 22 << 20);
    ck_assert_uint_eq(rig.n_frames, 0);
    other = socket(AF_UNIX, SOCK_DGRAM, 0);
    {
        const struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "spooling.socket"};

        ck_assert_int_eq(sendto(other, "now", 3, 0, (const struct sockaddr *)&to, sizeof(to)), 3);
    }
    RIG_WAIT(rig.n_frames == 1);
    ck_frame(0, "now", 0);
    inputs_hold(rig.in, false);
    RIG_WAIT(rig.n_all > 15000);
    for (int i = 0; i < 200; i++) {
        (void)rig_poll(0);
        (void)commit();
    }
    (void)rig_poll(0);
    ck_assert(inputs_spool(rig.in, &view));
    ck_assert(!view.paused);
    (void)close(fd);
    (void)close(other);
    (void)unlink("spooling.socket");
}
END_TEST

START_TEST(where_the_settings_say_so_frames_are_dropped_and_counted_instead)
{
    int fd;

    rig.settings.spool_full = SPOOL_FULL_SHED;
    reopen();
    inputs_hold(rig.in, true);
    fd = rig_client(SOCK_STREAM, AF_INET);
    flood(fd);
    ck_assert_uint_gt(count(SPOOL_C_SHED), 0);
    ck_assert_uint_eq(count(SPOOL_C_PAUSES), 1);
    ck_assert_uint_lt(count(SPOOL_C_BYTES), 18 << 20);
    (void)close(fd);
}
END_TEST

static int n_received_within;
static int n_from_disk;

/* A caller that has no room for a frame's detections waits within its callback. */
static void
wait_within(void *ctx, const struct frame *frame)
{
    char text[64];

    ck_assert_ptr_null(ctx);
    n_from_disk += frame->listener == 0;
    if (frame->listener != 1)
        return;
    ck_assert_uint_lt(frame->raw.n, sizeof(text));
    memcpy(text, frame->raw.p, frame->raw.n);
    for (int i = 0; i < 1000 && count(SPOOL_C_SYNCED) < 3; i++) {
        inputs_receive(rig.in);
        (void)usleep(1000);
    }
    ck_assert_uint_eq(count(SPOOL_C_SYNCED), 3);
    ck_assert_int_eq(memcmp(text, frame->raw.p, frame->raw.n), 0);
    n_received_within++;
}

START_TEST(what_comes_for_the_spool_is_taken_while_another_s_frame_waits)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int spooled;
    int other;

    (void)rig_add(INPUT_TCP);
    reopen();
    (void)rig_poll(0);
    spooled = rig_client(SOCK_STREAM, AF_INET);
    other = socket(AF_INET, SOCK_STREAM, 0);
    to.sin_port = htons((uint16_t)inputs_port(rig.in, 1));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(other, (const struct sockaddr *)&to, sizeof(to)), 0);
    rig_send(other, "of another\nand one more\n");
    rig_send(spooled, "one\ntwo\nthree\n");
    for (int i = 0; i < 1000 && (n_received_within < 2 || n_from_disk < 3); i++)
        ck_assert_int_ge(inputs_poll(rig.in, 10, wait_within, NULL), 0);
    ck_assert_int_eq(n_received_within, 2);
    ck_assert_int_eq(n_from_disk, 3);
    (void)close(spooled);
    (void)close(other);
}
END_TEST

UNIT_MAIN_WITH("spooling", begin, end, a_frame_comes_from_the_disk_with_all_that_came_with_it,
    what_is_not_on_record_comes_again_after_a_start_and_only_that, frames_of_an_input_that_is_gone_are_of_no_listener,
    while_the_spool_is_full_its_inputs_wait_and_no_others,
    where_the_settings_say_so_frames_are_dropped_and_counted_instead,
    what_comes_for_the_spool_is_taken_while_another_s_frame_waits)
