/* SPDX-License-Identifier: Apache-2.0 */
/* Real sockets on loopback, and a real encoder: ffmpeg. */
#include "ingest/rtmp_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ingest/ingest.h"
#include "ingest/rtmp_conn.h"
#include "ingest/rtmp_handshake.h"
#include "media/packet.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/stream_socket.h"

#define DEADLINE_MS 20000

extern char **environ;

struct fixture {
    struct loop *loop;
    struct rtmp_server *server;
    struct listener *listener;
    atomic_bool refuses; /* written by the test */
    /* written by the loop, read by the test */
    atomic_int offers, video, idr, audio, clean_ends, lost;
    atomic_int width;
};

static void accept_later(void *arg)
{
    ingest_accept(arg);
}

static void on_publish(struct ingest *ingest, const struct ingest_offer *offer, void *ctx)
{
    struct fixture *f = ctx;

    assert_string_equal(offer->stream_key, "sk_test");
    assert_string_equal(offer->query, "priority=1");
    assert_string_equal(offer->peer, "127.0.0.1");
    f->offers++;
    if (f->refuses)
        ingest_refuse(ingest, "not you");
    else
        loop_post(ingest_loop(ingest), accept_later, ingest);
}

static void on_metadata(struct ingest *ingest, const struct ingest_metadata *metadata, void *ctx)
{
    ((struct fixture *)ctx)->width = metadata->width;
}

static void on_packet(struct ingest *ingest, struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    if (packet->kind == MEDIA_AUDIO)
        f->audio++;
    else
        f->video++;
    f->idr += packet->is_idr;
}

static void on_end(struct ingest *ingest, bool is_clean, void *ctx)
{
    struct fixture *f = ctx;

    if (is_clean)
        f->clean_ends++;
    else
        f->lost++;
}

static const struct ingest_events events = {
    .on_publish = on_publish,
    .on_metadata = on_metadata,
    .on_packet = on_packet,
    .on_end = on_end,
};

static void on_accept(struct stream_socket *socket, void *ctx)
{
    rtmp_server_adopt(((struct fixture *)ctx)->server, socket, NULL, 0);
}

static int setup(void **state)
{
    static struct fixture f;
    struct listener_config config = { .host = "127.0.0.1" };
    struct listener_events listener_events = { .on_accept = on_accept };

    memset(&f, 0, sizeof(f));
    signal(SIGPIPE, SIG_IGN);
    f.loop = loop_create(0);
    f.server = rtmp_server_create(f.loop, &events, &f);
    assert_int_equal(listener_create(&f.listener, &config, &f.loop, 1, &listener_events, &f), 0);
    assert_int_equal(loop_start(f.loop), 0);
    *state = &f;
    return 0;
}

static void destroy_server(void *arg)
{
    rtmp_server_destroy(arg);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    listener_stop(f->listener);
    loop_post(f->loop, destroy_server, f->server);
    loop_stop(f->loop);
    loop_join(f->loop);
    loop_destroy(f->loop);
    listener_destroy(f->listener);
    return 0;
}

static void wait_until(atomic_int *counter, int value)
{
    for (int64_t end = clock_mono_ms() + DEADLINE_MS; *counter < value; usleep(1000))
        if (clock_mono_ms() > end)
            fail_msg("waited in vain");
}

/* ---- ffmpeg ---- */

#define PICTURES 50

/* Two seconds of both tracks, as fast as it can; its complaints go to `log`. */
static pid_t start_ffmpeg(struct fixture *f, int log)
{
    char url[128];
    /* clang-format off */
    const char *const argv[] = {
        "ffmpeg", "-nostdin", "-v", "error",
        "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=2",
        "-f", "lavfi", "-i", "sine=sample_rate=48000:duration=2",
        "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-f", "flv", url,
        NULL,
    };
    /* clang-format on */
    posix_spawn_file_actions_t actions;
    pid_t pid;

    snprintf(url, sizeof(url), "rtmp://127.0.0.1:%d/app/sk_test?priority=1",
             listener_port(f->listener));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
    assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, (char **)argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static int exit_status(pid_t pid)
{
    int status;

    for (int64_t end = clock_mono_ms() + DEADLINE_MS; !waitpid(pid, &status, WNOHANG);
         usleep(1000)) {
        if (clock_mono_ms() > end) {
            kill(pid, SIGKILL);
            fail_msg("ffmpeg does not end");
        }
    }
    return status;
}

static void takes_what_ffmpeg_publishes(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(exit_status(start_ffmpeg(f, STDERR_FILENO)), 0);
    wait_until(&f->clean_ends, 1);
    assert_int_equal(f->width, 320);
    assert_int_equal(f->video, PICTURES);
    assert_int_equal(f->idr, 2);
    assert_in_range(f->audio, 94, 96); /* of 1024 samples, with the encoder's delay */
    assert_int_equal(f->lost, 0);
}

static void tells_ffmpeg_why_it_is_refused(void **state)
{
    struct fixture *f = *state;
    char log[4096] = "";
    int pipe_fds[2];

    f->refuses = true;
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    assert_int_not_equal(exit_status(start_ffmpeg(f, pipe_fds[1])), 0);
    close(pipe_fds[1]);
    assert_true(read(pipe_fds[0], log, sizeof(log) - 1) > 0);
    close(pipe_fds[0]);
    assert_non_null(strstr(log, "not you"));
    assert_int_equal(f->lost + f->clean_ends, 0);
}

static void hears_when_ffmpeg_is_killed(void **state)
{
    struct fixture *f = *state;
    pid_t pid = start_ffmpeg(f, STDERR_FILENO);

    wait_until(&f->offers, 1);
    kill(pid, SIGKILL);
    exit_status(pid);
    wait_until(&f->lost, 1);
    assert_int_equal(f->clean_ends, 0);
}

/* ---- peers that are none ---- */

static int connect_to(struct fixture *f)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)listener_port(f->listener)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval timeout = { .tv_sec = DEADLINE_MS / 1000 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    return fd;
}

/* A connection that waits for C2: the server has seen it, and answered. */
static int connect_and_say_hello(struct fixture *f)
{
    uint8_t bytes[RTMP_S0S1S2_SIZE] = { 3 };
    int fd = connect_to(f);

    assert_int_equal(write(fd, bytes, RTMP_C0C1_SIZE), RTMP_C0C1_SIZE);
    assert_int_equal(recv(fd, bytes, sizeof(bytes), MSG_WAITALL), sizeof(bytes));
    return fd;
}

static void assert_hung_up(int fd)
{
    char byte;

    assert_true(read(fd, &byte, 1) <= 0 && errno != EAGAIN);
    close(fd);
}

static void hangs_up_on_what_is_not_rtmp(void **state)
{
    char bytes[2000] = "GET / HTTP/1.1\r\n\r\n";
    int fd = connect_to(*state);

    assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
    assert_hung_up(fd);
}

static void lets_go_of_open_connections_at_the_end(void **state)
{
    int fd = connect_and_say_hello(*state);

    teardown(state);
    assert_hung_up(fd);
    setup(state);
}

/* The last test: the clock stays in its hands. */
static void gives_up_on_a_silent_peer(void **state)
{
    int fd = connect_and_say_hello(*state);

    clock_set_fake(clock_mono_us(), clock_wall_us());
    clock_advance_us((RTMP_HANDSHAKE_MS + 1000) * INT64_C(1000));
    assert_hung_up(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    /* clang-format off */
    static const struct CMUnitTest tests[] = {
        TEST(takes_what_ffmpeg_publishes),
        TEST(tells_ffmpeg_why_it_is_refused),
        TEST(hears_when_ffmpeg_is_killed),
        TEST(hangs_up_on_what_is_not_rtmp),
        TEST(lets_go_of_open_connections_at_the_end),
        TEST(gives_up_on_a_silent_peer),
    };
    /* clang-format on */

    return cmocka_run_group_tests(tests, NULL, NULL);
}
