/* SPDX-License-Identifier: MIT */
/* The kinds of data that are packed apart, and the rules that say which path is of which kind. */
#include "engram/profile.h"

#include <string.h>

#include "base/glob.h"

static const char *const names[PROFILE_COUNT] = {
    [PROFILE_KERNEL] = "kernel",     [PROFILE_LIBRARIES] = "libraries",
    [PROFILE_BINARIES] = "binaries", [PROFILE_CONFIG] = "config",
    [PROFILE_RUNTIME] = "runtime",   [PROFILE_ARCHIVE] = "archive",
    [PROFILE_DATABASE] = "database", [PROFILE_MEDIA] = "media",
    [PROFILE_BALANCED] = "balanced",
};

const char *profile_name(enum profile p)
{
    return names[p];
}

struct rule {
    const char *pattern;
    enum profile profile;
};

struct rules {
    const char *name;
    struct profile_settings settings[PROFILE_COUNT];
};

/*
 * The rules that all built-in sets share, first match wins.  What is already compressed comes
 * first, wherever it lies.
 */
static const struct rule shared_rules[] = {
    {"*.gz", PROFILE_ARCHIVE},
    {"*.xz", PROFILE_ARCHIVE},
    {"*.zst", PROFILE_ARCHIVE},
    {"*.bz2", PROFILE_ARCHIVE},
    {"*.lz4", PROFILE_ARCHIVE},
    {"*.zip", PROFILE_ARCHIVE},
    {"*.7z", PROFILE_ARCHIVE},
    {"*.jar", PROFILE_ARCHIVE},
    {"*.whl", PROFILE_ARCHIVE},
    {"*.deb", PROFILE_ARCHIVE},
    {"*.rpm", PROFILE_ARCHIVE},
    {"*.tgz", PROFILE_ARCHIVE},
    {"*.jpg", PROFILE_MEDIA},
    {"*.jpeg", PROFILE_MEDIA},
    {"*.png", PROFILE_MEDIA},
    {"*.gif", PROFILE_MEDIA},
    {"*.webp", PROFILE_MEDIA},
    {"*.mp3", PROFILE_MEDIA},
    {"*.mp4", PROFILE_MEDIA},
    {"*.mkv", PROFILE_MEDIA},
    {"*.webm", PROFILE_MEDIA},
    {"*.ogg", PROFILE_MEDIA},
    {"*.flac", PROFILE_MEDIA},
    {"*.woff2", PROFILE_MEDIA},
    {"/boot/*", PROFILE_KERNEL},
    {"/lib/modules/*", PROFILE_KERNEL},
    {"/usr/lib/modules/*", PROFILE_KERNEL},
    {"/lib/firmware/*", PROFILE_KERNEL},
    {"/usr/lib/firmware/*", PROFILE_KERNEL},
    {"*.db", PROFILE_DATABASE},
    {"*.sqlite*", PROFILE_DATABASE},
    {"/var/lib/mysql/*", PROFILE_DATABASE},
    {"/var/lib/postgresql/*", PROFILE_DATABASE},
    {"/var/lib/dpkg/*", PROFILE_CONFIG},
    {"*.so", PROFILE_LIBRARIES},
    {"*.so.*", PROFILE_LIBRARIES},
    {"*.a", PROFILE_LIBRARIES},
    {"*.py", PROFILE_RUNTIME},
    {"*.pyc", PROFILE_RUNTIME},
    {"*.pl", PROFILE_RUNTIME},
    {"*.pm", PROFILE_RUNTIME},
    {"*.rb", PROFILE_RUNTIME},
    {"*.js", PROFILE_RUNTIME},
    {"/bin/*", PROFILE_BINARIES},
    {"/sbin/*", PROFILE_BINARIES},
    {"/usr/bin/*", PROFILE_BINARIES},
    {"/usr/sbin/*", PROFILE_BINARIES},
    {"/usr/libexec/*", PROFILE_BINARIES},
    {"/usr/local/bin/*", PROFILE_BINARIES},
    {"/usr/local/sbin/*", PROFILE_BINARIES},
    {"/etc/*", PROFILE_CONFIG},
    {"*.conf", PROFILE_CONFIG},
};

enum { MIB = 1 << 20 };

/* What is compressed already is tried at a low level: zstd stores what it cannot make smaller. */
static const struct rules builtin[] = {
    {"fast",
     {[PROFILE_KERNEL] = {3, 1 * MIB, 1 * MIB, false},
      [PROFILE_LIBRARIES] = {3, 1 * MIB, 1 * MIB, false},
      [PROFILE_BINARIES] = {3, 1 * MIB, 1 * MIB, false},
      [PROFILE_CONFIG] = {3, 1 * MIB, 1 * MIB, false},
      [PROFILE_RUNTIME] = {3, 1 * MIB, 1 * MIB, false},
      [PROFILE_ARCHIVE] = {1, 1 * MIB, 1 * MIB, false},
      [PROFILE_DATABASE] = {3, 1 * MIB, 1 * MIB, false},
      [PROFILE_MEDIA] = {1, 1 * MIB, 1 * MIB, false},
      [PROFILE_BALANCED] = {3, 1 * MIB, 1 * MIB, false}}},
    {"balanced",
     {[PROFILE_KERNEL] = {9, 4 * MIB, 4 * MIB, false},
      [PROFILE_LIBRARIES] = {9, 4 * MIB, 4 * MIB, false},
      [PROFILE_BINARIES] = {9, 4 * MIB, 4 * MIB, false},
      [PROFILE_CONFIG] = {9, 2 * MIB, 2 * MIB, false},
      [PROFILE_RUNTIME] = {9, 2 * MIB, 2 * MIB, false},
      [PROFILE_ARCHIVE] = {1, 2 * MIB, 2 * MIB, false},
      [PROFILE_DATABASE] = {9, 2 * MIB, 2 * MIB, false},
      [PROFILE_MEDIA] = {1, 2 * MIB, 2 * MIB, false},
      [PROFILE_BALANCED] = {9, 2 * MIB, 2 * MIB, false}}},
    {"max",
     {[PROFILE_KERNEL] = {19, 16 * MIB, 16 * MIB, false},
      [PROFILE_LIBRARIES] = {19, 16 * MIB, 16 * MIB, false},
      [PROFILE_BINARIES] = {19, 16 * MIB, 16 * MIB, false},
      [PROFILE_CONFIG] = {19, 8 * MIB, 8 * MIB, false},
      [PROFILE_RUNTIME] = {19, 8 * MIB, 8 * MIB, false},
      [PROFILE_ARCHIVE] = {3, 4 * MIB, 4 * MIB, false},
      [PROFILE_DATABASE] = {19, 8 * MIB, 8 * MIB, false},
      [PROFILE_MEDIA] = {3, 4 * MIB, 4 * MIB, false},
      [PROFILE_BALANCED] = {19, 16 * MIB, 16 * MIB, false}}},
};

const struct rules *rules_builtin(const char *name)
{
    for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++) {
        if (strcmp(builtin[i].name, name) == 0)
            return &builtin[i];
    }
    return NULL;
}

const struct profile_settings *rules_settings(const struct rules *r, enum profile p)
{
    return &r->settings[p];
}

enum profile rules_profile(const struct rules *r, const char *path)
{
    (void)r; /* a rules file will bring rules of its own */
    for (size_t i = 0; i < sizeof(shared_rules) / sizeof(shared_rules[0]); i++) {
        if (glob_match(shared_rules[i].pattern, path))
            return shared_rules[i].profile;
    }
    return PROFILE_BALANCED;
}
