/* SPDX-License-Identifier: Apache-2.0 */
/* What a child process gives up before it reads the first byte of a stranger's media: files,
 * sockets, other programs, core dumps, new privileges.
 * Thread: the main one, before any other exists; what is started later inherits it all. */
#ifndef CHILD_SANDBOX_H
#define CHILD_SANDBOX_H

#include <stddef.h>

/* First thing in main(): dies with the server, closes what it did not mean to pass on, no core
 * dumps. */
int sandbox_prepare(void);
/* Once libraries are loaded and initialised: limits memory to `memory_max` bytes, installs the
 * system-call filter, then tries open, socket and execve. -EACCES if one of them was not refused;
 * other errors where the kernel has no filters. The process must then end. */
int sandbox_enter(size_t memory_max);

#endif
