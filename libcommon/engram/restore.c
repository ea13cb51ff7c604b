/* SPDX-License-Identifier: MIT */
/* One entry made on the host: created, then given its metadata, then looked at. */
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

/* The kind of a special entry as the system has it. */
static mode_t file_type(const struct entry *e)
{
    switch (e->type) {
    case ENTRY_SYMLINK:
        return S_IFLNK;
    case ENTRY_CHAR_DEVICE:
        return S_IFCHR;
    case ENTRY_BLOCK_DEVICE:
        return S_IFBLK;
    case ENTRY_FIFO:
        return S_IFIFO;
    default:
        return S_IFSOCK;
    }
}

static int make_special(int dir, const char *name, const struct entry *e)
{
    if (e->type == ENTRY_SYMLINK)
        return symlinkat(e->target, dir, name);
    return mknodat(dir, name, file_type(e) | 0600, makedev(e->rdev_major, e->rdev_minor));
}

/* What has this name is what was made under it, or something of somebody's that is just the same.
 */
static bool is_made(const struct entry *e, const struct stat *st)
{
    bool is_device = e->type == ENTRY_CHAR_DEVICE || e->type == ENTRY_BLOCK_DEVICE;

    return (st->st_mode & S_IFMT) == file_type(e) && st->st_nlink == 1 &&
           (!is_device || st->st_rdev == makedev(e->rdev_major, e->rdev_minor));
}

/* Hold what was just made, which no call does in one step. */
static int hold_special(int dir, const char *name, const struct entry *e, int *out, struct fault *f)
{
    int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return failed(e, "cannot be opened", f);
    if (fstat(fd, &st) < 0) {
        failed(e, "cannot be looked at", f);
        close(fd);
        return f->code;
    }
    if (!is_made(e, &st)) {
        char shown[SHOWN_PATH];

        close(fd);
        text_escape(shown, sizeof(shown), e->path, strlen(e->path));
        return fault_set(f, FAULT_SYSTEM, "%s was replaced while it was being made", shown);
    }
    *out = fd;
    return 0;
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

int restore_special(int dir, const char *name, const struct entry *e, struct restore_losses *l,
                    int *fd, struct fault *f)
{
    const char *what = e->type == ENTRY_SYMLINK  ? "symbolic link"
                       : e->type == ENTRY_FIFO   ? "named pipe"
                       : e->type == ENTRY_SOCKET ? "socket"
                                                 : "device";

    *fd = -1;
    if (make_special(dir, name, e) == 0)
        return hold_special(dir, name, e, fd, f);
    return is_refusal(errno) ? restore_lose_name(e, l, what, strerror(errno))
                             : cannot_make(e, l, f);
}

int restore_link(int first_dir, const char *first_name, int dir, const char *name,
                 const struct entry *e, struct restore_losses *l, struct fault *f)
{
    if (linkat(first_dir, first_name, dir, name, 0) == 0)
        return 0;
    return is_refusal(errno) ? restore_lose_name(e, l, "hard link", strerror(errno))
                             : cannot_make(e, l, f);
}

/* ---- metadata, through a descriptor ---- */

/* Files and directories are open; of all else we hold the place only (O_PATH), which most calls
 * take as a path in /proc.  It leads to that very file, also if that is a symbolic link. */
static bool is_held(const struct entry *e)
{
    return e->type != ENTRY_FILE && e->type != ENTRY_DIRECTORY;
}

struct proc_path {
    char text[32];
};

static struct proc_path proc_path(int fd)
{
    struct proc_path path;

    snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
    return path;
}

static int remove_xattr(int fd, const struct entry *e, const char *name)
{
    return is_held(e) ? removexattr(proc_path(fd).text, name) : fremovexattr(fd, name);
}

static bool clear_acl(int fd, const struct entry *e, const char *name,
                      const struct restore_losses *l)
{
    char text[200];

    /* Having none, or none being possible, is as good. */
    if (remove_xattr(fd, e, name) == 0 || errno == ENODATA || errno == EOPNOTSUPP)
        return true;
    snprintf(text, sizeof(text), "inherited %s not removed: %s", name, strerror(errno));
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
    int rc = is_held(e) ? setxattr(proc_path(fd).text, x->name, x->value, x->value_len, 0)
                        : fsetxattr(fd, x->name, x->value, x->value_len, 0);

    if (rc == 0)
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
    return fstat(fd, st) < 0 ? failed(e, "cannot be looked at", f) : 0;
}

static int set_owner(int fd, const struct entry *e, bool *owned, struct fault *f)
{
    struct stat st;

    if (fchownat(fd, "", e->uid, e->gid, AT_EMPTY_PATH) < 0) {
        if (!is_refusal(errno))
            return failed(e, "owner not set", f);
        /* The group alone may be ours to give. */
        if (fchownat(fd, "", (uid_t)-1, e->gid, AT_EMPTY_PATH) < 0 && !is_refusal(errno))
            return failed(e, "group not set", f);
    }
    if (look(fd, e, &st, f) < 0)
        return f->code;
    *owned = st.st_uid == e->uid && st.st_gid == e->gid;
    return 0;
}

/* Setuid and setgid wait for the right owner. */
static int set_mode(int fd, const struct entry *e, bool owned, struct fault *f)
{
    mode_t mode = owned ? e->mode : e->mode & ~(mode_t)(S_ISUID | S_ISGID);
    int rc;

    if (e->type == ENTRY_SYMLINK) /* Linux keeps none that could be set */
        return 0;
    rc = is_held(e) ? chmod(proc_path(fd).text, mode) : fchmod(fd, mode);
    return rc < 0 && !is_refusal(errno) ? failed(e, "mode not set", f) : 0;
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
    rc = is_held(e) ? utimensat(AT_FDCWD, proc_path(fd).text, times, 0) : futimens(fd, times);
    return rc < 0 && !is_refusal(errno) ? failed(e, "times not set", f) : 0;
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

int restore_metadata(int fd, const struct entry *e, bool lost, struct restore_losses *l,
                     struct fault *f)
{
    bool owned = false;
    struct stat st;

    /* A change of owner takes setuid and security.capability away, so it comes first; the mode
     * comes after the ACL, whose mask it is a part of; the times come last. */
    if (set_owner(fd, e, &owned, f) < 0 || set_xattrs(fd, e, l, &lost, f) < 0 ||
        set_mode(fd, e, owned, f) < 0 || set_times(fd, e, f) < 0 || look(fd, e, &st, f) < 0)
        return f->code;
    if (tell_differences(e, &st, l) || lost)
        l->names++;
    if (e->times & (ENTRY_CTIME | ENTRY_CRTIME))
        l->unset++;
    return 0;
}
