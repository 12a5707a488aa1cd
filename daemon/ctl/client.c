/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/client.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

static int
send_all(int fd, struct slice s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return error_origin(-errno);
        if (n > 0)
            s = slice_from(s, (size_t)n);
    }
    return 0;
}

static int
receive_all(int fd, struct buffer *answer)
{
    for (;;) {
        char *p = buffer_reserve(answer, 65536);
        ssize_t n;

        if (p == NULL)
            return error_origin(-ENOMEM);
        n = recv(fd, p, 65536, 0);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return error_origin(-errno);
        if (n > 0)
            answer->n += (size_t)n;
    }
}

static int
ask(int fd, const char *path, struct slice request, struct buffer *answer)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int r;

    if (strlen(path) >= sizeof(a.sun_path))
        return error_origin(-ENAMETOOLONG);
    memcpy(a.sun_path, path, strlen(path) + 1);
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
        return error_origin(-errno);
    r = send_all(fd, request);
    if (r == 0)
        r = send_all(fd, SLICE("\n"));
    if (r < 0 && r != -EPIPE) /* who hears enough before the end has said why */
        return error_trace(r);
    r = receive_all(fd, answer);
    return r == -ECONNRESET && answer->n > 0 ? 0 : r;
}

int
client_ask(const char *path, struct slice request, struct buffer *answer)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int r;

    if (fd < 0)
        return error_origin(-errno);
    r = ask(fd, path, request, answer);
    (void)close(fd);
    return r;
}
