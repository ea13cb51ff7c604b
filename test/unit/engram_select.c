/* SPDX-License-Identifier: MIT */
/* Parts of an engram's tree: PATHs, patterns, what is excluded, and files that lose their first
 * name. */
#include "engram/selectwalk.h"
#include "engram_made.h"
#include "unit.h"

/* "d/a f/a/x h/b=/a/x": what the entries of an engram, or of a walk, are: type, path, and for a
 * hard link its first name. */
static struct memory made(struct unit *u, const char *entries)
{
    struct engram_writer *w;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    char *copy = strdup(entries), *rest = NULL;
    struct fault f;

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *link = strchr(word, '=');
        struct entry e;

        if (link)
            *link = '\0';
        e = made_entry(word + 1, (enum entry_type)word[0], word[0] == 'f' ? strlen(word + 1) : 0);
        if (link)
            e.link = strdup(link + 1);
        CHECK(u, engram_writer_entry(w, &e, &f) == 0);
        if (word[0] == 'f')
            CHECK(u, engram_writer_data(w, word + 1, strlen(word + 1), &f) == 0);
        entry_free(&e);
    }
    finish_made(u, w, to);
    free(copy);
    return m;
}

/* What the walk gives, as above; "!" and the fault's text in the end if it fails. */
static char *walked(struct unit *u, struct engram *g, struct selection *s)
{
    struct engram_item item = {0};
    struct select_walk *w = NULL;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    struct fault f;
    bool more = true;
    int rc = select_walk_open(g, s, &w, &f);

    while (rc == 0 && (rc = select_walk_next(w, &item, &more, &f)) == 0 && more) {
        fprintf(out, "%s%c%s", ftell(out) ? " " : "", item.entry.type, item.entry.path);
        if (item.entry.type == ENTRY_HARD_LINK)
            fprintf(out, "=%s", item.entry.link);
        /* A file's data is its first name. */
        if (item.entry.type == ENTRY_FILE && item.entry.size != strlen(item.entry.path))
            fprintf(out, ":%u", (unsigned)item.entry.size);
    }
    if (rc != 0)
        fprintf(out, "!%s", f.text);
    CHECK(u, rc != 0 || (select_walk_next(w, &item, &more, &f) == 0 && !more));
    fclose(out);
    select_walk_close(w);
    engram_item_free(&item);
    return text;
}

struct wish {
    const char *paths[4], *excludes[4]; /* up to the first NULL */
    const char *answer;
    const char *missing; /* the messages, each ended by ";" */
};

static size_t count(const char *const *list)
{
    size_t n = 0;

    while (list[n])
        n++;
    return n;
}

static void check_wish(struct unit *u, struct engram *g, const struct wish *wish)
{
    struct selection_wanted wanted = {wish->paths, count(wish->paths), wish->excludes,
                                      count(wish->excludes)};
    char missing[512] = "", *answer;
    struct selection *s = NULL;
    struct fault f;

    CHECK(u, selection_open(g, &wanted, &s, &f) == 0);
    answer = walked(u, g, s);
    for (size_t i = 0; i < wanted.path_count; i++)
        if (selection_check(s, i, &f) != 0)
            snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing), "%s;", f.text);
    if (strcmp(answer, wish->answer) != 0 ||
        strcmp(missing, wish->missing ? wish->missing : "") != 0)
        printf("# got    %s (%s)\n# wanted %s (%s)\n", answer, missing, wish->answer,
               wish->missing ? wish->missing : "");
    CHECK(u, strcmp(answer, wish->answer) == 0);
    CHECK(u, strcmp(missing, wish->missing ? wish->missing : "") == 0);
    selection_close(s);
    free(answer);
}

static void check_wishes(struct unit *u, const char *entries, const struct wish *wishes)
{
    struct memory m = made(u, entries);
    struct engram *g = NULL;
    struct source *s;
    struct fault f;

    CHECK(u, source_from_memory(m.bytes, m.length, "test", &s, &f) == 0);
    CHECK(u, engram_open(s, &g, &f) == 0);
    for (; wishes->answer; wishes++)
        check_wish(u, g, wishes);
    engram_close(g);
    source_close(s);
    free(m.bytes);
}

static void names_come_with_the_way_to_them(struct unit *u)
{
    static const char tree[] = "d/ d/a d/a/x f/a/x/1 f/a/y f/a.b d/b f/b/1";
    static const struct wish wishes[] = {
        {{NULL}, {NULL}, tree, NULL},
        {{"/"}, {NULL}, tree, NULL},
        {{"a/x"}, {NULL}, "d/ d/a d/a/x f/a/x/1", NULL},
        {{"/b/1", "a//y", "./a/./x/../y"}, {NULL}, "d/ d/a f/a/y d/b f/b/1", NULL},
        {{"/a", "/a/x/1"}, {NULL}, "d/ d/a d/a/x f/a/x/1 f/a/y", NULL},
        {{"/c", "/a.b", "/a/x/1/2"}, {NULL}, "d/ f/a.b", "there is no /c;there is no /a/x/1/2;"},
        {{"/c"}, {NULL}, "", "there is no /c;"},
        {{NULL}, {NULL}, NULL, NULL},
    };

    check_wishes(u, tree, wishes);
}

static void patterns_come_with_the_way_to_them(struct unit *u)
{
    static const char tree[] = "d/ d/a d/a/x f/a/x/1 f/a/y f/a.b d/b f/b/1 d/c";
    static const struct wish wishes[] = {
        {{"1"}, {NULL}, "", "there is no 1;"},
        {{"[1]"}, {NULL}, "d/ d/a d/a/x f/a/x/1 d/b f/b/1", NULL},
        {{"/a/*"}, {NULL}, "d/ d/a d/a/x f/a/x/1 f/a/y", NULL},
        {{"a/*1", "[b]"}, {NULL}, "d/ d/a d/a/x f/a/x/1 d/b f/b/1", NULL},
        {{"*y", "/a/x"}, {NULL}, "d/ d/a d/a/x f/a/x/1 f/a/y", NULL},
        {{"/c/*", "q*", "/a/?", "/n/*"},
         {NULL},
         "d/ d/a d/a/x f/a/x/1 f/a/y",
         "no name matches /c/*;no name matches q*;no name matches /n/*;"},
        /* What lies in a directory that is taken has been matched all the same. */
        {{"/a", "[1]"}, {NULL}, "d/ d/a d/a/x f/a/x/1 f/a/y d/b f/b/1", NULL},
        {{"/*"}, {NULL}, tree, NULL},
        {{NULL}, {NULL}, NULL, NULL},
    };

    check_wishes(u, tree, wishes);
}

static void a_name_with_wildcards_is_a_name(struct unit *u)
{
    static const char tree[] = "d/ f/[id].js f/a*b f/axb f/i.js";
    static const struct wish wishes[] = {
        {{"[id].js", "/a*b"}, {NULL}, "d/ f/[id].js f/a*b", NULL},
        {{"[i].js", "a*[b]"}, {NULL}, "d/ f/a*b f/axb f/i.js", NULL},
        {{NULL}, {NULL}, NULL, NULL},
    };

    check_wishes(u, tree, wishes);
}

static void what_is_excluded_is_left_out_with_all_it_holds(struct unit *u)
{
    static const char tree[] = "d/ d/a d/a/x f/a/x/1 f/a/y f/a.b d/b f/b/1";
    static const struct wish wishes[] = {
        {{NULL}, {"x"}, "d/ d/a f/a/y f/a.b d/b f/b/1", NULL},
        {{NULL}, {"*"}, "d/", NULL},
        {{NULL}, {"/a/*", "1"}, "d/ d/a f/a.b d/b", NULL},
        {{"/a"}, {"y"}, "d/ d/a d/a/x f/a/x/1", NULL},
        /* As ext4walk has it: the way there, as far as it is not excluded itself. */
        {{"/a/x/1"}, {"1"}, "d/ d/a d/a/x", NULL},
        {{"/a/x/1"}, {"x"}, "d/ d/a", NULL},
        {{"/a/x/?"}, {"x"}, "", "no name matches /a/x/?;"},
        {{"[1]"}, {"x"}, "d/ d/b f/b/1", NULL},
        /* A pattern that matches what is excluded has matched something. */
        {{"y*", "/b"}, {"y"}, "d/ d/b f/b/1", NULL},
        {{NULL}, {NULL}, NULL, NULL},
    };

    check_wishes(u, tree, wishes);
}

static void a_file_without_its_first_name_gets_its_next(struct unit *u)
{
    static const char tree[] =
        "d/ d/a f/a/f p/a/p d/bb h/bb/f1=/a/f h/bb/f2=/a/f h/bb/p=/a/p d/c h/c/f=/a/f h/c/p=/a/p";
    static const struct wish wishes[] = {
        {{"/bb"}, {NULL}, "d/ d/bb f/bb/f1:4 h/bb/f2=/bb/f1 p/bb/p", NULL},
        {{"/bb/f2", "/c"}, {NULL}, "d/ d/bb f/bb/f2:4 d/c h/c/f=/bb/f2 p/c/p", NULL},
        {{"/a/f", "/c"}, {NULL}, "d/ d/a f/a/f d/c h/c/f=/a/f p/c/p", NULL},
        {{NULL},
         {"/a/f"},
         "d/ d/a p/a/p d/bb f/bb/f1:4 h/bb/f2=/bb/f1 h/bb/p=/a/p d/c h/c/f=/bb/f1 "
         "h/c/p=/a/p",
         NULL},
        {{NULL}, {NULL}, NULL, NULL},
    };

    check_wishes(u, tree, wishes);
}

static void a_hard_link_to_what_is_no_file_is_damage(struct unit *u)
{
    static const char tree[] = "d/ d/a f/b h/c=/a h/d=/aa h/e=/c h/f=/b";
    static const struct wish wishes[] = {
        {{"/c"}, {NULL}, "d/!/c: a hard link names what is no file", NULL},
        {{"/d"}, {NULL}, "d/!/d: a hard link names what is no file", NULL},
        {{"/e"}, {NULL}, "d/!/e: a hard link names what is no file", NULL},
        {{"/f"}, {NULL}, "d/ f/f", NULL},
        {{NULL}, {NULL}, NULL, NULL},
    };

    check_wishes(u, tree, wishes);
}

static void an_empty_tree_has_nothing(struct unit *u)
{
    static const struct wish wishes[] = {
        {{NULL}, {NULL}, "", NULL},
        {{"/"}, {NULL}, "", "there is no /;"},
        {{"*"}, {NULL}, "", "no name matches *;"},
        {{NULL}, {NULL}, NULL, NULL},
    };

    check_wishes(u, "", wishes);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, names_come_with_the_way_to_them);
    UNIT_CASE(&u, patterns_come_with_the_way_to_them);
    UNIT_CASE(&u, a_name_with_wildcards_is_a_name);
    UNIT_CASE(&u, what_is_excluded_is_left_out_with_all_it_holds);
    UNIT_CASE(&u, a_file_without_its_first_name_gets_its_next);
    UNIT_CASE(&u, a_hard_link_to_what_is_no_file_is_damage);
    UNIT_CASE(&u, an_empty_tree_has_nothing);
    return unit_end(&u);
}
