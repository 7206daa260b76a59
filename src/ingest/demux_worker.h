/* SPDX-License-Identifier: Apache-2.0 */
/* The child process of one SRT connection: transport stream in, packets of H.264 and AAC out.
 * Thread: the process's main one. */
#ifndef INGEST_DEMUX_WORKER_H
#define INGEST_DEMUX_WORKER_H

/* Runs until the server hangs up. Returns the exit status. */
int demux_worker_run(void);

#endif
