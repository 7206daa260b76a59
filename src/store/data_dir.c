/* SPDX-License-Identifier: Apache-2.0 */
#include "store/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

int data_dir_make(const char *path)
{
    if (mkdir(path, 0700) && errno != EEXIST)
        return -errno;
    return 0;
}

/* The kernel lets go of the lock with the process, however that ends. */
int data_dir_lock(const char *path, int *lock)
{
    char *name = mem_printf("%s/lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int err = fd < 0 ? -errno : 0;

    mem_free(name);
    if (err)
        return err;
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        err = errno == EWOULDBLOCK ? -EBUSY : -errno;
        close(fd);
        return err;
    }
    *lock = fd;
    return 0;
}
