/* SPDX-License-Identifier: MIT */
/* Rules files as they are read, and which profile a path then has. */
#include <string.h>

#include "engram/frame.h"
#include "engram/rules_builtin.h"
#include "engram/rules_parse.h"
#include "unit.h"

#define START "engram-rules 1\n"

static int parse(const char *text, struct rules *r, struct fault *f)
{
    return rules_parse(text, strlen(text), r, f);
}

/* Does the text give the path this profile, by the rule of this line (0: by none)? */
static bool gives(const char *text, const char *path, enum profile profile, unsigned line)
{
    struct rules r;
    struct fault f;
    const struct rule *rule;
    bool as_wanted;

    if (parse(text, &r, &f) < 0)
        return false;
    rule = rules_match(&r, path);
    as_wanted = rules_profile(&r, path) == profile && (rule ? rule->line : 0) == line;
    rules_free(&r);
    return as_wanted;
}

static void built_in_sets_name_every_profile(struct unit *u)
{
    static const char *const names[] = {"fast", "balanced", "max"};

    for (unsigned i = 0; i < 3; i++) {
        const char *text = rules_builtin_text(names[i]);
        struct rules r;
        struct fault f;

        CHECK(u, text && parse(text, &r, &f) == 0);
        for (enum profile p = 0; p < PROFILE_COUNT; p++) {
            char line[32];

            snprintf(line, sizeof(line), "\nprofile %s ", profile_name(p));
            CHECK(u, strstr(text, line) != NULL);
        }
        CHECK(u, rules_profile(&r, "/etc/x.gz") == PROFILE_ARCHIVE);
        CHECK(u, rules_profile(&r, "/etc/passwd") == PROFILE_CONFIG);
        CHECK(u, rules_profile(&r, "/usr/lib/libc.so.6") == PROFILE_LIBRARIES);
        CHECK(u, rules_profile(&r, "/home/x") == PROFILE_BALANCED);
        rules_free(&r);
    }
    CHECK(u, rules_builtin_text("none") == NULL);
    CHECK(u, rules_builtin_text("") == NULL);
}

static void the_first_rule_that_matches_decides(struct unit *u)
{
    static const char text[] = START "rule /a/b* config\nrule /a/* kernel\nrule /a/* media";

    CHECK(u, gives(text, "/a/bc", PROFILE_CONFIG, 2));
    CHECK(u, gives(text, "/a/c/d", PROFILE_KERNEL, 3));
    CHECK(u, gives(text, "/b", PROFILE_BALANCED, 0));
}

static void a_slash_makes_it_the_whole_path(struct unit *u)
{
    CHECK(u, gives(START "rule a* media", "/x/ab", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule a* media", "/ab/x", PROFILE_BALANCED, 0));
    CHECK(u, gives(START "rule a/* media", "/a/x/y", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule /a/* media", "/a/x", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule a/* media", "/x/a/y", PROFILE_BALANCED, 0));
    CHECK(u, gives(START "rule */a/* media", "/x/a/y", PROFILE_MEDIA, 2));
}

static void a_backslash_takes_the_meaning_away(struct unit *u)
{
    CHECK(u, gives(START "rule a\\ b media", "/a b", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule a\\\tb media", "/a\tb", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule \\#* media", "/#x", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule a\\\\ media", "/a\\", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule \\* media", "/*", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule \\* media", "/x", PROFILE_BALANCED, 0));
    CHECK(u, !gives(START "rule a#b media#", "/a#b", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule a#b media #", "/a#b", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule [ab\\ ]x media", "/ x", PROFILE_MEDIA, 2));
    CHECK(u, gives(START "rule \xff* media", "/\xff\xfe", PROFILE_MEDIA, 2));
}

static void comments_and_blanks_count_as_lines(struct unit *u)
{
    CHECK(u, gives("# one\n\n \t# three\n\tengram-rules\t1  # four\n\n  rule\tx\tmedia\t\n", "/x",
                   PROFILE_MEDIA, 6));
}

static void settings_are_as_the_line_says(struct unit *u)
{
    struct rules r, balanced;
    struct fault f;

    CHECK(u, parse(rules_builtin_text("balanced"), &balanced, &f) == 0);
    CHECK(u, parse(START "profile kernel long=yes window=64K level=-7 block=32M\n"
                         "profile media store block=1048576\n"
                         "profile config level=22 block=2MiB\n",
                   &r, &f) == 0);
    for (enum profile i = 0; i < PROFILE_COUNT; i++) {
        const struct profile_settings *s = rules_settings(&r, i);
        struct profile_settings want = *rules_settings(&balanced, i);

        if (i == PROFILE_KERNEL)
            want = (struct profile_settings){-7, 32 << 20, 64 << 10, true};
        else if (i == PROFILE_MEDIA)
            want = (struct profile_settings){FRAME_STORE, 1 << 20, 1 << 20, false};
        else if (i == PROFILE_CONFIG)
            want = (struct profile_settings){22, 2 << 20, 2 << 20, false};
        CHECK(u, s->level == want.level && s->block_bytes == want.block_bytes &&
                     s->window_bytes == want.window_bytes && s->long_matches == want.long_matches);
    }
    rules_free(&r);
    rules_free(&balanced);
}

static void there_is_a_bound_to_rules_and_lines(struct unit *u)
{
    static char text[RULES_BYTES_MAX];
    struct rules r;
    struct fault f;
    size_t length;

    strcpy(text, START);
    for (int i = 0; i < RULES_MAX; i++)
        strcat(text + i * strlen("rule x media\n"), "rule x media\n");
    CHECK(u, parse(text, &r, &f) == 0 && r.count == RULES_MAX);
    rules_free(&r);
    strcat(text, "rule x media\n");
    CHECK(u, parse(text, &r, &f) == FAULT_USAGE);
    CHECK(u, strcmp(f.text, "line 4098, column 6: more than 4096 rules") == 0);
    CHECK(u, r.list == NULL && r.count == 0);

    strcpy(text, START "rule ");
    length = strlen(text);
    memset(text + length, 'x', 4096);
    strcpy(text + strlen(START) + 4096 - strlen(" media"), " media");
    CHECK(u, parse(text, &r, &f) == 0);
    rules_free(&r);
    strcat(text, " ");
    CHECK(u, parse(text, &r, &f) == FAULT_USAGE);
    CHECK(u, strcmp(f.text, "line 2, column 4097: a line has 4096 bytes at most, this one has "
                            "4097") == 0);
}

static void names_and_numbers_of_profiles_agree(struct unit *u)
{
    enum profile found;

    for (enum profile p = 0; p < PROFILE_COUNT; p++) {
        CHECK(u, profile_find(profile_name(p), strlen(profile_name(p)), &found) && found == p);
        CHECK(u, strstr(PROFILE_NAMES, profile_name(p)) != NULL);
    }
    CHECK(u, !profile_find("kernels", 7, &found));
    CHECK(u, !profile_find("kernel", 5, &found));
    CHECK(u, !profile_find("", 0, &found));
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, built_in_sets_name_every_profile);
    UNIT_CASE(&u, the_first_rule_that_matches_decides);
    UNIT_CASE(&u, a_slash_makes_it_the_whole_path);
    UNIT_CASE(&u, a_backslash_takes_the_meaning_away);
    UNIT_CASE(&u, comments_and_blanks_count_as_lines);
    UNIT_CASE(&u, settings_are_as_the_line_says);
    UNIT_CASE(&u, there_is_a_bound_to_rules_and_lines);
    UNIT_CASE(&u, names_and_numbers_of_profiles_agree);
    return unit_end(&u);
}
