/* SPDX-License-Identifier: MIT */
/* Gives what was made on the host its metadata, then looks at what it has. */
#include "engram/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.h"

#define ACL_ACCESS  "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

bool restore_is_refusal(int errnum)
{
    return errnum == EPERM || errnum == EACCES || errnum == EINVAL || errnum == EOPNOTSUPP ||
           errnum == ENOSYS || errnum == EOVERFLOW;
}

/* The same for attributes, which file systems limit in number and size. */
static bool is_xattr_refusal(int errnum)
{
    return restore_is_refusal(errnum) || errnum == E2BIG || errnum == ENOSPC || errnum == ERANGE ||
           errnum == ENAMETOOLONG;
}

int restore_failed(const char *path, const char *what, struct fault *f)
{
    int errnum = errno;
    char shown[TEXT_SHOWN_BYTES];

    return fault_errno(f, errnum, "%s: %s", text_shown(shown, path), what);
}

static void tell(const struct restore_losses *l, const struct entry *e, const char *what)
{
    char shown[TEXT_SHOWN_BYTES];

    notice(l->notices, NOTICE_LOSS, NULL, "%s: %s", text_shown(shown, e->path), what);
}

int restore_lose_name(const struct entry *e, struct restore_losses *l, const char *what,
                      const char *why)
{
    char text[200];

    snprintf(text, sizeof(text), "%s not made: %s", what, why);
    tell(l, e, text);
    l->names++;
    return 0;
}

/* ---- metadata, through a descriptor ---- */

/* Files and directories are open; of all else we hold the place only (O_PATH). */
static bool is_held(const struct entry *e)
{
    return e->type != ENTRY_FILE && e->type != ENTRY_DIRECTORY;
}

struct restore_path restore_path_of(int fd)
{
    struct restore_path path;

    snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
    return path;
}

static int remove_xattr(int fd, const struct entry *e, const char *name)
{
    return is_held(e) ? removexattr(restore_path_of(fd).text, name) : fremovexattr(fd, name);
}

/* Also if that cannot be told. */
static bool has_xattr(int fd, const struct entry *e, const char *name)
{
    ssize_t length = is_held(e) ? getxattr(restore_path_of(fd).text, name, NULL, 0)
                                : fgetxattr(fd, name, NULL, 0);

    return length >= 0 || (errno != ENODATA && errno != EOPNOTSUPP);
}

static bool clear_acl(int fd, const struct entry *e, const char *name,
                      const struct restore_losses *l)
{
    char text[200];
    int error;

    /* Having none, or none being possible, is as good.  Who may not remove is refused without a
     * look at whether there is one. */
    if (remove_xattr(fd, e, name) == 0 || errno == ENODATA || errno == EOPNOTSUPP)
        return true;
    error = errno;
    if (!has_xattr(fd, e, name))
        return true;
    snprintf(text, sizeof(text), "inherited %s not removed: %s", name, strerror(error));
    tell(l, e, text);
    return false;
}

bool restore_clear_acls(int fd, const struct entry *e, const struct restore_losses *l)
{
    bool clear = true;

    if (e->type == ENTRY_DIRECTORY)
        clear = clear_acl(fd, e, ACL_DEFAULT, l);
    if (e->type != ENTRY_SYMLINK) /* which have none */
        clear = clear_acl(fd, e, ACL_ACCESS, l) && clear;
    return clear;
}

/* Set one attribute; *lost if the system refuses, which is told here. */
static int set_xattr(int fd, const struct entry *e, const struct entry_xattr *x,
                     struct restore_losses *l, bool *lost, struct fault *f)
{
    char text[400], shown[200];
    int rc = is_held(e) ? setxattr(restore_path_of(fd).text, x->name, x->value, x->value_len, 0)
                        : fsetxattr(fd, x->name, x->value, x->value_len, 0);

    if (rc == 0)
        return 0;
    text_escape(shown, sizeof(shown), x->name, strlen(x->name));
    snprintf(text, sizeof(text), "attribute %s not set", shown);
    if (!is_xattr_refusal(errno))
        return restore_failed(e->path, text, f);
    snprintf(text, sizeof(text), "attribute %s not set: %s", shown, strerror(errno));
    tell(l, e, text);
    *lost = true;
    return 0;
}

static int set_xattrs(int fd, const struct entry *e, struct restore_losses *l, bool *lost,
                      struct fault *f)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < e->xattr_count; i++)
        rc = set_xattr(fd, e, &e->xattrs[i], l, lost, f);
    return rc;
}

/* What it has now. */
static int look(int fd, const struct entry *e, struct stat *st, struct fault *f)
{
    return fstat(fd, st) < 0 ? restore_failed(e->path, "cannot be looked at", f) : 0;
}

static bool is_owned(const struct entry *e, const struct stat *st)
{
    return st->st_uid == e->uid && st->st_gid == e->gid;
}

static int set_owner(int fd, const struct entry *e, struct fault *f)
{
    if (fchownat(fd, "", e->uid, e->gid, AT_EMPTY_PATH) == 0)
        return 0;
    if (!restore_is_refusal(errno))
        return restore_failed(e->path, "owner not set", f);
    /* The group alone may be ours to give. */
    if (fchownat(fd, "", (uid_t)-1, e->gid, AT_EMPTY_PATH) < 0 && !restore_is_refusal(errno))
        return restore_failed(e->path, "group not set", f);
    return 0;
}

/* Setuid and setgid wait for the right owner. */
static mode_t mode_for(const struct entry *e, bool owned)
{
    return owned ? e->mode : e->mode & ~(mode_t)(S_ISUID | S_ISGID);
}

static int set_mode(int fd, const struct entry *e, mode_t mode, struct fault *f)
{
    int rc;

    if (e->type == ENTRY_SYMLINK) /* Linux keeps none that could be set */
        return 0;
    rc = is_held(e) ? chmod(restore_path_of(fd).text, mode) : fchmod(fd, mode);
    return rc < 0 && !restore_is_refusal(errno) ? restore_failed(e->path, "mode not set", f) : 0;
}

static struct timespec timespec_of(const struct entry_time *t)
{
    return (struct timespec){.tv_sec = t->seconds, .tv_nsec = t->nanoseconds};
}

static int set_times(int fd, const struct entry *e, struct fault *f)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, timespec_of(&e->mtime)};
    int rc;

    if (e->times & ENTRY_ATIME)
        times[0] = timespec_of(&e->atime);
    rc = is_held(e) ? utimensat(AT_FDCWD, restore_path_of(fd).text, times, 0) : futimens(fd, times);
    return rc < 0 && !restore_is_refusal(errno) ? restore_failed(e->path, "times not set", f) : 0;
}

static bool time_is(const struct timespec *now, const struct entry_time *wanted)
{
    return now->tv_sec == wanted->seconds && (uint32_t)now->tv_nsec == wanted->nanoseconds;
}

static void tell_time(const struct restore_losses *l, const struct entry *e, const char *which,
                      const struct timespec *now, const struct entry_time *wanted)
{
    char text[200];

    snprintf(text, sizeof(text), "%s is %lld.%09ld, not %" PRId64 ".%09" PRIu32, which,
             (long long)now->tv_sec, now->tv_nsec, wanted->seconds, wanted->nanoseconds);
    tell(l, e, text);
}

/* Whatever the calls above said: this is what the name has. */
static bool tell_differences(const struct entry *e, const struct stat *st, struct restore_losses *l)
{
    mode_t mode = l->any_owner ? mode_for(e, is_owned(e, st)) : e->mode;
    char text[200];
    bool differs = false;

    if (!is_owned(e, st) && !l->any_owner) {
        snprintf(text, sizeof(text), "owner is %u:%u, not %u:%u", st->st_uid, st->st_gid, e->uid,
                 e->gid);
        tell(l, e, text);
        differs = true;
    }
    if ((st->st_mode & 07777) != mode) {
        snprintf(text, sizeof(text), "mode is %04o, not %04o", st->st_mode & 07777, mode);
        tell(l, e, text);
        differs = true;
    }
    if (!time_is(&st->st_mtim, &e->mtime)) {
        tell_time(l, e, "mtime", &st->st_mtim, &e->mtime);
        differs = true;
    }
    if (e->times & ENTRY_ATIME && !time_is(&st->st_atim, &e->atime)) {
        tell_time(l, e, "atime", &st->st_atim, &e->atime);
        differs = true;
    }
    return differs;
}

int restore_metadata(int fd, const struct entry *e, bool lost, struct restore_losses *l,
                     struct fault *f)
{
    struct stat st;

    /* A change of owner takes setuid and security.capability away, so it comes first; the mode
     * comes after the ACL, whose mask it is a part of; the times come last. */
    if ((!l->any_owner && set_owner(fd, e, f) < 0) || look(fd, e, &st, f) < 0 ||
        set_xattrs(fd, e, l, &lost, f) < 0 ||
        set_mode(fd, e, mode_for(e, is_owned(e, &st)), f) < 0 || set_times(fd, e, f) < 0 ||
        look(fd, e, &st, f) < 0)
        return f->code;
    if (tell_differences(e, &st, l) || lost)
        l->names++;
    if (e->times & (ENTRY_CTIME | ENTRY_CRTIME))
        l->unset++;
    return 0;
}
