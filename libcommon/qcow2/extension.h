/* SPDX-License-Identifier: MIT */
/* The header extensions of a qcow2 image, and the features that it needs. */
#ifndef QCOW2_EXTENSION_H
#define QCOW2_EXTENSION_H

#include "base/fault.h"
#include "io/reader.h"
#include "qcow2/header.h"

/*
 * Walk the extensions between header_length and header_end: fills in backing_format, data_file and
 * feature_names, and refuses (FAULT_UNSUPPORTED) incompatible features that are not read, by the
 * names that the image or else the specification gives them.  Extensions of other types are
 * ignored, as the specification asks: bitmaps and what a LUKS header needs among them.
 */
int qcow2_extensions_read(struct reader *r, struct qcow2_header *h, struct fault *f);

/* The kinds of features, as the feature name table numbers them. */
enum qcow2_feature_kind {
    QCOW2_FEATURE_INCOMPATIBLE = 0,
    QCOW2_FEATURE_COMPATIBLE = 1,
    QCOW2_FEATURE_AUTOCLEAR = 2,
};

enum { QCOW2_FEATURE_NAME_BYTES = 46 };

/* What the image's own table calls a feature, else what the specification does, else "unknown";
 * unescaped. */
int qcow2_feature_name(struct reader *r, const struct qcow2_header *h, enum qcow2_feature_kind kind,
                       unsigned bit, char name[QCOW2_FEATURE_NAME_BYTES + 1], struct fault *f);

#endif
