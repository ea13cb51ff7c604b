/* SPDX-License-Identifier: MIT */
/* Engrams that no manifest gave rise to, made to write outside of the directory: all refused. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engram/unpack.h"
#include "engram_made.h"
#include "unit.h"

/* One entry of a hostile engram. */
struct lie {
    enum entry_type type; /* 0 ends a list */
    const char *path;
    const char *to; /* of a link, or the data of a file */
};

/* A directory to unpack in, `in`, beside one that must stay empty, `out`. */
struct place {
    char top[64];
    char in[80];
    char out[80];
};

static struct place make_place(struct unit *u)
{
    struct place p = {.top = "/tmp/engram-unpack-XXXXXX"};

    CHECK(u, mkdtemp(p.top) != NULL);
    snprintf(p.in, sizeof(p.in), "%s/in", p.top);
    snprintf(p.out, sizeof(p.out), "%s/out", p.top);
    CHECK(u, mkdir(p.in, 0700) == 0 && mkdir(p.out, 0700) == 0);
    return p;
}

/* Check that nothing came to be in `out`, and take everything away. */
static void end_place(struct unit *u, const struct place *p)
{
    char command[128];

    CHECK(u, rmdir(p->out) == 0);
    snprintf(command, sizeof(command), "chmod -R u+rwx %s && rm -rf %s", p->top, p->top);
    CHECK(u, system(command) == 0);
}

static struct entry entry_of(const struct lie *lie)
{
    struct entry e = made_entry(lie->path, lie->type, 0);
    struct fault f;

    e.uid = getuid();
    e.gid = getgid();
    if (lie->type == ENTRY_DIRECTORY)
        e.mode = 0755;
    if (lie->type == ENTRY_SYMLINK) {
        free(e.target);
        e.target = strdup(lie->to);
        e.mode = strstr(lie->path, "odd") != NULL ? 0700 : 0777;
    }
    if (lie->type == ENTRY_HARD_LINK)
        e.link = strdup(lie->to);
    if (lie->type == ENTRY_FILE && lie->to != NULL) {
        e.size = strlen(lie->to);
        entry_add_extent(&e, 0, e.size, &f);
    }
    return e;
}

static struct memory engram_of(struct unit *u, const struct lie *lies)
{
    struct engram_writer *w;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;

    CHECK(u, engram_writer_open(to, rules_builtin("fast"), 1, &w, &f) == 0);
    for (; lies->type != 0; lies++) {
        struct entry e = entry_of(lies);

        CHECK(u, engram_writer_entry(w, &e, &f) == 0);
        if (e.size > 0)
            CHECK(u, engram_writer_data(w, lies->to, e.size, &f) == 0);
        entry_free(&e);
    }
    CHECK(u, engram_writer_finish(w, &info, &f) == 0);
    CHECK(u, sink_finish(to, &f) == 0);
    engram_writer_close(w);
    sink_close(to);
    return m;
}

static int unpack(struct unit *u, const struct lie *lies, const struct unpack_options *options,
                  struct fault *f)
{
    struct memory m = engram_of(u, lies);
    struct engram *g = NULL;
    struct source *s;
    int rc;

    f->text[0] = '\0';
    CHECK(u, source_from_memory(m.bytes, m.length, "test", &s, f) == 0);
    rc = engram_open(s, &g, f);
    if (rc == 0)
        rc = engram_unpack(g, options, f);
    engram_close(g);
    source_close(s);
    free(m.bytes);
    return rc;
}

/* Unpacking into p->in ends with this code and text. */
static void refused(struct unit *u, const struct place *p, const struct lie *lies,
                    enum fault_code code, const char *text)
{
    struct unpack_options options = {.directory = p->in};
    struct fault f;
    int rc = unpack(u, lies, &options, &f);

    if (rc != (int)code || strcmp(f.text, text) != 0)
        printf("# code %d, text: %s\n", rc, f.text);
    CHECK(u, rc == (int)code && strcmp(f.text, text) == 0);
}

static void file_below_a_symbolic_link(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL},
                               {ENTRY_SYMLINK, "/a", p.out},
                               {ENTRY_FILE, "/a/evil", "x"},
                               {0}};

    refused(u, &p, lies, FAULT_DAMAGED, "/a/evil: it lies in what is no directory: /a");
    end_place(u, &p);
}

static void file_without_its_directory(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL}, {ENTRY_FILE, "/a/evil", "x"}, {0}};
    char link[100];

    /* Even if a link of that name was there before. */
    snprintf(link, sizeof(link), "%s/a", p.in);
    CHECK(u, symlink(p.out, link) == 0);
    refused(u, &p, lies, FAULT_DAMAGED, "/a/evil: no directory for it comes before it, but /");
    end_place(u, &p);
}

static void same_name_twice(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL},
                               {ENTRY_SYMLINK, "/a", p.out},
                               {ENTRY_DIRECTORY, "/a", NULL},
                               {ENTRY_FILE, "/a/evil", "x"},
                               {0}};

    refused(u, &p, lies, FAULT_DAMAGED, "/a: it comes after /a");
    end_place(u, &p);
}

static void hard_link_to_a_directory(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL},
                               {ENTRY_DIRECTORY, "/a", NULL},
                               {ENTRY_HARD_LINK, "/b", "/a"},
                               {0}};

    refused(u, &p, lies, FAULT_DAMAGED, "/b: a hard link names what is no file");
    end_place(u, &p);
}

static void hard_link_to_a_file_that_was_there(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL}, {ENTRY_HARD_LINK, "/z", "/mine"}, {0}};
    char mine[100], z[100];
    int fd;

    snprintf(mine, sizeof(mine), "%s/mine", p.in);
    snprintf(z, sizeof(z), "%s/z", p.in);
    CHECK(u, (fd = open(mine, O_CREAT | O_WRONLY, 0600)) >= 0 && close(fd) == 0);
    refused(u, &p, lies, FAULT_DAMAGED, "/z: a hard link names what is no file");
    CHECK(u, access(z, F_OK) < 0);
    end_place(u, &p);
}

static void hard_link_through_a_symbolic_link(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL},
                               {ENTRY_SYMLINK, "/a", "/etc"},
                               {ENTRY_HARD_LINK, "/b", "/a/passwd"},
                               {0}};

    refused(u, &p, lies, FAULT_DAMAGED, "/b: a hard link names what is no file");
    end_place(u, &p);
}

/* A link to a link: its own second name, not the one of what it leads to. */
static void hard_link_to_a_symbolic_link(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL},
                               {ENTRY_SYMLINK, "/a", "/etc/passwd"},
                               {ENTRY_HARD_LINK, "/b", "/a"},
                               {0}};
    struct unpack_options options = {.directory = p.in};
    struct fault f;
    char b[100], target[100] = "";

    CHECK(u, unpack(u, lies, &options, &f) == 0);
    snprintf(b, sizeof(b), "%s/b", p.in);
    CHECK(u, readlink(b, target, sizeof(target) - 1) == 11 && strcmp(target, "/etc/passwd") == 0);
    end_place(u, &p);
}

/* Moves the directory that is being filled, when it first hears of something. */
static void move_away(void *context, enum notice_kind kind, const char *subject, const char *text)
{
    const struct place *p = context;
    char from[100], to[100];

    (void)kind;
    (void)subject;
    (void)text;
    snprintf(from, sizeof(from), "%s/d/e", p->in);
    snprintf(to, sizeof(to), "%s/e", p->top);
    (void)rename(from, to);
}

static void directory_moved_meanwhile(struct unit *u)
{
    struct place p = make_place(u);
    /* A symbolic link whose mode none can have is a loss, and so is heard of. */
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL},
                               {ENTRY_DIRECTORY, "/d", NULL},
                               {ENTRY_DIRECTORY, "/d/e", NULL},
                               {ENTRY_SYMLINK, "/d/e/odd", "target"},
                               {0}};
    struct notices notices = {.say = move_away, .context = &p};
    struct unpack_options options = {.directory = p.in, .notices = &notices};
    struct fault f;

    CHECK(u, unpack(u, lies, &options, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "a directory was moved while it was being filled") == 0);
    end_place(u, &p);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, file_below_a_symbolic_link);
    UNIT_CASE(&u, file_without_its_directory);
    UNIT_CASE(&u, same_name_twice);
    UNIT_CASE(&u, hard_link_to_a_directory);
    UNIT_CASE(&u, hard_link_to_a_file_that_was_there);
    UNIT_CASE(&u, hard_link_through_a_symbolic_link);
    UNIT_CASE(&u, hard_link_to_a_symbolic_link);
    UNIT_CASE(&u, directory_moved_meanwhile);
    return unit_end(&u);
}
