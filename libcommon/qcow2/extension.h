/* SPDX-License-Identifier: MIT */
/* The header extensions of a qcow2 image, and the features that it needs. */
#ifndef QCOW2_EXTENSION_H
#define QCOW2_EXTENSION_H

#include "base/fault.h"
#include "io/reader.h"
#include "qcow2/header.h"

/*
 * Walk the extensions between header_length and header_end: fills in backing_format, and refuses
 * (FAULT_UNSUPPORTED) incompatible features that are not read, by the names that the image or else
 * the specification gives them.  Extensions of other types are ignored, as the specification asks.
 */
int qcow2_extensions_read(struct reader *r, struct qcow2_header *h, struct fault *f);

#endif
