/* SPDX-License-Identifier: MIT */
/* The operands FILE:FIELDS of a command that makes a disk: what goes into its partitions. */
#include "shared/contents.h"

#include <stdlib.h>
#include <string.h>

#include "shared/product.h"

/* Split "FILE:FIELDS" at the first colon that no backslash precedes, nor is one of two of them:
 * they stand for one.  *file is the caller's. */
static int split_operand(const char *operand, char **file, const char **fields, struct fault *f)
{
    char *to = malloc(strlen(operand) + 1);

    *fields = "";
    *file = to;
    if (!to)
        return fault_memory(f, "an operand", strlen(operand) + 1);
    for (; *operand && *operand != ':'; operand++) {
        if (*operand == '\\' && (operand[1] == ':' || operand[1] == '\\'))
            operand++;
        *to++ = *operand;
    }
    *to = '\0';
    *fields = *operand ? operand + 1 : operand;
    return 0;
}

/* Open the file of a partition and note how long it is.  A pipe that is not kept anyway, because
 * its partition's size is given, is written as it comes. */
static int open_content(struct cli *cli, const struct image_options *image, struct content *c,
                        struct part_wish *wish, struct fault *f)
{
    struct source *source;

    if (c->name[0] == '\0')
        return 0;
    if (product_refuse_input(cli, strcmp(c->name, "-") == 0 ? NULL : c->name, f) < 0)
        return f->code;
    if (image_open(cli, c->name, image, &source, f) < 0)
        return fault_about(f, cli->operand);
    c->source = source;
    wish->content_name = cli->operand;
    if (wish->size != PART_ANY && source_is_pipe(source))
        return 0;
    return source_size(source, &wish->content, f) < 0 ? fault_about(f, cli->operand) : 0;
}

static int take_fields(struct part_plan *p, const char *operand, const char *fields,
                       struct fault *f)
{
    struct part_wish *wish;

    if (part_plan_add(p, &wish, f) < 0 || part_wish_parse(p, fields, wish, f) < 0)
        return fault_about(f, operand);
    return 0;
}

static int refuse_fields(const char *operand, struct fault *f)
{
    fault_set(f, FAULT_USAGE, "has fields: with --script, operands are files only");
    return fault_about(f, operand);
}

static int take_operand(struct contents *c, struct cli *cli, const struct image_options *image,
                        bool have_fields, struct part_plan *p, struct fault *f)
{
    const char *operand = cli_operand(cli, (int)c->count);
    struct content *content = &c->list[c->count];
    const char *fields;

    if (split_operand(operand, &content->name, &fields, f) < 0)
        return f->code;
    c->count++;
    if (have_fields ? take_fields(p, operand, fields, f) < 0
                    : *fields && refuse_fields(operand, f) < 0)
        return f->code;
    if (strcmp(content->name, "-") == 0) {
        if (c->stdin_used)
            return fault_set(f, FAULT_USAGE, "standard input can be only one partition");
        c->stdin_used = true;
    }
    return open_content(cli, image, content, &p->wishes[c->count - 1], f);
}

int contents_open(struct contents *c, struct cli *cli, const struct image_options *image,
                  bool have_fields, struct part_plan *p, struct fault *f)
{
    size_t n = (size_t)cli_operands(cli);
    int code = 0;

    if (!have_fields && n > p->count)
        return fault_set(f, FAULT_USAGE, "%zu files, but the script has %zu partitions", n,
                         p->count);
    c->list = calloc(n + 1, sizeof(*c->list));
    if (!c->list)
        return fault_memory(f, "operands", n * sizeof(*c->list));
    while (code == 0 && c->count < n)
        code = take_operand(c, cli, image, have_fields, p, f);
    /* From here on messages are about no single one of them. */
    cli->operand = NULL;
    return code;
}

void contents_close(struct contents *c)
{
    for (size_t i = 0; i < c->count; i++) {
        source_close(c->list[i].source);
        free(c->list[i].name);
    }
    free(c->list);
}
