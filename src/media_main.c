/* SPDX-License-Identifier: Apache-2.0 */
/* weir-media: the processes that touch strangers' media. One program, a role per process; started
 * by the server with descriptor 0 as the link to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "child/sandbox.h"
#include "ingest/demux_worker.h"
#include "transcode/transcode_worker.h"

static const struct role {
    const char *name;
    int (*run)(void);
} roles[] = {
    { "demux", demux_worker_run },
    { "transcode", transcode_worker_run },
};

static const struct role *find_role(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (strcmp(roles[i].name, name) == 0)
            return &roles[i];
    return NULL;
}

static int has_link(void)
{
    int type;
    socklen_t len = sizeof(type);

    return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

int main(int argc, char **argv)
{
    const struct role *role = argc > 1 ? find_role(argv[1]) : NULL;

    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("weir-media " WEIR_VERSION);
        return EXIT_SUCCESS;
    }
    if (!role || !has_link()) {
        fputs("weir-media is started by 'weir serve', never by hand\n", stderr);
        return 2;
    }
    if (sandbox_prepare() != 0) {
        perror("weir-media: sandbox");
        return EXIT_FAILURE;
    }
    return role->run();
}
