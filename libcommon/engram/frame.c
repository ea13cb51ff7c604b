/* SPDX-License-Identifier: MIT */
/* One zstd frame in memory, packed and unpacked. */
#include "engram/frame.h"

#include <inttypes.h>
#include <stdlib.h>

/* For ZSTD_estimateCCtxSize_usingCCtxParams and ZSTD_d_stableOutBuffer, which zstd's authors may
 * still change. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "engram/layout.h"

struct frame_packer {
    ZSTD_CCtx *context;
};

struct frame_unpacker {
    ZSTD_DCtx *context;
};

int frame_packer_open(struct frame_packer **out, struct fault *f)
{
    struct frame_packer *p = calloc(1, sizeof(*p));

    if (p)
        p->context = ZSTD_createCCtx();
    if (!p || !p->context) {
        free(p);
        return fault_memory(f, "a zstd compressor", sizeof(*p));
    }
    *out = p;
    return 0;
}

void frame_packer_close(struct frame_packer *p)
{
    if (p)
        ZSTD_freeCCtx(p->context);
    free(p);
}

size_t frame_bound(size_t len)
{
    return ZSTD_compressBound(len);
}

static int level_of(const struct frame_settings *s)
{
    return s->level == FRAME_STORE ? ZSTD_minCLevel() : s->level;
}

size_t frame_packer_bytes(const struct frame_settings *s, size_t len)
{
    ZSTD_CCtx_params *p = ZSTD_createCCtxParams();
    size_t bytes = 0;

    if (p) {
        ZSTD_CCtxParams_init(p, level_of(s));
        ZSTD_CCtxParams_setParameter(p, ZSTD_c_windowLog, __builtin_ctz(s->window_bytes));
        ZSTD_CCtxParams_setParameter(p, ZSTD_c_srcSizeHint, (int)len);
        bytes = ZSTD_estimateCCtxSize_usingCCtxParams(p);
    }
    /* zstd 1.5 divides by zero when asked about these: a table of an eighth of a byte for each of
     * the window's, and little besides. */
    if (s->long_matches)
        bytes += s->window_bytes / 8 + (1 << 20);
    ZSTD_freeCCtxParams(p);
    return bytes;
}

static size_t set(struct frame_packer *p, ZSTD_cParameter parameter, int value)
{
    return ZSTD_CCtx_setParameter(p->context, parameter, value);
}

int frame_pack(struct frame_packer *p, const struct frame_settings *s, const uint8_t *from,
               size_t len, uint8_t *to, size_t *packed, struct fault *f)
{
    size_t rc;

    /* These fail only for values out of zstd's range, which no profile has: then the frame would
     * lack its checksum, and that must not go unseen. */
    if (ZSTD_isError(rc = ZSTD_CCtx_reset(p->context, ZSTD_reset_session_and_parameters)) ||
        ZSTD_isError(rc = set(p, ZSTD_c_compressionLevel, level_of(s))) ||
        ZSTD_isError(rc = set(p, ZSTD_c_checksumFlag, 1)) ||
        ZSTD_isError(rc = set(p, ZSTD_c_windowLog, __builtin_ctz(s->window_bytes))) ||
        ZSTD_isError(rc = set(p, ZSTD_c_enableLongDistanceMatching, s->long_matches)) ||
        ZSTD_isError(rc = ZSTD_compress2(p->context, to, frame_bound(len), from, len)))
        return fault_set(f, FAULT_SYSTEM, "zstd: %s", ZSTD_getErrorName(rc));
    *packed = rc;
    return 0;
}

int frame_unpacker_open(struct frame_unpacker **out, struct fault *f)
{
    struct frame_unpacker *u = calloc(1, sizeof(*u));

    if (u)
        u->context = ZSTD_createDCtx();
    if (!u || !u->context) {
        free(u);
        return fault_memory(f, "a zstd decompressor", sizeof(*u));
    }
    *out = u;
    return 0;
}

void frame_unpacker_close(struct frame_unpacker *u)
{
    if (u)
        ZSTD_freeDCtx(u->context);
    free(u);
}

/* RFC 8878, section 3.1.1.1.1: the frame header descriptor, after the magic number. */
enum {
    AT_DESCRIPTOR = 4,
    DESCRIPTOR_DICTIONARY = 3,
    DESCRIPTOR_CHECKSUM = 1 << 2,
    DESCRIPTOR_RESERVED = 1 << 3,
    DESCRIPTOR_SINGLE = 1 << 5, /* no window descriptor follows: the window is the content */
};

/* Section 3.1.1.1.2. */
static uint64_t window_bytes(uint8_t descriptor)
{
    uint64_t base = (uint64_t)1 << (10 + (descriptor >> 3));

    return base + base / 8 * (descriptor & 7);
}

/* We unpack a frame as a whole, whatever its window; but zstd(1) needs memory for it, and with its
 * usual settings refuses what asks for more than 128 MiB. */
static int check_window(const uint8_t *from, size_t len, struct fault *f)
{
    uint64_t window;

    if (from[AT_DESCRIPTOR] & DESCRIPTOR_SINGLE || len <= AT_DESCRIPTOR + 1)
        return 0;
    window = window_bytes(from[AT_DESCRIPTOR + 1]);
    if (window > LAYOUT_WINDOW_MAX)
        return fault_set(f, FAULT_DAMAGED,
                         "its zstd frame has a window of %" PRIu64 " bytes, more than %d", window,
                         LAYOUT_WINDOW_MAX);
    return 0;
}

/* A standard frame that stands for itself.  zstd may have been built to take others as well: the
 * formats from before its first release, which have no checksum. */
static int check_start(const uint8_t *from, size_t len, struct fault *f)
{
    if (len <= AT_DESCRIPTOR || le32_at(from) != ZSTD_MAGICNUMBER ||
        from[AT_DESCRIPTOR] & DESCRIPTOR_RESERVED)
        return fault_set(f, FAULT_DAMAGED, "it is not a zstd frame");
    if (from[AT_DESCRIPTOR] & DESCRIPTOR_DICTIONARY)
        return fault_set(f, FAULT_DAMAGED, "its zstd frame asks for a dictionary");
    if (!(from[AT_DESCRIPTOR] & DESCRIPTOR_CHECKSUM))
        return fault_set(f, FAULT_DAMAGED, "its zstd frame has no checksum");
    return check_window(from, len, f);
}

/* The same, and the content's size. */
static int check_claims(const uint8_t *from, size_t len, size_t unpacked, struct fault *f)
{
    unsigned long long content;

    if (check_start(from, len, f) < 0)
        return f->code;
    content = ZSTD_getFrameContentSize(from, len);
    if (content == ZSTD_CONTENTSIZE_ERROR)
        return fault_set(f, FAULT_DAMAGED, "it is not a zstd frame");
    if (content != unpacked)
        return fault_set(f, FAULT_DAMAGED, "its zstd frame does not claim %zu bytes of content",
                         unpacked);
    return 0;
}

int frame_unpack(struct frame_unpacker *u, const uint8_t *from, size_t len, uint8_t *to,
                 size_t unpacked, struct fault *f)
{
    size_t rc;

    if (check_claims(from, len, unpacked, f) < 0)
        return f->code;
    rc = ZSTD_findFrameCompressedSize(from, len);
    if (ZSTD_isError(rc))
        return fault_set(f, FAULT_DAMAGED, "it is not a zstd frame");
    if (rc != len)
        return fault_set(f, FAULT_DAMAGED, "its zstd frame has %zu bytes, not %zu", rc, len);
    rc = ZSTD_decompressDCtx(u->context, to, unpacked, from, len);
    if (ZSTD_isError(rc))
        return fault_set(f, FAULT_DAMAGED, "zstd: %s", ZSTD_getErrorName(rc));
    if (rc != unpacked)
        return fault_set(f, FAULT_DAMAGED, "it unpacks to %zu bytes, not %zu", rc, unpacked);
    return 0;
}

/* ---- a part of a frame ---- */

struct frame_stream {
    ZSTD_DCtx *context;
    ZSTD_outBuffer to;
    size_t hint; /* bytes that the next step needs */
};

int frame_stream_open(struct frame_stream **out, struct fault *f)
{
    struct frame_stream *s = calloc(1, sizeof(*s));

    if (s)
        s->context = ZSTD_createDCtx();
    if (!s || !s->context) {
        free(s);
        return fault_memory(f, "a zstd decompressor", sizeof(*s));
    }
    *out = s;
    return 0;
}

void frame_stream_close(struct frame_stream *s)
{
    if (s)
        ZSTD_freeDCtx(s->context);
    free(s);
}

int frame_stream_begin(struct frame_stream *s, const uint8_t *from, size_t len, uint8_t *to,
                       size_t unpacked, struct fault *f)
{
    size_t rc;

    if (check_claims(from, len, unpacked, f) < 0)
        return f->code;
    /* `to` has room for all of it, so that zstd need not keep a window of its own. */
    if (ZSTD_isError(rc = ZSTD_DCtx_reset(s->context, ZSTD_reset_session_and_parameters)) ||
        ZSTD_isError(rc = ZSTD_DCtx_setParameter(s->context, ZSTD_d_stableOutBuffer, 1)))
        return fault_set(f, FAULT_SYSTEM, "zstd: %s", ZSTD_getErrorName(rc));
    s->to = (ZSTD_outBuffer){.dst = to, .size = unpacked};
    s->hint = ZSTD_FRAMEHEADERSIZE_MIN(ZSTD_f_zstd1);
    return 0;
}

int frame_stream_feed(struct frame_stream *s, const uint8_t *from, size_t len, size_t *used,
                      size_t *have, struct fault *f)
{
    /* No more than the step needs: zstd would go through all that it is given. */
    ZSTD_inBuffer in = {.src = from, .size = min_u64(len, s->hint)};
    size_t rc;

    if (s->hint == 0)
        return fault_set(f, FAULT_DAMAGED, "its zstd frame ends after %zu bytes of content",
                         s->to.pos);
    rc = ZSTD_decompressStream(s->context, &s->to, &in);
    s->hint = ZSTD_isError(rc) ? 0 : rc;
    if (ZSTD_isError(rc))
        return fault_set(f, FAULT_DAMAGED, "zstd: %s", ZSTD_getErrorName(rc));
    *used = in.pos;
    *have = s->to.pos;
    return 0;
}
