/* SPDX-License-Identifier: MIT */
/* One entry made on the host: created, then given its metadata, then looked at. */
#include "engram/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.h"

enum { SHOWN_PATH = 400 };

#define ACL_ACCESS  "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

/* The system says that we may not, or that this file system cannot: a loss.  Anything else that
 * fails is a failure. */
static bool is_refusal(int errnum)
{
    return errnum == EPERM || errnum == EACCES || errnum == EINVAL || errnum == EOPNOTSUPP ||
           errnum == ENOSYS || errnum == EOVERFLOW;
}

/* The same for attributes, which file systems limit in number and size. */
static bool is_xattr_refusal(int errnum)
{
    return is_refusal(errnum) || errnum == E2BIG || errnum == ENOSPC || errnum == ERANGE ||
           errnum == ENAMETOOLONG;
}

static int failed(const struct entry *e, const char *what, struct fault *f)
{
    int errnum = errno;
    char shown[SHOWN_PATH];

    text_escape(shown, sizeof(shown), e->path, strlen(e->path));
    return fault_errno(f, errnum, "%s: %s", shown, what);
}

/* Making a name failed: one that exists is the user's and stays. */
static int cannot_make(const struct entry *e, const struct restore_losses *l, struct fault *f)
{
    char shown[SHOWN_PATH];

    if (errno != EEXIST)
        return failed(e, "cannot be made", f);
    text_escape(shown, sizeof(shown), e->path, strlen(e->path));
    return fault_set(f, FAULT_SYSTEM, "%s exists already in %s; nothing is overwritten", shown,
                     l->where);
}

static void tell(const struct restore_losses *l, const struct entry *e, const char *what)
{
    char shown[SHOWN_PATH];

    text_escape(shown, sizeof(shown), e->path, strlen(e->path));
    notice(l->notices, NOTICE_LOSS, NULL, "%s: %s", shown, what);
}

int restore_file(int dir, const char *name, const struct entry *e, const struct restore_losses *l,
                 int *fd, struct fault *f)
{
    *fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return *fd < 0 ? cannot_make(e, l, f) : 0;
}

int restore_directory(int dir, const char *name, const struct entry *e,
                      const struct restore_losses *l, int *fd, struct fault *f)
{
    if (mkdirat(dir, name, 0700) < 0)
        return cannot_make(e, l, f);
    *fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd < 0 ? failed(e, "cannot be opened", f) : 0;
}

static int make_special(int dir, const char *name, const struct entry *e)
{
    dev_t rdev = makedev(e->rdev_major, e->rdev_minor);

    switch (e->type) {
    case ENTRY_SYMLINK:
        return symlinkat(e->target, dir, name);
    case ENTRY_CHAR_DEVICE:
        return mknodat(dir, name, S_IFCHR | 0600, rdev);
    case ENTRY_BLOCK_DEVICE:
        return mknodat(dir, name, S_IFBLK | 0600, rdev);
    case ENTRY_FIFO:
        return mknodat(dir, name, S_IFIFO | 0600, 0);
    case ENTRY_SOCKET:
        return mknodat(dir, name, S_IFSOCK | 0600, 0);
    default:
        errno = EINVAL;
        return -1;
    }
}

/* The system does not let us make a name. */
static int lose_name(const struct entry *e, struct restore_losses *l, const char *what)
{
    char text[200];

    snprintf(text, sizeof(text), "%s not made: %s", what, strerror(errno));
    tell(l, e, text);
    l->names++;
    return 0;
}

int restore_special(int dir, const char *name, const struct entry *e, struct restore_losses *l,
                    bool *made, struct fault *f)
{
    const char *what = e->type == ENTRY_SYMLINK  ? "symbolic link"
                       : e->type == ENTRY_FIFO   ? "named pipe"
                       : e->type == ENTRY_SOCKET ? "socket"
                                                 : "device";

    *made = make_special(dir, name, e) == 0;
    if (*made)
        return 0;
    return is_refusal(errno) ? lose_name(e, l, what) : cannot_make(e, l, f);
}

int restore_link(int first_dir, const char *first_name, int dir, const char *name,
                 const struct entry *e, struct restore_losses *l, bool *made, struct fault *f)
{
    *made = linkat(first_dir, first_name, dir, name, 0) == 0;
    if (*made)
        return 0;
    /* A first name that is not there is one that could not be made, and has been told of. */
    return is_refusal(errno) || errno == ENOENT ? lose_name(e, l, "hard link")
                                                : cannot_make(e, l, f);
}

/*
 * The path by which the calls that take no directory descriptor reach `name` without following it.
 */
static void proc_path(char *path, size_t size, int dir, const char *name)
{
    snprintf(path, size, "/proc/self/fd/%d/%s", dir, name);
}

/* Set one attribute; *lost if the system refuses, which is told here. */
static int set_xattr(const char *path, const struct entry *e, const struct entry_xattr *x,
                     struct restore_losses *l, bool *lost, struct fault *f)
{
    char text[400], shown[200];

    if (lsetxattr(path, x->name, x->value, x->value_len, 0) == 0)
        return 0;
    text_escape(shown, sizeof(shown), x->name, strlen(x->name));
    snprintf(text, sizeof(text), "attribute %s not set", shown);
    if (!is_xattr_refusal(errno))
        return failed(e, text, f);
    snprintf(text, sizeof(text), "attribute %s not set: %s", shown, strerror(errno));
    tell(l, e, text);
    *lost = true;
    return 0;
}

static int set_xattrs(int dir, const char *name, const struct entry *e, struct restore_losses *l,
                      bool *lost, struct fault *f)
{
    char path[64 + NAME_MAX];
    int rc = 0;

    proc_path(path, sizeof(path), dir, name);
    for (size_t i = 0; rc == 0 && i < e->xattr_count; i++)
        rc = set_xattr(path, e, &e->xattrs[i], l, lost, f);
    return rc;
}

/* What the name has now; setuid and setgid wait for the right owner. */
static int look(int dir, const char *name, const struct entry *e, struct stat *st, struct fault *f)
{
    if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) < 0)
        return failed(e, "cannot be looked at", f);
    return 0;
}

static int set_owner(int dir, const char *name, const struct entry *e, bool *owned, struct fault *f)
{
    struct stat st;

    if (fchownat(dir, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0) {
        if (!is_refusal(errno))
            return failed(e, "owner not set", f);
        /* The group alone may be ours to give. */
        if (fchownat(dir, name, (uid_t)-1, e->gid, AT_SYMLINK_NOFOLLOW) < 0 && !is_refusal(errno))
            return failed(e, "group not set", f);
    }
    if (look(dir, name, e, &st, f) < 0)
        return f->code;
    *owned = st.st_uid == e->uid && st.st_gid == e->gid;
    return 0;
}

static int set_mode(int dir, const char *name, const struct entry *e, bool owned, struct fault *f)
{
    mode_t mode = owned ? e->mode : e->mode & ~(mode_t)(S_ISUID | S_ISGID);

    if (e->type == ENTRY_SYMLINK) /* Linux keeps none that could be set */
        return 0;
    if (fchmodat(dir, name, mode, AT_SYMLINK_NOFOLLOW) < 0 && !is_refusal(errno))
        return failed(e, "mode not set", f);
    return 0;
}

static struct timespec timespec_of(const struct entry_time *t)
{
    return (struct timespec){.tv_sec = t->seconds, .tv_nsec = t->nanoseconds};
}

static int set_times(int dir, const char *name, const struct entry *e, struct fault *f)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, timespec_of(&e->mtime)};

    if (e->times & ENTRY_ATIME)
        times[0] = timespec_of(&e->atime);
    if (utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 && !is_refusal(errno))
        return failed(e, "times not set", f);
    return 0;
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
    char text[200];
    bool differs = false;

    if (st->st_uid != e->uid || st->st_gid != e->gid) {
        snprintf(text, sizeof(text), "owner is %u:%u, not %u:%u", st->st_uid, st->st_gid, e->uid,
                 e->gid);
        tell(l, e, text);
        differs = true;
    }
    if ((st->st_mode & 07777) != e->mode) {
        snprintf(text, sizeof(text), "mode is %04o, not %04o", st->st_mode & 07777, e->mode);
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

int restore_metadata(int dir, const char *name, const struct entry *e, struct restore_losses *l,
                     struct fault *f)
{
    bool owned = false, lost = false;
    struct stat st;

    /* A change of owner takes setuid and security.capability away, so it comes first; the mode
     * comes after the ACL, whose mask it is a part of; the times come last. */
    if (set_owner(dir, name, e, &owned, f) < 0 || set_xattrs(dir, name, e, l, &lost, f) < 0 ||
        set_mode(dir, name, e, owned, f) < 0 || set_times(dir, name, e, f) < 0 ||
        look(dir, name, e, &st, f) < 0)
        return f->code;
    if (tell_differences(e, &st, l) || lost)
        l->names++;
    if (e->times & (ENTRY_CTIME | ENTRY_CRTIME))
        l->unset++;
    return 0;
}

void restore_clear_acls(int dir)
{
    /* Having none, or none being possible, is as good. */
    (void)fremovexattr(dir, ACL_DEFAULT);
    (void)fremovexattr(dir, ACL_ACCESS);
}
