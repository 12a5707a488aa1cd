/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/log.h"

enum { SIGNS_PER_INTERVAL = 2, NS_PER_US = 1000 }; /* signs as sd_watchdog_enabled(3) advises */

static void say(const struct notify *n, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A manager that does not listen is no reason to stop. */
static void
say(const struct notify *n, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    int length;

    if (n->fd < 0)
        return;
    va_start(args, fmt);
    length = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (length < 0 || send(n->fd, text, strnlen(text, sizeof(text)), MSG_NOSIGNAL) < 0)
        log_debug("ismsd", "the service manager is not told: %s", strerror(errno));
}

/* A path, or "@" and a name in the abstract namespace, whose first byte is then zero. */
static int
connect_to(const char *where)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t n = strlen(where);
    int fd;

    if ((where[0] != '/' && where[0] != '@') || n < 2 || n >= sizeof(a.sun_path))
        return -EINVAL;
    memcpy(a.sun_path, where, n);
    if (where[0] == '@')
        a.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == 0)
        return fd;
    n = (size_t)errno;
    (void)close(fd);
    return -(int)n;
}

/* Return: 0 where none is asked for, of this process. */
static int64_t
watchdog_interval(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    struct slice text = slice_str(usec == NULL ? "" : usec);
    struct slice whose = slice_str(pid == NULL ? "" : pid);
    uint64_t us = 0;
    uint64_t process;

    if (pid != NULL && (!cursor_digits(&whose, 9, &process) || process != (uint64_t)getpid()))
        return 0;
    if (!cursor_digits(&text, 15, &us) || text.n > 0)
        return 0;
    return (int64_t)us * NS_PER_US;
}

void
notify_open(struct notify *n, const struct clock *clock)
{
    const char *where = getenv("NOTIFY_SOCKET");

    *n = (struct notify){.fd = where == NULL ? -1 : connect_to(where)};
    if (where != NULL && n->fd < 0)
        log_warning(
            "ismsd", "NOTIFY_SOCKET=%s: the service manager cannot be told anything: %s", where, strerror(-n->fd));
    if (n->fd >= 0)
        n->watchdog_ns = watchdog_interval() / SIGNS_PER_INTERVAL;
    n->next_sign = clock_mono(clock);
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

void
notify_close(struct notify *n)
{
    if (n->fd >= 0)
        (void)close(n->fd);
    n->fd = -1;
}

void
notify_ready(struct notify *n, struct slice status)
{
    say(n, "READY=1\nSTATUS=" SLICE_FMT, SLICE_ARG(status));
}

void
notify_reloading(struct notify *n, struct monotime now)
{
    say(n, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reading rules and mappings again", now.ns / NS_PER_US);
}

void
notify_status(struct notify *n, struct slice status)
{
    say(n, "STATUS=" SLICE_FMT, SLICE_ARG(status));
}

void
notify_stopping(struct notify *n)
{
    say(n, "STOPPING=1\nSTATUS=reading inputs out and committing");
}

bool
notify_sign_due(const struct notify *n, struct monotime now)
{
    return n->watchdog_ns > 0 && now.ns >= n->next_sign.ns;
}

void
notify_sign(struct notify *n, struct monotime now)
{
    n->next_sign = (struct monotime){now.ns + n->watchdog_ns};
    say(n, "WATCHDOG=1");
}

int
notify_wait_ms(const struct notify *n, int wait_ms)
{
    int64_t sign_ms = n->watchdog_ns / NS_PER_MS;

    return n->watchdog_ns > 0 && sign_ms < wait_ms ? (int)sign_ms : wait_ms;
}
