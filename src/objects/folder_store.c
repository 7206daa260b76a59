/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/folder_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/mem.h"
#include "objects/bucket_name.h"
#include "objects/object_store.h"

struct folder_store {
    struct object_store base;
    char *root; /* the folder of the buckets */
};

static const struct folder_store *of(const struct object_store *store)
{
    return (const struct folder_store *)store;
}

/* --- paths --- */

/* Every part of it is a name that a folder can hold: no "", "." or "..". */
static bool is_path(const char *key)
{
    for (const char *at = key;; at++) {
        size_t len = strcspn(at, "/");

        if (!len || (len <= 2 && strspn(at, ".") >= len))
            return false;
        at += len;
        if (!*at)
            return true;
    }
}

/* NULL if bucket or key is no name. */
static char *path_of(const struct folder_store *f, struct arena *arena, const char *bucket,
                     const char *key)
{
    if (!is_bucket_name(bucket) || !is_object_key(key) || !is_path(key))
        return NULL;
    return arena_printf(arena, "%s/%s/%s", f->root, bucket, key);
}

/* Makes the folders of `path` from the bucket's parent on. */
static int make_folders(char *path, size_t from)
{
    int err = 0;

    for (char *slash = strchr(path + from, '/'); slash && !err; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) && errno != EEXIST)
            err = -errno;
        *slash = '/';
    }
    return err;
}

/* --- the driver --- */

static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len) {
        ssize_t written = write(fd, data, len);

        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            data += written;
            len -= (size_t)written;
        }
    }
    return 0;
}

static int write_file(const char *path, const struct object *object)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    int err;

    if (fd < 0)
        return -errno;
    err = write_all(fd, object->data, object->len);
    if (!err && fsync(fd))
        err = -errno;
    close(fd);
    return err;
}

/* Written beside, then renamed: nobody sees half of it. */
static int put(struct object_store *store, const char *bucket, const struct object *object)
{
    const struct folder_store *f = of(store);
    struct arena *arena = arena_create();
    char *path = path_of(f, arena, bucket, object->key);
    char unique[13], *draft;
    int err = -EINVAL;

    if (!path)
        goto out;
    id_alnum(unique, sizeof(unique) - 1);
    draft = arena_printf(arena, "%.*s/.draft-%s", (int)(strrchr(path, '/') - path), path, unique);
    err = make_folders(path, strlen(f->root));
    if (!err)
        err = write_file(draft, object);
    if (!err && rename(draft, path))
        err = -errno;
    if (err)
        unlink(draft);
out:
    arena_destroy(arena);
    return err;
}

static int remove_object(struct object_store *store, const char *bucket, const char *key)
{
    struct arena *arena = arena_create();
    const char *path = path_of(of(store), arena, bucket, key);
    int err = path ? 0 : -EINVAL;

    if (path && unlink(path) && errno != ENOENT)
        err = -errno;
    arena_destroy(arena);
    return err;
}

static void cancel(struct object_store *store)
{
}

static void destroy(struct object_store *store)
{
    struct folder_store *f = (struct folder_store *)store;

    object_store_clear(&f->base);
    mem_free(f->root);
    mem_free(f);
}

static const struct object_store_driver folder_driver = {
    .put = put,
    .remove = remove_object,
    .cancel = cancel,
    .destroy = destroy,
};

struct object_store *folder_store_create(const char *data_dir)
{
    struct folder_store *f = mem_zalloc(sizeof(*f));

    object_store_init(&f->base, &folder_driver);
    f->root = mem_printf("%s/buckets", data_dir);
    return &f->base;
}
