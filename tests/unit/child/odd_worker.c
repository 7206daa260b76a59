/* SPDX-License-Identifier: Apache-2.0 */
/* A child process that behaves as its role says; worker_process_test.c starts it. */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "child/worker_port.h"

extern char **environ;

static struct worker_port *port;

static bool never_alive(void *ctx)
{
    return false;
}

/* Sends every frame back. */
static int echo(void)
{
    static const struct worker_port_events events = { NULL };
    struct worker_frame frame;

    port = worker_port_create(&events, NULL);
    while (worker_port_read(port, &frame) == 0)
        worker_port_send(port, frame.type, frame.data, frame.len, NULL, 0);
    return 0;
}

/* Two small frames, one too large to be held, two small ones; goes without letting go. */
static int hold(void)
{
    static const struct worker_port_events events = { NULL };
    static char large[1 << 20];

    port = worker_port_create(&events, NULL);
    memset(large, '-', sizeof(large));
    worker_port_hold(port);
    worker_port_send(port, FRAME_ROLE, "a", 1, "b", 1);
    worker_port_send(port, FRAME_ROLE, "cd", 2, NULL, 0);
    worker_port_send(port, FRAME_ROLE, NULL, 0, large, sizeof(large));
    worker_port_send(port, FRAME_ROLE, "ef", 2, NULL, 0);
    worker_port_release(port);
    worker_port_hold(port);
    worker_port_send(port, FRAME_ROLE, "never", 5, NULL, 0);
    return 0;
}

/* Reads, but does not answer pings. */
static int hang(void)
{
    static const struct worker_port_events events = { never_alive };
    struct worker_frame frame;

    port = worker_port_create(&events, NULL);
    while (worker_port_read(port, &frame) == 0)
        ;
    return 0;
}

static int garble(void)
{
    static const char text[] = "HTTP/1.1 200 OK, and more than a header's worth";

    return write(0, text, sizeof(text)) < 0 || pause();
}

/* Says what is allowed, without end. */
static int flood(void)
{
    static uint8_t frames[4096][WORKER_HEADER_SIZE];

    for (size_t i = 0; i < ARRAY_LEN(frames); i++)
        worker_frame_header(frames[i], FRAME_READY, 0);
    while (write(0, frames, sizeof(frames)) == sizeof(frames))
        ;
    return 0;
}

/* Half a frame, and no more. */
static int stutter(void)
{
    uint8_t header[WORKER_HEADER_SIZE];

    worker_frame_header(header, FRAME_ROLE, 1000);
    return write(0, header, sizeof(header)) < 0 || pause();
}

/* A transcoder that is alive and does nothing. */
static int transcode(void)
{
    static const struct worker_port_events events = { NULL };
    struct worker_frame frame;

    port = worker_port_create(&events, NULL);
    while (worker_port_read(port, &frame) == 0)
        ;
    return 0;
}

/* Says goodbye and goes. */
static int leave(void)
{
    static const struct worker_port_events events = { NULL };

    port = worker_port_create(&events, NULL);
    worker_port_error(port, "leaving\x1b[2J");
    worker_port_send(port, FRAME_DRAINED, NULL, 0, NULL, 0);
    return 3;
}

static int crash(void)
{
    return raise(SIGABRT);
}

/* What it was started with: descriptors, environment and arguments, as text. */
static int tell(void)
{
    static const struct worker_port_events events = { NULL };
    char text[4096] = "";
    size_t len = 0;
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;

    port = worker_port_create(&events, NULL);
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) != dirfd(dir))
            len += (size_t)snprintf(text + len, sizeof(text) - len, "fd %s\n", entry->d_name);
    for (char **variable = environ; *variable; variable++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "env %s\n", *variable);
    worker_port_send(port, FRAME_ROLE, text, len, NULL, 0);
    return pause();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } roles[] = {
        { "echo", echo },       { "hang", hang }, { "garble", garble },       { "leave", leave },
        { "crash", crash },     { "tell", tell }, { "transcode", transcode }, { "flood", flood },
        { "stutter", stutter }, { "hold", hold },
    };

    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(roles); i++)
        if (strcmp(roles[i].name, argv[1]) == 0)
            return roles[i].run();
    return 9;
}
