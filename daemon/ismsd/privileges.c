/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

/* Whether there is somebody to become: *@found is set to who, in @strings. A login name that does not exist is logged.
 */
static int
find_user(const char *user, struct passwd *entry, char *strings, size_t n, struct passwd **found)
{
    *found = NULL;
    if (user == NULL || user[0] == '\0' || geteuid() != 0)
        return 0;
    if (getpwnam_r(user, entry, strings, n, found) == 0 && *found != NULL)
        return 0;
    log_error("ismsd", "there is no user %s to become (daemon: user)", user);
    return error_origin(-ENOENT);
}

/* One that is there already is somebody's, and stays theirs: it may be /tmp. */
static int
make_dir(const char *dir, const struct passwd *user)
{
    int r = 0;

    if (mkdir(dir, 0750) < 0)
        r = errno == EEXIST ? 0 : -errno;
    else if (user != NULL && chown(dir, user->pw_uid, user->pw_gid) < 0)
        r = -errno;
    if (r < 0)
        log_error("ismsd", "%s cannot be made: %s", dir, strerrordesc_np(-r));
    return r < 0 ? error_origin(r) : 0;
}

int
privileges_make_dirs(const char *user, const char *const *dirs)
{
    struct passwd entry;
    struct passwd *found;
    char strings[4096];
    int r = find_user(user, &entry, strings, sizeof(strings), &found);

    for (; r == 0 && *dirs != NULL; dirs++)
        r = make_dir(*dirs, found);
    return r < 0 ? error_trace(r) : 0;
}

static int
become(const struct passwd *user)
{
    if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
        return error_origin(-errno);
    if (setuid(0) == 0)
        return error_origin(-EPERM); /* the way back is still open: do not go on */
    return 0;
}

static int
check_dirs(const char *const *dirs)
{
    for (; *dirs != NULL; dirs++)
        if (access(*dirs, W_OK | X_OK) < 0) {
            log_error("ismsd", "%s cannot be written in by the daemon's user: %s", *dirs, strerrordesc_np(errno));
            return error_origin(-errno);
        }
    return 0;
}

int
privileges_drop(const char *user, const char *const *dirs)
{
    struct passwd entry;
    struct passwd *found;
    char strings[4096];
    int r;

    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    r = find_user(user, &entry, strings, sizeof(strings), &found);
    if (r == 0 && found != NULL)
        r = become(found);
    if (r < 0) {
        log_failure("ismsd", r, "cannot become the daemon's user");
        return error_trace(r);
    }
    return check_dirs(dirs);
}
