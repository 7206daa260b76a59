/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/folder_bucket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define PROBE_NAME ".weir-probe"

/* Amazon S3 user guide, "Bucket naming rules": nothing in it can leave the folder. */
static bool is_bucket_name(const char *name)
{
    size_t len = strlen(name);

    return len >= 3 && len <= 63 && *name != '.' && *name != '-' && !strstr(name, "..") &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

static int make_folder(const char *path)
{
    return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static int write_probe(const char *folder)
{
    char *path = mem_printf("%s/" PROBE_NAME, folder);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    int err = fd < 0 ? -errno : 0;

    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    mem_free(path);
    return err;
}

int folder_bucket_probe(const char *data_dir, const char *bucket)
{
    char *all = mem_printf("%s/buckets", data_dir);
    char *folder = mem_printf("%s/%s", all, bucket);
    int err = is_bucket_name(bucket) ? make_folder(all) : -EINVAL;

    if (!err)
        err = make_folder(folder);
    if (!err)
        err = write_probe(folder);
    mem_free(folder);
    mem_free(all);
    return err;
}
