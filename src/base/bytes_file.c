/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"

#define SHARE_OF_DESCRIPTORS 4

static atomic_int open_files;

static bool may_open(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           (rlim_t)atomic_load(&open_files) < limit.rlim_cur / SHARE_OF_DESCRIPTORS;
}

static int write_all(int fd, const struct slice *piece)
{
    size_t at = 0;

    while (at < piece->len) {
        ssize_t written = write(fd, piece->data + at, piece->len - at);

        if (written < 0 && errno != EINTR)
            return -errno;
        at += written > 0 ? (size_t)written : 0;
    }
    return 0;
}

static int fill(int fd, const struct slice *pieces, size_t count)
{
    int err = 0;

    for (size_t i = 0; i < count && !err; i++)
        err = write_all(fd, &pieces[i]);
    if (!err && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
        err = -errno;
    return err;
}

/* Privately: before Linux 6.7 a file sealed against writing could not be mapped shared. */
static uint8_t *map(int fd, size_t len)
{
    void *data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);

    return data == MAP_FAILED ? NULL : data;
}

struct bytes *bytes_file_create(const struct slice *pieces, size_t count)
{
    struct bytes *bytes;
    uint8_t *data = NULL;
    size_t len = 0;
    int fd = may_open() ? memfd_create("weir-bytes", MFD_CLOEXEC | MFD_ALLOW_SEALING) : -1;

    if (fd < 0)
        return NULL;
    for (size_t i = 0; i < count; i++)
        len += pieces[i].len;
    if (!fill(fd, pieces, count))
        data = map(fd, len);
    if (!data) {
        close(fd);
        return NULL;
    }
    atomic_fetch_add(&open_files, 1);
    bytes = bytes_create(0);
    bytes->data = data;
    bytes->len = len;
    bytes->fd = fd;
    return bytes;
}

void bytes_file_close(struct bytes *bytes)
{
    munmap(bytes->data, bytes->len);
    close(bytes->fd);
    atomic_fetch_sub(&open_files, 1);
}
