/* SPDX-License-Identifier: Apache-2.0 */
/* Errors are 0 or a negative errno, as in libuv and FFmpeg. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* A short text for a log line, such as "connection reset by peer". Static storage. */
const char *err_str(int err);

#endif
