/* SPDX-License-Identifier: MIT */
/* Engrams that no manifest gave rise to, made to write outside of the directory: all refused. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engram/levels.h"
#include "engram/unpack.h"
#include "engram_made.h"
#include "unit.h"

/* One entry of a hostile engram. */
struct lie {
    enum entry_type type; /* 0 ends a list */
    const char *path;
    const char *to;        /* of a link, or the data of a file */
    const char *attribute; /* its name, or NULL; the value is "v" */
    uint32_t mode;         /* 0: the usual one */
};

/* A directory to unpack in, `in`, beside one that must stay empty, `out`. */
struct place {
    char top[200];
    char in[220];
    char out[220];
};

static struct place make_place(struct unit *u)
{
    const char *temporary = getenv("TMPDIR");
    struct place p;

    snprintf(p.top, sizeof(p.top), "%s/engram-unpack-XXXXXX", temporary ? temporary : "/tmp");
    CHECK(u, mkdtemp(p.top) != NULL);
    snprintf(p.in, sizeof(p.in), "%s/in", p.top);
    snprintf(p.out, sizeof(p.out), "%s/out", p.top);
    CHECK(u, mkdir(p.in, 0700) == 0 && mkdir(p.out, 0700) == 0);
    return p;
}

/* Check that nothing came to be in `out`, and take everything away. */
static void end_place(struct unit *u, const struct place *p)
{
    char command[600];

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
    if (lie->mode)
        e.mode = lie->mode;
    if (lie->attribute)
        entry_add_xattr(&e, lie->attribute, "v", 1, &f);
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
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    for (; lies->type != 0; lies++) {
        struct entry e = entry_of(lies);

        CHECK(u, engram_writer_entry(w, &e, &f) == 0);
        if (e.size > 0)
            CHECK(u, engram_writer_data(w, lies->to, e.size, &f) == 0);
        entry_free(&e);
    }
    finish_made(u, w, to);
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

/* Unpacking with these options ends with this code and text. */
static void refused_so(struct unit *u, const struct unpack_options *options, const struct lie *lies,
                       enum fault_code code, const char *text)
{
    struct fault f;
    int rc = unpack(u, lies, options, &f);

    if (rc != (int)code || strcmp(f.text, text) != 0)
        printf("# code %d, text: %s\n", rc, f.text);
    CHECK(u, rc == (int)code && strcmp(f.text, text) == 0);
}

/* Unpacking into p->in ends so, and also once more, when what there is may be replaced. */
static void refused(struct unit *u, const struct place *p, const struct lie *lies,
                    enum fault_code code, const char *text)
{
    struct unpack_options options = {.directory = p->in};

    refused_so(u, &options, lies, code, text);
    options.overwrite = true;
    refused_so(u, &options, lies, code, text);
}

static void file_below_a_symbolic_link(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_SYMLINK, "/a", p.out, NULL, 0},
                               {ENTRY_FILE, "/a/evil", "x", NULL, 0},
                               {0}};

    refused(u, &p, lies, FAULT_DAMAGED, "/a/evil: it lies in what is no directory: /a");
    end_place(u, &p);
}

static void file_without_its_directory(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {
        {ENTRY_DIRECTORY, "/", NULL, NULL, 0}, {ENTRY_FILE, "/a/evil", "x", NULL, 0}, {0}};
    char link[240];

    /* Even if a link of that name was there before. */
    snprintf(link, sizeof(link), "%s/a", p.in);
    CHECK(u, symlink(p.out, link) == 0);
    refused(u, &p, lies, FAULT_DAMAGED, "/a/evil: no directory for it comes before it, but /");
    end_place(u, &p);
}

static void same_name_twice(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_SYMLINK, "/a", p.out, NULL, 0},
                               {ENTRY_DIRECTORY, "/a", NULL, NULL, 0},
                               {ENTRY_FILE, "/a/evil", "x", NULL, 0},
                               {0}};

    refused(u, &p, lies, FAULT_DAMAGED, "/a: it comes after /a");
    end_place(u, &p);
}

static void hard_link_to_a_directory(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_DIRECTORY, "/a", NULL, NULL, 0},
                               {ENTRY_HARD_LINK, "/b", "/a", NULL, 0},
                               {0}};

    refused(u, &p, lies, FAULT_DAMAGED, "/b: a hard link names what is no file");
    end_place(u, &p);
}

static void hard_link_to_a_file_that_was_there(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {
        {ENTRY_DIRECTORY, "/", NULL, NULL, 0}, {ENTRY_HARD_LINK, "/z", "/mine", NULL, 0}, {0}};
    char mine[240], z[240];
    int fd;

    snprintf(mine, sizeof(mine), "%s/mine", p.in);
    snprintf(z, sizeof(z), "%s/z", p.in);
    CHECK(u, (fd = open(mine, O_CREAT | O_WRONLY, 0600)) >= 0 && close(fd) == 0);
    refused(u, &p, lies, FAULT_DAMAGED, "/z: a hard link names what is no file");
    CHECK(u, access(z, F_OK) < 0);
    end_place(u, &p);
}

static void hard_links_to_what_is_stripped_away_and_no_file(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie none[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_DIRECTORY, "/z", NULL, NULL, 0},
                               {ENTRY_HARD_LINK, "/z/k", "/mine", NULL, 0},
                               {0}};
    const struct lie directory[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                                    {ENTRY_DIRECTORY, "/a", NULL, NULL, 0},
                                    {ENTRY_DIRECTORY, "/z", NULL, NULL, 0},
                                    {ENTRY_HARD_LINK, "/z/k", "/a", NULL, 0},
                                    {0}};
    struct unpack_options options = {
        .directory = p.in, .strip_components = 1, .made_mode = 0755, .overwrite = true};
    char mine[240], k[240];
    int fd;

    snprintf(mine, sizeof(mine), "%s/mine", p.in);
    snprintf(k, sizeof(k), "%s/k", p.in);
    CHECK(u, (fd = open(mine, O_CREAT | O_WRONLY, 0600)) >= 0 && close(fd) == 0);
    refused_so(u, &options, none, FAULT_DAMAGED, "/z/k: a hard link names what is no file");
    refused_so(u, &options, directory, FAULT_DAMAGED, "/z/k: a hard link names what is no file");
    CHECK(u, access(k, F_OK) < 0);
    end_place(u, &p);
}

static void hard_link_through_a_symbolic_link(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_SYMLINK, "/a", "/etc", NULL, 0},
                               {ENTRY_HARD_LINK, "/b", "/a/passwd", NULL, 0},
                               {0}};

    refused(u, &p, lies, FAULT_DAMAGED, "/b: a hard link names what is no file");
    end_place(u, &p);
}

/* A link to a link: its own second name, not the one of what it leads to. */
static void hard_link_to_a_symbolic_link(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_SYMLINK, "/a", "/etc/passwd", NULL, 0},
                               {ENTRY_HARD_LINK, "/b", "/a", NULL, 0},
                               {0}};
    struct unpack_options options = {.directory = p.in};
    struct fault f;
    char b[240], target[100] = "";

    CHECK(u, unpack(u, lies, &options, &f) == 0);
    snprintf(b, sizeof(b), "%s/b", p.in);
    CHECK(u, readlink(b, target, sizeof(target) - 1) == 11 && strcmp(target, "/etc/passwd") == 0);
    end_place(u, &p);
}

/* Moves the directory that is being filled, when it first hears of something. */
static void move_away(void *context, enum notice_kind kind, const char *subject, const char *text)
{
    const struct place *p = context;
    char from[240], to[240];

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
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_DIRECTORY, "/d", NULL, NULL, 0},
                               {ENTRY_DIRECTORY, "/d/e", NULL, NULL, 0},
                               {ENTRY_SYMLINK, "/d/e/odd", "target", NULL, 0},
                               {0}};
    struct notices notices = {.say = move_away, .context = &p};
    struct unpack_options options = {.directory = p.in, .notices = &notices};
    struct fault f;

    CHECK(u, unpack(u, lies, &options, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "a directory was moved while it was being filled") == 0);
    end_place(u, &p);
}

/* The first name is in the directory before the engram is, and in the engram after its link; the
 * order of entries alone would let this through. */
static void hard_link_to_what_is_yet_to_come(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_DIRECTORY, "/p", NULL, NULL, 0},
                               {ENTRY_HARD_LINK, "/p/k", "/b", NULL, 0},
                               {ENTRY_FILE, "/b", "x", NULL, 0},
                               {0}};
    char mine[240], k[240];
    int fd;

    snprintf(mine, sizeof(mine), "%s/b", p.in);
    snprintf(k, sizeof(k), "%s/p/k", p.in);
    CHECK(u, (fd = open(mine, O_CREAT | O_WRONLY, 0600)) >= 0 && close(fd) == 0);
    refused(u, &p, lies, FAULT_DAMAGED, "/p/k: a hard link names what is no file");
    CHECK(u, access(k, F_OK) < 0);
    end_place(u, &p);
}

/* ---- names that somebody else changes while we unpack ---- */

/* What to do when something is told of a path. */
struct swap {
    const struct place *place;
    const char *when; /* the start of what is told */
    const char *name; /* in place->in: moved to `moved` beside it */
    bool link;        /* then a symbolic link to `out` has that name, not a file */
};

static void swap_name(void *context, enum notice_kind kind, const char *subject, const char *text)
{
    const struct swap *swap = context;
    char name[240], moved[240];
    int fd;

    (void)kind;
    (void)subject;
    if (strncmp(text, swap->when, strlen(swap->when)) != 0)
        return;
    snprintf(name, sizeof(name), "%s/%s", swap->place->in, swap->name);
    snprintf(moved, sizeof(moved), "%s/moved", swap->place->top);
    if (rename(name, moved) < 0)
        return;
    if (swap->link)
        (void)!symlink(swap->place->out, name);
    else if ((fd = open(name, O_CREAT | O_WRONLY, 0600)) >= 0)
        close(fd);
}

/* Unpack, swapping as planned; the modes that the name and what was moved away then have. */
static int unpack_swapped(struct unit *u, const struct lie *lies, const struct swap *swap,
                          mode_t *named, mode_t *moved, struct fault *f)
{
    struct notices notices = {.say = swap_name, .context = (void *)(uintptr_t)swap};
    struct unpack_options options = {.directory = swap->place->in, .notices = &notices};
    struct stat st = {0};
    char path[240];
    int rc = unpack(u, lies, &options, f);

    snprintf(path, sizeof(path), "%s/%s", swap->place->in, swap->name);
    CHECK(u, lstat(path, &st) == 0);
    *named = st.st_mode & 07777;
    snprintf(path, sizeof(path), "%s/moved", swap->place->top);
    CHECK(u, lstat(path, &st) == 0);
    *moved = st.st_mode & 07777;
    return rc;
}

/* An attribute that no file system takes is a loss, told before the mode is set. */
#define ODD_ATTRIBUTE "odd.attribute"

static void file_swapped_before_its_mode_is_set(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {
        {ENTRY_DIRECTORY, "/", NULL, NULL, 0}, {ENTRY_FILE, "/f", "x", ODD_ATTRIBUTE, 04755}, {0}};
    struct swap swap = {&p, "/f: attribute", "f", false};
    mode_t named, moved;
    struct fault f;

    CHECK(u, unpack_swapped(u, lies, &swap, &named, &moved, &f) == 0);
    CHECK(u, named == 0600 && moved == 04755);
    end_place(u, &p);
}

static void pipe_swapped_before_its_mode_is_set(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {
        {ENTRY_DIRECTORY, "/", NULL, NULL, 0}, {ENTRY_FIFO, "/f", NULL, ODD_ATTRIBUTE, 04755}, {0}};
    struct swap swap = {&p, "/f: attribute", "f", false};
    mode_t named, moved;
    struct fault f;

    CHECK(u, unpack_swapped(u, lies, &swap, &named, &moved, &f) == 0);
    CHECK(u, named == 0600 && moved == 04755);
    end_place(u, &p);
}

static void directory_swapped_before_its_mode_is_set(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_DIRECTORY, "/d", NULL, ODD_ATTRIBUTE, 02755},
                               {0}};
    struct swap swap = {&p, "/d: attribute", "d", false};
    mode_t named, moved;
    struct fault f;

    CHECK(u, unpack_swapped(u, lies, &swap, &named, &moved, &f) == 0);
    CHECK(u, named == 0600 && moved == 02755);
    end_place(u, &p);
}

/* What is to be replaced becomes a directory while the new file is written. */
static void put_directory_in_the_way(void *context, enum notice_kind kind, const char *subject,
                                     const char *text)
{
    const struct place *p = context;
    char name[240];

    (void)kind;
    (void)subject;
    (void)text;
    snprintf(name, sizeof(name), "%s/f", p->in);
    if (unlink(name) == 0)
        (void)mkdir(name, 0700);
}

static void directory_in_the_way_of_a_file_that_replaces(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {
        {ENTRY_DIRECTORY, "/", NULL, NULL, 0}, {ENTRY_FILE, "/f", "x", ODD_ATTRIBUTE, 0}, {0}};
    struct notices notices = {.say = put_directory_in_the_way, .context = &p};
    struct unpack_options options = {.directory = p.in, .notices = &notices, .overwrite = true};
    char name[240];
    int fd;

    snprintf(name, sizeof(name), "%s/f", p.in);
    CHECK(u, (fd = open(name, O_CREAT | O_WRONLY, 0600)) >= 0 && close(fd) == 0);
    refused_so(u, &options, lies, FAULT_SYSTEM,
               "/f: what is there cannot be replaced: Is a directory");
    /* Nothing else is left. */
    CHECK(u, rmdir(name) == 0 && rmdir(p.in) == 0);
    end_place(u, &p);
}

/* A directory that was finished becomes a link to one with a file of the same name. */
static void hard_link_through_a_directory_swapped_for_a_link(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {
        {ENTRY_DIRECTORY, "/", NULL, NULL, 0},         {ENTRY_DIRECTORY, "/b", NULL, NULL, 0},
        {ENTRY_FILE, "/b/secret", "x", NULL, 0},       {ENTRY_FILE, "/c", "x", ODD_ATTRIBUTE, 0},
        {ENTRY_HARD_LINK, "/z", "/b/secret", NULL, 0}, {0}};
    struct swap swap = {&p, "/c: attribute", "b", true};
    mode_t named, moved;
    struct fault f;
    char path[240];
    int fd;

    snprintf(path, sizeof(path), "%s/secret", p.out);
    CHECK(u, (fd = open(path, O_CREAT | O_WRONLY, 0600)) >= 0 && close(fd) == 0);
    CHECK(u, unpack_swapped(u, lies, &swap, &named, &moved, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "/b/secret: its directory cannot be opened: Not a directory") == 0);
    CHECK(u, unlink(path) == 0);
    end_place(u, &p);
}

/* Nobody else can enter a directory that was there before, until it has the root's mode. */
static void see_mode(void *context, enum notice_kind kind, const char *subject, const char *text)
{
    const struct place *p = context;
    struct stat st;

    (void)kind;
    (void)subject;
    (void)text;
    if (stat(p->in, &st) == 0 && (st.st_mode & 07777) != 0700)
        (void)rmdir(p->out); /* end_place fails then */
}

static void directory_that_existed_is_closed_while_it_is_filled(struct unit *u)
{
    struct place p = make_place(u);
    const struct lie lies[] = {{ENTRY_DIRECTORY, "/", NULL, NULL, 0},
                               {ENTRY_FILE, "/f", "x", ODD_ATTRIBUTE, 0},
                               {ENTRY_HARD_LINK, "/z", "/a", NULL, 0},
                               {0}};
    struct notices notices = {.say = see_mode, .context = &p};
    struct unpack_options options = {.directory = p.in, .notices = &notices};
    struct fault f;
    struct stat st;

    CHECK(u, chmod(p.in, 0757) == 0);
    CHECK(u, unpack(u, lies, &options, &f) == FAULT_DAMAGED);
    CHECK(u, stat(p.in, &st) == 0 && (st.st_mode & 07777) == 0757);
    end_place(u, &p);
}

static void directories_with_too_many_attributes(struct unit *u)
{
    enum { VALUE_BYTES = LEVELS_PENDING_MAX / 3 + 1 };
    static const char *const paths[] = {"/", "/a", "/a/b"};
    struct place p = make_place(u);
    struct unpack_options options = {.directory = p.in};
    struct engram_writer *w = NULL;
    struct engram *g = NULL;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    char *value = calloc(1, VALUE_BYTES);
    struct source *s;
    struct fault f;

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    for (size_t i = 0; i < 3; i++) {
        struct entry e = entry_of(&(struct lie){ENTRY_DIRECTORY, paths[i], NULL, NULL, 0});

        CHECK(u, entry_add_xattr(&e, "user.a", value, VALUE_BYTES, &f) == 0);
        CHECK(u, engram_writer_entry(w, &e, &f) == 0);
        entry_free(&e);
    }
    CHECK(u, engram_writer_finish(w, &info, &f) == 0 && sink_finish(to, &f) == 0);
    CHECK(u, source_from_memory(m.bytes, m.length, "test", &s, &f) == 0);
    CHECK(u, engram_open(s, &g, &f) == 0);
    CHECK(u, engram_unpack(g, &options, &f) == FAULT_UNSUPPORTED);
    CHECK(u, strcmp(f.text, "directories within each other have more than 67108864 bytes of "
                            "attributes") == 0);
    engram_close(g);
    source_close(s);
    engram_writer_close(w);
    sink_close(to);
    free(value);
    free(m.bytes);
    end_place(u, &p);
}

/* It leaves those above it as they are, to be given back their modes. */
static void directory_that_cannot_be_gone_down_to(struct unit *u)
{
    struct place p = make_place(u);
    struct restore_losses losses = {.where = p.in};
    struct levels levels = {.losses = &losses, .dir = -1};
    struct entry e = made_entry("/a", ENTRY_DIRECTORY, 0);
    struct fault f;
    struct stat st;
    char a[240];
    int top = open(p.in, O_RDONLY | O_DIRECTORY), fd, gone = dup(top);

    snprintf(a, sizeof(a), "%s/a", p.in);
    CHECK(u, mkdir(a, 0700) == 0);
    fd = open(a, O_RDONLY | O_DIRECTORY);
    close(gone);
    CHECK(u, levels_down(&levels, NULL, top, 0700, &f) == 0);
    CHECK(u, levels_down(&levels, &e, fd, 0511, &f) == 0);
    CHECK(u, levels_down(&levels, &e, gone, 0700, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "/a: cannot be looked at: Bad file descriptor") == 0);
    CHECK(u, levels.depth == 2 && levels.dir == fd);
    levels_close(&levels);
    CHECK(u, stat(a, &st) == 0 && (st.st_mode & 07777) == 0511);
    entry_free(&e);
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
    UNIT_CASE(&u, hard_links_to_what_is_stripped_away_and_no_file);
    UNIT_CASE(&u, hard_link_through_a_symbolic_link);
    UNIT_CASE(&u, hard_link_to_a_symbolic_link);
    UNIT_CASE(&u, directory_moved_meanwhile);
    UNIT_CASE(&u, file_swapped_before_its_mode_is_set);
    UNIT_CASE(&u, pipe_swapped_before_its_mode_is_set);
    UNIT_CASE(&u, directory_swapped_before_its_mode_is_set);
    UNIT_CASE(&u, directory_in_the_way_of_a_file_that_replaces);
    UNIT_CASE(&u, hard_link_through_a_directory_swapped_for_a_link);
    UNIT_CASE(&u, hard_link_to_what_is_yet_to_come);
    UNIT_CASE(&u, directory_that_existed_is_closed_while_it_is_filled);
    UNIT_CASE(&u, directories_with_too_many_attributes);
    UNIT_CASE(&u, directory_that_cannot_be_gone_down_to);
    return unit_end(&u);
}
