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

/* Makes @dir, and gives it to @user where that is not NULL. */
static int
own_dir(const char *dir, const struct passwd *user)
{
    int r = mkdir(dir, 0750) < 0 && errno != EEXIST ? -errno : 0;

    if (r == 0 && user != NULL && chown(dir, user->pw_uid, user->pw_gid) < 0)
        r = -errno;
    if (r < 0)
        log_error("ismsd", "%s cannot be made the daemon's own: %s", dir, strerrordesc_np(-r));
    return r < 0 ? error_origin(r) : 0;
}

static int
own_dirs(const char *const *dirs, const struct passwd *user)
{
    int r = 0;

    for (; r == 0 && *dirs != NULL; dirs++)
        r = own_dir(*dirs, user);
    return r;
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

int
privileges_drop(const char *user, const char *const *dirs)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char strings[4096];
    int r;

    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (user == NULL || user[0] == '\0' || geteuid() != 0)
        return own_dirs(dirs, NULL);
    if (getpwnam_r(user, &entry, strings, sizeof(strings), &found) != 0 || found == NULL) {
        log_error("ismsd", "there is no user %s to become (daemon: user)", user);
        return error_origin(-ENOENT);
    }
    r = own_dirs(dirs, found);
    if (r < 0)
        return error_trace(r);
    r = become(found);
    if (r < 0)
        log_failure("ismsd", r, "cannot become the daemon's user");
    return r;
}
