/* SPDX-License-Identifier: Apache-2.0 */
#include "store/durable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static int write_whole(int fd, const char *text)
{
    size_t len = strlen(text);

    while (len) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
    return fsync(fd) ? -errno : 0;
}

/* A name in a folder survives power loss only once the folder itself was synced. */
static int sync_folder_of(const char *path)
{
    char *copy = mem_strdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd < 0 || fsync(fd) ? -errno : 0;

    if (fd >= 0)
        close(fd);
    mem_free(copy);
    return err;
}

/* link() fails where a file of that name exists, rename() takes its place. */
static int write_file(const char *path, const char *text, bool may_replace)
{
    char *draft = mem_printf("%s.XXXXXX", path);
    int fd = mkostemp(draft, O_CLOEXEC); /* mode 0600 */
    int err;

    if (fd < 0) {
        err = -errno;
        goto out;
    }
    err = write_whole(fd, text);
    close(fd);
    if (!err && (may_replace ? rename(draft, path) : link(draft, path)))
        err = -errno;
    if (err || !may_replace)
        unlink(draft);
    if (!err)
        err = sync_folder_of(path);
out:
    mem_free(draft);
    return err;
}

int durable_file_create(const char *path, const char *text)
{
    return write_file(path, text, false);
}

int durable_file_replace(const char *path, const char *text)
{
    return write_file(path, text, true);
}

int durable_file_remove(const char *path)
{
    return unlink(path) ? -errno : sync_folder_of(path);
}
