/* SPDX-License-Identifier: MIT */
/* What a disk image is, with its backing chain: for people, and as JSON. */
#include "shared/imageinfo.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/checked.h"
#include "base/text.h"
#include "qcow2/snapshot.h"

static const struct qcow2_layer *outermost(const struct imageinfo *info)
{
    return info->chain->layers[0];
}

static const char *format_name(const struct qcow2_layer *l)
{
    return l->raw ? "raw" : "qcow2";
}

static const char *compression_name(const struct qcow2_layer *l)
{
    return l->header.compression_type == QCOW2_COMPRESSION_ZSTD ? "zstd" : "zlib";
}

static uint64_t cluster_count(const struct qcow2_layer *l)
{
    return div_round_up(l->size, l->header.cluster_size);
}

/* ---- reading ---- */

/* Give each snapshot to a printer, with its number; NULL only sees whether they can be read. */
static int each_snapshot(const struct imageinfo *info, FILE *out,
                         void (*put)(FILE *, const struct qcow2_snapshot *, uint32_t),
                         struct fault *f)
{
    const struct qcow2_layer *l = outermost(info);
    struct qcow2_snapshot_walk w;
    struct qcow2_snapshot s;
    int more;

    if (qcow2_snapshots_start(&w, l->reader, &l->header, f) < 0)
        return f->code;
    while ((more = qcow2_snapshots_next(&w, &s, f)) > 0) {
        if (put)
            put(out, &s, w.number - 1);
        qcow2_snapshot_free(&s);
    }
    return more;
}

static const struct {
    enum qcow2_feature_kind kind;
    const char *name;
} kinds[IMAGEINFO_FEATURE_KINDS] = {
    {QCOW2_FEATURE_INCOMPATIBLE, "incompatible"},
    {QCOW2_FEATURE_COMPATIBLE, "compatible"},
    {QCOW2_FEATURE_AUTOCLEAR, "autoclear"},
};

static uint64_t feature_bits(const struct qcow2_header *h, enum qcow2_feature_kind kind)
{
    return kind == QCOW2_FEATURE_INCOMPATIBLE ? h->incompatible_features
           : kind == QCOW2_FEATURE_COMPATIBLE ? h->compatible_features
                                              : h->autoclear_features;
}

static int read_features(struct imageinfo *info, size_t kind, struct fault *f)
{
    const struct qcow2_layer *l = outermost(info);
    uint64_t bits = feature_bits(&l->header, kinds[kind].kind);

    for (unsigned bit = 0; bit < 64; bit++)
        if (bits >> bit & 1 && qcow2_feature_name(l->reader, &l->header, kinds[kind].kind, bit,
                                                  info->features[kind][bit], f) < 0)
            return f->code;
    return 0;
}

int imageinfo_read(struct imageinfo *info, const struct qcow2_chain *chain, struct fault *f)
{
    *info = (struct imageinfo){.chain = chain};
    if (outermost(info)->raw)
        return 0;
    if (qcow2_table_count(&outermost(info)->table, &info->counts, f) < 0 ||
        each_snapshot(info, NULL, NULL, f) < 0)
        return f->code;
    for (size_t i = 0; i < IMAGEINFO_FEATURE_KINDS; i++)
        if (read_features(info, i, f) < 0)
            return f->code;
    return 0;
}

/* Give the features of one kind to a printer; *count is how many were printed, of all kinds of a
 * list. */
static void print_features(FILE *out, const struct imageinfo *info, size_t kind, unsigned *count,
                           void (*put)(FILE *, const char *, size_t))
{
    for (unsigned bit = 0; bit < 64; bit++) {
        const char *name = info->features[kind][bit];

        if (name[0] == '\0')
            continue;
        if ((*count)++)
            fputs(", ", out);
        put(out, name, strlen(name));
    }
}

/* ---- for people ---- */

static void put_size(FILE *out, const char *what, uint64_t bytes)
{
    char text[8];

    text_size(text, bytes);
    fprintf(out, "%-14s%s (%" PRIu64 " bytes)\n", what, text, bytes);
}

static void print_snapshot(FILE *out, const struct qcow2_snapshot *s, uint32_t number)
{
    char id[64], disk[8], state[8], date[32];
    time_t t = s->date_sec;
    struct tm tm;

    if (number == 0)
        fprintf(out, "snapshots:\n  %6s  %6s  %8s  %-19s  %s\n", "ID", "SIZE", "VM STATE",
                "DATE (UTC)", "NAME");
    text_escape(id, sizeof(id), s->id, strlen(s->id));
    text_size(disk, s->disk_size);
    text_size(state, s->vm_state_size);
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", gmtime_r(&t, &tm));
    fprintf(out, "  %6s  %6s  %8s  %s  ", id, disk, state, date);
    text_put_escaped(out, s->name, strlen(s->name));
    fputc('\n', out);
}

static void print_chain(FILE *out, const struct imageinfo *info)
{
    fprintf(out, "chain:\n  %5s  %-6s  %6s  %7s  %s\n", "DEPTH", "FORMAT", "SIZE", "CLUSTER",
            "FILE");
    for (size_t i = 0; i < info->chain->count; i++) {
        const struct qcow2_layer *l = info->chain->layers[i];
        char size[8], cluster[8] = "-";

        text_size(size, l->size);
        if (!l->raw)
            text_size(cluster, l->header.cluster_size);
        fprintf(out, "  %5zu  %-6s  %6s  %7s  ", i, format_name(l), size, cluster);
        text_put_escaped(out, l->lower->name, strlen(l->lower->name));
        if (l->external) {
            fputs(", data in ", out);
            text_put_escaped(out, l->external->name, strlen(l->external->name));
        }
        fputc('\n', out);
    }
}

static int print_qcow2(FILE *out, const struct imageinfo *info, struct fault *f)
{
    const struct qcow2_layer *l = outermost(info);
    unsigned count = 0;

    fprintf(out, "version:      %" PRIu32 "\n", l->header.version);
    put_size(out, "cluster size:", l->header.cluster_size);
    fprintf(out, "compression:  %s\nfeatures:     ", compression_name(l));
    for (size_t i = 0; i < IMAGEINFO_FEATURE_KINDS; i++)
        print_features(out, info, i, &count, text_put_escaped);
    fprintf(out,
            "%s\nclusters:     %" PRIu64 ", of which %" PRIu64 " allocated, %" PRIu64
            " of these compressed\n",
            count ? "" : "none", cluster_count(l), info->counts.allocated, info->counts.compressed);
    return each_snapshot(info, out, print_snapshot, f);
}

int imageinfo_print(FILE *out, const struct imageinfo *info, struct fault *f)
{
    const struct qcow2_layer *l = outermost(info);

    fputs("image:        ", out);
    text_put_escaped(out, l->lower->name, strlen(l->lower->name));
    fprintf(out, "\nformat:       %s\n", format_name(l));
    put_size(out, "virtual size:", l->size);
    put_size(out, "file size:", l->lower->size);
    if (!l->raw && print_qcow2(out, info, f) < 0)
        return f->code;
    print_chain(out, info);
    return 0;
}

/* ---- JSON ---- */

static void put_string(FILE *out, const char *indent, const char *key, const char *value)
{
    fprintf(out, ",\n%s\"%s\": ", indent, key);
    text_put_json(out, value, strlen(value));
}

static void put_number(FILE *out, const char *indent, const char *key, uint64_t value)
{
    fprintf(out, ",\n%s\"%s\": %" PRIu64, indent, key, value);
}

static void put_json_features(FILE *out, const struct imageinfo *info)
{
    fputs(",\n    \"features\": {", out);
    for (size_t i = 0; i < IMAGEINFO_FEATURE_KINDS; i++) {
        unsigned count = 0;

        fprintf(out, "%s\n        \"%s\": [", i ? "," : "", kinds[i].name);
        print_features(out, info, i, &count, text_put_json);
        fputc(']', out);
    }
    fputs("\n    }", out);
}

static void put_json_snapshot(FILE *out, const struct qcow2_snapshot *s, uint32_t number)
{
    static const char indent[] = "            ";

    fprintf(out, "%s\n        {\n%s\"id\": ", number ? "," : "", indent);
    text_put_json(out, s->id, strlen(s->id));
    put_string(out, indent, "name", s->name);
    put_number(out, indent, "virtual-size", s->disk_size);
    put_number(out, indent, "vm-state-size", s->vm_state_size);
    put_number(out, indent, "date-sec", s->date_sec);
    put_number(out, indent, "date-nsec", s->date_nsec);
    put_number(out, indent, "vm-clock-nsec", s->vm_clock_nsec);
    fputs("\n        }", out);
}

/* What every image of a chain has, the outermost as well. */
static void put_json_layer(FILE *out, const char *indent, const struct qcow2_layer *l)
{
    fprintf(out, "%s\"filename\": ", indent);
    text_put_json(out, l->lower->name, strlen(l->lower->name));
    put_string(out, indent, "format", format_name(l));
    put_number(out, indent, "virtual-size", l->size);
    put_number(out, indent, "file-size", l->lower->size);
    if (l->raw)
        return;
    put_number(out, indent, "version", l->header.version);
    put_number(out, indent, "cluster-size", l->header.cluster_size);
    put_string(out, indent, "compression-type", compression_name(l));
    if (l->header.backing_file[0] != '\0')
        put_string(out, indent, "backing-filename", l->header.backing_file);
    if (l->header.backing_format[0] != '\0')
        put_string(out, indent, "backing-filename-format", l->header.backing_format);
    if (l->external)
        put_string(out, indent, "data-file", l->header.data_file);
}

static int put_json_qcow2(FILE *out, const struct imageinfo *info, struct fault *f)
{
    put_json_features(out, info);
    put_number(out, "    ", "total-clusters", cluster_count(outermost(info)));
    put_number(out, "    ", "allocated-clusters", info->counts.allocated);
    put_number(out, "    ", "compressed-clusters", info->counts.compressed);
    fputs(",\n    \"snapshots\": [", out);
    if (each_snapshot(info, out, put_json_snapshot, f) < 0)
        return f->code;
    fputs(outermost(info)->header.nb_snapshots ? "\n    ]" : "]", out);
    return 0;
}

int imageinfo_print_json(FILE *out, const struct imageinfo *info, struct fault *f)
{
    fputs("{\n", out);
    put_json_layer(out, "    ", outermost(info));
    if (!outermost(info)->raw && put_json_qcow2(out, info, f) < 0)
        return f->code;
    fputs(",\n    \"chain\": [", out);
    for (size_t i = 0; i < info->chain->count; i++) {
        fputs(i ? ",\n        {\n" : "\n        {\n", out);
        put_json_layer(out, "            ", info->chain->layers[i]);
        fputs("\n        }", out);
    }
    fputs("\n    ]\n}\n", out);
    return 0;
}
