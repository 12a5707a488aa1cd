/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A unix datagram socket, as /dev/log or journald's syslog.socket. Nothing is lost on it: senders wait while
 * net.unix.max_dgram_qlen datagrams are queued, whatever the receive buffer is. One lane has it, for two sockets cannot
 * share a path. Anybody on the machine may write to it, as to /dev/log.
 */

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "input/datagram.h"
#include "input/socket.h"

enum { SOCKET_MODE = 0666 };

struct unix_datagram_input {
    struct datagram_input datagrams;
    dev_t dev; /* of the path, once it is ours to remove */
    ino_t ino;
};

static int
make_address(const struct input *input, struct sockaddr_un *a)
{
    size_t n = strlen(input->settings->path);

    if (n == 0 || n >= sizeof(a->sun_path))
        return error_origin(-ENAMETOOLONG);
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(a->sun_path, input->settings->path, n);
    return 0;
}

/* A socket that a dead process left behind refuses; one that is in use does not, and what is no socket is not ours. */
static int
remove_stale(int fd, const struct sockaddr_un *a)
{
    struct stat st;

    if (lstat(a->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : error_origin(-errno);
    if (!S_ISSOCK(st.st_mode))
        return error_origin(-EEXIST);
    if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0 || errno != ECONNREFUSED)
        return error_origin(-EADDRINUSE);
    return unlink(a->sun_path) == 0 ? 0 : error_origin(-errno);
}

static int
bind_path(struct unix_datagram_input *u, int fd)
{
    struct sockaddr_un a;
    struct stat st;
    int r;

    r = make_address(&u->datagrams.input, &a);
    if (r < 0)
        return error_trace(r);
    r = remove_stale(fd, &a);
    if (r < 0)
        return error_trace(r);
    if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
        return error_origin(-errno);
    if (chmod(a.sun_path, SOCKET_MODE) < 0 || lstat(a.sun_path, &st) < 0)
        return error_origin(-errno);
    u->dev = st.st_dev;
    u->ino = st.st_ino;
    return 0;
}

/* Return: the socket, or negative errno. */
static int
make_socket(struct unix_datagram_input *u)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int r;

    if (fd < 0)
        return error_origin(-errno);
    r = bind_path(u, fd);
    if (r == 0)
        return fd;
    (void)close(fd);
    return error_trace(r);
}

static int
unix_datagram_open(struct input *input)
{
    struct unix_datagram_input *u = (struct unix_datagram_input *)input;
    const int on = 1;
    int fd = socket_handed(input);
    int r;

    if (fd == -ENOENT)
        fd = make_socket(u);
    if (fd < 0)
        return error_trace(fd);
    if (input->settings->credentials && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
        (void)close(fd);
        return error_origin(-errno);
    }
    /* Two more bytes for a line end. */
    r = datagram_start(&u->datagrams, fd, input->settings->frame_max_bytes + 2);
    return r < 0 ? error_trace(r) : 0;
}

static void
unix_datagram_close(struct input *input)
{
    struct unix_datagram_input *u = (struct unix_datagram_input *)input;
    const char *path = input->settings->path;
    struct stat st;

    datagram_close(input);
    if (u->ino == 0 || lstat(path, &st) < 0 || st.st_dev != u->dev || st.st_ino != u->ino)
        return; /* never bound, or somebody else's by now */
    if (unlink(path) < 0)
        log_warning("input", "%s: %s stays behind: %s", input->settings->name, path, strerror(errno));
}

const struct input_ops input_unix_datagram = {
    .size = sizeof(struct unix_datagram_input),
    .open = unix_datagram_open,
    .close = unix_datagram_close,
};
