/* SPDX-License-Identifier: MIT */
/* What every command's front end shares: options, help, messages, exit statuses. */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>

#include "base/fault.h"

/* Exit statuses beside the negated fault codes. */
enum { CLI_DONE = 0, CLI_USAGE = 2, CLI_WORKED_AROUND = 5 };

/* Keys of options without a letter start here. */
enum { CLI_LONG_ONLY = 256 };

/* What cli_next returns when no option is left. */
enum { CLI_END = -1 };

/* One option.  A table of them ends with an all-zero element. */
struct cli_option {
    int key;           /* its letter, or CLI_LONG_ONLY and up */
    const char *name;  /* long form, without the dashes */
    const char *value; /* what its argument is called in the help, or NULL: it takes none */
    const char *help;  /* one line */
};

/* A command as its --help shows it.  -h/--help and -V/--version are added to every table. */
struct cli_command {
    const char *name;
    const char *operands; /* as in the synopsis: "[IMAGE]" */
    const char *summary;  /* one line, lower case, no full stop */
    const struct cli_option *options;
};

/* The options that mean the same in every command, for use inside a table. */
#define CLI_OPTION_OUTPUT                                                                          \
    {                                                                                              \
        'o', "output", "FILE", "write to FILE (whole or not at all), not to standard output"       \
    }
#define CLI_OPTION_QUIET                                                                           \
    {                                                                                              \
        'q', "quiet", NULL, "no notes; warnings, losses and errors are still told"                 \
    }
#define CLI_OPTION_PROGRESS                                                                        \
    {                                                                                              \
        'P', "progress", NULL, "show progress on standard error even if it is no terminal"         \
    }
#define CLI_OPTION_JOBS                                                                            \
    {                                                                                              \
        'j', "jobs", "N", "work with N threads (default: the processors)"                          \
    }
#define CLI_OPTION_NULL                                                                            \
    {                                                                                              \
        '0', "null", NULL, "end each name with a NUL byte, not a newline"                          \
    }
#define CLI_OPTION_JSON                                                                            \
    {                                                                                              \
        CLI_KEY_JSON, "json", NULL, "print JSON"                                                   \
    }
enum { CLI_KEY_JSON = 1000 };

/* The most threads that -j takes. */
enum { CLI_JOBS_MAX = 256 };

/* The state of one command's run; main() owns it.  One thread. */
struct cli {
    const struct cli_command *command;
    int argc;
    char **argv;
    int next;               /* index of the first operand once cli_next said CLI_END */
    bool quiet;             /* -q was given */
    bool progress;          /* -P was given */
    unsigned jobs;          /* -j's N, or the processors */
    const char *output;     /* -o's FILE; NULL, also for "-": standard output */
    bool lost;              /* a NOTICE_LOSS was told: exit status 5 */
    const char *operand;    /* the file that messages are about; set by main(), NULL until then */
    unsigned partition;     /* the partition of it that messages are about; 0: none */
    const char *input;      /* the input's path once cli_input was called; NULL: standard input */
    struct notices notices; /* tells notices on standard error */
    char *letters;          /* private */
    void *longs;            /* private */
    char **shielded;        /* private */
};

/* Get ready: SIGPIPE ignored (a closed pipe is a quiet end, see cli_fail), option tables built. */
void cli_start(struct cli *cli, const struct cli_command *command, int argc, char **argv);

/*
 * The key of the next option, its argument in *value, or CLI_END.  -q, -P, -j and -o, which mean
 * the same in every command that has them, are noted in cli and not returned.  --help and --version
 * print and exit 0; an unknown option or a missing argument prints a message and exits 2.
 */
int cli_next(struct cli *cli, const char **value);

/* How many operands there are, and the i-th (from 0); NULL past the last. */
int cli_operands(const struct cli *cli);
const char *cli_operand(const struct cli *cli, int i);

/* The operand that is the run's input: its path, or NULL for standard input (none, or "-").  From
 * here on messages are about it. */
const char *cli_input(struct cli *cli, const char *operand);

/* More operands than max: a usage message "WHAT at most, not N". */
void cli_operands_at_most(const struct cli *cli, int max, const char *what);

/* Print "NAME: MESSAGE" and "Try 'NAME --help'"; exits with status 2. */
_Noreturn void cli_usage(const struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* An unsigned decimal number in [min, max] from an option's argument, or cli_usage. */
unsigned long long cli_number(const struct cli *cli, const char *option, const char *text,
                              unsigned long long min, unsigned long long max);

/* Print a fault as "NAME: FILE: TEXT", control characters escaped; returns the exit status:
 * -code, or 0 without a message for FAULT_READER_GONE. */
int cli_fail(struct cli *cli, const struct fault *f);

/*
 * The end of a run that went well: check that standard output took everything, and return the exit
 * status (0; 5 after a NOTICE_LOSS; 1 with a message if standard output failed).
 */
int cli_end(struct cli *cli);

#endif
