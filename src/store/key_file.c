/* SPDX-License-Identifier: Apache-2.0 */
#include "store/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "store/durable_file.h"

#define DIGITS 64

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_key(const char *text, ssize_t len, uint8_t key[32])
{
    if (len < DIGITS || (len > DIGITS && text[DIGITS] != '\n') || len > DIGITS + 1)
        return -EINVAL;
    for (int i = 0; i < DIGITS / 2; i++) {
        int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return -EINVAL;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

static int read_key(const char *path, uint8_t key[32])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[DIGITS + 2];
    struct stat st;
    int err;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st))
        err = -errno;
    else if (st.st_mode & (S_IRWXG | S_IRWXO))
        err = -EACCES;
    else
        err = parse_key(text, read(fd, text, sizeof(text)), key);
    OPENSSL_cleanse(text, sizeof(text));
    close(fd);
    return err;
}

static int make_key(const char *path)
{
    uint8_t key[DIGITS / 2];
    char text[DIGITS + 2];
    int err;

    id_random(key, sizeof(key));
    for (size_t i = 0; i < sizeof(key); i++)
        snprintf(text + 2 * i, 3, "%02x", key[i]);
    text[DIGITS] = '\n';
    text[DIGITS + 1] = '\0';
    err = durable_file_create(path, text);
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(text, sizeof(text));
    return err == -EEXIST ? 0 : err; /* another process was quicker: its key counts */
}

int key_file_load(const char *path, uint8_t key[32])
{
    int err = read_key(path, key);

    if (err != -ENOENT)
        return err;
    err = make_key(path);
    return err ? err : read_key(path, key);
}
