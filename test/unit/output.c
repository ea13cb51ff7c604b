/* SPDX-License-Identifier: MIT */
/* base/output: a file that appears whole or not at all, whatever happens to its writer. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/output.h"
#include "unit.h"

/* How many names there are in the directory that the test runs in. */
static int names_here(void)
{
    DIR *d = opendir(".");
    int n = -2; /* `.` and `..` */

    if (!d)
        abort();
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static bool contains(const char *path, const char *want)
{
    char buffer[64] = {0};
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, buffer, sizeof(buffer) - 1);

    if (fd >= 0)
        close(fd);
    return n >= 0 && strcmp(buffer, want) == 0;
}

static struct output *begun(const char *path, const char *text)
{
    struct output *out;
    struct fault f;

    if (output_open(path, OUTPUT_BINARY, &out, &f) < 0 ||
        write(output_fd(out), text, strlen(text)) != (ssize_t)strlen(text))
        abort();
    return out;
}

static void a_committed_file_is_there(struct unit *u)
{
    struct output *out = begun("file", "new");
    struct fault f;
    struct stat st;

    CHECK(u, !contains("file", "new"));
    CHECK(u, output_commit(out, &f) == 0);
    CHECK(u, contains("file", "new") && names_here() == 1);
    CHECK(u, stat("file", &st) == 0 && (st.st_mode & 07777) == 0640); /* umask 027 */
    CHECK(u, output_commit(begun("file", "newer"), &f) == 0);
    CHECK(u, contains("file", "newer") && names_here() == 1);
    unlink("file");
}

static void what_is_replaced_keeps_its_permissions(struct unit *u)
{
    struct fault f;
    struct stat st;

    CHECK(u, output_commit(begun("file", "old"), &f) == 0 && chmod("file", 0600) == 0);
    CHECK(u, output_commit(begun("file", "new"), &f) == 0 && contains("file", "new"));
    CHECK(u, stat("file", &st) == 0 && (st.st_mode & 07777) == 0600);
    unlink("file");
}

static void a_link_is_written_through(struct unit *u)
{
    struct output *out;
    struct fault f;
    struct stat st;

    CHECK(u, mkdir("dir", 0700) == 0 && symlink("dir/file", "link") == 0);
    CHECK(u, output_open("link", OUTPUT_BINARY, &out, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "cannot follow the link: No such file or directory") == 0);
    CHECK(u, output_commit(begun("dir/file", "old"), &f) == 0);
    CHECK(u, output_commit(begun("link", "new"), &f) == 0);
    CHECK(u, contains("dir/file", "new"));
    CHECK(u, lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(u, unlink("link") == 0 && unlink("dir/file") == 0 && rmdir("dir") == 0);
}

static void a_discarded_file_is_not(struct unit *u)
{
    struct fault f;

    CHECK(u, output_commit(begun("file", "old"), &f) == 0);
    output_discard(begun("file", "new"));
    CHECK(u, contains("file", "old") && names_here() == 1);
    unlink("file");
    output_discard(NULL);
}

static void a_signal_leaves_nothing(struct unit *u)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        pid_t child = fork();
        int status;

        if (child == 0) {
            begun("file", "new");
            raise(signals[i]);
            _exit(0);
        }
        CHECK(u, waitpid(child, &status, 0) == child);
        CHECK(u, WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
        CHECK(u, names_here() == 0);
    }
}

static void *raise_term(void *unused)
{
    sigset_t term;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &term, NULL);
    raise(SIGTERM);
    return unused;
}

static void make_file(const char *name)
{
    close(open(name, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

/* A signal that comes while one name makes room for the next, and to another thread. */
static _Noreturn void change_names_under_a_signal(void)
{
    pthread_t other;
    sigset_t term;

    make_file("done");
    make_file("begun");
    guard_name(AT_FDCWD, "done");
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &term, NULL);
    if (pthread_create(&other, NULL, raise_term, NULL) != 0 || pthread_join(other, NULL) != 0)
        abort();
    guard_release();
    guard_name(AT_FDCWD, "begun");
    pthread_sigmask(SIG_UNBLOCK, &term, NULL);
    _exit(0);
}

static void a_signal_in_another_thread_waits_for_the_one_with_the_names(struct unit *u)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        change_names_under_a_signal();
    CHECK(u, waitpid(child, &status, 0) == child);
    CHECK(u, WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    CHECK(u, names_here() == 1 && unlink("done") == 0);
}

static void an_ignored_signal_stays_ignored(struct unit *u)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        signal(SIGHUP, SIG_IGN);
        make_file("kept");
        guard_name(AT_FDCWD, "kept");
        raise(SIGHUP);
        _exit(0);
    }
    CHECK(u, waitpid(child, &status, 0) == child && WIFEXITED(status));
    CHECK(u, names_here() == 1 && unlink("kept") == 0);
}

static void what_cannot_be_created_is_said(struct unit *u)
{
    struct output *out;
    struct fault f;

    CHECK(u, output_open("missing/file", OUTPUT_BINARY, &out, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "cannot create: No such file or directory") == 0);
    CHECK(u, strcmp(f.subject, "missing/file") == 0);
    CHECK(u, mkdir("dir", 0700) == 0);
    CHECK(u, output_open("dir", OUTPUT_BINARY, &out, &f) == FAULT_USAGE);
    CHECK(u, strcmp(f.text, "is a directory") == 0);
    CHECK(u, rmdir("dir") == 0 && names_here() == 0);
}

/* The directory goes away between open and commit: no success, and nothing crashes. */
static void a_file_that_cannot_be_named_is_no_success(struct unit *u)
{
    struct output *out;
    struct fault f;

    CHECK(u, mkdir("dir", 0700) == 0);
    out = begun("dir/file", "new");
    CHECK(u, rename("dir", "moved") == 0);
    CHECK(u, output_commit(out, &f) == FAULT_SYSTEM);
    CHECK(u, strncmp(f.text, "cannot put the finished file in place: ", 39) == 0);
    CHECK(u, access("dir", F_OK) != 0);
    unlink("moved/file");
    if (system("rm -rf moved") != 0)
        abort();
}

int main(void)
{
    char dir[] = "/tmp/unit-output.XXXXXX";
    struct unit u = {0};

    if (!mkdtemp(dir) || chdir(dir) < 0)
        abort();
    umask(027);
    UNIT_CASE(&u, a_committed_file_is_there);
    UNIT_CASE(&u, what_is_replaced_keeps_its_permissions);
    UNIT_CASE(&u, a_link_is_written_through);
    UNIT_CASE(&u, a_discarded_file_is_not);
    UNIT_CASE(&u, a_signal_leaves_nothing);
    UNIT_CASE(&u, a_signal_in_another_thread_waits_for_the_one_with_the_names);
    UNIT_CASE(&u, an_ignored_signal_stays_ignored);
    UNIT_CASE(&u, what_cannot_be_created_is_said);
    UNIT_CASE(&u, a_file_that_cannot_be_named_is_no_success);
    if (rmdir(dir) < 0)
        abort();
    return unit_end(&u);
}
