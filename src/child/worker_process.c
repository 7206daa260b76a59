/* SPDX-License-Identifier: Apache-2.0 */
/* One child process and its link.
 *
 *   owner --send--> [uv writes] --socket pair--> child (descriptor 0)
 *   owner <-on_frame- frame_reader <--socket pair--'
 *   owner <-on_end--- pidfd readable and link at its end
 *
 * posix_spawn() is used directly: libuv 1.44 forks, which copies the server's page tables and stops
 * the loop for 30 ms per GiB. The end of the process is seen through a pidfd, so that no signal
 * handler is needed and no other code's children are touched. */
#include "child/worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/loop.h"

#define PING_INTERVAL_MS 1000
#define UNANSWERED_MAX   3
#define DRAIN_MAX_MS     6000
#define READ_CHUNK       65536
#define ERRORS_LOGGED    20 /* per process: its text is not trusted */
/* What it may send between two pings: ten times what any role has to say, and a fraction of what
 * would keep the loop from its other work. A frame counts for some bytes beside its own. */
#define FLOOD_BYTES (32 << 20)
#define FLOOD_FRAME 100

struct worker_process {
    struct loop *loop;
    struct worker_process_events events;
    void *ctx;
    char tag[LOG_TAG_SIZE];
    pid_t pid;
    int pidfd;
    uv_poll_t exit_watch;
    uv_pipe_t link;
    struct loop_timer *ping_timer;
    int holders; /* exit_watch, link and the owner: memory goes with the last */
    struct worker_frame_reader reader;
    uint8_t chunk[READ_CHUNK];
    struct list outgoing; /* struct outgoing, oldest first */
    size_t outgoing_bytes;
    int unanswered; /* pings */
    uint64_t pings;
    size_t received; /* since the last ping, as FLOOD_BYTES counts */
    int errors_seen;
    bool is_link_open, is_running, is_draining, is_destroyed;
    char reason[64]; /* the first one wins */
};

struct outgoing {
    uv_write_t write;
    struct list node;
    struct worker_process *process;
    int64_t queued_ms;
    size_t len;
    struct bytes *body;
    uint8_t head[WORKER_HEADER_SIZE + WORKER_HEAD_MAX];
};

static void set_reason(struct worker_process *p, const char *reason)
{
    if (!*p->reason)
        snprintf(p->reason, sizeof(p->reason), "%s", reason);
}

static void release(struct worker_process *p)
{
    if (--p->holders > 0)
        return;
    worker_frame_reader_clear(&p->reader);
    mem_free(p);
}

static void on_link_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_exit_watch_closed(uv_handle_t *handle)
{
    struct worker_process *p = handle->data;

    close(p->pidfd);
    release(p);
}

/* Tells the owner once, when nothing more can come. */
static void report_end(struct worker_process *p)
{
    if (p->is_running || p->is_link_open || p->is_destroyed)
        return;
    p->events.on_end(p->reason, p->ctx);
}

static void close_link(struct worker_process *p)
{
    if (!p->is_link_open)
        return;
    p->is_link_open = false;
    loop_timer_destroy(p->ping_timer);
    p->ping_timer = NULL;
    uv_close((uv_handle_t *)&p->link, on_link_closed);
}

static void kill_process(struct worker_process *p, const char *reason)
{
    set_reason(p, reason);
    if (p->is_running)
        pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
}

/* -- the end of the process -- */

static void describe_exit(struct worker_process *p, const siginfo_t *info)
{
    char text[48];

    if (info->si_code == CLD_EXITED)
        snprintf(text, sizeof(text), "exited with status %d", info->si_status);
    else
        snprintf(text, sizeof(text), "killed by signal %d", info->si_status);
    set_reason(p, text);
}

static void on_exited(uv_poll_t *watch, int status, int events)
{
    struct worker_process *p = watch->data;
    siginfo_t info = { 0 };

    if (waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0)
        return; /* not yet */
    describe_exit(p, &info);
    p->is_running = false;
    uv_close((uv_handle_t *)watch, on_exit_watch_closed);
    report_end(p);
}

/* -- frames from the process -- */

static void log_error_frame(struct worker_process *p, const struct worker_frame *frame)
{
    if (p->errors_seen++ < ERRORS_LOGGED)
        log_warn(p->tag, "worker: %.*s", (int)(frame->len < 256 ? frame->len : 256),
                 (const char *)frame->data);
}

static void on_frame(struct worker_process *p, const struct worker_frame *frame)
{
    if (frame->type == FRAME_PONG)
        p->unanswered = 0;
    else if (frame->type == FRAME_ERROR)
        log_error_frame(p, frame);
    else
        p->events.on_frame(frame, p->ctx);
}

static int take_frames(struct worker_process *p)
{
    struct worker_frame frame;
    int err;

    while ((err = worker_frame_reader_next(&p->reader, &frame)) > 0) {
        p->received += FLOOD_FRAME;
        on_frame(p, &frame);
        if (p->is_destroyed)
            return 0;
    }
    return err;
}

static void give_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct worker_process *p = handle->data;

    *out = uv_buf_init((char *)p->chunk, sizeof(p->chunk));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *chunk)
{
    struct worker_process *p = stream->data;
    int err = 0;

    if (len > 0) {
        err = worker_frame_reader_feed(&p->reader, chunk->base, (size_t)len);
        if (!err)
            err = take_frames(p);
        if (err)
            kill_process(p, "sent what is no frame of ours");
        else if ((p->received += (size_t)len) > FLOOD_BYTES) {
            kill_process(p, "sends more than it can have to say");
            err = -EMSGSIZE;
        }
    }
    if (len >= 0 && !err)
        return;
    close_link(p);
    kill_process(p, ""); /* a process without its link has nothing to do */
    report_end(p);
}

/* -- frames to the process -- */

static void on_written(uv_write_t *write, int status)
{
    struct outgoing *out = CONTAINER_OF(write, struct outgoing, write);

    list_remove(&out->node);
    out->process->outgoing_bytes -= out->len;
    bytes_unref(out->body);
    mem_free(out);
}

int worker_process_send(struct worker_process *p, int type, const void *head, size_t head_len,
                        struct bytes *body)
{
    size_t body_len = body ? body->len : 0;
    uv_buf_t pieces[2];
    struct outgoing *out;
    int err;

    loop_assert_here(p->loop);
    if (!p->is_link_open)
        return -EPIPE;
    if (head_len > WORKER_HEAD_MAX || body_len > WORKER_PAYLOAD_MAX - head_len)
        return -EMSGSIZE;
    out = mem_alloc(sizeof(*out));
    worker_frame_header(out->head, type, head_len + body_len);
    if (head_len)
        memcpy(out->head + WORKER_HEADER_SIZE, head, head_len);
    out->process = p;
    out->queued_ms = loop_now_ms(p->loop);
    out->len = WORKER_HEADER_SIZE + head_len + body_len;
    out->body = body ? bytes_ref(body) : NULL;
    pieces[0] = uv_buf_init((char *)out->head, (unsigned)(WORKER_HEADER_SIZE + head_len));
    pieces[1] = uv_buf_init(body ? (char *)body->data : NULL, (unsigned)body_len);
    list_append(&p->outgoing, &out->node);
    p->outgoing_bytes += out->len;
    err = uv_write(&out->write, (uv_stream_t *)&p->link, pieces, body_len ? 2 : 1, on_written);
    if (err)
        on_written(&out->write, err);
    return err;
}

int64_t worker_process_queue_ms(const struct worker_process *p)
{
    /* libuv keeps finished writes until its next round; what the kernel took is not waiting. */
    if (list_is_empty(&p->outgoing) ||
        uv_stream_get_write_queue_size((const uv_stream_t *)&p->link) == 0)
        return 0;
    return loop_now_ms(p->loop) - LIST_ITEM(p->outgoing.next, struct outgoing, node)->queued_ms;
}

size_t worker_process_queue_bytes(const struct worker_process *p)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&p->link);
}

int worker_process_pid(const struct worker_process *p)
{
    return p->pid;
}

int64_t worker_process_cpu_us(const struct worker_process *p)
{
    struct timespec time;
    clockid_t clock;

    if (!p->is_running || clock_getcpuclockid(p->pid, &clock) || clock_gettime(clock, &time))
        return -1;
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

void worker_process_drain(struct worker_process *p)
{
    worker_process_send(p, FRAME_DRAIN, NULL, 0, NULL);
    p->is_draining = true;
    loop_timer_start(p->ping_timer, DRAIN_MAX_MS, 0);
}

/* Counted in pings, not in time: after a pause of the whole machine the answers are read first. */
static void ping(void *ctx)
{
    struct worker_process *p = ctx;
    uint64_t number = p->pings++;

    if (p->is_draining) {
        kill_process(p, "did not come to an end");
        return;
    }
    if (p->unanswered >= UNANSWERED_MAX) {
        kill_process(p, "left three pings unanswered");
        return;
    }
    p->unanswered++;
    p->received = 0;
    worker_process_send(p, FRAME_PING, &number, sizeof(number), NULL);
}

/* -- start -- */

static int beside_this_program(char *path, size_t size)
{
    size_t len = size;
    char *slash;
    int err = uv_exepath(path, &len);

    if (err)
        return err;
    slash = strrchr(path, '/');
    if (!slash || (size_t)(slash - path) + sizeof("/weir-media") > size)
        return -ENAMETOOLONG;
    memcpy(slash, "/weir-media", sizeof("/weir-media"));
    return 0;
}

/* Descriptor 0 is the link, 1 and 2 standard error; the rest is closed. */
static int spawn(pid_t *pid, const char *program, const struct worker_process_config *config,
                 int link)
{
    char *argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t)config->role,
                     (char *)(uintptr_t)config->tag, NULL };
    char *env[] = { NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int err;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, link, 0);
    posix_spawn_file_actions_adddup2(&actions, 2, 1);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setpgroup(&attr, 0); /* a terminal's Ctrl-C is for the server to handle */
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETPGROUP);
    err = posix_spawn(pid, program, &actions, &attr, argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return -err;
}

static int start_process(struct worker_process *p, const struct worker_process_config *config,
                         int link)
{
    char path[4096];
    int err = 0;

    if (!config->program)
        err = beside_this_program(path, sizeof(path));
    if (!err)
        err = spawn(&p->pid, config->program ? config->program : path, config, link);
    if (err)
        return err;
    p->pidfd = pidfd_open(p->pid, 0);
    if (p->pidfd < 0) {
        err = -errno;
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    return err;
}

static void watch_process(struct worker_process *p, int link)
{
    uv_loop_t *uv = loop_uv(p->loop);

    uv_poll_init(uv, &p->exit_watch, p->pidfd);
    p->exit_watch.data = p;
    uv_poll_start(&p->exit_watch, UV_READABLE, on_exited);
    uv_pipe_init(uv, &p->link, 0);
    p->link.data = p;
    uv_pipe_open(&p->link, link);
    uv_read_start((uv_stream_t *)&p->link, give_chunk, on_read);
    p->holders = 3;
    p->is_running = p->is_link_open = true;
    p->ping_timer = loop_timer_create(p->loop, ping, p);
    loop_timer_start(p->ping_timer, PING_INTERVAL_MS, PING_INTERVAL_MS);
}

int worker_process_create(struct worker_process **out, struct loop *loop,
                          const struct worker_process_config *config,
                          const struct worker_process_events *events, void *ctx)
{
    struct worker_process *p = mem_zalloc(sizeof(*p));
    int link[2] = { -1, -1 };
    int err = 0;

    loop_assert_here(loop);
    p->loop = loop;
    p->events = *events;
    p->ctx = ctx;
    snprintf(p->tag, sizeof(p->tag), "%s", config->tag);
    list_init(&p->outgoing);
    worker_frame_reader_init(&p->reader);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) < 0)
        err = -errno;
    if (!err)
        err = start_process(p, config, link[1]);
    if (err)
        goto out;

    watch_process(p, link[0]);
    *out = p;
    p = NULL;
    link[0] = -1;
out:
    if (link[0] >= 0)
        close(link[0]);
    if (link[1] >= 0)
        close(link[1]);
    mem_free(p);
    return err;
}

void worker_process_destroy(struct worker_process *p)
{
    if (!p || p->is_destroyed)
        return;
    loop_assert_here(p->loop);
    p->is_destroyed = true;
    kill_process(p, "no longer needed");
    close_link(p);
    release(p);
}
