/* SPDX-License-Identifier: MIT */
/* io/: what a pipe keeps of what it brings, when only some of it is wanted. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/checked.h"
#include "io/extent.h"
#include "io/source.h"
#include "unit.h"

enum { UNIT = 4096, UNITS = 256, TOTAL = UNIT * UNITS };

/* Bytes that tell their own offset, and are never zero. */
static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)((offset * UINT64_C(0x9e3779b97f4a7c15)) >> 56 | 1);
}

/* The writer of a pipe, which ends at `length` or when nobody reads any more. */
static _Noreturn void write_pattern(int fd, uint64_t length)
{
    uint8_t buffer[UNIT];
    ssize_t n;

    for (uint64_t at = 0; at < length; at += (uint64_t)n) {
        size_t want = min_u64(sizeof(buffer), length - at);

        for (size_t i = 0; i < want; i++)
            buffer[i] = byte_at(at + i);
        if ((n = write(fd, buffer, want)) < 0)
            _exit(1); /* SIGPIPE is ignored */
    }
    _exit(0);
}

static struct source *open_pipe(uint64_t length, pid_t *writer)
{
    struct source *s;
    struct fault f;
    int ends[2];

    if (pipe(ends) < 0)
        abort();
    *writer = fork();
    if (*writer == 0) {
        close(ends[0]);
        write_pattern(ends[1], length);
    }
    close(ends[1]);
    if (source_from_pipe(ends[0], "pipe", &s, &f) != 0)
        abort();
    return s;
}

/* Was the pipe closed before its writer had written everything?  A pipe that stays open is met as
 * the alarm that ends this program. */
static bool was_closed(pid_t writer)
{
    int status;

    alarm(60);
    if (waitpid(writer, &status, 0) != writer)
        abort();
    alarm(0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static void close_pipe(struct source *s, pid_t writer)
{
    source_close(s);
    waitpid(writer, NULL, 0);
}

/* ---- a filter by units ---- */

struct plan {
    struct source *source; /* that asks, for a look at what it has; or NULL */
    bool units[UNITS];
    uint64_t longest; /* run in an answer, bytes */
    uint64_t next;    /* where it may be asked next at the earliest */
    unsigned asked;
    bool wrong; /* it was asked about what it had been told of, or about what had not come */
};

static bool plan_wanted(void *context, uint64_t offset, uint64_t length, uint64_t *run)
{
    struct plan *p = context;
    uint64_t unit = offset / UNIT;
    bool wanted = unit < UNITS && p->units[unit];
    struct fault f;

    p->asked++;
    p->wrong |= offset < p->next || length == 0;
    p->next = offset;
    /* All before it has come: asking for it does not ask the filter again. */
    if (p->source && offset > 0) {
        unsigned asked = p->asked;

        p->wrong |= source_require(p->source, 0, offset, "a look", &f) != 0 || p->asked != asked;
    }
    while (unit < UNITS && p->units[unit] == wanted)
        unit++;
    *run = unit * UNIT - offset;
    if (unit >= UNITS && !wanted)
        *run = length; /* nor anything after it */
    else
        *run = min_u64(min_u64(*run, length), p->longest);
    return wanted;
}

static struct plan *make_plan(void)
{
    struct plan *p = calloc(1, sizeof(*p));

    if (!p)
        abort();
    p->longest = UINT64_MAX;
    return p;
}

static struct source_filter filter_of(struct plan *p)
{
    return (struct source_filter){.wanted = plan_wanted, .context = p};
}

/* Read [offset, offset + length) of a source that brings the pipe's bytes from `start` on.  (Not by
 * a reader, which may read what comes before them, too.) */
static bool reads(struct source *s, uint64_t start, uint64_t offset, size_t length, struct fault *f)
{
    uint8_t *buffer = malloc(length);
    bool same;

    if (!buffer)
        abort();
    same = source_read_plain(s, offset, buffer, length, f) == 0;
    for (size_t i = 0; same && i < length; i++)
        same = buffer[i] == byte_at(start + offset + i);
    free(buffer);
    return same;
}

static bool is_dropped(struct source *s, uint64_t offset, uint64_t length)
{
    struct extent e;
    struct fault f;
    char text[128];

    snprintf(text, sizeof(text),
             "byte %llu of the pipe is needed, but it was not kept: what was read before says that "
             "it is not in use",
             ull(offset));
    return source_map(s, offset, length, &e, &f) == FAULT_DAMAGED && strcmp(f.text, text) == 0;
}

/* Every unit is there or is not, as planned, up to `end`. */
static void check_units(struct unit *u, struct source *s, const struct plan *p, unsigned end)
{
    struct extent e;
    struct fault f;

    for (unsigned i = 0; i < end; i++) {
        uint64_t at = (uint64_t)i * UNIT;
        unsigned more = i;

        if (!p->units[i]) {
            CHECK(u, is_dropped(s, at, UNIT) && is_dropped(s, at + UNIT - 1, 1));
            continue;
        }
        CHECK(u, reads(s, 0, at, UNIT, &f));
        /* An extent ends where what was not kept starts, and is no hole. */
        while (more < end && p->units[more])
            more++;
        CHECK(u, source_map(s, at, (uint64_t)(end - i) * UNIT, &e, &f) == 0);
        CHECK(u, e.kind == EXTENT_FILE && e.length <= (uint64_t)(more - i) * UNIT);
    }
}

/* ---- the pipe ---- */

static void what_is_not_wanted_is_not_there(struct unit *u)
{
    static const uint64_t longest[] = {UINT64_MAX, UNIT, 1000, 4097};

    for (size_t i = 0; i < sizeof(longest) / sizeof(*longest); i++) {
        struct plan *p = make_plan();
        struct source_filter filter = filter_of(p);
        struct fault f;
        pid_t writer;
        struct source *s = open_pipe(TOTAL, &writer);

        for (unsigned k = 0; k < UNITS; k++)
            p->units[k] = k % 3 == 0 || k % 7 == 1 || k == UNITS - 1;
        p->longest = longest[i];
        p->source = s;
        source_keep_only(s, &filter);
        CHECK(u, source_require(s, 0, TOTAL, "all", &f) == 0);
        CHECK(u, p->asked > 0 && !p->wrong);
        check_units(u, s, p, UNITS);
        close_pipe(s, writer);
        free(p);
    }
}

/* Runs of one unit, in and out: as many as there can be. */
static void many_runs_are_told_apart(struct unit *u)
{
    struct plan *p = make_plan();
    struct source_filter filter = filter_of(p);
    struct fault f;
    pid_t writer;
    struct source *s = open_pipe(TOTAL, &writer);

    for (unsigned k = 1; k < UNITS; k += 2)
        p->units[k] = true;
    source_keep_only(s, &filter);
    CHECK(u, source_require(s, 0, TOTAL, "all", &f) == 0);
    check_units(u, s, p, UNITS);
    close_pipe(s, writer);
    free(p);
}

/* A range that starts in what was kept and ends in what was not cannot be read. */
static void a_read_across_the_edge_fails(struct unit *u)
{
    struct plan *p = make_plan();
    struct source_filter filter = filter_of(p);
    struct extent e;
    struct fault f;
    pid_t writer;
    struct source *s = open_pipe(TOTAL, &writer);

    p->units[0] = p->units[1] = p->units[UNITS - 1] = true;
    source_keep_only(s, &filter);
    CHECK(u, source_require(s, 0, TOTAL, "all", &f) == 0);
    CHECK(u, reads(s, 0, 0, 2 * UNIT, &f));
    CHECK(u, !reads(s, 0, 0, 2 * UNIT + 1, &f) && f.code == FAULT_DAMAGED);
    CHECK(u, source_map(s, UNIT + 1, TOTAL - UNIT - 1, &e, &f) == 0 && e.length == UNIT - 1);
    CHECK(u, is_dropped(s, 2 * UNIT, 1) && is_dropped(s, (UNITS - 1) * UNIT - 1, 2));
    CHECK(u, reads(s, 0, (UNITS - 1) * UNIT, UNIT, &f));
    close_pipe(s, writer);
    free(p);
}

/* Once nothing more is wanted the writer need not write it, however much there is. */
static void the_pipe_is_closed_after_the_last_wanted_byte(struct unit *u)
{
    struct plan *p = make_plan();
    struct source_filter filter = filter_of(p);
    struct fault f;
    pid_t writer;
    struct source *s = open_pipe(UINT64_MAX, &writer);

    p->units[3] = p->units[100] = true;
    source_keep_only(s, &filter);
    CHECK(u, source_require(s, 0, 101 * UNIT, "what is wanted", &f) == 0);
    CHECK(u, was_closed(writer));
    CHECK(u, source_pipe_kept(s) == 101 * UNIT && !p->wrong);
    check_units(u, s, p, 101);
    /* It is not known how much there was; asking does not say that there is nothing. */
    CHECK(u, source_require(s, 0, 101 * UNIT, "all", &f) == 0);
    CHECK(u, is_dropped(s, 101 * UNIT, 1) && is_dropped(s, UINT64_C(1) << 40, UNIT));
    close_pipe(s, writer);
    free(p);
}

/* Also if nothing is wanted from the start, and if more was asked for than is wanted. */
static void a_pipe_that_nobody_wants_is_closed(struct unit *u)
{
    struct plan *p = make_plan();
    struct source_filter filter = filter_of(p);
    struct fault f;
    pid_t writer;
    struct source *s = open_pipe(UINT64_MAX, &writer);

    CHECK(u, source_require(s, 0, 10, "a head", &f) == 0);
    source_keep_only(s, &filter);
    CHECK(u, reads(s, 0, 0, 10, &f)); /* it was kept before */
    CHECK(u, source_require(s, 0, 5 * UNIT, "all", &f) == 0);
    CHECK(u, was_closed(writer));
    CHECK(u, reads(s, 0, 0, 10, &f) && is_dropped(s, 10, 1));
    close_pipe(s, writer);
    free(p);
}

static void what_was_kept_before_stays_and_a_filter_can_go(struct unit *u)
{
    struct plan *p = make_plan();
    struct source_filter filter = filter_of(p);
    struct fault f;
    pid_t writer;
    struct source *s = open_pipe(TOTAL, &writer);

    p->units[UNITS - 1] = true;
    CHECK(u, source_require(s, 0, 10 * UNIT + 7, "a start", &f) == 0 && p->asked == 0);
    p->next = 10 * UNIT + 7;
    source_keep_only(s, &filter);
    CHECK(u, source_require(s, 0, 20 * UNIT, "more", &f) == 0 && !p->wrong);
    source_keep_only(s, NULL);
    CHECK(u, source_require(s, 0, TOTAL, "all", &f) == 0);
    CHECK(u, reads(s, 0, 0, 10 * UNIT + 7, &f));
    CHECK(u, is_dropped(s, 10 * UNIT + 7, 1) && is_dropped(s, 20 * UNIT - 1, 1));
    CHECK(u, reads(s, 0, 20 * UNIT, TOTAL - 20 * UNIT, &f));
    close_pipe(s, writer);
    free(p);
}

/* The end is the end, whether it is met in what is wanted or not. */
static void a_pipe_that_ends_early_says_so(struct unit *u)
{
    for (unsigned wanted = 0; wanted < 2; wanted++) {
        struct plan *p = make_plan();
        struct source_filter filter = filter_of(p);
        struct fault f;
        pid_t writer;
        struct source *s = open_pipe(50 * UNIT + 5, &writer);
        uint64_t size = 0;

        p->units[0] = p->units[99] = true;
        p->units[50] = wanted;
        source_keep_only(s, &filter);
        CHECK(u, source_require(s, 0, 100 * UNIT, "all", &f) == FAULT_DAMAGED);
        CHECK(u, strcmp(f.text, "all needs bytes 0 to 409600, but the input ends at 204805") == 0);
        CHECK(u, source_size(s, &size, &f) == 0 && size == 50 * UNIT + 5);
        CHECK(u, wanted ? reads(s, 0, 50 * UNIT, 5, &f) : is_dropped(s, 50 * UNIT, 5));
        close_pipe(s, writer);
        free(p);
    }
}

/* Where all bytes are at hand nothing is dropped, and nobody is asked. */
static void sources_with_all_at_hand_ask_nobody(struct unit *u)
{
    static const char data[] = "all of it";
    struct plan *p = make_plan();
    struct source_filter filter = filter_of(p);
    struct source *s, *slice;
    struct extent e;
    struct fault f;

    CHECK(u, source_from_memory(data, sizeof(data), "memory", &s, &f) == 0 && !s->kept);
    CHECK(u, source_slice(s, 4, 5, &slice, &f) == 0 && !slice->kept);
    source_keep_only(slice, &filter);
    CHECK(u, source_map(slice, 0, 5, &e, &f) == 0 && e.length == 5);
    CHECK(u, memcmp(e.memory, "of it", 5) == 0 && p->asked == 0);
    source_close(slice);
    free(p);
}

/* ---- a slice of it ---- */

/* Of a partition only what lies within is kept, and nothing after it is waited for. */
static void a_slice_keeps_itself(struct unit *u)
{
    static const uint64_t starts[] = {0, 7 * UNIT, 7 * UNIT + 513};

    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
        uint64_t start = starts[i];
        struct source *s, *slice;
        struct extent e;
        struct fault f;
        pid_t writer;

        s = open_pipe(UINT64_MAX, &writer);
        CHECK(u, source_slice(s, start, 10 * UNIT, &slice, &f) == 0 && slice->kept);
        CHECK(u, reads(slice, start, UNIT, UNIT, &f));
        CHECK(u, source_map(slice, 10 * UNIT, 1, &e, &f) == FAULT_DAMAGED);
        CHECK(u, reads(slice, start, 0, 10 * UNIT, &f));
        CHECK(u, was_closed(writer));
        CHECK(u, start == 0 || is_dropped(s, 0, UNIT));
        CHECK(u, start == 0 || is_dropped(s, start - 1, UNIT));
        CHECK(u, is_dropped(s, start + 10 * UNIT, 1));
        close_pipe(slice, writer);
    }
}

/* Who looks at a slice wants some of it: offsets are the slice's. */
static void a_slice_passes_on_what_is_wanted_of_it(struct unit *u)
{
    static const uint64_t starts[] = {0, 5 * UNIT, 5 * UNIT + 1000};

    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
        uint64_t start = starts[i];
        struct plan *p = make_plan();
        struct source_filter filter = filter_of(p);
        struct source *s, *slice;
        struct fault f;
        pid_t writer;

        s = open_pipe(UINT64_MAX, &writer);
        CHECK(u, source_slice(s, start, 200 * UNIT, &slice, &f) == 0);
        p->units[0] = p->units[10] = p->units[11] = p->units[40] = true;
        p->source = slice;
        source_keep_only(slice, &filter);
        CHECK(u, source_require(slice, 0, 41 * UNIT, "all", &f) == 0 && !p->wrong);
        /* Neither the rest of the slice nor what follows it is wanted. */
        CHECK(u, was_closed(writer));
        for (unsigned k = 0; k < 41; k++) {
            uint64_t at = (uint64_t)k * UNIT;

            CHECK(u, p->units[k] ? reads(slice, start, at, UNIT, &f)
                                 : is_dropped(s, start + at, UNIT));
        }
        close_pipe(slice, writer);
        free(p);
    }
}

/* A filter that wants what lies past the slice's end gets the slice. */
static void a_slice_ends_where_it_ends(struct unit *u)
{
    struct plan *p = make_plan();
    struct source_filter filter = filter_of(p);
    struct source *s, *slice;
    struct fault f;
    pid_t writer;

    s = open_pipe(UINT64_MAX, &writer);
    CHECK(u, source_slice(s, UNIT, 20 * UNIT, &slice, &f) == 0);
    for (unsigned k = 15; k < 30; k++)
        p->units[k] = true;
    source_keep_only(slice, &filter);
    CHECK(u, source_require(slice, 0, 20 * UNIT, "all", &f) == 0 && !p->wrong);
    CHECK(u, was_closed(writer) && source_pipe_kept(s) == 21 * UNIT);
    CHECK(u, reads(slice, UNIT, 15 * UNIT, 5 * UNIT, &f) && is_dropped(s, 15 * UNIT, UNIT));
    CHECK(u, source_require(slice, 0, 20 * UNIT + 1, "more", &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "more needs bytes 0 to 81921, but the input ends at 81920") == 0);
    source_keep_only(slice, NULL);
    close_pipe(slice, writer);
    free(p);
}

static void a_slice_of_a_slice_of_a_pipe(struct unit *u)
{
    struct plan *p = make_plan();
    struct source_filter filter = filter_of(p);
    struct source *s, *outer, *inner;
    struct fault f;
    pid_t writer;

    s = open_pipe(UINT64_MAX, &writer);
    CHECK(u, source_slice(s, 3 * UNIT, 100 * UNIT, &outer, &f) == 0);
    CHECK(u, source_slice(outer, 4 * UNIT, 50 * UNIT, &inner, &f) == 0 && inner->kept);
    p->units[1] = p->units[49] = true;
    source_keep_only(inner, &filter);
    CHECK(u, source_require(inner, 0, 50 * UNIT, "all", &f) == 0 && was_closed(writer));
    CHECK(u, reads(inner, 7 * UNIT, UNIT, UNIT, &f) && reads(inner, 7 * UNIT, 49 * UNIT, UNIT, &f));
    CHECK(u, is_dropped(s, 6 * UNIT, UNIT) && is_dropped(s, 7 * UNIT, UNIT));
    close_pipe(inner, writer);
    free(p);
}

int main(void)
{
    struct unit u = {0};

    signal(SIGPIPE, SIG_IGN);
    UNIT_CASE(&u, what_is_not_wanted_is_not_there);
    UNIT_CASE(&u, many_runs_are_told_apart);
    UNIT_CASE(&u, a_read_across_the_edge_fails);
    UNIT_CASE(&u, the_pipe_is_closed_after_the_last_wanted_byte);
    UNIT_CASE(&u, a_pipe_that_nobody_wants_is_closed);
    UNIT_CASE(&u, what_was_kept_before_stays_and_a_filter_can_go);
    UNIT_CASE(&u, a_pipe_that_ends_early_says_so);
    UNIT_CASE(&u, sources_with_all_at_hand_ask_nobody);
    UNIT_CASE(&u, a_slice_keeps_itself);
    UNIT_CASE(&u, a_slice_passes_on_what_is_wanted_of_it);
    UNIT_CASE(&u, a_slice_ends_where_it_ends);
    UNIT_CASE(&u, a_slice_of_a_slice_of_a_pipe);
    return unit_end(&u);
}
