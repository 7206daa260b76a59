/* SPDX-License-Identifier: Apache-2.0 */
/* The child process of one live stream that is transcoded: compressed packets in, compressed
 * packets of every rung out.
 * Thread: the process's main one. */
#ifndef TRANSCODE_TRANSCODE_WORKER_H
#define TRANSCODE_TRANSCODE_WORKER_H

/* Runs until the server hangs up or has the worker drained. Returns the exit status. */
int transcode_worker_run(void);

#endif
