/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/server.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "ctl/verbs.h"
#include "parsers/json.h"

enum {
    EVENTS_MAX = 64,
    ASK_MS = 5000,      /* to ask; a client does at once */
    GRACE_MS = 100,     /* of it, those that nobody is cut off in for another's sake */
    READ_MS = 10000,    /* to read anything on */
    ANSWER_MS = 120000, /* to read it all */
    ACCEPT_PAUSE_MS = 250,
    ACTOR_MAX = 64,
};

enum ctl_counter { CTL_C_CLIENTS, CTL_C_REFUSED, CTL_C_SILENT, CTL_C_SLOW, CTL_C_PAUSES, CTL_COUNTERS };

static const struct counter_def counter_defs[CTL_COUNTERS] = {
    // clang-format off
    [CTL_C_CLIENTS] = {"ctl_clients", "clients of the control socket"},
    [CTL_C_REFUSED] = {"ctl_refused", "of these, sent away because all places were taken"},
    [CTL_C_SILENT]  = {"ctl_silent", "of these, cut off because they did not ask"},
    [CTL_C_SLOW]    = {"ctl_slow", "of these, cut off because they did not read their answer"},
    [CTL_C_PAUSES]  = {"ctl_pauses", "times nobody could be let in for a moment, for want of descriptors"},
    // clang-format on
};

struct connection {
    struct list link;
    int fd;
    struct monotime came;
    struct monotime moved; /* when it last took something of its answer */
    struct buffer in;
    struct buffer out;
    size_t sent;
    bool answered;
};

struct ctl_server {
    int listener;
    int epoll;
    char *path;
    ctl_fn *fn;
    void *ctx;
    const struct clock *clock;
    struct counters *counters;
    struct list connections; /* in the order they came */
    size_t n_connections;
    bool pausing;    /* without descriptors: not asked for who waits until then, or it would be asked for ever */
    bool pause_told; /* of this row of pauses */
    struct monotime resumes;
};

static int
fill_address(struct sockaddr_un *a, const char *path)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(a->sun_path))
        return error_origin(-ENAMETOOLONG);
    memcpy(a->sun_path, path, strlen(path) + 1);
    return 0;
}

/*
 * A socket file nobody answers on is left over from a daemon that died; one that answers is somebody's, and what is no
 * socket at all is somebody's too.
 */
static int
clear_path(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct stat st;
    int r;

    if (fd < 0)
        return error_origin(-errno);
    r = connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0 ? -EADDRINUSE : -errno;
    (void)close(fd);
    if (r == -ECONNREFUSED && lstat(a->sun_path, &st) == 0 && !S_ISSOCK(st.st_mode))
        return error_origin(-EEXIST);
    if (r == -ECONNREFUSED)
        return unlink(a->sun_path) == 0 ? 0 : error_origin(-errno);
    return r == -ENOENT ? 0 : error_origin(r);
}

static int
listen_at(struct ctl_server *s, const char *path)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    struct sockaddr_un a;
    int r;

    r = fill_address(&a, path);
    if (r == 0)
        r = clear_path(&a);
    if (r < 0)
        return error_trace(r);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&a, sizeof(a)) < 0)
        return error_origin(-errno);
    s->path = strdup(path);
    if (s->path == NULL)
        return error_origin(-ENOMEM);
    if (chmod(path, 0660) < 0 || listen(s->listener, CTL_CLIENTS_MAX) < 0 ||
        epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &event) < 0)
        return error_origin(-errno);
    return 0;
}

int
ctl_server_open(struct ctl_server **out, const char *path, ctl_fn *fn, void *ctx, const struct clock *clock)
{
    CLEANUP(ctl_server_close) struct ctl_server *s = NULL;
    int r;

    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return error_origin(-ENOMEM);
    list_init(&s->connections);
    s->listener = -1;
    s->fn = fn;
    s->ctx = ctx;
    s->clock = clock;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll < 0)
        return error_origin(-errno);
    r = counters_new(&s->counters, counter_defs, CTL_COUNTERS);
    if (r == 0)
        r = listen_at(s, path);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(s);
    return 0;
}

static void
drop_connection(struct ctl_server *s, struct connection *c)
{
    list_remove(&c->link);
    s->n_connections--;
    (void)close(c->fd);
    buffer_fini(&c->in);
    buffer_fini(&c->out);
    free(c);
}

void
ctl_server_close(struct ctl_server *s)
{
    if (s == NULL)
        return;
    LIST_EACH_SAFE(&s->connections, link)
    drop_connection(s, LIST_ITEM(link, struct connection, link));
    if (s->path != NULL)
        (void)unlink(s->path);
    if (s->listener >= 0)
        (void)close(s->listener);
    if (s->epoll >= 0)
        (void)close(s->epoll);
    counters_free(s->counters);
    free(s->path);
    free(s);
}

const struct counters *
ctl_server_counters(const struct ctl_server *s)
{
    return s->counters;
}

int
ctl_server_fd(const struct ctl_server *s)
{
    return s->epoll;
}

static void
listen_or_not(struct ctl_server *s, bool listens)
{
    struct epoll_event event = {.events = listens ? EPOLLIN : 0, .data.ptr = NULL};

    if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, s->listener, &event) == 0)
        s->pausing = !listens;
}

static void
pause_accepting(struct ctl_server *s, int error)
{
    counters_add(s->counters, CTL_C_PAUSES, 1);
    if (!s->pause_told)
        log_warning("ctl", "no control connection can be accepted for now: %s", strerrordesc_np(error));
    s->pause_told = true;
    s->resumes = monotime_add(clock_mono(s->clock), ACCEPT_PAUSE_MS * NS_PER_MS);
    listen_or_not(s, false);
}

static bool
has_waited(const struct ctl_server *s, struct monotime since, int64_t ms)
{
    return clock_mono(s->clock).ns - since.ns > ms * NS_PER_MS;
}

/* Makes room by who has been silent longest; a client asks at once, so one that has not is none, or is in no hurry. */
static bool
make_place(struct ctl_server *s)
{
    if (s->n_connections < CTL_CLIENTS_MAX)
        return true;
    LIST_EACH(&s->connections, link)
    {
        struct connection *c = LIST_ITEM(link, struct connection, link);

        if (!c->answered && has_waited(s, c->came, GRACE_MS)) {
            counters_add(s->counters, CTL_C_SILENT, 1);
            drop_connection(s, c);
            return true;
        }
    }
    return false;
}

/* A socket that was just made takes so much without waiting; one whose client is gone already takes nothing. */
static void
refuse_connection(struct ctl_server *s, int fd)
{
    CLEANUP_BUFFER struct buffer out = {0};
    char busy[64];

    counters_add(s->counters, CTL_C_REFUSED, 1);
    (void)snprintf(busy, sizeof(busy), "busy: %zu clients are being answered", s->n_connections);
    ctl_end(&out, busy);
    if (send(fd, out.p, out.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_debug("ctl", "a client could not be told that all places are taken: %s", strerrordesc_np(errno));
    (void)close(fd);
}

static void
admit_connection(struct ctl_server *s, int fd)
{
    struct connection *c = make_place(s) ? calloc(1, sizeof(*c)) : NULL;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};

    if (c == NULL || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        refuse_connection(s, fd);
        free(c);
        return;
    }
    c->fd = fd;
    c->came = c->moved = clock_mono(s->clock);
    list_append(&s->connections, &c->link);
    s->n_connections++;
}

static void
accept_connection(struct ctl_server *s)
{
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        s->pause_told = false;
        counters_add(s->counters, CTL_C_CLIENTS, 1);
        admit_connection(s, fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        pause_accepting(s, errno);
    }
}

/* The login name of the peer, or "uid:N" where the machine knows none. */
static void
peer_name(int fd, char out[static ACTOR_MAX])
{
    struct ucred cred = {.uid = (uid_t)-1};
    socklen_t n = sizeof(cred);
    struct passwd entry;
    struct passwd *found = NULL;
    char strings[1024];

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) < 0)
        cred.uid = (uid_t)-1;
    if (getpwuid_r(cred.uid, &entry, strings, sizeof(strings), &found) == 0 && found != NULL)
        (void)snprintf(out, ACTOR_MAX, "%s", found->pw_name);
    else
        (void)snprintf(out, ACTOR_MAX, "uid:%u", (unsigned)cred.uid);
}

/* Why the request cannot be answered, or NULL. The verb is taken out of the arguments. */
static const char *
check_request(struct ctl_request *request)
{
    const struct verb *v;
    size_t i;
    size_t n = 0;

    request->verb = ctl_arg(request, CTL_KEY_VERB);
    v = verb_named(request->verb);
    if (v == NULL || v->where == VERB_OFFLINE)
        return "no such verb";
    for (i = 0; i < request->args.n; i++) {
        if (slice_eq(request->args.items[i].name, SLICE(CTL_KEY_VERB)))
            continue;
        if (!verb_takes(v, request->args.items[i].name))
            return "the verb takes no such argument";
        request->args.items[n++] = request->args.items[i];
    }
    request->args.n = n;
    return NULL;
}

static void
answer(struct ctl_server *s, struct connection *c, struct slice line)
{
    struct ctl_request request = {0};
    char actor[ACTOR_MAX];
    struct arena arena;
    const char *error;

    if (arena_init(&arena, 0, 4 * CTL_REQUEST_BYTES_MAX) < 0)
        return;
    fields_init(&request.args, &arena, CTL_ARGS_MAX);
    peer_name(c->fd, actor);
    request.actor = slice_str(actor);
    error = json_flatten(line, &request.args, NULL) == 0 ? check_request(&request) : "the request is not a JSON object";
    if (error == NULL)
        s->fn(s->ctx, &request, &c->out);
    else
        ctl_end(&c->out, error);
    c->answered = true;
    arena_fini(&arena);
}

/* Reads what has come; answers once a line is whole. Return: whether the connection goes on. */
static bool
receive(struct ctl_server *s, struct connection *c)
{
    char *p = buffer_reserve(&c->in, 4096);
    ssize_t n = p == NULL ? -1 : recv(c->fd, p, 4096, 0);
    size_t end;

    if (n < 0)
        return p != NULL && (errno == EAGAIN || errno == EINTR);
    if (n == 0)
        return false;
    c->in.n += (size_t)n;
    end = slice_find(buffer_slice(&c->in), '\n');
    if (end > CTL_REQUEST_BYTES_MAX) {
        ctl_end(&c->out, "the request is too long");
        c->answered = true;
    } else if (end < c->in.n) {
        answer(s, c, slice_of(c->in.p, end));
    }
    return true;
}

/* Return: whether the connection goes on, because not all was sent yet. */
static bool
transmit(struct ctl_server *s, struct connection *c)
{
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};

    while (c->sent < c->out.n) {
        ssize_t n = send(c->fd, c->out.p + c->sent, c->out.n - c->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            return epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event) == 0;
        if (n <= 0)
            return false;
        c->sent += (size_t)n;
        c->moved = clock_mono(s->clock);
    }
    return false;
}

static void
drop_old(struct ctl_server *s)
{
    LIST_EACH_SAFE(&s->connections, link)
    {
        struct connection *c = LIST_ITEM(link, struct connection, link);
        bool silent = !c->answered && has_waited(s, c->came, ASK_MS);
        bool slow = c->answered && (has_waited(s, c->moved, READ_MS) || has_waited(s, c->came, ANSWER_MS));

        if (silent || slow) {
            counters_add(s->counters, silent ? CTL_C_SILENT : CTL_C_SLOW, 1);
            drop_connection(s, c);
        }
    }
}

static void
serve_connection(struct ctl_server *s, struct connection *c)
{
    bool goes_on = true;

    if (!c->answered)
        goes_on = receive(s, c);
    if (goes_on && c->answered)
        goes_on = transmit(s, c);
    if (!goes_on)
        drop_connection(s, c);
}

void
ctl_server_serve(struct ctl_server *s)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(s->epoll, events, EVENTS_MAX, 0);
    bool somebody_waits = false;
    int i;

    for (i = 0; i < n; i++) {
        if (events[i].data.ptr == NULL)
            somebody_waits = true;
        else
            serve_connection(s, events[i].data.ptr);
    }
    if (somebody_waits) /* last, since it may drop a connection that has an event */
        accept_connection(s);
    drop_old(s);
    if (s->pausing && clock_mono(s->clock).ns >= s->resumes.ns)
        listen_or_not(s, true);
}
