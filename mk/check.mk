# SPDX-License-Identifier: BSD-3-Clause
# What must hold of the text, before every commit.
