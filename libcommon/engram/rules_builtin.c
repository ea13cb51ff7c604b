/* SPDX-License-Identifier: MIT */
/* The built-in sets of rules, as the rules files that they are. */
#include "engram/rules_builtin.h"

#include <string.h>

/* The rules are the same in all sets. */
#define RULES                                                                                      \
    "\n"                                                                                           \
    "# What is compressed already, wherever it lies.\n"                                            \
    "rule *.gz archive\n"                                                                          \
    "rule *.xz archive\n"                                                                          \
    "rule *.zst archive\n"                                                                         \
    "rule *.bz2 archive\n"                                                                         \
    "rule *.lz4 archive\n"                                                                         \
    "rule *.zip archive\n"                                                                         \
    "rule *.7z archive\n"                                                                          \
    "rule *.jar archive\n"                                                                         \
    "rule *.whl archive\n"                                                                         \
    "rule *.deb archive\n"                                                                         \
    "rule *.rpm archive\n"                                                                         \
    "rule *.tgz archive\n"                                                                         \
    "rule *.jpg media\n"                                                                           \
    "rule *.jpeg media\n"                                                                          \
    "rule *.png media\n"                                                                           \
    "rule *.gif media\n"                                                                           \
    "rule *.webp media\n"                                                                          \
    "rule *.mp3 media\n"                                                                           \
    "rule *.mp4 media\n"                                                                           \
    "rule *.mkv media\n"                                                                           \
    "rule *.webm media\n"                                                                          \
    "rule *.ogg media\n"                                                                           \
    "rule *.flac media\n"                                                                          \
    "rule *.woff2 media\n"                                                                         \
    "\n"                                                                                           \
    "# Kernels, their modules, and what they load into devices.\n"                                 \
    "rule /boot/* kernel\n"                                                                        \
    "rule /lib/modules/* kernel\n"                                                                 \
    "rule /usr/lib/modules/* kernel\n"                                                             \
    "rule /lib/firmware/* kernel\n"                                                                \
    "rule /usr/lib/firmware/* kernel\n"                                                            \
    "\n"                                                                                           \
    "# Databases; the package manager's is text.\n"                                                \
    "rule *.db database\n"                                                                         \
    "rule *.sqlite* database\n"                                                                    \
    "rule /var/lib/mysql/* database\n"                                                             \
    "rule /var/lib/postgresql/* database\n"                                                        \
    "rule /var/lib/dpkg/* config\n"                                                                \
    "\n"                                                                                           \
    "# Libraries.\n"                                                                               \
    "rule *.so libraries\n"                                                                        \
    "rule *.so.[0-9]* libraries\n"                                                                 \
    "rule *.a libraries\n"                                                                         \
    "\n"                                                                                           \
    "# Programs that are text, or nearly.\n"                                                       \
    "rule *.py runtime\n"                                                                          \
    "rule *.pyc runtime\n"                                                                         \
    "rule *.pl runtime\n"                                                                          \
    "rule *.pm runtime\n"                                                                          \
    "rule *.rb runtime\n"                                                                          \
    "rule *.js runtime\n"                                                                          \
    "\n"                                                                                           \
    "# Programs.\n"                                                                                \
    "rule /bin/* binaries\n"                                                                       \
    "rule /sbin/* binaries\n"                                                                      \
    "rule /usr/bin/* binaries\n"                                                                   \
    "rule /usr/sbin/* binaries\n"                                                                  \
    "rule /usr/libexec/* binaries\n"                                                               \
    "rule /usr/local/bin/* binaries\n"                                                             \
    "rule /usr/local/sbin/* binaries\n"                                                            \
    "\n"                                                                                           \
    "# Configuration.\n"                                                                           \
    "rule /etc/* config\n"                                                                         \
    "rule *.conf config\n"

/* The text of a set: a head, a line for each profile, the rules. */
#define SET(name, what, profiles)                                                                  \
    {                                                                                              \
        name, "# The built-in rules '" name "': " what ".\n"                                       \
              "# The first rule that matches decides; without one it is the profile balanced.\n"   \
              "# See engram-rules(5).\n"                                                           \
              "engram-rules 1\n"                                                                   \
              "\n" profiles RULES                                                                  \
    }

struct builtin {
    const char *name, *text;
};

static const struct builtin sets[] = {
    SET("fast", "quick to make",
        "profile kernel    level=3 block=8M window=8M long=no\n"
        "profile libraries level=3 block=8M window=8M long=no\n"
        "profile binaries  level=3 block=8M window=8M long=no\n"
        "profile config    level=3 block=2M window=2M long=no\n"
        "profile runtime   level=3 block=8M window=8M long=no\n"
        "profile archive   level=1 block=4M window=4M long=no\n"
        "profile database  level=3 block=8M window=8M long=no\n"
        "profile media     level=1 block=4M window=4M long=no\n"
        "profile balanced  level=3 block=8M window=8M long=no\n"),
    SET("balanced", "the default",
        "profile kernel    level=9 block=8M window=8M long=no\n"
        "profile libraries level=9 block=8M window=8M long=no\n"
        "profile binaries  level=9 block=8M window=8M long=no\n"
        "profile config    level=9 block=2M window=2M long=no\n"
        "profile runtime   level=9 block=8M window=8M long=no\n"
        "profile archive   level=3 block=4M window=4M long=no\n"
        "profile database  level=9 block=8M window=8M long=no\n"
        "profile media     level=3 block=4M window=4M long=no\n"
        "profile balanced  level=9 block=8M window=8M long=no\n"),
    SET("max", "small, and slow to make",
        "profile kernel    level=19 block=16M window=16M long=no\n"
        "profile libraries level=19 block=16M window=16M long=no\n"
        "profile binaries  level=19 block=16M window=16M long=no\n"
        "profile config    level=19 block=4M window=4M long=no\n"
        "profile runtime   level=19 block=16M window=16M long=no\n"
        "profile archive   level=12 block=8M window=8M long=no\n"
        "profile database  level=19 block=16M window=16M long=no\n"
        "profile media     level=12 block=8M window=8M long=no\n"
        "profile balanced  level=19 block=16M window=16M long=no\n"),
};

const char *rules_builtin_text(const char *name)
{
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (strcmp(sets[i].name, name) == 0)
            return sets[i].text;
    }
    return NULL;
}
