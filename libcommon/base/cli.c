/* SPDX-License-Identifier: MIT */
/* What every command's front end shares: options, help, messages, exit statuses. */
#include "base/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <zlib.h>
#include <zstd.h>

#include "base/pool.h"
#include "base/text.h"

static const struct cli_option common_options[] = {
    {'h', "help", NULL, "show this help and exit"},
    {'V', "version", NULL, "show the version and exit"},
    {0, NULL, NULL, NULL},
};

/* A text's own backslashes stand: whoever put bytes from outside into it has escaped them.  Control
 * characters are escaped here all the same, so that a slip elsewhere cannot drive a terminal. */
static void put_text(const char *text)
{
    while (*text) {
        size_t run = strcspn(text, "\\");

        text_put_escaped(stderr, text, run);
        text += run;
        if (*text)
            fputc(*text++, stderr);
    }
}

/* A message is about the operand when the layer that found it did not say: subject is empty then.
 */
static void put_message(const struct cli *cli, const char *subject, const char *text)
{
    bool about_operand = subject[0] == '\0' && cli->operand;

    if (about_operand)
        subject = cli->operand[0] ? cli->operand : "''";
    fprintf(stderr, "%s: ", cli->command->name);
    if (subject[0] != '\0') {
        text_put_escaped(stderr, subject, strlen(subject));
        fputs(": ", stderr);
    }
    if (about_operand && cli->partition)
        fprintf(stderr, "partition %u: ", cli->partition);
    put_text(text);
    fputc('\n', stderr);
}

static void say_notice(void *context, enum notice_kind kind, const char *subject, const char *text)
{
    struct cli *cli = context;

    if (kind == NOTICE_LOSS)
        cli->lost = true;
    if (kind != NOTICE_INFO || !cli->quiet)
        put_message(cli, subject, text);
}

static size_t count_options(const struct cli_option *options)
{
    size_t n = 0;

    while (options[n].name)
        n++;
    return n;
}

/* Append one table to what getopt_long wants: the letters and the long forms. */
static void add_options(struct cli *cli, size_t *longs, const struct cli_option *options)
{
    struct option *long_options = cli->longs;
    size_t letters = strlen(cli->letters);

    for (const struct cli_option *o = options; o->name; o++) {
        long_options[(*longs)++] = (struct option){
            .name = o->name,
            .has_arg = o->value ? required_argument : no_argument,
            .val = o->key,
        };
        if (o->key < CLI_LONG_ONLY) {
            cli->letters[letters++] = (char)o->key;
            if (o->value)
                cli->letters[letters++] = ':';
        }
    }
}

/* A standard descriptor that is closed would be taken by the next file that is opened, and messages
 * would then go into that.  What is put in its place fails when it is used, as it should. */
static void occupy_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/*
 * "-:..." is an operand in every command: standard input, and fields for it.  getopt would take it
 * for options, so it is shown something else until it has seen all arguments.
 */
static const char shield = 'x';

static void shield_operands(struct cli *cli)
{
    size_t n = 0;

    for (int i = 1; i < cli->argc; i++)
        if (strncmp(cli->argv[i], "-:", 2) == 0) {
            cli->argv[i][0] = shield;
            cli->shielded[n++] = cli->argv[i];
        }
}

/* Make it what it was: all that were shielded, or the one that is an option's argument. */
static void unshield(const struct cli *cli, const char *only)
{
    for (char **text = cli->shielded; *text; text++)
        if (!only || *text == only)
            **text = '-';
}

void cli_start(struct cli *cli, const struct cli_command *command, int argc, char **argv)
{
    size_t options = count_options(command->options) + count_options(common_options);
    size_t longs = 0;

    *cli = (struct cli){.command = command, .argc = argc, .argv = argv};
    cli->jobs = pool_processors() < CLI_JOBS_MAX ? pool_processors() : CLI_JOBS_MAX;
    cli->notices = (struct notices){.say = say_notice, .context = cli};
    occupy_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    cli->letters = calloc(2 * options + 2, 1);
    cli->longs = calloc(options + 1, sizeof(struct option));
    cli->shielded = calloc((size_t)argc + 1, sizeof(*cli->shielded));
    if (!cli->letters || !cli->longs || !cli->shielded) {
        put_message(cli, "", "out of memory");
        exit(-FAULT_SYSTEM);
    }
    cli->letters[0] = ':'; /* getopt then tells a missing argument from an unknown option */
    add_options(cli, &longs, command->options);
    add_options(cli, &longs, common_options);
    shield_operands(cli);
    opterr = 0;
}

static void put_option_help(const struct cli_option *o)
{
    char left[64];
    int n;

    if (o->key < CLI_LONG_ONLY)
        n = snprintf(left, sizeof(left), "  -%c, --%s", o->key, o->name);
    else
        n = snprintf(left, sizeof(left), "      --%s", o->name);
    if (o->value)
        snprintf(left + n, sizeof(left) - (size_t)n, "=%s", o->value);
    printf("%-26s %s\n", left, o->help);
}

static void put_help(const struct cli_command *command)
{
    printf("Usage: %s [OPTION]... %s\n%s: %s\n\n", command->name, command->operands, command->name,
           command->summary);
    for (const struct cli_option *o = command->options; o->name; o++)
        put_option_help(o);
    for (const struct cli_option *o = common_options; o->name; o++)
        put_option_help(o);
    printf("\nMore in %s(1); the whole kit in engram-tools(7).\n", command->name);
}

static void put_version(const struct cli_command *command)
{
    printf("%s (engram-tools) %s\n", command->name, ENGRAM_VERSION);
    printf("zlib %s, libzstd %s, %s\n", zlibVersion(), ZSTD_versionString(),
           OpenSSL_version(OPENSSL_VERSION));
#ifdef ENGRAM_PORTABLE
    puts("portable build: no Linux-specific calls");
#endif
}

/* --help and --version: what they print must arrive, like all other output. */
static _Noreturn void exit_after_printing(struct cli *cli)
{
    exit(cli_end(cli));
}

/* Options are only read once. */
static void drop_tables(struct cli *cli)
{
    free(cli->letters);
    free(cli->longs);
    free(cli->shielded);
    cli->letters = NULL;
    cli->longs = NULL;
    cli->shielded = NULL;
}

/* The options that mean the same in every command: true if this was one. */
static bool take_common(struct cli *cli, int key)
{
    switch (key) {
    case 'q':
        cli->quiet = true;
        return true;
    case 'P':
        cli->progress = true;
        return true;
    case 'j':
        cli->jobs = (unsigned)cli_number(cli, "jobs", optarg, 1, CLI_JOBS_MAX);
        return true;
    case 'o':
        if (optarg[0] == '\0')
            cli_usage(cli, "option '--output' needs the name of a file");
        cli->output = strcmp(optarg, "-") == 0 ? NULL : optarg;
        return true;
    default:
        return false;
    }
}

int cli_next(struct cli *cli, const char **value)
{
    int key;

    do {
        key = getopt_long(cli->argc, cli->argv, cli->letters, cli->longs, NULL);
        if (key == CLI_END || optarg)
            unshield(cli, key == CLI_END ? NULL : optarg);
    } while (take_common(cli, key));
    *value = optarg;
    switch (key) {
    case 'h':
        put_help(cli->command);
        exit_after_printing(cli);
    case 'V':
        put_version(cli->command);
        exit_after_printing(cli);
    case ':':
        cli_usage(cli, "option '%s' needs an argument", cli->argv[optind - 1]);
    case '?':
        if (optopt > 0 && optopt < CLI_LONG_ONLY && strchr(cli->letters, optopt) == NULL)
            cli_usage(cli, "unknown option '-%c'", optopt);
        cli_usage(cli, "unknown option '%s'", cli->argv[optind - 1]);
    case CLI_END:
        cli->next = optind;
        drop_tables(cli);
        return CLI_END;
    default:
        return key;
    }
}

int cli_operands(const struct cli *cli)
{
    return cli->argc - cli->next;
}

const char *cli_input(struct cli *cli, const char *operand)
{
    cli->input = operand && strcmp(operand, "-") != 0 ? operand : NULL;
    cli->operand = cli->input ? cli->input : "standard input";
    return cli->input;
}

void cli_operands_at_most(const struct cli *cli, int max, const char *what)
{
    if (cli_operands(cli) > max)
        cli_usage(cli, "%s at most, not %d", what, cli_operands(cli));
}

const char *cli_operand(const struct cli *cli, int i)
{
    return i < cli_operands(cli) ? cli->argv[cli->next + i] : NULL;
}

void cli_usage(const struct cli *cli, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    put_message(cli, "", text);
    fprintf(stderr, "Try '%s --help'.\n", cli->command->name);
    exit(CLI_USAGE);
}

unsigned long long cli_number(const struct cli *cli, const char *option, const char *text,
                              unsigned long long min, unsigned long long max)
{
    char *end;
    unsigned long long n;

    errno = 0;
    n = strtoull(text, &end, 10);
    /* strtoull takes signs and leading space, which are no part of a number here. */
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno || n < min || n > max)
        cli_usage(cli, "option '--%s' takes a number from %llu to %llu, not '%s'", option, min, max,
                  text);
    return n;
}

int cli_fail(struct cli *cli, const struct fault *f)
{
    if (f->code == FAULT_READER_GONE)
        return CLI_DONE;
    put_message(cli, f->subject, f->text);
    return -f->code;
}

int cli_end(struct cli *cli)
{
    struct fault f;

    if (fflush(stdout) != 0 || ferror(stdout) || (fclose(stdout) != 0 && errno != EBADF)) {
        fault_errno(&f, errno, "write failed");
        fault_about(&f, "standard output");
        return cli_fail(cli, &f);
    }
    return cli->lost ? CLI_WORKED_AROUND : CLI_DONE;
}
