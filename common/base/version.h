/* SPDX-License-Identifier: BSD-3-Clause */
/* The product's version, as --version and the status show it. */
#ifndef SLUICE_BASE_VERSION_H
#define SLUICE_BASE_VERSION_H

#define SLUICE_VERSION "0.1.0"

#endif
